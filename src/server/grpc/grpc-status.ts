/** Errors as gRPC has them: the statuses of A2A 5.4 (v1.0.1), with what stands beside them. */
import type { A2AError } from "@a2a-js/sdk/errors";
import type { Metadata, StatusObject } from "@grpc/grpc-js";

import { encodeDetails, STATUS_DETAILS_KEY, type StatusDetails } from "../../a2a/grpc/status-details.ts";
import { OverloadError } from "../../a2a/server/handler.ts";
import { InvalidFieldsError } from "../../a2a/wire/invalid-fields.ts";
import { MAX_STATUS_CHARACTERS } from "../../base/limits.ts";
import { turnedAway } from "../admission.ts";
import { Refusal } from "../refusal.ts";
import { codeOf, REFUSALS, type StatusName } from "../wire-errors.ts";

type GrpcJs = typeof import("@grpc/grpc-js");

/** The status by which an error is told. */
export function statusOf(grpc: GrpcJs, error: A2AError | OverloadError | Refusal): StatusObject {
  if (error instanceof OverloadError) return statusOf(grpc, turnedAway(error.message));
  if (error instanceof Refusal) return refused(grpc, error);
  const { reason, domain, metadata = {} } = error.toErrorInfo();
  const violations = error instanceof InvalidFieldsError ? error.violations : [];
  return status(grpc, codeOf(error).status, error.message, { info: { reason, domain, metadata }, violations });
}

function refused(grpc: GrpcJs, { kind, message, headers }: Refusal): StatusObject {
  const seconds = headers["retry-after"];
  // gRPC says of all that is too much that it is too much, also of a size.
  const name = kind === "tooLarge" ? "RESOURCE_EXHAUSTED" : REFUSALS[kind].status;
  return status(grpc, name, message, seconds === undefined ? null : { retryAfterMs: Number(seconds) * 1_000 });
}

function status(grpc: GrpcJs, name: StatusName, sentence: string, details: Partial<StatusDetails> | null): StatusObject {
  // It is told in a header: half a character in it would break the call.
  const message = sentence.slice(0, MAX_STATUS_CHARACTERS).toWellFormed();
  const code = grpc.status[name];
  const metadata: Metadata = new grpc.Metadata();
  if (details !== null) metadata.set(STATUS_DETAILS_KEY, encodeDetails({ code, message }, details));
  return { code, details: message, metadata };
}
