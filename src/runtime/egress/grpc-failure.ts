import type { ServiceError } from "@grpc/grpc-js";

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

/** What a call that failed means for the one who made it. `isSilent`: nothing was heard of the other side in time. */
export function toGrpcFailure(error: ServiceError, call: Call): { readonly failure: Error; readonly isSilent: boolean } {
  const isSilent = error.code === GRPC_STATUS.deadlineExceeded && !isSaid(error);
  return { failure: failureOf(error, call), isSilent };
}

function failureOf(error: ServiceError, call: Call): Error {
  const { code, details: words = "" } = error;
  const said = words.slice(0, 300);
  const sentence = `${call.host} answered ${code}${said === "" ? "" : ` ("${said}")`}`;
  switch (code) {
    case GRPC_STATUS.unauthenticated:
    case GRPC_STATUS.permissionDenied:
      return new EgressError("denied", `${sentence}: our credentials were not accepted.`, { code: "T3005", cause: error });
    case GRPC_STATUS.unimplemented:
      return new EgressError("protocol", `${sentence}: it does not do such a thing.`, { cause: error });
  }
  if (!isSaid(error)) return brokenCall(error, call);
  const [details] = error.metadata.get("grpc-status-details-bin");
  return new GrpcStatus({ code, said, details: typeof details === "object" ? details : null }, `${sentence}.`, error);
}

/** An answer without content comes with its headers and its status in one. */
function isSaid({ code, metadata }: ServiceError): boolean {
  if (!MADE_HERE.has(code)) return true;
  const [type] = metadata.get("content-type");
  return String(type).startsWith("application/grpc") || metadata.get("grpc-status-details-bin").length > 0;
}

function brokenCall(error: ServiceError, { host, hasBegun, isAborted }: Call): EgressError {
  const { code, details } = error;
  if (isAborted) return new EgressError("ambiguous", `The request to ${host} was given up.`, { cause: error });
  if (code === GRPC_STATUS.resourceExhausted && hasBegun)
    return new EgressError("garbled", `${host} sent a reply that is too large.`, { code: "T3004", cause: error });
  if (code === GRPC_STATUS.deadlineExceeded) return new EgressError("ambiguous", `${host} did not answer in time.`, { cause: error });
  return new EgressError("ambiguous", `The connection to ${host} broke before the answer: ${details}.`, { cause: error });
}
