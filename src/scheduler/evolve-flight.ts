/** How facts move a flight through its phases (see `Flight` in state.ts for the machine). */
import { assert } from "../base/assert.ts";
import type { AttemptFailed, Fact, QuestionAsked, SubtaskAssigned } from "./fact.ts";
import type { Instant } from "./input.ts";
import { indexOf, stepOf } from "./path.ts";
import { flightOf, type Flight, type RunState } from "./state.ts";
import { addFlightTimer } from "./timers.ts";

type FactOf<Kind extends Fact["kind"]> = Extract<Fact, { kind: Kind }>;

export function assignFlight(state: RunState, fact: SubtaskAssigned): void {
  const earlier = state.flights[fact.path];
  if (earlier === undefined) beginFlight(state, fact);
  else assignAgain(earlier, fact);
  addFlightTimer(state, fact.path);
}

function beginFlight(state: RunState, fact: SubtaskAssigned): void {
  state.flights[fact.path] = {
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
  state.flightCount += 1;
  const index = indexOf(fact.path);
  if (index === null) return;
  const list = state.lists[stepOf(fact.path)];
  assert(list !== undefined, `Item ${fact.path} belongs to an open list.`);
  list.next = index + 1;
  list.inFlight += 1;
}

/** The next attempt of the same subtask: what the last one had at its agent is history. */
function assignAgain(flight: Flight, fact: SubtaskAssigned): void {
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
}

export function intendMessage(state: RunState, fact: FactOf<"messageIntended">): void {
  const flight = flightOf(state, fact.path);
  flight.phase = "intended";
  flight.intent = fact.intent;
  flight.agent = fact.intent.agent;
}

/** Back to where the message has yet to be sent; a task that its agent has lost is forgotten. */
export function resendMessage(state: RunState, path: string): void {
  const flight = flightOf(state, path);
  flight.resends += 1;
  if (flight.phase === "accepted") flight.task = null;
  flight.phase = "intended";
}

export function acceptFlight(state: RunState, fact: FactOf<"subtaskAccepted">): void {
  const flight = flightOf(state, fact.path);
  flight.agent = fact.agent;
  if (fact.task !== undefined) flight.task = fact.task;
  if (flight.phase !== "aborting") flight.phase = "accepted";
}

export function beginRetry(state: RunState, fact: AttemptFailed): void {
  const flight = flightOf(state, fact.path);
  assert(flight.aborting?.because !== "ending", "A run that is ending begins no more attempts.");
  flight.phase = "retrying";
  flight.aborting = null;
  flight.retryAt = onStepClock(state, fact.at, fact.retryAt);
  flight.fallback = fact.fallback ?? flight.fallback;
  addFlightTimer(state, fact.path);
}

export function askQuestion(state: RunState, fact: QuestionAsked): void {
  const flight = flightOf(state, fact.path);
  // In a pause the step clock stands where the pause began.
  const remainingMs = Math.max(0, flight.deadlineAt - (state.pausedAt ?? fact.at));
  flight.phase = "waiting";
  flight.agent = fact.agent;
  if (fact.task !== undefined) flight.task = fact.task;
  flight.question = { id: fact.id, question: fact.question, remainingMs };
  state.questions[fact.id] = fact.path;
  state.waitingCount += 1;
}

export function resumeFlight(state: RunState, fact: FactOf<"questionAnswered">): void {
  const flight = flightOf(state, fact.path);
  assert(flight.question !== null, "Only a question that is open is answered.");
  flight.exchanges = [...(flight.exchanges ?? []), { question: flight.question.question, answer: fact.answer }];
  closeQuestion(state, flight);
  flight.phase = "assigned";
  flight.turn = fact.turn;
  flight.intent = null;
  flight.deadlineAt = onStepClock(state, fact.at, fact.deadlineAt);
  addFlightTimer(state, fact.path);
}

/** Step clocks stand still in a pause, and `resume` moves every instant by all of it: also those set in between. */
function onStepClock(state: RunState, setAt: Instant, instant: Instant): Instant {
  return state.pausedAt === null ? instant : instant - (setAt - state.pausedAt);
}

export function beginAbort(state: RunState, path: string, aborting: NonNullable<Flight["aborting"]>): void {
  const flight = flightOf(state, path);
  if (flight.phase === "waiting") closeQuestion(state, flight);
  if (aborting.because === "ending") state.abortingCount += 1;
  flight.phase = "aborting";
  flight.aborting = aborting;
  addFlightTimer(state, path);
}

export function endFlight(state: RunState, path: string): void {
  const flight = flightOf(state, path);
  if (flight.phase === "waiting") closeQuestion(state, flight);
  if (flight.aborting?.because === "ending") state.abortingCount -= 1;
  delete state.flights[path];
  state.flightCount -= 1;
}

function closeQuestion(state: RunState, flight: Flight): void {
  assert(flight.question !== null, "A waiting flight has a question.");
  delete state.questions[flight.question.id];
  flight.question = null;
  state.waitingCount -= 1;
}
