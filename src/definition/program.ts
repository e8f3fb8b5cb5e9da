import type { Json } from "../base/json.ts";
import type { Result } from "../base/result.ts";
import type { Definition, HandlerName, Step, StepId } from "./definition.ts";

/**
 * A definition made ready to run: the graph with its edges both ways, and every expression and
 * schema as a function. It is cached by fingerprint and holds no state of any run. The scheduler
 * sees expressions and schemas only through it, and so needs no package.
 */
export type Program = Block & {
  readonly fingerprint: string;
  readonly definition: Definition;
  /** The run's output over the finished steps. */
  readonly output: (scope: Scope) => Result<Json, ExpressionFailure>;
};

/** Steps that run side by side, in an order of their own: of the workflow, of branches, of an iteration. */
export type Block = {
  /** Every step, dependencies before dependents, otherwise in the order of the definition. */
  readonly steps: readonly StepProgram[];
  readonly stepById: ReadonlyMap<StepId, StepProgram>;
};

/** A step made ready to run. */
export type StepProgram = {
  readonly id: StepId;
  /** The place in the steps of its block. */
  readonly index: number;
  readonly step: Step;
  /** Steps of the same block that wait for this one. */
  readonly dependents: readonly StepProgram[];
  /** `if`; null when the step has none. The result is true or false. */
  readonly condition: Evaluate | null;
  /** The list of an `each`; null when the step has none. */
  readonly items: Evaluate | null;
  readonly text: Evaluate | null;
  readonly with: Evaluate | null;
  /** Checks an output against the schema; null when the step has none. */
  readonly validate: Validate | null;
  readonly rules: readonly { readonly source: string; readonly evaluate: Evaluate }[];
  /** The expressions of its kind, by the name of the field that holds them. */
  readonly parts: { readonly [Name in PartName]?: Evaluate };
  /** The inner steps: branches, the steps of a loop or group, the agents of a handoff; else null. */
  readonly block: Block | null;
  /** Steps of its own that stand in no block: handlers, `compensate`, and those of a plan. */
  readonly inner: { readonly [Name in InnerName]?: StepProgram };
  /** Checks the form of an approval; null when there is none. */
  readonly form: Validate | null;
};

/**
 * `vote`: `succeed.rule.on`. `until`: the source of a loop's condition or score. `wait`: a duration or
 * an instant. `values`: the values of `set`, as one object.
 */
export type PartName = "vote" | "until" | "title" | "show" | "from" | "key" | "by" | "value" | "wait" | "values" | "files";

/** Names of inner steps are not step ids (they have capitals), except `compensate`, which no step may be called. */
export type InnerName = HandlerName | "compensate" | "makePlan" | "approvePlan";

export type Evaluate = (scope: Scope) => Result<Json, ExpressionFailure>;

/** The problems of a value, as sentences with JSON pointers; empty when it is valid. */
export type Validate = (value: Json) => readonly string[];

/** Why an expression has no value. Never an exception: an expression that fails, fails its step. */
export type ExpressionFailure = {
  readonly source: string;
  readonly message: string;
  /** The steps that the expression reads, so that a skipped one can be told from a mistake. */
  readonly reads: readonly StepId[];
};

/** What expressions see. */
export type Scope = {
  readonly input: Json;
  /** The finished steps of the innermost block; those further out are in `outer`. */
  readonly steps: { readonly [id: StepId]: StepResult };
  /** The scope around this block; absent in the outermost. */
  readonly outer?: Scope;
  readonly context: Json;
  readonly run: { readonly id: string; readonly started_at: string };
  /** Of an `each`: its `as` and `index`. Of `key` and `by`: the name is `item`. */
  readonly item?: { readonly name: string; readonly value: Json; readonly index: number };
  /** In a loop. `prev` is null in the first iteration. */
  readonly iter?: { readonly number: number; readonly prev: { readonly [id: StepId]: StepResult } | null };
  /** In `rules`: the output under test. */
  readonly output?: Json;
  /** In the `on` of a quorum: one result. */
  readonly result?: Json;
  /** In the `value` of an aggregate: what is combined. */
  readonly items?: Json;
  /** In a handler: `{ reason, code, message, details }` of the failure; `question` besides, where an agent asked. */
  readonly error?: Json;
};

/**
 * A finished step as expressions see it. A skipped step has no `output`, so that reading it fails;
 * a tolerated failure has output null.
 */
export type StepResult = {
  readonly status: "completed" | "skipped" | "failed" | "canceled";
  readonly output?: Json;
  readonly text?: string;
  readonly data?: Json;
  readonly artifacts?: Json;
  readonly error?: Json;
  /** Of an `each`: the failures by index. */
  readonly errors?: Json;
  readonly attempts: number;
  readonly agent?: string;
  readonly usage?: Json;
  /** Of a quorum: the value that was agreed upon. */
  readonly agreed?: Json;
};
