/**
 * The timers of a run: a binary heap by instant inside the state.
 *
 * 1. A timer is never taken back. It is *live* while the state still waits for it, and dropped when
 *    it reaches the top and is not; so ending a subtask costs no search.
 * 2. The top of the heap is always live, or the heap is empty: `nextWakeAt` is a look at the top.
 * 3. While a run is paused the heap holds only the run's own deadline.
 */
import { present } from "../base/assert.ts";
import { heapPop, heapPush } from "../base/heap.ts";
import type { Instant, Path } from "./input.ts";
import { flightOf, type Flight, type RunState } from "./state.ts";

/** `run`: the run's deadline. `end`: patience with agents that do not acknowledge a cancel. */
export type Timer = RunTimer | FlightTimer;
type RunTimer = { readonly at: Instant; readonly kind: "run" } | { readonly at: Instant; readonly kind: "end" };
type FlightTimer = {
  readonly at: Instant;
  readonly kind: "deadline" | "retry" | "patience";
  readonly path: Path;
  readonly attempt: number;
};

/** The instant at which the run wants to hear `timerDue`, or null. */
export function nextWakeAt(state: RunState): Instant | null {
  return state.timers[0]?.at ?? null;
}

export function addTimer(state: RunState, timer: Timer): void {
  heapPush(state.timers, timer);
}

/** Drops timers from the top until it is live (invariant 2). */
export function dropDeadTimers(state: RunState): void {
  for (let top = state.timers[0]; top !== undefined && !isLive(state, top); top = state.timers[0]) heapPop(state.timers);
}

/** Makes the heap anew from the state: after a pause, when all instants have moved. */
export function rebuildTimers(state: RunState): void {
  state.timers = [];
  if (state.ending === null) addTimer(state, { at: state.deadlineAt, kind: "run" });
  else addTimer(state, { at: state.ending.patienceAt, kind: "end" });
  if (state.pausedAt !== null) return;
  for (const path of Object.keys(state.flights)) addFlightTimer(state, path);
}

/** Arms the timer that a flight's phase needs. */
export function addFlightTimer(state: RunState, path: Path): void {
  if (state.pausedAt !== null) return;
  const flight = flightOf(state, path);
  const { attempt, aborting } = flight;
  if (flight.phase === "retrying")
    addTimer(state, { at: present(flight.retryAt, `${path} will be retried.`), kind: "retry", path, attempt });
  else if (aborting !== null) addPatience(state, path, attempt, aborting);
  else if (flight.phase !== "waiting") addTimer(state, { at: flight.deadlineAt, kind: "deadline", path, attempt });
}

/** When the run is ending, its own timer is the patience with all agents. */
function addPatience(state: RunState, path: Path, attempt: number, aborting: NonNullable<Flight["aborting"]>): void {
  if (aborting.because === "timeout") addTimer(state, { at: aborting.patienceAt, kind: "patience", path, attempt });
}

/** True while the state still waits for the timer (invariant 1). */
export function isLive(state: RunState, timer: Timer): boolean {
  if (timer.kind === "end") return state.ending !== null;
  if (timer.kind === "run") return state.ending === null;
  const flight = state.flights[timer.path];
  if (flight === undefined || flight.attempt !== timer.attempt) return false;
  switch (timer.kind) {
    case "retry":
      return flight.phase === "retrying" && flight.retryAt === timer.at;
    case "patience":
      return flight.aborting?.because === "timeout" && flight.aborting.patienceAt === timer.at;
    case "deadline":
      return isAtWork(flight.phase) && flight.deadlineAt === timer.at;
  }
}

function isAtWork(phase: string): boolean {
  return phase === "assigned" || phase === "intended" || phase === "accepted";
}
