/** What happens when a timer is due (see timers.ts for which are live). */
import { assert, present } from "../base/assert.ts";
import { formatDuration } from "../base/duration.ts";
import { CANCEL_PATIENCE_MS } from "../base/limits.ts";
import { lost, refused, timedOut } from "./answer.ts";
import { assignAgain } from "./assign.ts";
import { beginEnding, renewEnding } from "./ending.ts";
import { failAttempt } from "./failure.ts";
import { listIsLate } from "./list.ts";
import { scopeIsLate } from "./scope.ts";
import { flightOf, type Flight } from "./state.ts";
import { abort, isChildAtWork, wasAbsent } from "./stop.ts";
import type { Timer } from "./timers.ts";
import type { Turn } from "./turn.ts";
import { waitIsDue } from "./wait.ts";

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
      return assignAgain(turn, timer.path);
    case "deadline":
    case "idle":
    case "accept":
      return timeOutAttempt(turn, timer.path);
    case "patience":
      return giveUpWaiting(turn, timer.path);
    case "scope":
      return scopeIsLate(turn, timer.path);
    case "list":
      return listIsLate(turn, timer.path);
    case "wait":
      return waitIsDue(turn, timer.path);
  }
}

function timeOutRun(turn: Turn): void {
  const durationMs = turn.state.deadlineAt - turn.state.startedAt;
  const message = `Workflow timeout: the run did not end within ${formatDuration(durationMs)}.`;
  beginEnding(turn, { kind: "failed", failure: { code: "T4109", message, retryable: false } });
}

/** A remote task is canceled before a retry; if it has completed meanwhile, its result is adopted. */
function timeOutAttempt(turn: Turn, path: string): void {
  const flight = flightOf(turn.state, path);
  const { attempt, task, intent } = flight;
  if (task === null && intent === null && !isChildAtWork(flight)) {
    abort(turn, path, flight);
    return failAttempt(turn, turn.stepAt(path), timedOut(path, flight));
  }
  turn.record({ kind: "attemptTimedOut", path, attempt, patienceAt: turn.at + CANCEL_PATIENCE_MS });
  abort(turn, path, flight);
}

/** The agent did not acknowledge the cancel of an attempt that timed out, or that nobody wants any more. */
function giveUpWaiting(turn: Turn, path: string): void {
  const flight = flightOf(turn.state, path);
  const { attempt, task, intent } = flight;
  const aborting = present(flight.aborting, `${path} is being aborted.`);
  if (wasAbsent(turn.at, aborting.patienceAt)) {
    waitAgain(turn, path, flight, aborting);
    return abort(turn, path, flight);
  }
  if (aborting.because === "unwanted") {
    return turn.record({ kind: "taskReleased", path, attempt, note: "the agent did not acknowledge the cancel" });
  }
  if (aborting.because === "refused") return failAttempt(turn, turn.stepAt(path), refused(path, flight, aborting));
  failAttempt(turn, turn.stepAt(path), task === null && intent !== null ? lost(path, flight) : timedOut(path, flight));
}

function waitAgain(turn: Turn, path: string, flight: Flight, aborting: NonNullable<Flight["aborting"]>): void {
  const again = { path, attempt: flight.attempt, patienceAt: turn.at + CANCEL_PATIENCE_MS };
  if (aborting.because === "unwanted") turn.record({ kind: "subtaskCanceled", aborting: true, ...again });
  else if (aborting.because === "refused") turn.record({ kind: "attemptRefused", failure: aborting.failure, ...again });
  else turn.record({ kind: "attemptTimedOut", ...again });
}

/** Time before a restart does not count: what the process before had said, the agents may not have heard. */
export function renewPatience(turn: Turn): void {
  const { ending, compensating, abortingCount, pausedAt, flights } = turn.state;
  const isShort = (patienceAt: number): boolean => patienceAt < turn.at + CANCEL_PATIENCE_MS;
  if (ending !== null) {
    if (compensating === null && abortingCount > 0 && isShort(ending.patienceAt)) renewEnding(turn);
    return;
  }
  // In a pause these clocks stand still.
  if (pausedAt !== null) return;
  for (const [path, flight] of Object.entries(flights)) {
    if (flight.aborting !== null && isShort(flight.aborting.patienceAt)) waitAgain(turn, path, flight, flight.aborting);
  }
}
