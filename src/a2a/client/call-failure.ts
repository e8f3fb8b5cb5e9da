import { A2AError } from "@a2a-js/sdk/errors";

import { TuttiError } from "../../base/errors.ts";
import type { Failure } from "../../scheduler/outcome.ts";
import { EgressError } from "../../runtime/egress/egress.ts";
import { overloadOf } from "./overload.ts";

/** Why a call to an agent gave no answer, and whether the agent can have acted on it. */
export type CallFailure = {
  /** True: it certainly did nothing with the request. */
  readonly untouched: boolean;
  /** True: there is nobody at this interface, or nobody who speaks our version of A2A. Another one may do. */
  readonly isNoEndpoint: boolean;
  readonly failure: Failure;
  /** The A2A error that the agent answered: its name, such as `TaskNotFoundError`, and its own words; else null. */
  readonly a2aError: { readonly name: string; readonly said: string } | null;
};

/** Sorts what the SDK's transports throw: our own egress errors, A2A errors, and bare sentences. */
export function toCallFailure(error: unknown, agent: string): CallFailure {
  if (error instanceof EgressError) return fromEgress(error);
  // One of ours comes from this side of the wire: a secret that is not set.
  if (error instanceof TuttiError) {
    const failure = { code: error.code, message: error.message, retryable: error.retryable };
    return { untouched: true, isNoEndpoint: false, a2aError: null, failure };
  }
  if (error instanceof A2AError) return fromA2a(error, agent);
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof A2AError) return fromA2a(cause, agent);
  return fromSentence(error, agent);
}

function fromEgress(error: EgressError): CallFailure {
  const { message, code, retryAfterMs } = error;
  const untouched = { untouched: true, isNoEndpoint: false, a2aError: null };
  const away = { code: "NETWORK_ERROR", message, retryable: true };
  const final = { code, message, retryable: false };
  switch (error.kind) {
    case "notSent":
      return { ...untouched, isNoEndpoint: code !== "T3005", failure: code === "T3001" ? away : final };
    case "refused": {
      const failure = { code: "AGENT_OVERLOADED", message, retryable: true, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) };
      return { ...untouched, failure };
    }
    case "denied":
      return { ...untouched, failure: final };
    case "protocol":
      return { ...untouched, isNoEndpoint: true, failure: final };
    case "ambiguous":
      return { ...untouched, untouched: false, failure: away };
    case "garbled":
      return { ...untouched, untouched: false, failure: final };
  }
}

/** Statuses by which a server says that it does not do such a thing at all (RFC 9110). */
const NOT_DONE_HERE: ReadonlySet<number> = new Set([404, 405, 501, 505]);

/** A request with this status was not taken: it is the sender's fault, or something that the server never does. */
function isRefusal(status: number): boolean {
  return (status >= 400 && status < 500) || NOT_DONE_HERE.has(status);
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
    return { untouched: true, isNoEndpoint: false, a2aError: { name: error.name, said }, failure };
  }
  const failure = { code: "T3006", message: `Agent "${agent}" answered ${error.reason}: ${said}`, retryable: false };
  const untouched = REFUSALS.has(error.name) || isRefusal(status);
  return { untouched, isNoEndpoint: isOfNoEndpoint(error, status), a2aError: { name: error.name, said }, failure };
}

/** JSON-RPC's word for a method that nobody has heard of. */
const METHOD_NOT_FOUND = -32601;

function isOfNoEndpoint(error: A2AError, status: number): boolean {
  if (error.name === "VersionNotSupportedError") return true;
  // An HTTP status without an error of A2A comes from whoever else has that address.
  if (error.name === "A2AError") return NOT_DONE_HERE.has(status);
  return "envelopeCode" in error && error.envelopeCode === METHOD_NOT_FOUND;
}

/** The SDK tells HTTP errors without a JSON body, and replies out of shape, only as a sentence. */
function fromSentence(error: unknown, agent: string): CallFailure {
  const sentence = error instanceof Error ? error.message : String(error);
  const status = Number(/\bStatus: (\d{3})\b/.exec(sentence)?.[1] ?? 0);
  const failure = { code: "T3002", message: `Agent "${agent}" did not answer as A2A says: ${sentence.slice(0, 300)}`, retryable: false };
  return { untouched: isRefusal(status), isNoEndpoint: NOT_DONE_HERE.has(status), a2aError: null, failure };
}
