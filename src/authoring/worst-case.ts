import { formatDuration } from "../base/duration.ts";
import type { Definition, Step, StepId } from "../definition/definition.ts";
import { orderOf } from "../definition/graph.ts";
import { problem, type Problem } from "../definition/problem.ts";

/** A warning when attempts and delays, one after the other, may take longer than the run has. */
export function worstCaseProblems(definition: Definition): readonly Problem[] {
  const order = orderOf(definition.steps);
  if (!order.ok) return [];
  const longest = longestChain(definition, order.value);
  if (longest.durationMs <= definition.timeoutMs) return [];
  return [
    problem({
      code: "T1401",
      severity: "warning",
      message: `In the worst case ${longest.ids.join(" → ")} takes ${formatDuration(longest.durationMs)}, and the run ends after ${formatDuration(definition.timeoutMs)}.`,
      help: "Give the run a longer `timeout`, or its steps fewer attempts or shorter timeouts.",
      path: ["timeout"],
    }),
  ];
}

/** All attempts of a step to their full timeout, all delays, and each fallback once. */
export function worstCaseMs(step: Step): number {
  const { attempts, initialMs, factor, maxMs } = step.retry;
  let delaysMs = 0;
  for (let attempt = 1; attempt < attempts; attempt += 1) delaysMs += Math.min(maxMs, initialMs * factor ** (attempt - 1));
  return step.timeoutMs * (attempts + step.fallback.length) + delaysMs;
}

type Chain = { readonly ids: readonly StepId[]; readonly durationMs: number };

function longestChain(definition: Definition, order: readonly StepId[]): Chain {
  const chainById = new Map<StepId, { readonly durationMs: number; readonly before: StepId | null }>();
  let last: StepId | null = null;
  for (const id of order) {
    const step = definition.steps[id] as Step;
    let before: StepId | null = null;
    for (const need of step.needs) if (durationOf(chainById, need) > durationOf(chainById, before)) before = need;
    chainById.set(id, { durationMs: durationOf(chainById, before) + worstCaseMs(step), before });
    if (durationOf(chainById, id) > durationOf(chainById, last)) last = id;
  }
  const ids: StepId[] = [];
  for (let id = last; id !== null; id = chainById.get(id)?.before ?? null) ids.unshift(id);
  return { ids, durationMs: durationOf(chainById, last) };
}

function durationOf(chainById: ReadonlyMap<StepId, { readonly durationMs: number }>, id: StepId | null): number {
  return id === null ? 0 : (chainById.get(id)?.durationMs ?? 0);
}
