/**
 * Pause (requirements W190): nothing new is assigned and step clocks stand still; what is in flight
 * goes on, and its results are recorded. Resume goes on where the run stood. Sub-workflows are paused
 * with their parent.
 */
import { lookEverywhere } from "./ready.ts";
import type { Turn } from "./turn.ts";

export function pauseRun(turn: Turn, by: string): void {
  const { budgetQuestion, pausedBesides } = turn.state;
  // What only a question about the budget holds can be paused besides, and then outlasts the answer.
  const isHeldByBudget = budgetQuestion !== null && pausedBesides !== true;
  if (turn.isHeld && !isHeldByBudget) return;
  turn.record({ kind: "runPaused", by });
  steerChildren(turn, true);
}

export function resumeRun(turn: Turn, by: string): void {
  if (turn.state.pausedAt === null) return;
  const { budgetQuestion } = turn.state;
  turn.record({ kind: "runResumed", by, ...(budgetQuestion === null ? {} : { question: budgetQuestion.id }) });
  steerChildren(turn, false);
  // What became ready during the pause was not begun. This look at all steps is the one place whose
  // cost grows with the definition; a pause is a person's doing.
  lookEverywhere(turn);
}

function steerChildren(turn: Turn, paused: boolean): void {
  for (const [path, { target, attempt, turn: turnNumber, phase }] of Object.entries(turn.state.flights)) {
    const isAtWork = phase === "assigned" || phase === "accepted";
    if (target.kind === "workflow" && isAtWork) turn.command({ kind: "steer", path, attempt, turn: turnNumber, paused });
  }
}
