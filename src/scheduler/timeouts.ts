/** What happens when a timer is due (see timers.ts for which are live). */
import { assert } from "../base/assert.ts";
import { formatDuration } from "../base/duration.ts";
import { CANCEL_PATIENCE_MS } from "../base/limits.ts";
import { lost, stepProgram, timedOut } from "./answer.ts";
import { assignAgain } from "./assign.ts";
import { beginEnding } from "./ending.ts";
import { failAttempt } from "./failure.ts";
import { flightOf } from "./state.ts";
import type { Timer } from "./timers.ts";
import type { Turn } from "./turn.ts";

/** Fires every timer that is due at the turn's instant; never one that is not (invariant I9). */
export function fireTimers(turn: Turn): void {
  for (let timer = turn.state.timers[0]; timer !== undefined && timer.at <= turn.at; timer = turn.state.timers[0]) {
    // Patience with agents that do not acknowledge is settled by `settleEnding` at every turn.
    if (timer.kind === "end") return;
    const factCount = turn.facts.length;
    fire(turn, timer);
    assert(turn.facts.length > factCount, "A timer that fires records a fact that makes it dead, or this would never end.");
  }
}

function fire(turn: Turn, timer: Exclude<Timer, { kind: "end" }>): void {
  switch (timer.kind) {
    case "run":
      return timeOutRun(turn);
    case "retry":
      return assignAgain(turn, stepProgram(turn, timer.path), timer.path);
    case "deadline":
      return timeOutAttempt(turn, timer.path);
    case "patience":
      return giveUpWaiting(turn, timer.path);
  }
}

function timeOutRun(turn: Turn): void {
  const { timeoutMs } = turn.program.definition;
  const message = `Workflow timeout: the run did not end within ${formatDuration(timeoutMs)}.`;
  beginEnding(turn, { kind: "failed", failure: { code: "T4109", message, retryable: false } });
}

/** A remote task is canceled before a retry; if it has completed meanwhile, its result is adopted. */
function timeOutAttempt(turn: Turn, path: string): void {
  const flight = flightOf(turn.state, path);
  const { attempt, turn: turnNumber, task, intent } = flight;
  if (task === null && intent === null) {
    turn.command({ kind: "abort", path, attempt, turn: turnNumber, task, intent });
    return failAttempt(turn, stepProgram(turn, path), timedOut(path, flight));
  }
  turn.record({ kind: "attemptTimedOut", path, attempt, patienceAt: turn.at + CANCEL_PATIENCE_MS });
  turn.command({ kind: "abort", path, attempt, turn: turnNumber, task, intent });
}

/** The agent did not acknowledge the cancel of a timed-out attempt. */
function giveUpWaiting(turn: Turn, path: string): void {
  const flight = flightOf(turn.state, path);
  failAttempt(turn, stepProgram(turn, path), flight.task === null ? lost(path, flight) : timedOut(path, flight));
}
