/** Several agents on the same work: when the short spelling `agents: [a, b]` says as much as the long one. */
import type { DelegateStep, HandlerName, Step, Steps } from "../../definition/definition.ts";
import { idOfTarget } from "../kinds/named-agent.ts";
import { isSame } from "./print-policy.ts";

/** Handlers that belong to an agent, and so may stand beside `agents`. */
const AGENT_HANDLERS: readonly HandlerName[] = ["onUnknown", "onRejected", "onInputRequired", "onAuthRequired"];

/** The work that stands beside the kind of a step: its own, its planner's, or that of all its agents alike; else null. */
export function workBeside(step: Step): DelegateStep | null {
  switch (step.kind) {
    case "delegate":
      return step;
    case "plan":
      return step.planner;
    case "parallel":
      if (step.output !== null || step.rules.length > 0 || step.context !== undefined) return null;
      return areNamedByTarget(step.branches) ? sharedWork(step.branches, step, [...AGENT_HANDLERS, "onInvalid"]) : null;
    case "handoff": {
      // The contract beside `agents` is that of the handoff, never of an agent.
      const shared = sharedWork(step.agents, step, AGENT_HANDLERS);
      return shared === null || shared.output !== null || shared.rules.length > 0 ? null : shared;
    }
    case "group":
    case "loop":
    case "approval":
    case "aggregate":
    case "wait":
    case "set":
      return null;
  }
}

/** Whether each step is called what a list of agents would call it. */
export function areNamedByTarget(steps: Steps): boolean {
  return Object.entries(steps).every(
    ([id, step]) => step.kind === "delegate" && step.target.kind !== "sink" && idOfTarget(step.target) === id,
  );
}

function sharedWork(steps: Steps, holder: Step, handlers: readonly HandlerName[]): DelegateStep | null {
  const besides = new Set(Object.keys(holder.handlers ?? {}));
  const allowed = new Set<string>(handlers.filter((name) => !besides.has(name)));
  const [first, ...others] = Object.values(steps).map((step) => (isPlain(step, allowed) ? step : null));
  if (first === null || first === undefined) return null;
  return others.every((other) => other !== null && isSameWork(first, other)) ? first : null;
}

/** Nothing but work: what else stands beside `agents` belongs to the step that holds them. */
function isPlain(step: Step, handlers: ReadonlySet<string>): step is DelegateStep {
  return (
    step.kind === "delegate" &&
    step.target.kind !== "sink" &&
    step.needs.length === 0 &&
    step.if === null &&
    step.each === null &&
    step.critical &&
    step.deadlineMs === undefined &&
    step.compensate === undefined &&
    Object.keys(step.handlers ?? {}).every((name) => handlers.has(name))
  );
}

function isSameWork(left: DelegateStep, right: DelegateStep): boolean {
  return isSame({ ...left, target: null }, { ...right, target: null });
}
