import {
  type AggregateStep,
  type ApprovalStep,
  DEFAULTS,
  type Definition,
  type DelegateStep,
  type GroupStep,
  type HandoffStep,
  type LoopStep,
  type ParallelStep,
  type PlanStep,
  type SetStep,
  type Steps,
  type WaitStep,
} from "../../../src/definition/definition.ts";

/** A step that says nothing but its capability. */
export function step(parts: Partial<DelegateStep> = {}): DelegateStep {
  return {
    kind: "delegate",
    target: { kind: "capability", capability: "work" },
    needs: [],
    if: null,
    each: null,
    text: null,
    with: null,
    output: null,
    rules: [],
    timeoutMs: DEFAULTS.attemptTimeoutMs,
    retry: DEFAULTS.retry,
    fallback: [],
    critical: true,
    onUnknown: "fail",
    ...parts,
  };
}

/** A definition with one step, and whatever a test changes. */
export function minimal(parts: Partial<Definition> = {}): Definition {
  return {
    tutti: "1.0",
    semantics: 1,
    name: "w",
    version: null,
    description: null,
    input: null,
    agents: {},
    timeoutMs: DEFAULTS.runTimeoutMs,
    steps: { a: step() },
    output: null,
    ...parts,
  };
}

const COMMON = { needs: [], if: null, each: null, output: null, rules: [], critical: true } as const;

/** One of each other kind, with whatever a test changes. */
export function parallel(branches: Steps, parts: Partial<ParallelStep> = {}): ParallelStep {
  return { ...COMMON, kind: "parallel", branches, succeed: { rule: { kind: "all" } }, ...parts };
}

export function group(steps: Steps, parts: Partial<GroupStep> = {}): GroupStep {
  return { ...COMMON, kind: "group", steps, ...parts };
}

export function loop(steps: Steps, source: string, parts: Partial<LoopStep> = {}): LoopStep {
  return { ...COMMON, kind: "loop", steps, max: 5, until: { kind: "condition", source }, onExhausted: "fail", ...parts };
}

export function handoff(agents: { readonly [id: string]: DelegateStep }, parts: Partial<HandoffStep> = {}): HandoffStep {
  return { ...COMMON, kind: "handoff", agents, start: Object.keys(agents)[0] ?? "none", max: 10, ...parts };
}

export function plan(parts: Partial<PlanStep> = {}): PlanStep {
  const subtask = { timeoutMs: DEFAULTS.attemptTimeoutMs, retry: DEFAULTS.retry };
  return { ...COMMON, kind: "plan", planner: step(), capabilities: ["search"], maxSubtasks: 20, maxDepth: 1, subtask, ...parts };
}

export function approval(parts: Partial<ApprovalStep> = {}): ApprovalStep {
  const question = { to: ["role:lead"], title: "Go on?", show: null, form: null };
  return { ...COMMON, kind: "approval", ...question, remindMs: null, timeoutMs: null, onTimeout: "fail", ...parts };
}

export function aggregateStep(parts: Partial<AggregateStep> = {}): AggregateStep {
  return { ...COMMON, kind: "aggregate", from: "${{ input.list }}", strategy: "list", ...parts };
}

export function wait(of: WaitStep["wait"], parts: Partial<WaitStep> = {}): WaitStep {
  return { ...COMMON, kind: "wait", wait: of, ...parts };
}

export function set(values: SetStep["values"], parts: Partial<SetStep> = {}): SetStep {
  return { ...COMMON, kind: "set", values, ...parts };
}
