/** What a scripted agent does, as data: the same words in TypeScript and in a scenario file. */
import type { Json, JsonObject } from "../base/json.ts";

/** One call of a scripted agent, as its answer may depend on it. */
export type ScriptedCall = {
  readonly input: Json;
  readonly text: string | null;
  readonly capability: string;
  /** The subtask, such as `research[2]` or `draft#1/review`. */
  readonly path: string;
  readonly attempt: number;
  /** Answers to the questions that this behaviour has asked, oldest first. */
  readonly answers: readonly Json[];
};

/** What the agent does in the end. */
export type Act =
  /** Completes with data; a text is a reply in words. */
  | { readonly answer: Json | ((call: ScriptedCall) => Json) }
  /** Completes with words that fit no schema. */
  | { readonly wrong: true }
  /** Completes, and says so a second time. */
  | { readonly duplicate: Json }
  /** Fails with a code of its own. Retryable unless said otherwise. */
  | { readonly fail: string | FailSpec }
  | { readonly reject: string }
  /** Cancels the work by itself, which nobody has asked for. */
  | { readonly cancel: string }
  /** Never answers. */
  | { readonly hang: true }
  /** Cannot be reached: nothing arrives. */
  | { readonly unreachable: true }
  /** The message may have arrived, and nobody can ever know. */
  | { readonly unknown: true }
  /** The message arrives and the answer is lost: a remote agent has the task, and can be asked for it. */
  | { readonly lost: Json }
  | { readonly ask: string | QuestionSpec; readonly next?: Act }
  | { readonly authRequired: string | QuestionSpec; readonly next?: Act };

/** How a scripted agent fails. */
export type FailSpec = {
  readonly code?: string;
  readonly message?: string;
  readonly retryable?: boolean;
  /** Such as "30s". */
  readonly retryAfter?: string;
  readonly details?: Json;
};

/** What a scripted agent asks. */
export type QuestionSpec = { readonly prompt: string; readonly schema?: JsonObject; readonly data?: Json };

/** When an act is used, and how long it takes. */
export type Conditions = {
  /** Only for inputs that hold all of this. */
  readonly when?: Json;
  /** Only for this capability. */
  readonly capability?: string;
  /** Only for this subtask, such as `research[2]`. */
  readonly step?: string;
  /** For how many calls; the last behaviour of a script serves all further ones. */
  readonly times?: number;
  /** Virtual time before it acts, such as "90s". */
  readonly slow?: string;
  /** Told before it acts. */
  readonly progress?: ProgressSpec | readonly ProgressSpec[];
};

/** A sign of progress that a scripted agent gives. */
export type ProgressSpec = { readonly percent?: number; readonly phase?: string; readonly note?: string };

/** What a scripted agent does at a call, and at which (requirement W152). */
export type Behaviour = Conditions & Act;

export const ACT_NAMES = [
  "answer",
  "wrong",
  "duplicate",
  "fail",
  "reject",
  "cancel",
  "hang",
  "unreachable",
  "unknown",
  "lost",
  "ask",
  "authRequired",
] as const;
export type ActName = (typeof ACT_NAMES)[number];

/** Who a call comes from, as far as the script minds. */
export type CallRecord = {
  readonly path: string;
  readonly attempt: number;
  readonly capability: string;
  readonly input: Json;
  readonly text: string | null;
  /** Milliseconds of virtual time since the run began. */
  readonly atMs: number;
};
