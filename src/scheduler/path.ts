import type { StepId } from "../definition/definition.ts";
import type { Path } from "./input.ts";

/** The step that a subtask executes. */
export function stepOf(path: Path): StepId {
  const bracket = path.indexOf("[");
  return bracket === -1 ? path : path.slice(0, bracket);
}

/** The place in the list of an `each`, or null for a step without one. */
export function indexOf(path: Path): number | null {
  const bracket = path.indexOf("[");
  return bracket === -1 ? null : Number(path.slice(bracket + 1, -1));
}

export function itemPath(step: StepId, index: number): Path {
  return `${step}[${index}]`;
}
