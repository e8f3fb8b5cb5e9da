/**
 * How many steps of a frame completed, failed or were skipped. A join asks at each of its branches, so they
 * are counted once and then kept up with what `evolve` adds. Derived from the state, and never a part of it.
 */
import type { StepResult } from "../definition/program.ts";
import type { Frame } from "./state.ts";

type Counts = { [Status in StepResult["status"]]: number };

const countsBySteps = new WeakMap<Frame["steps"], Counts>();

export function countsOf(steps: Frame["steps"]): Readonly<Counts> {
  const known = countsBySteps.get(steps);
  if (known !== undefined) return known;
  const counts: Counts = { completed: 0, failed: 0, canceled: 0, skipped: 0 };
  for (const { status } of Object.values(steps)) counts[status] += 1;
  countsBySteps.set(steps, counts);
  return counts;
}

/** A step of the frame is over. */
export function countStep(steps: Frame["steps"], { status }: StepResult): void {
  const counts = countsBySteps.get(steps);
  if (counts !== undefined) counts[status] += 1;
}
