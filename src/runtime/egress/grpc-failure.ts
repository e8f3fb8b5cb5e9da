import type { ServiceError } from "@grpc/grpc-js";

import { MAX_SAID_CHARACTERS } from "../../base/limits.ts";
import { EgressError } from "./egress-error.ts";

/** The numbers of gRPC's statuses that mean something to us. */
export const GRPC_STATUS = {
  cancelled: 1,
  unknown: 2,
  invalidArgument: 3,
  deadlineExceeded: 4,
  notFound: 5,
  alreadyExists: 6,
  permissionDenied: 7,
  resourceExhausted: 8,
  failedPrecondition: 9,
  outOfRange: 11,
  unimplemented: 12,
  internal: 13,
  unavailable: 14,
  unauthenticated: 16,
} as const;

/** The other side's own answer, instead of a result. */
export class GrpcStatus extends Error {
  override readonly name = "GrpcStatus";
  readonly code: number;
  /** Its words, short. */
  readonly said: string;
  /** A `google.rpc.Status`, as it came. */
  readonly details: Uint8Array | null;

  constructor(
    status: { readonly code: number; readonly said: string; readonly details: Uint8Array | null },
    sentence: string,
    cause: unknown,
  ) {
    super(sentence, { cause });
    this.code = status.code;
    this.said = status.said;
    this.details = status.details;
  }
}

/** A call that failed, as gRPC tells it. */
type Failed = Pick<ServiceError, "details" | "metadata"> & { readonly code: number };

type Call = {
  readonly host: string;
  /** True when the beginning of an answer was here. */
  readonly hasBegun: boolean;
  readonly isAborted: boolean;
};

/** Statuses that gRPC itself makes of what happens to a connection. All others only the other side can have said. */
const MADE_HERE: ReadonlySet<number> = new Set([
  GRPC_STATUS.cancelled,
  GRPC_STATUS.unknown,
  GRPC_STATUS.deadlineExceeded,
  GRPC_STATUS.resourceExhausted,
  GRPC_STATUS.internal,
  GRPC_STATUS.unavailable,
]);

/** What a call that failed means for the one who made it. */
export function toGrpcFailure(failed: Failed, call: Call): Error {
  const { code, metadata } = failed;
  const said = failed.details.slice(0, MAX_SAID_CHARACTERS);
  const sentence = `${call.host} answered ${code}${said === "" ? "" : ` ("${said}")`}`;
  if (code === GRPC_STATUS.unauthenticated || code === GRPC_STATUS.permissionDenied)
    return new EgressError("denied", `${sentence}: our credentials were not accepted.`, { code: "T3005", cause: failed });
  if (code === GRPC_STATUS.unimplemented)
    return new EgressError("protocol", `${sentence}: it does not do such a thing.`, { cause: failed });
  if (!isSaid(failed)) return brokenCall(failed, call);
  const [details] = metadata.get("grpc-status-details-bin");
  return new GrpcStatus({ code, said, details: typeof details === "object" ? details : null }, `${sentence}.`, failed);
}

/** Nothing was heard of the other side in time. */
export function isSilent(failed: Failed): boolean {
  return failed.code === GRPC_STATUS.deadlineExceeded && !isSaid(failed);
}

/** An answer without content comes with its headers and its status in one. */
function isSaid({ code, metadata }: Failed): boolean {
  if (!MADE_HERE.has(code)) return true;
  const [type] = metadata.get("content-type");
  return String(type).startsWith("application/grpc") || metadata.get("grpc-status-details-bin").length > 0;
}

function brokenCall(failed: Failed, { host, hasBegun, isAborted }: Call): EgressError {
  const { code, details } = failed;
  if (isAborted) return new EgressError("ambiguous", `The request to ${host} was given up.`, { cause: failed });
  if (code === GRPC_STATUS.resourceExhausted && hasBegun)
    return new EgressError("garbled", `${host} sent a reply that is too large.`, { code: "T3004", cause: failed });
  if (code === GRPC_STATUS.deadlineExceeded) return new EgressError("ambiguous", `${host} did not answer in time.`, { cause: failed });
  return new EgressError("ambiguous", `The connection to ${host} broke before the answer: ${details}.`, { cause: failed });
}
