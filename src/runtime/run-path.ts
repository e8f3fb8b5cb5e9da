/** Paths of subtasks as people read them (design.md, Words): `a[3]#2/b/c[1]`. */
import type { StepId } from "../definition/definition.ts";
import type { Path } from "../scheduler/input.ts";

/** One level of a path: a step, or what stands in a step (`onError`, `compensate`, `makePlan`). */
export type PathPart = {
  readonly id: StepId;
  /** The place in the list of an `each`. */
  readonly index: number | null;
  /** The iteration of a loop, or turn of a handoff, in which the next part stands. */
  readonly iteration: number | null;
};

const PART = /^([^[#]+)(?:\[(\d+)\])?(?:#(\d+))?$/;

export function partsOf(path: Path): readonly PathPart[] {
  return path.split("/").map(partOf);
}

/** The step of the outermost block in which a subtask stands. */
export function outermostOf(path: Path): StepId {
  return /^[^[#/]+/.exec(path)?.[0] ?? path;
}

/** The path of the subtask that a compensation undoes; other paths stay as they are. */
export function undonePath(path: Path): Path {
  return path.endsWith(COMPENSATE) ? path.slice(0, -COMPENSATE.length) : path;
}

const COMPENSATE = "/compensate";

function partOf(text: string): PathPart {
  const [, id = text, index, iteration] = PART.exec(text) ?? [];
  return { id, index: numberOf(index), iteration: numberOf(iteration) };
}

function numberOf(digits: string | undefined): number | null {
  return digits === undefined ? null : Number(digits);
}
