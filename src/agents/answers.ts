import type { Json, JsonObject } from "../base/json.ts";
import type { ArtifactRecord, Failure, Outcome, Question, Reply } from "../scheduler/outcome.ts";
import type { HelperCall } from "./misfit.ts";

/**
 * What a handler answers when a plain value does not say enough. Made by `result`, `handOver`,
 * `message`, `ask`, `askAuth`, `refuse` and `fail`. `Value` is the type of the result that it may carry.
 */
export class Answer<out Value = never> {
  readonly outcome: Outcome;
  /** What the result changes in the run context; it goes beside the value, which it is no part of. */
  readonly contextUpdate: JsonObject | null;
  /** How it was made: callers without types may have given anything. */
  readonly call: HelperCall;
  /** The value that the capability's output schema applies to. */
  declare readonly value?: Value;

  constructor(outcome: Outcome, call: HelperCall & { readonly contextUpdate?: JsonObject }) {
    this.outcome = outcome;
    this.contextUpdate = call.contextUpdate ?? null;
    this.call = call;
  }

  /** False: the data is not the capability's result, and its output schema does not apply. */
  get isResult(): boolean {
    return this.call.helper !== "handOver";
  }
}

/** What an agent has used for an answer, as budgets count it. Further keys are kept as they are. */
export type Usage = {
  readonly tokens?: number;
  readonly cost?: number;
  readonly model?: string;
  readonly [key: string]: Json;
};

/** What goes beside the value of a `result`. */
export type ResultExtras = {
  /** For people. */
  readonly text?: string;
  readonly artifacts?: readonly ArtifactRecord[];
  readonly usage?: Usage;
  /**
   * Changes to the run context, by path with dots: `{ "intermediate.data_uri": … }`. Only paths that
   * the step may write are taken (requirements W081, W095).
   */
  readonly contextUpdate?: JsonObject;
};

/**
 * Completes with a value, and with what goes beside it: a text for people, artifacts, usage, and
 * changes to the run context.
 */
export function result<const Value extends Json>(value: Value, more: ResultExtras = {}): Answer<Value> {
  const { contextUpdate, ...beside } = more;
  const reply: Reply = { ...beside, data: [value] };
  const call = { helper: "result", options: more } as const;
  return new Answer<Value>({ kind: "completed", reply }, contextUpdate === undefined ? call : { ...call, contextUpdate });
}

/** What the next agent of a `handoff` step gets to know; further keys travel with it. */
export type HandOver = { readonly message?: string; readonly [key: string]: Json };

/**
 * Hands the work over to another agent of the `handoff` step that this one works for, by its id there
 * (requirements B011). Elsewhere it is an ordinary answer with these keys.
 */
export function handOver(to: string, more: HandOver = {}): Answer {
  const reply: Reply = { data: [{ ...more, handoff_to: to }] };
  return new Answer({ kind: "completed", reply }, { helper: "handOver", options: more });
}

/** Answers with words alone. Over A2A it is a direct message, without a task, when it comes at once. */
export function message(text: string): Answer {
  const outcome: Outcome = { kind: "completed", reply: { text } };
  directOutcomes.add(outcome);
  return new Answer(outcome, { helper: "message" });
}

/**
 * Asks a question, of the caller or of a person, and ends this turn. The handler is called again
 * with the answer (`call.answer`), and with all earlier ones (`call.exchanges`).
 */
export function ask(prompt: string, more: { readonly schema?: JsonObject; readonly data?: Json } = {}): Answer {
  return new Answer({ kind: "inputRequired", question: { prompt, ...more } satisfies Question }, { helper: "ask", options: more });
}

/** Asks for an authorisation that is given elsewhere, and ends this turn. */
export function askAuth(prompt: string, more: { readonly data?: Json } = {}): Answer {
  return new Answer({ kind: "authRequired", question: { prompt, ...more } }, { helper: "askAuth", options: more });
}

/** Declines the work. It is not tried again with this agent. */
export function refuse(reason: string): Answer {
  return new Answer({ kind: "rejected", failure: { code: "T4105", message: reason, retryable: false } }, { helper: "refuse" });
}

/** Fails with a code of your own. Say `retryable` when another attempt may succeed. */
export function fail(
  code: string,
  sentence: string,
  more: { readonly retryable?: boolean; readonly retryAfterMs?: number; readonly details?: Json } = {},
): Answer {
  const failure: Failure = { code, message: sentence, ...more, retryable: more.retryable ?? false };
  return new Answer({ kind: "failed", failure }, { helper: "fail", options: more });
}

const directOutcomes = new WeakSet<Outcome>();

/** True for the outcome of `message(…)`, which needs no task over A2A. */
export function isDirect(outcome: Outcome): boolean {
  return directOutcomes.has(outcome);
}
