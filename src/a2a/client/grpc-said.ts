import {
  type A2AError,
  ContentTypeNotSupportedError,
  ExtendedAgentCardNotConfiguredError,
  ExtensionSupportRequiredError,
  InvalidAgentResponseError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
  VersionNotSupportedError,
} from "@a2a-js/sdk/errors";

import { MAX_RETRY_AFTER_MS } from "../../base/limits.ts";
import { EgressError } from "../../runtime/egress/egress.ts";
import { GRPC_STATUS, GrpcStatus } from "../../runtime/egress/grpc-failure.ts";
import { decodeDetails, type StatusDetails } from "../grpc/status-details.ts";
import { OVERLOAD_WORDS } from "./overload.ts";

/** What an agent means by a gRPC status (A2A 5.4, 10.6): an error of A2A, or one of the way there. Other errors stay. */
export function toSaid(error: unknown, host: string): unknown {
  if (!(error instanceof GrpcStatus)) return error;
  const details = decodeDetails(error.details);
  return overload(error, details, host) ?? a2aError(error, details) ?? ambiguous(error);
}

/** More than fits is no matter of time (as status 413 in HTTP); gRPC has one status for both. */
const TOO_LARGE = /larger than max|exceeds maximum size/i;

function overload({ code, said, message, cause }: GrpcStatus, { info, retryAfterMs }: StatusDetails, host: string): Error | null {
  const isTooLarge = code === GRPC_STATUS.resourceExhausted && TOO_LARGE.test(said);
  if (isTooLarge) return new RequestMalformedError({ message: `${host} does not take a request of this size: ${said}`, cause });
  const isOverload =
    OVERLOAD_WORDS.has(info?.reason) ||
    code === GRPC_STATUS.resourceExhausted ||
    // Proxies say the same of a request that they have passed on, but not when to come again.
    (code === GRPC_STATUS.unavailable && retryAfterMs !== null);
  if (!isOverload) return null;
  const delayMs = retryAfterMs ?? Number(info?.metadata["retry_after_ms"] ?? Number.NaN);
  const more = Number.isFinite(delayMs) ? { retryAfterMs: Math.min(MAX_RETRY_AFTER_MS, Math.max(0, delayMs)) } : {};
  return new EgressError("refused", `${message.replace(/\.$/, "")}: it has no room now.`, { ...more, cause });
}

const BY_REASON: ReadonlyMap<string, typeof TaskNotFoundError> = new Map([
  ["TASK_NOT_FOUND", TaskNotFoundError],
  ["TASK_NOT_CANCELABLE", TaskNotCancelableError],
  ["PUSH_NOTIFICATION_NOT_SUPPORTED", PushNotificationNotSupportedError],
  ["UNSUPPORTED_OPERATION", UnsupportedOperationError],
  ["CONTENT_TYPE_NOT_SUPPORTED", ContentTypeNotSupportedError],
  ["INVALID_AGENT_RESPONSE", InvalidAgentResponseError],
  ["EXTENDED_AGENT_CARD_NOT_CONFIGURED", ExtendedAgentCardNotConfiguredError],
  ["EXTENSION_SUPPORT_REQUIRED", ExtensionSupportRequiredError],
  ["VERSION_NOT_SUPPORTED", VersionNotSupportedError],
  ["INVALID_PARAMS", RequestMalformedError],
]);

/** For agents that say no reason: by each of these a request was looked at and not taken. */
const BY_CODE: ReadonlyMap<number, typeof TaskNotFoundError> = new Map([
  [GRPC_STATUS.notFound, TaskNotFoundError],
  [GRPC_STATUS.invalidArgument, RequestMalformedError],
  [GRPC_STATUS.outOfRange, RequestMalformedError],
  [GRPC_STATUS.alreadyExists, RequestMalformedError],
  [GRPC_STATUS.failedPrecondition, UnsupportedOperationError],
]);

/** The error that a reason names; null when it names none. */
export function errorFor(reason: string, message: string, cause: unknown): A2AError | null {
  const Named = BY_REASON.get(reason);
  return Named === undefined ? null : new Named({ message, cause });
}

function a2aError({ code, said, cause }: GrpcStatus, { info }: StatusDetails): A2AError | null {
  const Named = BY_REASON.get(info?.reason ?? "") ?? BY_CODE.get(code);
  return Named === undefined
    ? null
    : new Named({ ...(said === "" ? {} : { message: said }), ...(info === null ? {} : { metadata: { ...info.metadata } }), cause });
}

function ambiguous({ message, cause }: GrpcStatus): EgressError {
  return new EgressError("ambiguous", message, { cause });
}
