import type { Definition, Step, Target } from "../definition/definition.ts";
import { eachStep, longNameOf } from "../definition/walk.ts";

/** The agents and capabilities that a script may stand in for. */
export function actorsOf(definition: Definition): readonly string[] {
  const used = eachStep(definition).flatMap(({ step }) => targetsOf(step).flatMap(nameOf));
  const planned = eachStep(definition).flatMap(({ step }) => (step.kind === "plan" ? step.capabilities : []));
  const bound = Object.values(definition.agents).flatMap((binding) => (binding.kind === "capability" ? [binding.capability] : []));
  return [...new Set([...Object.keys(definition.agents), ...used, ...planned, ...bound])];
}

function targetsOf(step: Step): readonly Target[] {
  return step.kind === "delegate" ? [step.target, ...step.fallback] : [];
}

function nameOf(target: Target): readonly string[] {
  if (target.kind === "agent") return [target.agent];
  return target.kind === "capability" ? [target.capability] : [];
}

/** The names of all steps, with those that hold them: `draft/review`. */
export function stepNamesOf(definition: Definition): readonly string[] {
  return eachStep(definition).map(longNameOf);
}

/** The step that a subtask's path speaks of: `draft#2/review[3]` is `draft/review`. */
export function stepNameOf(path: string): string {
  return path.replaceAll(/#\d+|\[\d+\]/g, "");
}

/** True when a path can be one of a workflow; the subtasks of a plan are known only when it runs. */
export function isPathOf(definition: Definition, path: string): boolean {
  const name = stepNameOf(path);
  const steps = eachStep(definition);
  if (steps.some((placed) => longNameOf(placed) === name)) return true;
  return steps.some((placed) => placed.step.kind === "plan" && name.startsWith(`${longNameOf(placed)}/`));
}
