import type { Json } from "../base/json.ts";
import type { Result } from "../base/result.ts";
import type { Definition, DelegateStep, StepId } from "./definition.ts";

/**
 * A definition made ready to run: the graph with its edges both ways, and every expression and
 * schema as a function. It is cached by fingerprint and holds no state of any run. The scheduler
 * sees expressions and schemas only through it, and so needs no package.
 */
export type Program = {
  readonly fingerprint: string;
  readonly definition: Definition;
  /** Every step, dependencies before dependents, otherwise in the order of the definition. */
  readonly steps: readonly StepProgram[];
  readonly stepById: ReadonlyMap<StepId, StepProgram>;
  /** The run's output over the finished steps. */
  readonly output: (scope: Scope) => Result<Json, ExpressionFailure>;
};

/** A step made ready to run. */
export type StepProgram = {
  readonly id: StepId;
  /** The place in `Program.steps`. */
  readonly index: number;
  readonly step: DelegateStep;
  /** Steps that wait for this one. */
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
};

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

/** What expressions see. The names of `each` (its `as`, and `index`) come in `item`. */
export type Scope = {
  readonly input: Json;
  readonly steps: { readonly [id: StepId]: StepResult };
  readonly context: Json;
  readonly run: { readonly id: string; readonly started_at: string };
  readonly item?: { readonly name: string; readonly value: Json; readonly index: number };
  /** In `rules`: the output under test. */
  readonly output?: Json;
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
};
