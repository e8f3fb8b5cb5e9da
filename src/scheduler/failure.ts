/**
 * What follows a failed attempt (requirements W106–W108, W113, W114): a repair or another attempt
 * after a delay, then the fallbacks, once each, then a handler, then failure of the subtask: and of
 * what holds it, if the step is critical.
 *
 * 1. Attempts count on across fallbacks and never begin anew.
 * 2. An outcome that is not retryable goes to the fallbacks at once, except for `unknown`: the work
 *    may have been done, so nobody else is asked to do it again.
 * 3. A failure that nobody tolerates or handles goes outward, scope by scope, and ends the run last.
 */
import { assert } from "../base/assert.ts";
import type { JsonObject } from "../base/json.ts";
import { CANCEL_PATIENCE_MS, MAX_ATTEMPTS } from "../base/limits.ts";
import { fractionOf } from "../base/random.ts";
import type { DelegateStep, RetryPolicy } from "../definition/definition.ts";
import type { StepProgram } from "../definition/program.ts";
import { stopAtOf } from "./assign.ts";
import { compensationFailed } from "./compensate.ts";
import { delegateOf, type Completion } from "./complete.ts";
import { beginEnding } from "./ending.ts";
import type { FailureReason, Repair } from "./fact.ts";
import { handlerFor, openHandler } from "./handler.ts";
import type { Path, RemoteTask } from "./input.ts";
import { joinOfItems, toleratesFailures } from "./join.ts";
import type { Failure } from "./outcome.ts";
import { stepIsOver, subtaskIsOver } from "./over.ts";
import { frameOf, isItem, listPathOf, ownerOf, ROOT } from "./path.ts";
import { openFrame, scopeStateOf } from "./place.ts";
import { flightOf, type Flight, isAnswering } from "./state.ts";
import { abort, stopInside, stopItems } from "./stop.ts";
import type { Turn } from "./turn.ts";

export type AttemptProblem = {
  readonly path: Path;
  readonly attempt: number;
  readonly reason: FailureReason;
  readonly failure: Failure;
  readonly agent?: string;
  readonly task?: RemoteTask;
  readonly usage?: JsonObject;
  /** The question that nobody needs to answer any more. */
  readonly question?: string;
};

type Next = { readonly retryAt: number; readonly fallback?: number; readonly repair?: Repair };

/** An attempt failed: decides between a retry, a fallback and the end of the subtask. */
export function failAttempt(turn: Turn, step: StepProgram, problem: AttemptProblem): void {
  const next = nextAttempt(turn, delegateOf(step), flightOf(turn.state, problem.path), problem);
  if (next === null) return failSubtask(turn, step, problem);
  turn.record({ kind: "attemptFailed", ...problem, ...next });
}

function nextAttempt(turn: Turn, step: DelegateStep, flight: Flight, problem: AttemptProblem): Next | null {
  const { reason } = problem;
  // The step itself is at fault: nobody else could do better, and the work may be done.
  if (reason === "expression") return null;
  const stopAt = stopAtOf(turn, flight) ?? Infinity;
  if (flight.attempt >= MAX_ATTEMPTS || turn.at >= stopAt || isOverBudget(step, flight, problem)) return null;
  if (reason === "invalid" && (flight.repairs ?? 0) < (step.repair ?? 0)) return { retryAt: turn.at, repair: repairOf(problem) };
  const retryAt = retryAtOf(turn, step, flight, problem);
  if (retryAt !== null && retryAt < stopAt) return { retryAt };
  const nextFallback = (flight.fallback ?? -1) + 1;
  const isFinal = reason === "unknown" || (reason === "rejected" && step.onRejected === "fail");
  return isFinal || nextFallback >= step.fallback.length ? null : { retryAt: turn.at, fallback: nextFallback };
}

/** The instant of another attempt at the same target; null when there is none. */
function retryAtOf(turn: Turn, { retry }: DelegateStep, flight: Flight, { path, reason, failure }: AttemptProblem): number | null {
  // Whatever the agent says: no means no, and what may have been done is not silently done again.
  const canBeRetried = failure.retryable && reason !== "rejected" && reason !== "unknown";
  if (!canBeRetried || flight.fallback !== null || flight.attempt - (flight.repairs ?? 0) >= retry.attempts) return null;
  const jitterKey = `${turn.state.seed}/${path}/${flight.attempt}`;
  return turn.at + Math.max(backoffMs(retry, flight.attempt, jitterKey), failure.retryAfterMs ?? 0);
}

function repairOf({ failure, task }: AttemptProblem): Repair {
  const { details } = failure;
  const problems = Array.isArray(details) ? details.filter((problem) => typeof problem === "string") : [failure.message];
  return { problems, task: task ?? null };
}

function isOverBudget({ budget }: DelegateStep, flight: Flight, { usage }: AttemptProblem): boolean {
  if (budget === undefined) return false;
  const { tokens = 0, cost = 0 } = flight.spent ?? {};
  const last = (key: string): number => (typeof usage?.[key] === "number" ? usage[key] : 0);
  return tokens + last("tokens") >= (budget.tokens ?? Infinity) || cost + last("cost") >= (budget.cost ?? Infinity);
}

/** The delay after an attempt: doubled each time, capped, and spread (requirements W168). */
export function backoffMs(retry: RetryPolicy, attempt: number, jitterKey: string): number {
  const wholeMs = Math.min(retry.maxMs, retry.initialMs * retry.factor ** (attempt - 1));
  return Math.round(retry.jitter === "none" ? wholeMs : wholeMs * fractionOf(jitterKey));
}

/** A subtask cannot complete with the output that it has. */
export function failCompletion(
  turn: Turn,
  step: StepProgram,
  { path, attempt, agent, task, contents }: Completion,
  failure: Failure,
): void {
  const problem: AttemptProblem = {
    path,
    attempt,
    reason: reasonOf(failure),
    failure,
    ...(agent === "" ? {} : { agent }),
    ...(task === undefined ? {} : { task }),
    ...(contents.usage === undefined ? {} : { usage: contents.usage }),
  };
  if (turn.state.flights[path] === undefined) failSubtask(turn, step, problem);
  else failAttempt(turn, step, problem);
}

/** Why a subtask cannot complete: an expression of its step, or its output. */
export function reasonOf({ code }: Failure): "expression" | "invalid" {
  return code === "T4101" ? "expression" : "invalid";
}

/** No attempt is left: a handler stands in, or the step is over with output null, or the failure goes outward. */
export function failSubtask(turn: Turn, step: StepProgram, problem: AttemptProblem): void {
  if (turn.state.compensating !== null) return compensationFailed(turn, problem);
  const handler = handlerFor(turn, step, problem);
  if (handler !== null) return openHandler(turn, handler, problem);
  const tolerated = isTolerated(turn, step, problem.path);
  turn.record({ kind: "subtaskFailed", ...problem, tolerated });
  if (tolerated) subtaskIsOver(turn, step, problem.path);
  else escalate(turn, step, problem);
}

/** A step that is not critical may fail, and what a join counts may: the join says when it is too much. */
function isTolerated(turn: Turn, { step }: StepProgram, path: Path): boolean {
  return !step.critical || (isItem(path) ? toleratesFailures(joinOfItems(step)) : isToleratedByJoin(turn, path));
}

/** True for a branch of a parallel step whose join counts failures. */
function isToleratedByJoin(turn: Turn, path: Path): boolean {
  const frame = frameOf(path);
  if (frame === ROOT || turn.state.scopes[ownerOf(frame)]?.kind !== "parallel") return false;
  const { step } = turn.stepAt(ownerOf(frame));
  return step.kind === "parallel" && toleratesFailures(step.succeed);
}

/** The failure of a critical subtask is that of its step, of what holds the step, and in the end of the run. */
function escalate(turn: Turn, step: StepProgram, problem: AttemptProblem): void {
  const { path } = problem;
  const listPath = listPathOf(path);
  if (listPath !== path && isToleratedByJoin(turn, listPath)) return failList(turn, step, { ...problem, path: listPath });
  const frame = frameOf(path);
  if (frame === ROOT) return beginEnding(turn, { kind: "failed", failure: criticalFailure(problem) });
  failHolder(turn, ownerOf(frame), problem);
}

/** One item failed for all, and has settled its own question: the list is a branch, and the join around it goes on without it. */
function failList(turn: Turn, step: StepProgram, { question: _settled, ...problem }: AttemptProblem): void {
  const list = openFrame(turn.state, frameOf(problem.path)).lists[step.id];
  assert(list !== undefined, `The list of ${problem.path} is open.`);
  stopItems(turn, problem.path, list);
  turn.record({ kind: "subtaskFailed", ...problem, tolerated: true });
  stepIsOver(turn, step, problem.path);
}

/** What holds a step fails with it, after the rest inside has been stopped. */
function failHolder(turn: Turn, owner: Path, { path, reason, failure }: AttemptProblem): void {
  const { kind, handled } = scopeStateOf(turn.state, owner);
  const holder = turn.stepAt(owner);
  stopInside(turn, owner);
  if (kind !== "handler" || handled === null) {
    const message = `${path} failed (${reason}): ${failure.message}`;
    const wrapped = { code: failure.code, message, retryable: false, details: { path, ...failure } };
    return failSubtask(turn, holder, { path: owner, attempt: 1, reason: "failed", failure: wrapped });
  }
  const problem = { path: owner, attempt: handled.attempt, failure };
  if (isAnswering(handled.handler)) failAnswering(turn, holder, { ...problem, reason: "failed" });
  else failSubtask(turn, holder, { ...problem, reason });
}

/** A handler could not answer its agent, whose task still waits for what will not come. */
export function failAnswering(turn: Turn, holder: StepProgram, problem: AttemptProblem): void {
  turn.record({ kind: "scopeClosed", path: problem.path });
  refuseAttempt(turn, holder, { ...problem, failure: { ...problem.failure, retryable: false } });
}

/** The agent's task waits for an answer that will not come. It is canceled first: what is owed after a crash must be in the state. */
export function refuseAttempt(turn: Turn, step: StepProgram, problem: AttemptProblem): void {
  const { path, attempt, failure, question } = problem;
  const flight = flightOf(turn.state, path);
  if (flight.task === null) return failAttempt(turn, step, problem);
  const patienceAt = turn.at + CANCEL_PATIENCE_MS;
  turn.record({ kind: "attemptRefused", path, attempt, failure, patienceAt, ...(question === undefined ? {} : { question }) });
  abort(turn, path, flight);
}

function criticalFailure({ path, attempt, reason, failure }: AttemptProblem): Failure {
  const when = attempt === 0 ? "before its first attempt" : `after ${attempt} ${attempt === 1 ? "attempt" : "attempts"}`;
  const message = `Critical step ${path} failed ${when} (${reason}): ${failure.message}`;
  return { code: "T4108", message, retryable: false, details: { path, attempt, reason, ...failure } };
}
