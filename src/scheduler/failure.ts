/**
 * What follows a failed attempt (requirements W106–W108, W113, W114): another attempt after a
 * delay, then the fallbacks, once each, then failure of the subtask: of the run, if the step is
 * critical.
 *
 * 1. Attempts count on across fallbacks and never begin anew.
 * 2. An outcome that is not retryable goes to the fallbacks at once, except for `unknown`: the work
 *    may have been done, so nobody else is asked to do it again.
 */
import { MAX_ATTEMPTS } from "../base/limits.ts";
import { fractionOf } from "../base/random.ts";
import type { RetryPolicy } from "../definition/definition.ts";
import type { StepProgram } from "../definition/program.ts";
import { beginEnding } from "./ending.ts";
import type { FailureReason } from "./fact.ts";
import type { RemoteTask } from "./input.ts";
import type { Failure } from "./outcome.ts";
import { indexOf } from "./path.ts";
import { advanceList, stepIsOver } from "./ready.ts";
import { flightOf, type Flight } from "./state.ts";
import type { Turn } from "./turn.ts";

export type AttemptProblem = {
  readonly path: string;
  readonly attempt: number;
  readonly reason: FailureReason;
  readonly failure: Failure;
  readonly agent?: string;
  readonly task?: RemoteTask;
};

/** An attempt failed: decides between a retry, a fallback and the end of the subtask. */
export function failAttempt(turn: Turn, step: StepProgram, problem: AttemptProblem): void {
  const next = nextAttempt(turn, step, flightOf(turn.state, problem.path), problem);
  if (next === null) return failSubtask(turn, step, problem);
  turn.record({ kind: "attemptFailed", ...problem, ...next });
}

function nextAttempt(
  turn: Turn,
  step: StepProgram,
  flight: Flight,
  { path, reason, failure }: AttemptProblem,
): { retryAt: number; fallback?: number } | null {
  if (flight.attempt >= MAX_ATTEMPTS) return null;
  const { retry, fallback } = step.step;
  if (failure.retryable && flight.fallback === null && flight.attempt < retry.attempts) {
    const jitterKey = `${turn.state.seed}/${path}/${flight.attempt}`;
    const delayMs = Math.max(backoffMs(retry, flight.attempt, jitterKey), failure.retryAfterMs ?? 0);
    return { retryAt: turn.at + delayMs };
  }
  const nextFallback = (flight.fallback ?? -1) + 1;
  if (reason === "unknown" || nextFallback >= fallback.length) return null;
  return { retryAt: turn.at, fallback: nextFallback };
}

/** The delay after an attempt: doubled each time, capped, and spread (requirements W168). */
export function backoffMs(retry: RetryPolicy, attempt: number, jitterKey: string): number {
  const wholeMs = Math.min(retry.maxMs, retry.initialMs * retry.factor ** (attempt - 1));
  return Math.round(retry.jitter === "none" ? wholeMs : wholeMs * fractionOf(jitterKey));
}

/** No attempt is left. A step that is not critical is over with output null; else the run fails. */
export function failSubtask(turn: Turn, step: StepProgram, problem: AttemptProblem): void {
  const tolerated = !step.step.critical;
  turn.record({ kind: "subtaskFailed", ...problem, tolerated });
  if (!tolerated) return beginEnding(turn, { kind: "failed", failure: criticalFailure(problem) });
  if (indexOf(problem.path) === null) stepIsOver(turn, step);
  // An item that never began fails inside the loop of `advanceList`, which goes on by itself.
  else if (problem.attempt > 0) advanceList(turn, step);
}

function criticalFailure({ path, attempt, reason, failure }: AttemptProblem): Failure {
  const when = attempt === 0 ? "before its first attempt" : `after ${attempt} ${attempt === 1 ? "attempt" : "attempts"}`;
  const message = `Critical step ${path} failed ${when} (${reason}): ${failure.message}`;
  return { code: "T4108", message, retryable: false, details: { path, attempt, reason, ...failure } };
}
