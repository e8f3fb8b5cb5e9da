import { A2AError } from "@a2a-js/sdk/errors";

import { TuttiError } from "../../base/errors.ts";
import type { Failure } from "../../scheduler/outcome.ts";
import { EgressError } from "../../runtime/egress/egress.ts";
import { overloadOf } from "./overload.ts";

/** Why a call to an agent gave no answer, and whether the agent can have acted on it. */
export type CallFailure = {
  /** True: it certainly did nothing with the request. */
  readonly untouched: boolean;
  readonly failure: Failure;
  /** The A2A error that the agent answered: its name, such as `TaskNotFoundError`, and its own words; else null. */
  readonly a2aError: { readonly name: string; readonly said: string } | null;
};

/** Sorts what the SDK's transports throw: our own egress errors, A2A errors, and bare sentences. */
export function toCallFailure(error: unknown, agent: string): CallFailure {
  if (error instanceof EgressError) return fromEgress(error);
  // One of ours comes from this side of the wire: a secret that is not set.
  if (error instanceof TuttiError) {
    return { untouched: true, a2aError: null, failure: { code: error.code, message: error.message, retryable: error.retryable } };
  }
  if (error instanceof A2AError) return fromA2a(error, agent);
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof A2AError) return fromA2a(cause, agent);
  return fromSentence(error, agent);
}

function fromEgress(error: EgressError): CallFailure {
  const message = error.message;
  const a2aError = null;
  switch (error.kind) {
    case "notSent":
      return {
        untouched: true,
        a2aError,
        failure:
          error.code === "T3001" ? { code: "NETWORK_ERROR", message, retryable: true } : { code: error.code, message, retryable: false },
      };
    case "refused": {
      const { retryAfterMs } = error;
      return {
        untouched: true,
        a2aError,
        failure: { code: "AGENT_OVERLOADED", message, retryable: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) },
      };
    }
    case "denied":
      return { untouched: true, a2aError, failure: { code: error.code, message, retryable: false } };
    case "ambiguous":
      return { untouched: false, a2aError, failure: { code: "NETWORK_ERROR", message, retryable: true } };
    case "protocol":
      // An answer that was too large was an answer: the agent has acted.
      return { untouched: error.code !== "T3004", a2aError, failure: { code: error.code, message, retryable: false } };
  }
}

/** Errors by which an agent says that it did not take a request. Others leave that open. */
const REFUSALS: ReadonlySet<string> = new Set([
  "TaskNotFoundError",
  "TaskNotCancelableError",
  "PushNotificationNotSupportedError",
  "UnsupportedOperationError",
  "ContentTypeNotSupportedError",
  "ExtendedAgentCardNotConfiguredError",
  "ExtensionSupportRequiredError",
  "VersionNotSupportedError",
  "RequestMalformedError",
]);

function fromA2a(error: A2AError, agent: string): CallFailure {
  const status = "statusCode" in error && typeof error.statusCode === "number" ? error.statusCode : 0;
  const said = error.message.slice(0, 500);
  const overload = overloadOf(error);
  if (overload !== null) {
    const message = `Agent "${agent}" has no room now: ${said}`;
    const failure = { code: "AGENT_OVERLOADED", message, retryable: true, ...overload };
    return { untouched: true, a2aError: { name: error.name, said }, failure };
  }
  const failure = { code: "T3006", message: `Agent "${agent}" answered ${error.reason}: ${said}`, retryable: false };
  const untouched = REFUSALS.has(error.name) || (status >= 400 && status < 500);
  return { untouched, a2aError: { name: error.name, said }, failure };
}

/** The SDK tells HTTP errors without a JSON body, and replies out of shape, only as a sentence. */
function fromSentence(error: unknown, agent: string): CallFailure {
  const sentence = error instanceof Error ? error.message : String(error);
  const status = Number(/\bStatus: (\d{3})\b/.exec(sentence)?.[1] ?? 0);
  const failure = { code: "T3002", message: `Agent "${agent}" did not answer as A2A says: ${sentence.slice(0, 300)}`, retryable: false };
  return { untouched: status >= 400 && status < 500, a2aError: null, failure };
}
