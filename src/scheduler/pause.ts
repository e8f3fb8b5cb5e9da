/**
 * Pause (requirements W190): nothing new is assigned and step clocks stand still; what is in flight
 * goes on, and its results are recorded. Resume goes on where the run stood.
 */
import { advanceList, isReady } from "./ready.ts";
import type { Turn } from "./turn.ts";

export function pauseRun(turn: Turn, by: string): void {
  if (turn.state.pausedAt !== null || turn.state.ending !== null) return;
  turn.record({ kind: "runPaused", by });
}

export function resumeRun(turn: Turn, by: string): void {
  if (turn.state.pausedAt === null) return;
  turn.record({ kind: "runResumed", by });
  // What became ready during the pause was not begun. This look at all steps is the one place whose
  // cost grows with the definition; a pause is a person's doing.
  for (const step of turn.program.steps) {
    if (turn.state.lists[step.id] !== undefined) advanceList(turn, step);
    else if (isReady(turn, step)) turn.candidates.push(step);
  }
}
