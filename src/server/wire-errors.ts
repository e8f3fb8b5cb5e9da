/**
 * Errors as the wire has them: the table of A2A 5.4 (v1.0.1) for every binding, and what stands beside
 * an error's code. The SDK's tables are not used: they take an error's class for its kind.
 */
import type { A2AError } from "@a2a-js/sdk/errors";

import { InvalidFieldsError } from "../a2a/wire/invalid-fields.ts";
import type { JsonObject } from "../base/json.ts";
import type { RefusalKind } from "./refusal.ts";

/** A status of google.rpc: the name in HTTP+JSON, and the status of gRPC. */
export type StatusName =
  | "INVALID_ARGUMENT"
  | "FAILED_PRECONDITION"
  | "OUT_OF_RANGE"
  | "UNAUTHENTICATED"
  | "PERMISSION_DENIED"
  | "NOT_FOUND"
  | "RESOURCE_EXHAUSTED"
  | "INTERNAL"
  | "UNAVAILABLE";

/** An error's code in each binding. */
export type WireCode = { readonly jsonRpc: number; readonly http: number; readonly status: StatusName };

const code = (jsonRpc: number, http: number, status: StatusName): WireCode => ({ jsonRpc, http, status });

const CODES: ReadonlyMap<string, WireCode> = new Map([
  ["TASK_NOT_FOUND", code(-32001, 404, "NOT_FOUND")],
  ["TASK_NOT_CANCELABLE", code(-32002, 400, "FAILED_PRECONDITION")],
  ["PUSH_NOTIFICATION_NOT_SUPPORTED", code(-32003, 400, "FAILED_PRECONDITION")],
  ["UNSUPPORTED_OPERATION", code(-32004, 400, "FAILED_PRECONDITION")],
  ["CONTENT_TYPE_NOT_SUPPORTED", code(-32005, 400, "INVALID_ARGUMENT")],
  ["INVALID_AGENT_RESPONSE", code(-32006, 500, "INTERNAL")],
  ["EXTENDED_AGENT_CARD_NOT_CONFIGURED", code(-32007, 400, "FAILED_PRECONDITION")],
  ["EXTENSION_SUPPORT_REQUIRED", code(-32008, 400, "FAILED_PRECONDITION")],
  ["VERSION_NOT_SUPPORTED", code(-32009, 400, "FAILED_PRECONDITION")],
  ["INVALID_PARAMS", code(-32602, 400, "INVALID_ARGUMENT")],
]);
const INTERNAL = code(-32603, 500, "INTERNAL");

/** The codes of an error; one that the protocol does not know is internal. */
export function codeOf(error: A2AError): WireCode {
  return CODES.get(error.reason) ?? INTERNAL;
}

/** What stands beside the code, as ProtoJSON has `Any`: always an ErrorInfo, and the fields that are wrong. */
export function detailsOf(error: A2AError): readonly JsonObject[] {
  const { reason, domain, metadata } = error.toErrorInfo();
  const info: JsonObject = { "@type": `${TYPES}ErrorInfo`, reason, domain, ...(metadata === undefined ? {} : { metadata }) };
  if (!(error instanceof InvalidFieldsError)) return [info];
  return [info, { "@type": `${TYPES}BadRequest`, fieldViolations: error.violations }];
}

const TYPES = "type.googleapis.com/google.rpc.";

/** The codes of a refusal, which JSON-RPC has no own ones for. */
export const REFUSALS: { readonly [kind in RefusalKind]: Omit<WireCode, "jsonRpc"> } = {
  malformed: { http: 400, status: "INVALID_ARGUMENT" },
  unauthenticated: { http: 401, status: "UNAUTHENTICATED" },
  forbidden: { http: 403, status: "PERMISSION_DENIED" },
  notFound: { http: 404, status: "NOT_FOUND" },
  tooLarge: { http: 413, status: "OUT_OF_RANGE" },
  mediaType: { http: 415, status: "INVALID_ARGUMENT" },
  tooMany: { http: 429, status: "RESOURCE_EXHAUSTED" },
  unavailable: { http: 503, status: "UNAVAILABLE" },
};
