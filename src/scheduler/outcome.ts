import type { Json, JsonObject } from "../base/json.ts";

/**
 * What came of one turn of one attempt. The ten are different on purpose: each has its own policy,
 * and none is ever told as another (design.md, fact 2).
 *
 * `timed out`, `invalid` and the run's own `canceled` are the scheduler's findings and never come in
 * from an agent.
 */
export type Outcome =
  | { readonly kind: "completed"; readonly reply: Reply }
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "rejected"; readonly failure: Failure }
  | { readonly kind: "canceled"; readonly failure: Failure }
  | { readonly kind: "inputRequired"; readonly question: Question }
  | { readonly kind: "authRequired"; readonly question: Question }
  | { readonly kind: "unknown"; readonly failure: Failure };

/** An agent's result, before the step's contract has been applied. */
export type Reply = {
  readonly text?: string;
  /** The data parts, in order. */
  readonly data?: readonly Json[];
  readonly artifacts?: readonly ArtifactRecord[];
  readonly usage?: JsonObject;
};

/** A named result of an agent: JSON, text or a file. */
export type ArtifactRecord = {
  readonly name: string;
  readonly mediaType: string;
  readonly text?: string;
  readonly data?: Json;
  readonly url?: string;
  /** Base64; beside `payload`, how many there are. */
  readonly bytes?: string | number;
  /** Where the host keeps the content of a large file (design.md, fact 11). */
  readonly payload?: string;
  /** What the agent says of it. */
  readonly metadata?: JsonObject;
};

/** Why an attempt did not give a result. */
export type Failure = {
  /** `AGENT_OVERLOADED`, `NETWORK_ERROR`, an agent's own code, or a code of Tutti. */
  readonly code: string;
  readonly message: string;
  /** False: another attempt would fail the same way. */
  readonly retryable: boolean;
  /** The agent asks not to be tried earlier than this. */
  readonly retryAfterMs?: number;
  readonly details?: Json;
};

/** What an agent needs to know from a person, or from the caller, before it can go on. */
export type Question = {
  readonly prompt: string;
  /** JSON Schema of the answer; absent means any text. */
  readonly schema?: JsonObject;
  readonly data?: Json;
};

/** One exchange that a subtask has had with its agent: a question and the answer. */
export type Exchange = { readonly question: Question; readonly answer: Json };
