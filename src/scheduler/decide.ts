/**
 * `decide(program, state, input)`: what becomes true because of an input, and what must be done.
 *
 * 1. It is a function: the same program, state and input give the same facts and commands. Whatever
 *    it needs from outside (an instant, a seed, an answer) is in the input or in the start fact.
 * 2. It changes the state through `evolve` alone (see `Turn`), fact by fact. A decision that throws
 *    leaves a state that must be thrown away: the host makes it again from the history.
 * 3. An input that is late, double or about something unknown gives no facts and no commands.
 * 4. The cost of an input does not grow with the run, except for pause, resume and the end.
 */
import { assert } from "../base/assert.ts";
import { MAX_FACTS } from "../base/limits.ts";
import type { Program } from "../definition/program.ts";
import { takeAnswer } from "./answer.ts";
import { delegationOf } from "./assignment.ts";
import { hopsAllow } from "./budget.ts";
import type { Command } from "./command.ts";
import { beginEnding, settleEnding } from "./ending.ts";
import type { Fact } from "./fact.ts";
import type { EffectId, Input, Intent, StartInput } from "./input.ts";
import { pauseRun, resumeRun } from "./pause.ts";
import { takeDecision } from "./questions.ts";
import { ROOT } from "./path.ts";
import { lookEverywhere, settleSteps } from "./ready.ts";
import type { Flight, RunState } from "./state.ts";
import { abort } from "./stop.ts";
import { fireTimers, renewPatience } from "./timeouts.ts";
import { Turn } from "./turn.ts";
import { noteSignal } from "./wait.ts";

export type Decision = {
  readonly facts: readonly Fact[];
  readonly commands: readonly Command[];
  /** The state with the facts applied; null when the run does not exist and the input starts none. */
  readonly state: RunState | null;
};

export function decide(program: Program, state: RunState | null, input: Input): Decision {
  if (state === null && input.kind !== "start") return { facts: [], commands: [], state };
  if (state !== null && (input.kind === "start" || state.end !== null)) return { facts: [], commands: [], state };
  const turn = new Turn(program, state, input.at);
  handle(turn, input);
  settle(turn);
  return { facts: turn.facts, commands: turn.commands, state: turn.state };
}

function handle(turn: Turn, input: Input): void {
  switch (input.kind) {
    case "start":
      return startRun(turn, input);
    case "intended":
      return noteIntent(turn, input);
    case "queued":
      return noteQueue(turn, input);
    case "accepted":
      return noteAcceptance(turn, input);
    case "progressed":
      return noteProgress(turn, input);
    case "answered":
      return takeAnswer(turn, input);
    case "takenUp":
      return renewPatience(turn);
    case "timerDue":
      return fireTimers(turn);
    case "questionAnswered":
      return takeDecision(turn, input);
    case "signaled":
      return noteSignal(turn, input);
    case "cancelRequested":
      return beginEnding(turn, { kind: "canceled", reason: input.reason, by: input.by });
    case "pauseRequested":
      return pauseRun(turn, input.by);
    case "resumeRequested":
      return resumeRun(turn, input.by);
  }
}

/** Everything that follows from the facts so far, until nothing more does. */
function settle(turn: Turn): void {
  settleSteps(turn);
  settleEnding(turn);
  if (turn.state.end === null && turn.state.ending === null && turn.state.seq >= MAX_FACTS) {
    const message = `The run has ${turn.state.seq} facts; the limit is ${MAX_FACTS}.`;
    beginEnding(turn, { kind: "failed", failure: { code: "T4114", message, retryable: false } });
    settleEnding(turn);
  }
}

function startRun(turn: Turn, input: StartInput): void {
  const { definition, fingerprint } = turn.program;
  assert(fingerprint === input.fingerprint, "A run starts with the program of its own definition.");
  const deadlineAt = Math.min(turn.at + definition.timeoutMs, input.endBy ?? Infinity);
  turn.record({ ...input, kind: "runStarted", deadlineAt });
  if (!hopsAllow(turn)) return;
  // Steps that the run was given are over; what needs only them begins with the rest.
  if (input.given !== undefined) lookEverywhere(turn);
  else for (const step of turn.program.steps) if (step.step.needs.length === 0) turn.candidates.push({ frame: ROOT, step });
}

function noteIntent(turn: Turn, input: Extract<Input, { kind: "intended" }>): void {
  const flight = currentFlight(turn.state, input);
  const isRevised = flight?.phase === "intended" && flight.intent !== null && isOther(flight.intent, input.intent);
  if (flight === undefined || !(flight.phase === "assigned" || isRevised)) return;
  const { path, attempt, turn: turnNumber, intent } = input;
  turn.record({ kind: "messageIntended", path, attempt, turn: turnNumber, intent });
  turn.command({ ...delegationOf(turn, path), kind: "send", again: false, regardless: false, intent });
}

/** Intended again: the agent refused our context id, or nobody is at that interface, so the message will leave in another way. */
function isOther(before: Intent, now: Intent): boolean {
  const keys = ["contextId", "url", "binding", "tenant", "version"] as const;
  return keys.some((key) => before[key] !== now[key]);
}

function noteQueue(turn: Turn, input: Extract<Input, { kind: "queued" }>): void {
  const flight = currentFlight(turn.state, input);
  if (flight?.phase !== "assigned" || flight.queued !== undefined) return;
  turn.record({ kind: "subtaskQueued", path: input.path, attempt: input.attempt, turn: input.turn });
}

function noteAcceptance(turn: Turn, input: Extract<Input, { kind: "accepted" }>): void {
  const flight = currentFlight(turn.state, input);
  if (flight === undefined) return;
  const { path, attempt, turn: turnNumber, agent, task } = input;
  const isNew = flight.phase === "assigned" || flight.phase === "intended";
  // An abort that overtook the acceptance must know the task, or nobody would cancel it.
  const isForAbort = flight.phase === "aborting" && flight.task === null && task !== undefined;
  if (!isNew && !isForAbort) return;
  turn.record({ kind: "subtaskAccepted", path, attempt, turn: turnNumber, agent, ...(task === undefined ? {} : { task }) });
  if (isForAbort) abort(turn, path, flight);
  else if (task !== undefined) turn.command({ ...delegationOf(turn, path), kind: "attend", task });
}

function noteProgress(turn: Turn, input: Extract<Input, { kind: "progressed" }>): void {
  const flight = currentFlight(turn.state, input);
  if (flight === undefined || flight.phase === "retrying" || flight.phase === "waiting") return;
  turn.record({ kind: "subtaskProgressed", path: input.path, attempt: input.attempt, progress: input.progress });
}

/** The flight that an input speaks of, if it is still at that attempt and turn. */
export function currentFlight(state: RunState, effect: EffectId): Flight | undefined {
  const flight = state.flights[effect.path];
  return flight?.attempt === effect.attempt && flight.turn === effect.turn ? flight : undefined;
}
