/**
 * How long a workflow may take when every attempt needs all of its time: T1401 for the run, T1406 for a
 * step's deadline. What nobody bounds (a person without a timeout, a signal) counts as nothing, since
 * only the run's own timeout ends it. Each step is looked at once, so the time is that of the graph.
 */
import { formatDuration, parseDuration } from "../../base/duration.ts";
import type { DelegateStep, RetryPolicy, Step, StepId, Steps } from "../../definition/definition.ts";
import { orderOf } from "../../definition/graph.ts";
import { problem, type Problem } from "../../definition/problem.ts";
import type { PlacedStep } from "../../definition/walk.ts";
import type { Linting } from "./linting.ts";

/** A warning when attempts and delays, one after the other, may take longer than the run has. */
export function worstCaseProblems({ definition, steps }: Linting): readonly Problem[] {
  const costs: Costs = new Map();
  const longest = longestChain(definition.steps, costs);
  const problems = steps.flatMap((place) => deadlineProblem(place, costs));
  if (longest.durationMs <= definition.timeoutMs) return problems;
  const ids = longest.ids.length <= 12 ? longest.ids : [...longest.ids.slice(0, 5), "…", ...longest.ids.slice(-5)];
  return [
    problem({
      code: "T1401",
      severity: "warning",
      message: `In the worst case ${ids.join(" → ")} takes ${formatDuration(longest.durationMs)}, and the run ends after ${formatDuration(definition.timeoutMs)}.`,
      help: "Give the run a longer `timeout`, or its steps fewer attempts or shorter timeouts.",
      path: ["timeout"],
    }),
    ...problems,
  ];
}

/** The longest time that a step may take: all attempts, items, iterations and handlers. */
export function worstCaseMs(step: Step): number {
  return cappedMs(step, new Map());
}

function deadlineProblem({ step, path }: PlacedStep, costs: Costs): readonly Problem[] {
  if (step.deadlineMs === undefined) return [];
  const durationMs = uncappedMs(step, costs);
  if (durationMs <= step.deadlineMs) return [];
  return [
    problem({
      code: "T1406",
      severity: "warning",
      message: `In the worst case the step takes ${formatDuration(durationMs)}, and its deadline ends it after ${formatDuration(step.deadlineMs)}.`,
      help: "Give it a longer `deadline`, fewer attempts or a shorter `timeout`; or leave it, if the deadline is meant to cut it short.",
      path: [...path, "deadline"],
    }),
  ];
}

/** What has been counted already, by step. */
type Costs = Map<Step, number>;

function cappedMs(step: Step, costs: Costs): number {
  const withHandlers = uncappedMs(step, costs) + slowestMs(Object.values(step.handlers ?? {}), costs);
  return Math.min(withHandlers, step.deadlineMs ?? Infinity);
}

/** Of all items, without the step's own deadline and handlers. */
function uncappedMs(step: Step, costs: Costs): number {
  const known = costs.get(step);
  if (known !== undefined) return known;
  const ownMs = kindMs(step, costs) * roundsOf(step);
  const durationMs = Math.min(ownMs, step.succeed?.withinMs ?? Infinity);
  costs.set(step, durationMs);
  return durationMs;
}

/** How many items come one after the other. A list that is not written out may be short. */
function roundsOf({ each }: Step): number {
  return each !== null && Array.isArray(each.items) ? Math.ceil(each.items.length / each.concurrency) : 1;
}

function kindMs(step: Step, costs: Costs): number {
  switch (step.kind) {
    case "delegate":
      return delegateMs(step);
    case "parallel":
      return slowestMs(Object.values(step.branches), costs);
    case "group":
      return longestChain(step.steps, costs).durationMs;
    case "loop":
      return step.max * longestChain(step.steps, costs).durationMs;
    case "handoff":
      return step.max * slowestMs(Object.values(step.agents), costs);
    case "plan": {
      const planMs = cappedMs(step.planner, costs) + (step.approve === undefined ? 0 : cappedMs(step.approve, costs));
      // A plan may be one long chain.
      return planMs + step.maxSubtasks * attemptsMs(step.subtask, 0);
    }
    case "approval":
      return step.timeoutMs ?? 0;
    case "wait":
      return waitMs(step);
    case "aggregate":
    case "set":
      return 0;
  }
}

/** Each attempt, repair and fallback to its full timeout, and all delays. */
function delegateMs(step: DelegateStep): number {
  return attemptsMs(step, step.fallback.length + (step.repair ?? 0));
}

function attemptsMs({ timeoutMs, retry }: { readonly timeoutMs: number; readonly retry: RetryPolicy }, more: number): number {
  let delaysMs = 0;
  for (let attempt = 1; attempt < retry.attempts; attempt += 1)
    delaysMs += Math.min(retry.maxMs, retry.initialMs * retry.factor ** (attempt - 1));
  return timeoutMs * (retry.attempts + more) + delaysMs;
}

function waitMs({ wait }: Extract<Step, { kind: "wait" }>): number {
  if (wait.kind === "signal") return wait.timeoutMs ?? 0;
  if (wait.kind === "instant") return 0;
  if (typeof wait.value === "number") return wait.value;
  const parsed = typeof wait.value === "string" ? parseDuration(wait.value) : null;
  return parsed?.ok === true ? parsed.value : 0;
}

function slowestMs(steps: readonly Step[], costs: Costs): number {
  return steps.reduce((slowest, step) => Math.max(slowest, cappedMs(step, costs)), 0);
}

type Chain = { readonly ids: readonly StepId[]; readonly durationMs: number };

/** The chain of needs that takes longest. */
function longestChain(steps: Steps, costs: Costs): Chain {
  const order = orderOf(steps);
  if (!order.ok) return { ids: [], durationMs: 0 };
  const chainById = new Map<StepId, { readonly durationMs: number; readonly before: StepId | null }>();
  let last: StepId | null = null;
  for (const id of order.value) {
    const step = steps[id] as Step;
    let before: StepId | null = null;
    for (const need of step.needs) if (durationOf(chainById, need) > durationOf(chainById, before)) before = need;
    chainById.set(id, { durationMs: durationOf(chainById, before) + cappedMs(step, costs), before });
    if (durationOf(chainById, id) > durationOf(chainById, last)) last = id;
  }
  const ids: StepId[] = [];
  for (let id = last; id !== null; id = chainById.get(id)?.before ?? null) ids.push(id);
  return { ids: ids.toReversed(), durationMs: durationOf(chainById, last) };
}

function durationOf(chainById: ReadonlyMap<StepId, { readonly durationMs: number }>, id: StepId | null): number {
  return id === null ? 0 : (chainById.get(id)?.durationMs ?? 0);
}
