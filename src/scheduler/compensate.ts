/**
 * Undoing (requirements R018): when a run fails or is canceled, what completed and can be undone is
 * undone, the last first.
 *
 * 1. One at a time: an earlier step may be undone only when nothing that built on it is left.
 * 2. Neither the run's cancel nor its timeout stops it; it has a deadline of its own.
 * 3. A compensation that fails becomes a question: try it again, or leave it.
 */
import { present } from "../base/assert.ts";
import { COMPENSATION_MS } from "../base/limits.ts";
import { isJsonObject } from "../base/json.ts";
import { sendAssignment } from "./assign.ts";
import { delegateOf } from "./complete.ts";
import type { AttemptProblem } from "./failure.ts";
import type { Path } from "./input.ts";
import { compensationPath, frameOf } from "./path.ts";
import { type Decision, questionId } from "./questions.ts";
import type { Compensation } from "./state.ts";
import { abort } from "./stop.ts";
import type { Turn } from "./turn.ts";

/** Goes on undoing; true when nothing is left to undo. */
export function isUndone(turn: Turn): boolean {
  const { state } = turn;
  if (state.compensations.length === 0) return true;
  if (state.compensating === null) turn.record({ kind: "runCompensating", deadlineAt: turn.at + COMPENSATION_MS });
  if (turn.at >= present(state.compensating, "The run is undoing.").deadlineAt) return giveUp(turn);
  const last = present(state.compensations.at(-1), "Something is left to undo.");
  const isAtWork = state.flights[compensationPath(last.path)] !== undefined || last.question !== null;
  if (!isAtWork) undo(turn, last, 1);
  return false;
}

function undo(turn: Turn, { path, input, text, question }: Compensation, attempt: number): void {
  const at = compensationPath(path);
  const { target, timeoutMs } = delegateOf(turn.stepAt(at));
  turn.record({
    kind: "subtaskAssigned",
    path: at,
    attempt,
    target,
    ...(input === null ? {} : { input }),
    ...(text === null ? {} : { text }),
    ...(question === null ? {} : { question }),
    deadlineAt: turn.at + timeoutMs,
  });
  sendAssignment(turn, at);
}

/** Its agent has done it. */
export function compensationIsOver(turn: Turn, path: Path): void {
  turn.record({ kind: "compensationEnded", path: frameOf(path), outcome: "completed" });
}

/** No attempt is left: a person decides. */
export function compensationFailed(turn: Turn, { path, attempt, failure, question: asked }: AttemptProblem): void {
  const question = questionId(turn, path, attempt, 0);
  turn.record({ kind: "compensationFailed", path: frameOf(path), attempt, failure, question, ...(asked === undefined ? {} : { asked }) });
}

export function decideCompensation(turn: Turn, path: Path, { question, answer }: Decision): void {
  const word = isJsonObject(answer) ? answer["decision"] : answer;
  const last = present(turn.state.compensations.at(-1), "Something is left to undo.");
  if (word === "retry") undo(turn, last, present(last.attempt, "An attempt has failed.") + 1);
  if (word === "skip") turn.record({ kind: "compensationEnded", path, outcome: "skipped", question });
}

/** The time for undoing is up; what is left stays as it is, and the history says so. */
function giveUp(turn: Turn): boolean {
  for (const { path, question } of turn.state.compensations.toReversed()) {
    const at = compensationPath(path);
    const flight = turn.state.flights[at];
    if (flight !== undefined) abort(turn, at, flight);
    const asked = question ?? flight?.question?.id;
    turn.record({ kind: "compensationEnded", path, outcome: "timedOut", ...(asked === undefined ? {} : { question: asked }) });
  }
  return true;
}
