/**
 * The timers of a run: a binary heap by instant inside the state.
 *
 * 1. A timer is never taken back. It is *live* while the state still waits for it, and dropped when
 *    it reaches the top and is not; so ending a subtask costs no search.
 * 2. The top of the heap is always live, or the heap is empty: `nextWakeAt` is a look at the top.
 * 3. While a run is paused the heap holds only the run's own deadline, and patience with agents whose
 *    work nobody wants any more: what a run that is otherwise over waits for.
 */
import { present } from "../base/assert.ts";
import { heapPop, heapPush } from "../base/heap.ts";
import type { Instant, Path } from "./input.ts";
import { frameOf, pathIn, stepOf } from "./path.ts";
import { frameAt } from "./place.ts";
import type { Flight, RunState } from "./state.ts";

/** `run`: the run's deadline. `end`: patience with agents that do not acknowledge, or with compensations. */
export type Timer = RunTimer | FlightTimer | PlaceTimer;
type RunTimer = { readonly at: Instant; readonly kind: "run" } | { readonly at: Instant; readonly kind: "end" };
type FlightTimer = {
  readonly at: Instant;
  readonly kind: "deadline" | "retry" | "patience" | "idle" | "accept";
  readonly path: Path;
  readonly attempt: number;
};
/** Of a scope, of the list of an `each`, or of a wait. */
type PlaceTimer = { readonly at: Instant; readonly kind: "scope" | "list" | "wait"; readonly path: Path };

/** The instant at which the run wants to hear `timerDue`, or null. */
export function nextWakeAt(state: RunState): Instant | null {
  return state.timers[0]?.at ?? null;
}

export function addTimer(state: RunState, timer: Timer): void {
  if (state.pausedAt === null || timer.kind === "run") heapPush(state.timers, timer);
}

/** Drops timers from the top until it is live (invariant 2). */
export function dropDeadTimers(state: RunState): void {
  for (let top = state.timers[0]; top !== undefined && !isLive(state, top); top = state.timers[0]) heapPop(state.timers);
}

/** Makes the heap anew from the state: after a pause, when all instants have moved. */
export function rebuildTimers(state: RunState): void {
  state.timers = [];
  if (state.ending === null) addTimer(state, { at: state.deadlineAt, kind: "run" });
  else addTimer(state, { at: endOf(state), kind: "end" });
  for (const [path, flight] of Object.entries(state.flights)) addFlightTimer(state, path, flight);
  if (state.pausedAt !== null) return;
  for (const path of Object.keys(state.waits)) addWaitTimers(state, path);
  if (state.ending !== null) return;
  addListTimers(state, "", state);
  for (const [path, scope] of Object.entries(state.scopes)) {
    if (scope.deadlineAt !== null) addTimer(state, { at: scope.deadlineAt, kind: "scope", path });
    addListTimers(state, scope.iteration === 0 ? path : `${path}#${scope.iteration}`, scope);
  }
}

function addListTimers(state: RunState, frame: Path, { lists }: Pick<RunState, "lists">): void {
  for (const [id, { deadlineAt }] of Object.entries(lists)) {
    if (deadlineAt !== null) addTimer(state, { at: deadlineAt, kind: "list", path: pathIn(frame, id) });
  }
}

/** When an ending run stops waiting. */
function endOf(state: RunState): Instant {
  return state.compensating?.deadlineAt ?? present(state.ending, "The run is ending.").patienceAt;
}

/** Arms the timers that a flight's phase needs. */
export function addFlightTimer(state: RunState, path: Path, flight: Flight): void {
  const { attempt, aborting } = flight;
  if (flight.phase === "retrying")
    addTimer(state, { at: present(flight.retryAt, `${path} will be retried.`), kind: "retry", path, attempt });
  else if (aborting !== null) addPatience(state, path, attempt, aborting);
  else if (flight.phase !== "waiting") addWorkTimers(state, path, flight);
}

function addWorkTimers(state: RunState, path: Path, { attempt, deadlineAt, idleAt, acceptBy }: Flight): void {
  addTimer(state, { at: deadlineAt, kind: "deadline", path, attempt });
  if (idleAt !== undefined) addTimer(state, { at: idleAt, kind: "idle", path, attempt });
  if (acceptBy !== undefined) addTimer(state, { at: acceptBy, kind: "accept", path, attempt });
}

/** When the run is ending, its own timer is the patience with all agents. */
function addPatience(state: RunState, path: Path, attempt: number, aborting: NonNullable<Flight["aborting"]>): void {
  const timer = { at: aborting.patienceAt, kind: "patience", path, attempt } as const;
  if (aborting.because === "unwanted") heapPush(state.timers, timer);
  else if (aborting.because !== "ending") addTimer(state, timer);
}

/** Arms what a wait waits for: its end, a reminder, an escalation. */
export function addWaitTimers(state: RunState, path: Path): void {
  const wait = present(state.waits[path], `${path} waits.`);
  const instants = wait.kind === "approval" ? [wait.until, wait.remindAt, wait.escalateAt] : [wait.until];
  for (const at of instants) if (at !== null) addTimer(state, { at, kind: "wait", path });
}

/** True while the state still waits for the timer (invariant 1). */
export function isLive(state: RunState, timer: Timer): boolean {
  switch (timer.kind) {
    case "end":
      return state.ending !== null && endOf(state) === timer.at;
    case "run":
      return state.ending === null;
    case "scope":
      return state.ending === null && state.scopes[timer.path]?.deadlineAt === timer.at;
    case "list":
      return state.ending === null && frameAt(state, frameOf(timer.path))?.lists[stepOf(timer.path)]?.deadlineAt === timer.at;
    case "wait":
      return isWaitLive(state, timer.path, timer.at);
    case "deadline":
    case "retry":
    case "patience":
    case "idle":
    case "accept":
      return isFlightLive(state, timer);
  }
}

function isWaitLive(state: RunState, path: Path, at: Instant): boolean {
  const wait = state.waits[path];
  if (wait === undefined) return false;
  return wait.until === at || (wait.kind === "approval" && (wait.remindAt === at || wait.escalateAt === at));
}

function isFlightLive(state: RunState, timer: FlightTimer): boolean {
  const flight = state.flights[timer.path];
  if (flight === undefined || flight.attempt !== timer.attempt) return false;
  switch (timer.kind) {
    case "retry":
      return flight.phase === "retrying" && flight.retryAt === timer.at;
    case "patience":
      return flight.aborting !== null && flight.aborting.because !== "ending" && flight.aborting.patienceAt === timer.at;
    case "deadline":
      return isAtWork(flight.phase) && flight.deadlineAt === timer.at;
    case "idle":
      return isAtWork(flight.phase) && flight.idleAt === timer.at;
    case "accept":
      return isAtWork(flight.phase) && flight.acceptBy === timer.at;
  }
}

function isAtWork(phase: string): boolean {
  return phase === "assigned" || phase === "intended" || phase === "accepted";
}
