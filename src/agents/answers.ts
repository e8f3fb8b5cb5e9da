import type { Json, JsonObject } from "../base/json.ts";
import type { ArtifactRecord, Outcome, Question, Reply } from "../scheduler/outcome.ts";

/**
 * What a handler answers when a plain value does not say enough. Made by `result`, `message`, `ask`,
 * `askAuth`, `refuse` and `fail`. `Value` is the type of the result that it may carry.
 */
export class Answer<out Value = never> {
  readonly outcome: Outcome;
  /** The value that the capability's output schema applies to. */
  declare readonly value?: Value;

  constructor(outcome: Outcome) {
    this.outcome = outcome;
  }
}

/** Completes with a value, and with what goes beside it: a text for people, artifacts, usage. */
export function result<const Value extends Json>(
  value: Value,
  more: { readonly text?: string; readonly artifacts?: readonly ArtifactRecord[]; readonly usage?: JsonObject } = {},
): Answer<Value> {
  const reply: Reply = { ...more, data: [value] };
  return new Answer<Value>({ kind: "completed", reply });
}

/** Answers with words alone. Over A2A it is a direct message, without a task, when it comes at once. */
export function message(text: string): Answer {
  const outcome: Outcome = { kind: "completed", reply: { text } };
  directOutcomes.add(outcome);
  return new Answer(outcome);
}

/**
 * Asks a question, of the caller or of a person, and ends this turn. The handler is called again
 * with the answer (`call.answer`), and with all earlier ones (`call.exchanges`).
 */
export function ask(prompt: string, more: { readonly schema?: JsonObject; readonly data?: Json } = {}): Answer {
  return new Answer({ kind: "inputRequired", question: { prompt, ...more } satisfies Question });
}

/** Asks for an authorisation that is given elsewhere, and ends this turn. */
export function askAuth(prompt: string, more: { readonly data?: Json } = {}): Answer {
  return new Answer({ kind: "authRequired", question: { prompt, ...more } });
}

/** Declines the work. It is not tried again with this agent. */
export function refuse(reason: string): Answer {
  return new Answer({ kind: "rejected", failure: { code: "T4105", message: reason, retryable: false } });
}

/** Fails with a code of your own. Say `retryable` when another attempt may succeed. */
export function fail(
  code: string,
  sentence: string,
  more: { readonly retryable?: boolean; readonly retryAfterMs?: number; readonly details?: Json } = {},
): Answer {
  return new Answer({ kind: "failed", failure: { code, message: sentence, ...more, retryable: more.retryable ?? false } });
}

const directOutcomes = new WeakSet<Outcome>();

/** True for the outcome of `message(…)`, which needs no task over A2A. */
export function isDirect(outcome: Outcome): boolean {
  return directOutcomes.has(outcome);
}
