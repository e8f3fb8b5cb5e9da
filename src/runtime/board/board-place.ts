/** Where on a board a path leads. Rows are made when they are first spoken of. */
import type { StepId } from "../../definition/definition.ts";
import type { Path } from "../../scheduler/input.ts";
import { emptyRow, emptyStep, type StepBoard, type SubtaskRow } from "./board-rows.ts";
import { isNamedInner, namedStep } from "./board-scope.ts";
import { partsOf, type PathPart } from "../run-path.ts";

/** A place on the board, with the steps around it, the outermost first and its own last. */
export type Place = { readonly step: StepBoard; readonly row: SubtaskRow; readonly steps: readonly StepBoard[] };

type Outermost = ReadonlyMap<StepId, StepBoard>;

/** Where a path leads; null for what has been folded away. */
export function placeOf(outermost: Outermost, path: Path): Place | null {
  let place: Place | null = null;
  let earlier: PathPart | null = null;
  for (const part of partsOf(path)) {
    const step: StepBoard | null =
      place === null || earlier === null ? outermostStep(outermost, part.id) : innerOf(place, earlier, part.id);
    if (step === null) return null;
    const row = rowOf(step, part.index);
    place = { step, row, steps: place === null ? [step] : [...place.steps, step] };
    earlier = part;
  }
  return place;
}

/** The subtask in which a path stands; null at the top. */
export function parentOf(outermost: Outermost, path: Path): Place | null {
  const slash = path.lastIndexOf("/");
  return slash === -1 ? null : placeOf(outermost, path.slice(0, slash));
}

/** The step of a path that names no item of it. */
export function stepAt(outermost: Outermost, path: Path): StepBoard | null {
  const parts = partsOf(path);
  const [part, earlier] = [parts.at(-1), parts.at(-2)];
  if (part === undefined || earlier === undefined) return outermostStep(outermost, path);
  const parent = parentOf(outermost, path);
  return parent === null ? null : innerOf(parent, earlier, part.id);
}

function outermostStep(outermost: Outermost, id: StepId): StepBoard {
  const known = outermost.get(id);
  if (known !== undefined) return known;
  throw new Error(`The history speaks of step ${id}, which the definition does not have.`);
}

/** What stands in a subtask under a name; null when it belongs to a round that is over. */
function innerOf({ step, row }: Place, { iteration }: PathPart, id: string): StepBoard | null {
  const { scope, inner } = row;
  const isNamed = isNamedInner(id);
  const steps = isNamed ? inner : scope?.steps;
  if (steps === undefined || (!isNamed && iteration !== null && iteration !== scope?.iteration)) return null;
  const known = steps.get(id);
  if (known !== undefined) return known;
  if (isNamed && row.endedAt !== null && id !== "compensate") return null;
  const created = emptyStep(`${row.path}${iteration === null ? "" : `#${iteration}`}/${id}`, id, step.depth + 1, namedStep(step.step, id));
  steps.set(id, created);
  return created;
}

function rowOf(step: StepBoard, index: number | null): SubtaskRow {
  if (index === null && step.itemCount !== null) return (step.whole ??= emptyRow(step.path));
  const path = index === null ? step.path : `${step.path}[${index}]`;
  const known = step.rows.get(path);
  if (known !== undefined) return known;
  const row = emptyRow(path);
  step.rows.set(path, row);
  if (index === null) step.countByStatus.set("pending", 1);
  return row;
}

/** All rows of a step. */
export function rowsOf({ rows, whole }: StepBoard): readonly SubtaskRow[] {
  return whole === null ? [...rows.values()] : [...rows.values(), whole];
}
