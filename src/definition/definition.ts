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
  readonly steps: Steps;
  /** The run's output; null means the outputs of the steps that no other step reads. */
  readonly output: Template | null;
  /** What all of the run may use; absent: no more than the product's limits. */
  readonly budget?: Budget;
  /** Metadata keys under which agents report what they used. */
  readonly usage?: UsageKeys;
};

/** Where a logical agent name leads. */
export type AgentBinding =
  | { readonly kind: "card"; readonly url: string; readonly secret: string | null }
  | { readonly kind: "module"; readonly specifier: string }
  | { readonly kind: "capability"; readonly capability: string }
  | { readonly kind: "local"; readonly name: string };

/** Who does the work. */
export type Target =
  | { readonly kind: "agent"; readonly agent: string; readonly skill: string | null }
  /** Whoever the registry finds at each attempt (requirement W108). */
  | { readonly kind: "capability"; readonly capability: string }
  /** A run of its own, child of this one. The version is fixed when the run starts. */
  | { readonly kind: "workflow"; readonly name: string; readonly range: string }
  /** `emit`: the log, or a webhook. Done when it is acknowledged. */
  | { readonly kind: "sink"; readonly sink: "log"; readonly event: string }
  | { readonly kind: "sink"; readonly sink: "webhook"; readonly event: string; readonly url: string };

/**
 * A step of a workflow. What an older version of the language did not have is absent when it is not
 * used, never null: so a stored definition keeps its fingerprint while the language grows.
 */
export type Step =
  | DelegateStep
  | ParallelStep
  | GroupStep
  | LoopStep
  | HandoffStep
  | PlanStep
  | ApprovalStep
  | AggregateStep
  | WaitStep
  | SetStep;

/** The steps of a workflow, of a branch or of an iteration, by id. */
export type Steps = { readonly [id: StepId]: Step };

/** What every step may carry. */
export type StepCommon = {
  /**
   * Steps beside this one that must be over first: written, or read by an expression in it, at any
   * depth. Sorted. Steps further out are needs of the step that holds this one.
   */
  readonly needs: readonly StepId[];
  readonly if: Expression | null;
  readonly each: Each | null;
  /** The contract of the output. */
  readonly output: JsonSchema | null;
  /** Business rules on the output: expressions that must be true. */
  readonly rules: readonly Expression[];
  /** False: the run goes on without it, its output is null. */
  readonly critical: boolean;
  /** When an `each` has succeeded; absent: when every item has. A parallel step has its own. */
  readonly succeed?: Succeed;
  /** Of all attempts and the delays between them; of a step with inner steps, of all of them. */
  readonly deadlineMs?: number;
  /** Steps that stand in for this one when it fails; their output replaces its own. */
  readonly handlers?: Handlers;
  /** Undoes the step when the run fails or is canceled after it completed (requirements R018). */
  readonly compensate?: DelegateStep;
  readonly context?: ContextAccess;
};

/** Work for one agent; or for each item of a list (requirements W048, W049, W053). */
export type DelegateStep = StepCommon & {
  readonly kind: "delegate";
  readonly target: Target;
  readonly text: Template | null;
  readonly with: Template | null;
  /** Of one attempt. */
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  /** Tried in order, once each, when the attempts are used up. */
  readonly fallback: readonly Target[];
  /** What an outcome that nobody can know means: give up, send again, or ask a person. */
  readonly onUnknown: "fail" | "resend" | "ask";
  /** The longest time without a sign of progress. */
  readonly idleMs?: number;
  /** The longest time until the agent accepts. */
  readonly ttlMs?: number;
  /** How often an output that breaks its contract is sent back with the errors; absent: never. */
  readonly repair?: number;
  /** Whose A2A context the agent's messages belong to; absent: a fresh one for each subtask. */
  readonly conversation?: "loop" | "run" | "caller";
  /** `stream`: chunks of the answer are shown to those who watch the run, and never recorded. */
  readonly deliver?: "stream";
  /** File references: a list of `{ url | payload, mediaType, name }`. */
  readonly files?: Template;
  readonly limit?: StepLimit;
  readonly budget?: Pick<Budget, "tokens" | "cost">;
  /** `fail`: a question of the agent is a failure. Absent: it is asked, or goes to a handler. */
  readonly onInputRequired?: "fail";
  readonly onAuthRequired?: "fail";
  /** `fail`: a rejected attempt goes to no fallback. */
  readonly onRejected?: "fail";
};

/** Several branches at once, joined by `succeed` (requirements W049, W050). The output has one key a branch. */
export type ParallelStep = StepCommon & {
  readonly kind: "parallel";
  readonly branches: Steps;
  readonly succeed: Succeed;
};

/** Steps as one: a branch or a handler of more than one step. The output has one key a step. */
export type GroupStep = StepCommon & { readonly kind: "group"; readonly steps: Steps };

/**
 * Inner steps again and again until a condition holds (requirements W051): `until`, or a score that
 * reaches its threshold. The output has one key an inner step, of the last iteration.
 */
export type LoopStep = StepCommon & {
  readonly kind: "loop";
  readonly steps: Steps;
  readonly max: number;
  readonly until:
    | { readonly kind: "condition"; readonly source: Expression }
    | { readonly kind: "score"; readonly source: Expression; readonly threshold: number };
  /** What `max` iterations without success mean: a failure (T4117), or the best draft, or the last. */
  readonly onExhausted: "fail" | "best" | "last";
};

/** Agents of which one works at a time and may hand over to another by name (requirements B011). */
export type HandoffStep = StepCommon & {
  readonly kind: "handoff";
  readonly agents: { readonly [id: StepId]: DelegateStep };
  readonly start: StepId;
  /** Turns in all. */
  readonly max: number;
};

/** An agent returns subtasks with dependencies; they are checked and become a part of the run. */
export type PlanStep = StepCommon & {
  readonly kind: "plan";
  readonly planner: DelegateStep;
  /** What a subtask may ask for. */
  readonly capabilities: readonly string[];
  readonly maxSubtasks: number;
  /** How deep plans may nest: 1 means that no subtask of the plan may be a plan itself. */
  readonly maxDepth: number;
  /** Asked before the plan runs. */
  readonly approve?: ApprovalStep;
  /** What each subtask gets. */
  readonly subtask: { readonly timeoutMs: number; readonly retry: RetryPolicy };
};

/** A question to people (requirements W195). The output is `{ decision, by, decided_at, form }`. */
export type ApprovalStep = StepCommon & {
  readonly kind: "approval";
  readonly to: readonly string[];
  readonly title: Template;
  readonly show: Template | null;
  /** What the answer may hold besides the decision. */
  readonly form: JsonSchema | null;
  readonly remindMs: number | null;
  readonly escalate?: { readonly afterMs: number; readonly to: readonly string[] };
  /** Null: only the run's own time limits it. */
  readonly timeoutMs: number | null;
  readonly onTimeout: "approve" | "reject" | "fail";
};

/** Combines results (requirements W.j). An aggregator agent is a delegate step. */
export type AggregateStep = StepCommon & {
  readonly kind: "aggregate";
  readonly from: Template;
  readonly strategy: AggregateStrategy;
  /** Of an item: what makes two the same (`merge`, `majority`), or its key (`dict`). Sees `item`. */
  readonly key?: Expression;
  /** Of an item: what is summed or compared (`best`, `sum`, `average`, `min`, `max`). Sees `item`. */
  readonly by?: Expression;
  /** `expression`: the value. Sees `items`. */
  readonly value?: Expression;
};

export const AGGREGATE_STRATEGIES = [
  "list",
  "dict",
  "merge",
  "concat",
  "majority",
  "first",
  "best",
  "sum",
  "average",
  "min",
  "max",
  "count",
  "expression",
] as const;
export type AggregateStrategy = (typeof AGGREGATE_STRATEGIES)[number];

/** Waits for a time or for a signal. The output of a signal is its payload. */
export type WaitStep = StepCommon & {
  readonly kind: "wait";
  readonly wait:
    /** A duration such as "5m", or one expression that gives it, or milliseconds. */
    | { readonly kind: "duration"; readonly value: Template }
    /** An instant in ISO 8601, or one expression that gives it. */
    | { readonly kind: "instant"; readonly value: Template }
    | { readonly kind: "signal"; readonly name: string; readonly timeoutMs: number | null };
};

/** Writes the run context: paths with dots, and their values. The output is what was written. */
export type SetStep = StepCommon & { readonly kind: "set"; readonly values: { readonly [path: string]: Template } };

/** When branches or items together have succeeded. The others are then canceled, except with `all` and `atLeast`. */
export type Succeed = {
  readonly rule:
    | { readonly kind: "all" }
    /** Waits for everyone, and needs this many; tolerates other failures. */
    | { readonly kind: "atLeast"; readonly count: number }
    | { readonly kind: "atLeastPercent"; readonly percent: number }
    /** As soon as this many have succeeded. `any` is `first: 1`. */
    | { readonly kind: "first"; readonly count: number }
    /** As soon as this many different agents agree on the value of `on`, which sees `result`. */
    | { readonly kind: "quorum"; readonly count: number; readonly on: Expression };
  /** Then it is decided with what is there; the unfinished count as timed out (requirement X005). */
  readonly withinMs?: number;
};

/** Handlers by the key under which they stand in a file. */
export const HANDLER_NAMES = [
  "onError",
  "onRejected",
  "onUnknown",
  "onInvalid",
  "onTimeout",
  "onDisagree",
  "onExhausted",
  "onInputRequired",
  "onAuthRequired",
] as const;
export type HandlerName = (typeof HANDLER_NAMES)[number];
export type Handlers = { readonly [Name in HandlerName]?: Step };

/** Paths of the run context that a step's agent may read, and may change by a delta. */
export type ContextAccess = { readonly read: readonly string[]; readonly write: readonly string[] };

/** Across all runs of this process: how many at once, and how many a second. */
export type StepLimit = { readonly concurrency?: number; readonly perSecond?: number };

/** What may be used before no new work is dispatched. */
export type Budget = {
  readonly attempts?: number;
  readonly subtasks?: number;
  readonly wallMs?: number;
  readonly tokens?: number;
  readonly cost?: number;
  /** How deep sub-workflows may nest. */
  readonly depth?: number;
  /** How many orchestrators a request may have passed, over A2A. */
  readonly hops?: number;
  /** `ask`: a person may grant the same again. */
  readonly onExceeded: "fail" | "ask";
};

/** Where in an agent's metadata its use is found, as paths with dots. */
export type UsageKeys = { readonly tokens?: string; readonly cost?: string; readonly model?: string };

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
  repair: 1,
  loop: { max: 5, threshold: 0.9 },
  handoff: { max: 10 },
  plan: { maxSubtasks: 20, maxDepth: 1 },
} as const satisfies { runTimeoutMs: number; attemptTimeoutMs: number; retry: RetryPolicy; [name: string]: unknown };
