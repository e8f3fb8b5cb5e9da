/**
 * What stands beside a gRPC status (`google.rpc.Status` in the trailer `grpc-status-details-bin`): why,
 * which fields, and when to come again. The SDK's helpers know the first of them alone.
 */
import { MAX_RETRY_AFTER_MS, MAX_STATUS_DETAILS_BYTES } from "../../base/limits.ts";
import type { FieldViolation } from "../wire/invalid-fields.ts";
import { field, messageOf, ReadMessage } from "./protobuf.ts";

export const STATUS_DETAILS_KEY = "grpc-status-details-bin";

export type StatusDetails = {
  /** `google.rpc.ErrorInfo`. */
  readonly info: ErrorInfo | null;
  /** `google.rpc.RetryInfo`. */
  readonly retryAfterMs: number | null;
  /** `google.rpc.BadRequest`. */
  readonly violations: readonly FieldViolation[];
};

export type ErrorInfo = { readonly reason: string; readonly domain: string; readonly metadata: { readonly [name: string]: string } };

const NOTHING: StatusDetails = { info: null, retryAfterMs: null, violations: [] };
const TYPES = "type.googleapis.com/google.rpc.";

export function encodeDetails(status: { readonly code: number; readonly message: string }, details: Partial<StatusDetails>): Buffer {
  const { info, retryAfterMs, violations } = { ...NOTHING, ...details };
  const whole = messageOf(
    field(1, status.code),
    field(2, status.message),
    ...(info === null ? [] : [detail("ErrorInfo", errorInfo(info))]),
    ...(retryAfterMs === null ? [] : [detail("RetryInfo", retryInfo(retryAfterMs))]),
    ...(violations.length === 0 ? [] : [detail("BadRequest", messageOf(...violations.map(violation)))]),
  );
  if (whole.length <= MAX_STATUS_DETAILS_BYTES || info === null) return whole;
  // Clients take few bytes of trailers, and break the call over more: the reason is what they act on.
  return messageOf(field(1, status.code), field(2, status.message), detail("ErrorInfo", errorInfo({ ...info, metadata: {} })));
}

/** A `google.protobuf.Any` among the details. */
function detail(type: string, value: Buffer): Buffer {
  return field(3, messageOf(field(1, TYPES + type), field(2, value)));
}

function errorInfo({ reason, domain, metadata }: ErrorInfo): Buffer {
  const entries = Object.entries(metadata).map(([name, value]) => field(3, messageOf(field(1, name), field(2, value))));
  return messageOf(field(1, reason), field(2, domain), ...entries);
}

function retryInfo(delayMs: number): Buffer {
  const seconds = Math.floor(delayMs / 1_000);
  return field(1, messageOf(field(1, seconds), field(2, Math.round((delayMs - seconds * 1_000) * 1_000_000))));
}

function violation({ field: name, description }: FieldViolation): Buffer {
  return field(1, messageOf(field(1, name), field(2, description)));
}

/** What the other side said beside its status. What cannot be read was not said. */
export function decodeDetails(bytes: Uint8Array | null): StatusDetails {
  try {
    return bytes === null ? NOTHING : read(new ReadMessage(bytes));
  } catch {
    return NOTHING;
  }
}

function read(status: ReadMessage): StatusDetails {
  const byType = new Map(status.messages(3).map((any) => [any.text(1), new ReadMessage(any.bytes(2) ?? Buffer.alloc(0))]));
  const info = byType.get(`${TYPES}ErrorInfo`);
  const retry = byType.get(`${TYPES}RetryInfo`);
  return {
    info: info === undefined ? null : readErrorInfo(info),
    retryAfterMs: retry === undefined ? null : readRetryInfo(retry),
    violations: byType.get(`${TYPES}BadRequest`)?.messages(1).map(readViolation) ?? [],
  };
}

function readErrorInfo(info: ReadMessage): ErrorInfo {
  const entries = info.messages(3).map((entry) => [entry.text(1) ?? "", entry.text(2) ?? ""] as const);
  return { reason: info.text(1) ?? "", domain: info.text(2) ?? "", metadata: Object.fromEntries(entries) };
}

function readRetryInfo(info: ReadMessage): number {
  const [delay] = info.messages(1);
  const delayMs = delay === undefined ? 0 : delay.number(1) * 1_000 + delay.number(2) / 1_000_000;
  return Math.min(MAX_RETRY_AFTER_MS, delayMs);
}

function readViolation(found: ReadMessage): FieldViolation {
  return { field: found.text(1) ?? "", description: found.text(2) ?? "" };
}
