import type { Json, JsonObject } from "../base/json.ts";

/** A JSON Schema, 2020-12. */
export type JsonSchema = JsonObject | boolean;

/** An expression in CEL, without `${{ }}`. */
export type Expression = string;

/** A JSON value whose texts may hold `${{ expression }}`. */
export type Template = Json;

/** The id of a step: `^[a-z][a-z0-9_]*$`. */
export type StepId = string;

/**
 * A workflow as data: immutable plain JSON with every default written in, the same whether it came
 * from a file or from the builder. All durations are in milliseconds.
 */
export type Definition = {
  readonly tutti: "1.0";
  /** The rules by which it is executed; a change of meaning gets a new number. */
  readonly semantics: 1;
  readonly name: string;
  readonly version: string | null;
  readonly description: string | null;
  readonly input: JsonSchema | null;
  /** Logical names of agents. Left out of the fingerprint: bindings differ by environment. */
  readonly agents: { readonly [name: string]: AgentBinding };
  /** Of the whole run, parked time included. */
  readonly timeoutMs: number;
  readonly steps: { readonly [id: StepId]: Step };
  /** The run's output; null means the outputs of the steps that no other step reads. */
  readonly output: Template | null;
};

/** Where a logical agent name leads. */
export type AgentBinding =
  | { readonly kind: "card"; readonly url: string; readonly secret: string | null }
  | { readonly kind: "module"; readonly specifier: string }
  | { readonly kind: "capability"; readonly capability: string }
  | { readonly kind: "local"; readonly name: string };

/** Who does the work: a named agent, or whoever the registry finds for a capability. */
export type Target =
  | { readonly kind: "agent"; readonly agent: string; readonly skill: string | null }
  | { readonly kind: "capability"; readonly capability: string };

/** A step of a workflow. `kind` grows with the language. */
export type Step = DelegateStep;

/** Work for one agent; or for each item of a list (requirements W048, W049, W053). */
export type DelegateStep = {
  readonly kind: "delegate";
  readonly target: Target;
  /** Steps that must be over first: written, or read by one of the expressions. Sorted. */
  readonly needs: readonly StepId[];
  readonly if: Expression | null;
  readonly each: Each | null;
  readonly text: Template | null;
  readonly with: Template | null;
  /** The contract of the output. */
  readonly output: JsonSchema | null;
  /** Business rules on the output: expressions that must be true. */
  readonly rules: readonly Expression[];
  /** Of one attempt. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** Tried in order, once each, when the attempts are used up. */
  readonly fallback: readonly Target[];
  /** False: the run goes on without it, its output is null. */
  readonly critical: boolean;
  /** What an outcome that nobody can know means: give up, or send again. */
  readonly onUnknown: "fail" | "resend";
};

export type Each = {
  readonly items: Template;
  /** The name under which expressions see the item. */
  readonly as: string;
  readonly concurrency: number;
};

export type RetryPolicy = {
  /** All attempts, the first included. */
  readonly attempts: number;
  readonly initialMs: number;
  readonly factor: number;
  readonly maxMs: number;
  readonly jitter: "full" | "none";
};

/** What a definition gets when it says nothing (design.md, Defaults; requirements W198). */
export const DEFAULTS = {
  runTimeoutMs: 24 * 3_600_000,
  attemptTimeoutMs: 600_000,
  retry: { attempts: 3, initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: "full" },
} as const satisfies { runTimeoutMs: number; attemptTimeoutMs: number; retry: RetryPolicy };
