import type { Json } from "../../base/json.ts";
import { canonicalJson } from "../../base/json.ts";
import type { Definition, Step, Steps } from "../../definition/definition.ts";
import { type Policies, STANDARD_POLICIES } from "../file/read-policy.ts";

/**
 * The `defaults` that save the most lines: what most steps have alike. A value that only one step has
 * stays with that step.
 */
export function commonPolicies(definition: Definition): Policies {
  const policies = [...policiesOf(definition.steps)];
  return {
    timeoutMs: mostFrequent(
      policies.map(({ timeoutMs }) => timeoutMs),
      STANDARD_POLICIES.timeoutMs,
    ),
    retry: mostFrequent(
      policies.map(({ retry }) => retry),
      STANDARD_POLICIES.retry,
    ),
  };
}

function* policiesOf(steps: Steps): Generator<Policies> {
  for (const step of Object.values(steps)) yield* policiesOfStep(step);
}

function* policiesOfStep(step: Step): Generator<Policies> {
  if (step.handlers !== undefined) yield* policiesOf(step.handlers);
  if (step.compensate !== undefined) yield step.compensate;
  switch (step.kind) {
    case "delegate":
      yield step;
      break;
    case "parallel":
      yield* policiesOf(step.branches);
      break;
    case "group":
    case "loop":
      yield* policiesOf(step.steps);
      break;
    case "handoff":
      yield* policiesOf(step.agents);
      break;
    case "plan":
      yield step.planner;
      yield step.subtask;
      break;
    case "approval":
    case "aggregate":
    case "wait":
    case "set":
      break;
  }
}

function mostFrequent<Value extends Json>(values: readonly Value[], standard: Value): Value {
  const countByText = new Map<string, { readonly value: Value; count: number }>();
  for (const value of values) {
    const key = canonicalJson(value);
    const known = countByText.get(key);
    if (known === undefined) countByText.set(key, { value, count: 1 });
    else known.count += 1;
  }
  let best = { value: standard, count: Math.max(1, countByText.get(canonicalJson(standard))?.count ?? 0) };
  for (const found of countByText.values()) if (found.count > best.count) best = found;
  return best.value;
}
