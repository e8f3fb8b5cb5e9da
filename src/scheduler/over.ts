/** What follows when a subtask or a step is over. */
import type { StepProgram } from "../definition/program.ts";
import type { Path } from "./input.ts";
import { advanceList } from "./list.ts";
import { frameOf, isItem, listPathOf, ROOT } from "./path.ts";
import { settleScope } from "./scope.ts";
import type { Turn } from "./turn.ts";

/** An item lets its list go on; anything else was a whole step. */
export function subtaskIsOver(turn: Turn, step: StepProgram, path: Path): void {
  if (isItem(path)) advanceList(turn, step, listPathOf(path));
  else stepIsOver(turn, step, path);
}

/** Marks the dependents of a step that has just come to an end, and looks whether its frame has, too. */
export function stepIsOver(turn: Turn, step: StepProgram, path: Path): void {
  const frame = frameOf(path);
  for (const dependent of step.dependents) turn.candidates.push({ frame, step: dependent });
  if (frame !== ROOT) settleScope(turn, frame);
}
