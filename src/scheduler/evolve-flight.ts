/** How facts move a flight through its phases (see `Flight` in state.ts for the machine). */
import { assert } from "../base/assert.ts";
import { closeQuestion, openQuestion } from "./asks.ts";
import { beginItem, forgetQuestion, numberAt, spend } from "./evolve-scope.ts";
import type { AttemptFailed, Fact, QuestionAsked, SubtaskAssigned } from "./fact.ts";
import type { Instant } from "./input.ts";
import { flightOf, type Flight, type RunState } from "./state.ts";
import { addFlightTimer } from "./timers.ts";

type FactOf<Kind extends Fact["kind"]> = Extract<Fact, { kind: Kind }>;

export function assignFlight(state: RunState, fact: SubtaskAssigned): void {
  const earlier = state.flights[fact.path];
  state.spent.attempts += 1;
  const flight = earlier === undefined ? beginFlight(state, fact) : assignAgain(earlier, fact);
  addFlightTimer(state, fact.path, flight);
}

function beginFlight(state: RunState, fact: SubtaskAssigned): Flight {
  const flight: Flight = {
    phase: "assigned",
    attempt: fact.attempt,
    turn: 1,
    target: fact.target,
    fallback: fact.fallback ?? null,
    input: fact.input ?? null,
    text: fact.text ?? null,
    deadlineAt: fact.deadlineAt,
    agent: null,
    intent: null,
    task: null,
    exchanges: null,
    question: null,
    retryAt: null,
    aborting: null,
    resends: 0,
    progress: null,
  };
  addExtras(flight, fact);
  state.flights[fact.path] = flight;
  state.flightCount += 1;
  state.spent.subtasks += 1;
  const undone = state.compensating === null ? undefined : state.compensations.at(-1);
  if (undone === undefined) beginItem(state, fact.path);
  else forgetQuestion(state, undone);
  return flight;
}

/** What only some steps have; a flight without them stays small. */
function addExtras(flight: Flight, fact: SubtaskAssigned): void {
  const { files, stopAt, idleMs, acceptBy, conversation } = fact;
  if (files !== undefined) flight.files = files;
  if (stopAt !== undefined) flight.stopAt = stopAt;
  if (conversation !== undefined) flight.conversation = conversation;
  if (idleMs !== undefined || acceptBy !== undefined) noteExtras(flight, { idleMs, acceptBy, at: fact.at });
}

function noteExtras(
  flight: Flight,
  { idleMs, acceptBy, at }: { readonly idleMs: number | undefined; readonly acceptBy: number | undefined; readonly at: Instant },
): void {
  if (acceptBy !== undefined) flight.acceptBy = acceptBy;
  if (idleMs === undefined) return;
  flight.idleMs = idleMs;
  flight.idleAt = at + idleMs;
}

/** The next attempt of the same subtask: what the last one had at its agent is history. */
function assignAgain(flight: Flight, fact: SubtaskAssigned): Flight {
  assert(flight.phase === "retrying", `${fact.path} is assigned again only after a failed attempt.`);
  flight.phase = "assigned";
  flight.attempt = fact.attempt;
  flight.turn = 1;
  flight.target = fact.target;
  flight.fallback = fact.fallback ?? null;
  flight.deadlineAt = fact.deadlineAt;
  flight.agent = null;
  flight.intent = null;
  flight.task = null;
  flight.exchanges = null;
  flight.retryAt = null;
  flight.resends = 0;
  delete flight.lost;
  delete flight.wasPaused;
  if (fact.repair === undefined) delete flight.repair;
  else flight.repairs = (flight.repairs ?? 0) + 1;
  noteExtras(flight, { idleMs: fact.idleMs, acceptBy: fact.acceptBy, at: fact.at });
  return flight;
}

export function noteProgress(state: RunState, { path, progress, at }: FactOf<"subtaskProgressed">): void {
  const flight = flightOf(state, path);
  flight.progress = progress;
  noteLife(state, path, at);
}

/** The agent has shown itself, so the time without a sign of it begins anew. */
function noteLife(state: RunState, path: string, at: Instant): void {
  const flight = flightOf(state, path);
  if (flight.idleMs === undefined) return;
  flight.idleAt = onStepClock(state, at, at + flight.idleMs);
  addFlightTimer(state, path, flight);
}

/**
 * The clocks of an attempt measure an agent, so they stand still while work waits for a `limit`: for
 * its turn, at nobody. Recorded only where something really waits, so that no other work pays for it,
 * and ended by facts that come anyway. Only the deadline of all attempts, and the end of the run, go on.
 */
export function queueFlight(state: RunState, { path, at }: FactOf<"subtaskQueued">): void {
  const flight = flightOf(state, path);
  const now = state.pausedAt ?? at;
  const { deadlineAt, acceptBy, stopAt = Infinity } = flight;
  flight.queued = {
    remainingMs: Math.max(0, deadlineAt - now),
    ...(acceptBy === undefined ? {} : { acceptMs: Math.max(0, acceptBy - now) }),
  };
  flight.deadlineAt = Math.min(stopAt, (state.compensating ?? state).deadlineAt);
  delete flight.acceptBy;
  delete flight.idleAt;
  addFlightTimer(state, path, flight);
}

/** Its turn has come: the clocks go on. */
function leaveQueue(state: RunState, path: string, at: Instant): void {
  const flight = flightOf(state, path);
  const { queued, stopAt = Infinity, idleMs } = flight;
  if (queued === undefined) return;
  const now = state.pausedAt ?? at;
  delete flight.queued;
  flight.deadlineAt = Math.min(now + queued.remainingMs, stopAt);
  if (queued.acceptMs !== undefined) flight.acceptBy = now + queued.acceptMs;
  if (idleMs !== undefined) flight.idleAt = now + idleMs;
  addFlightTimer(state, path, flight);
}

export function intendMessage(state: RunState, fact: FactOf<"messageIntended">): void {
  const flight = flightOf(state, fact.path);
  leaveQueue(state, fact.path, fact.at);
  flight.phase = "intended";
  flight.intent = fact.intent;
  flight.agent = fact.intent.agent;
}

/** Back to where the message has yet to be sent, with clocks of its own, and without the task that was lost. */
export function resendMessage(state: RunState, { path, at, deadlineAt, acceptBy }: FactOf<"messageResent">): void {
  const flight = flightOf(state, path);
  flight.resends += 1;
  // A message that goes on with a task is not the one that made it: the task stays.
  if (flight.phase !== "intended" && flight.task !== null) {
    flight.lost = flight.task;
    flight.task = null;
  }
  flight.phase = "intended";
  flight.aborting = null;
  if (deadlineAt !== undefined) flight.deadlineAt = onStepClock(state, at, deadlineAt);
  if (acceptBy !== undefined) flight.acceptBy = onStepClock(state, at, acceptBy);
  if (flight.idleMs !== undefined) flight.idleAt = onStepClock(state, at, at + flight.idleMs);
  addFlightTimer(state, path, flight);
}

export function acceptFlight(state: RunState, fact: FactOf<"subtaskAccepted">): void {
  const flight = flightOf(state, fact.path);
  leaveQueue(state, fact.path, fact.at);
  flight.agent = fact.agent;
  if (fact.task !== undefined) flight.task = fact.task;
  // An agent that knows its messages has found it again.
  if (fact.task?.taskId === flight.lost?.taskId) delete flight.lost;
  if (flight.phase !== "aborting") flight.phase = "accepted";
  delete flight.acceptBy;
  noteLife(state, fact.path, fact.at);
}

export function beginRetry(state: RunState, fact: AttemptFailed): void {
  const flight = flightOf(state, fact.path);
  if (flight.phase === "waiting") closeQuestionOf(state, flight);
  assert(flight.aborting?.because !== "ending", "A run that is ending begins no more attempts.");
  flight.phase = "retrying";
  delete flight.queued;
  flight.aborting = null;
  flight.retryAt = onStepClock(state, fact.at, fact.retryAt);
  flight.fallback = fact.fallback ?? flight.fallback;
  if (fact.repair === undefined) delete flight.repair;
  else flight.repair = fact.repair;
  if (fact.usage !== undefined) {
    spend(state, fact.usage);
    const { tokens, cost } = flight.spent ?? { tokens: 0, cost: 0 };
    flight.spent = { tokens: tokens + numberAt(fact.usage, "tokens"), cost: cost + numberAt(fact.usage, "cost") };
  }
  addFlightTimer(state, fact.path, flight);
}

export function askQuestion(state: RunState, fact: QuestionAsked): void {
  const flight = flightOf(state, fact.path);
  leaveQueue(state, fact.path, fact.at);
  // In a pause the step clock stands where the pause began.
  const remainingMs = Math.max(0, flight.deadlineAt - (state.pausedAt ?? fact.at));
  flight.phase = "waiting";
  // Its time may have been up: from here on a person is waited for, not the agent.
  flight.aborting = null;
  flight.agent = fact.agent;
  // Who asks has taken the work on.
  delete flight.acceptBy;
  if (fact.task !== undefined) flight.task = fact.task;
  flight.question = { id: fact.id, question: fact.question, remainingMs, ...(fact.asks === "input" ? {} : { asks: fact.asks }) };
  const wanted = fact.handler !== undefined ? "handler" : fact.asks === "auth" ? "auth" : "input";
  openQuestion(state, { id: fact.id, path: fact.path, wanted });
  state.waitingCount += 1;
}

export function resumeFlight(state: RunState, fact: FactOf<"questionAnswered">): void {
  const flight = flightOf(state, fact.path);
  assert(flight.question !== null, "Only a question that is open is answered.");
  flight.exchanges = [...(flight.exchanges ?? []), { question: flight.question.question, answer: fact.answer }];
  closeQuestionOf(state, flight);
  flight.phase = "assigned";
  flight.turn = fact.turn;
  flight.intent = null;
  const deadlineAt = onStepClock(state, fact.at, fact.deadlineAt);
  // Parked time counts against no clock of the step.
  if (flight.stopAt !== undefined) flight.stopAt += deadlineAt - flight.deadlineAt;
  if (flight.idleMs !== undefined) flight.idleAt = onStepClock(state, fact.at, fact.at + flight.idleMs);
  flight.deadlineAt = deadlineAt;
  addFlightTimer(state, fact.path, flight);
}

/** Step clocks stand still in a pause, and `resume` moves every instant by all of it: also those set in between. */
export function onStepClock(state: RunState, setAt: Instant, instant: Instant): Instant {
  return state.pausedAt === null ? instant : instant - (setAt - state.pausedAt);
}

export function beginAbort(state: RunState, path: string, aborting: NonNullable<Flight["aborting"]>): void {
  const flight = flightOf(state, path);
  if (flight.phase === "waiting") closeQuestionOf(state, flight);
  if (aborting.because === "ending") state.abortingCount += 1;
  flight.phase = "aborting";
  flight.aborting = aborting;
  addFlightTimer(state, path, flight);
}

export function endFlight(state: RunState, path: string): void {
  const flight = flightOf(state, path);
  if (flight.phase === "waiting") closeQuestionOf(state, flight);
  if (flight.aborting?.because === "ending") state.abortingCount -= 1;
  delete state.flights[path];
  state.flightCount -= 1;
}

function closeQuestionOf(state: RunState, flight: Flight): void {
  assert(flight.question !== null, "A waiting flight has a question.");
  closeQuestion(state, flight.question.id);
  flight.question = null;
  state.waitingCount -= 1;
}
