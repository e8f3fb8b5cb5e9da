import { decisionOf } from "./approval.ts";
import { beginEnding } from "./ending.ts";
import type { Decision } from "./questions.ts";
import { resumeRun } from "./pause.ts";
import type { Turn } from "./turn.ts";

/** A person grants the budget once more, or ends the run. */
export function decideBudget(turn: Turn, { question, answer, by }: Decision): void {
  const decided = decisionOf(answer);
  if (decided === null) return;
  if (decided.decision === "approved") {
    const isPaused = turn.state.pausedBesides === true;
    turn.record({ kind: "budgetGranted", question, by });
    return isPaused ? undefined : resumeRun(turn, by);
  }
  const message = `The run's budget is used up, and ${by} did not grant it again.`;
  beginEnding(turn, { kind: "failed", failure: { code: "T4120", message, retryable: false } });
}
