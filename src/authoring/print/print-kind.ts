/** The one key that makes a step what it is, with what stands inside of it. */
import type { Json, JsonObject } from "../../base/json.ts";
import {
  type AggregateStep,
  type ApprovalStep,
  DEFAULTS,
  type DelegateStep,
  type HandoffStep,
  type LoopStep,
  type ParallelStep,
  type PlanStep,
  type Step,
  type Steps,
  type WaitStep,
} from "../../definition/definition.ts";
import { durationText, policyKeys, present, type Printing, succeedValue, targetKeys } from "./print-policy.ts";
import { areNamedByTarget, workBeside } from "./shared-work.ts";

/** How a nested step is printed: by the printer of steps, which uses this file. */
export type KindPrinting = Printing & { readonly nested: (step: Step) => JsonObject };

/** The key of a step's kind and its value. */
export function kindKeys(step: Exclude<Step, DelegateStep>, printing: KindPrinting): JsonObject {
  switch (step.kind) {
    case "parallel":
      return { parallel: parallelObject(step, printing) };
    case "group":
      return { steps: nestedSteps(step.steps, printing) };
    case "loop":
      return { loop: loopObject(step, printing) };
    case "handoff":
      return { handoff: handoffObject(step, printing) };
    case "plan":
      return { plan: planObject(step, printing) };
    case "approval":
      return { approval: approvalObject(step, printing) };
    case "aggregate":
      return { aggregate: aggregateObject(step) };
    case "wait":
      return { wait: waitValue(step) };
    case "set":
      return { set: step.values };
  }
}

function nestedSteps(steps: Steps, { nested }: KindPrinting): JsonObject {
  return Object.fromEntries(Object.entries(steps).map(([id, step]) => [id, nested(step)]));
}

function parallelObject(step: ParallelStep, printing: KindPrinting): JsonObject {
  const succeed = succeedValue(step.succeed);
  const who: JsonObject =
    workBeside(step) === null ? { branches: nestedSteps(step.branches, printing) } : { agents: listedAgents(step.branches) };
  return { ...who, ...(succeed === "all" ? {} : { succeed }) };
}

/** An agent is a word here, a capability is not: `agents: [a]` means the agent "a". */
function listedAgents(steps: Steps): readonly Json[] {
  return Object.values(steps).flatMap((step) => {
    if (step.kind !== "delegate") return [];
    const { target } = step;
    return [target.kind === "agent" && target.skill === null ? target.agent : targetKeys(target)];
  });
}

function loopObject(step: LoopStep, printing: KindPrinting): JsonObject {
  const { until } = step;
  return {
    ...(step.max === DEFAULTS.loop.max ? {} : { max: step.max }),
    ...(until.kind === "condition" ? { until: until.source } : { score: until.source }),
    ...(until.kind === "score" && until.threshold !== DEFAULTS.loop.threshold ? { threshold: until.threshold } : {}),
    ...(step.onExhausted === "fail" ? {} : { onExhausted: step.onExhausted }),
    steps: nestedSteps(step.steps, printing),
  };
}

function handoffObject(step: HandoffStep, printing: KindPrinting): JsonObject {
  const [first] = Object.keys(step.agents);
  return {
    agents: handoffAgents(step, printing),
    ...(step.start === first ? {} : { start: step.start }),
    ...(step.max === DEFAULTS.handoff.max ? {} : { max: step.max }),
  };
}

function handoffAgents({ agents, ...step }: HandoffStep, printing: KindPrinting): Json {
  if (workBeside({ ...step, agents }) === null) return nestedSteps(agents, printing);
  if (areNamedByTarget(agents)) return listedAgents(agents);
  return Object.fromEntries(Object.entries(agents).map(([id, { target }]) => [id, targetKeys(target)]));
}

function planObject(step: PlanStep, printing: KindPrinting): JsonObject {
  return {
    ...targetKeys(step.planner.target),
    allow: step.capabilities,
    ...(step.maxSubtasks === DEFAULTS.plan.maxSubtasks ? {} : { maxSubtasks: step.maxSubtasks }),
    ...(step.maxDepth === DEFAULTS.plan.maxDepth ? {} : { maxDepth: step.maxDepth }),
    ...(step.approve === undefined ? {} : { approve: approvalObject(step.approve, printing) }),
    ...policyKeys(step.subtask, printing),
  };
}

function approvalObject(step: ApprovalStep, printing: KindPrinting): JsonObject {
  const handler = handlerInside(step);
  return present({
    to: step.to,
    title: step.title,
    show: step.show,
    form: step.form,
    remind: step.remindMs === null ? null : durationText(step.remindMs),
    escalate: step.escalate === undefined ? null : { after: durationText(step.escalate.afterMs), to: step.escalate.to },
    timeout: step.timeoutMs === null ? null : durationText(step.timeoutMs),
    onTimeout: step.onTimeout !== "fail" ? step.onTimeout : handler === null ? null : printing.nested(handler),
  });
}

/** The handler that stands inside `approval`: there it needs a `timeout`, and a word may stand in its place. */
export function handlerInside({ timeoutMs, onTimeout, handlers }: ApprovalStep): Step | null {
  return timeoutMs === null || onTimeout !== "fail" ? null : (handlers?.onTimeout ?? null);
}

function aggregateObject({ from, strategy, key, by, value }: AggregateStep): JsonObject {
  if (strategy === "expression" && value !== undefined) return { from, value };
  return present({ from, strategy, key, by, value });
}

function waitValue({ wait }: WaitStep): Json {
  switch (wait.kind) {
    case "duration":
      return typeof wait.value === "string" && !wait.value.includes("$") ? wait.value : { for: wait.value };
    case "instant":
      return { until: wait.value };
    case "signal":
      return { signal: wait.name, ...(wait.timeoutMs === null ? {} : { timeout: durationText(wait.timeoutMs) }) };
  }
}
