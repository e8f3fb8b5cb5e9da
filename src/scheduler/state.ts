import { present } from "../base/assert.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { StepId, Target } from "../definition/definition.ts";
import type { StepResult } from "../definition/program.ts";
import type { Ending } from "./fact.ts";
import type { Instant, Intent, Path, Progress, RemoteTask } from "./input.ts";
import type { Exchange, Failure, Question } from "./outcome.ts";
import type { Timer } from "./timers.ts";

/** The version of the state below, stored beside each snapshot. */
export const STATE_VERSION = 1;

export type RunStatus =
  | "running"
  | "waiting"
  | "paused"
  | "canceling"
  | "compensating"
  | "completed"
  | "failed"
  | "canceled"
  | "quarantined";

/**
 * Everything that deciding needs to know of a run: plain JSON, made by `evolve` alone, which owns it
 * and updates it in place. What is over and unread is not in it; the history has it.
 */
export type RunState = {
  /** Facts applied so far: the sequence number of the last one. */
  seq: number;
  /** The instant of the last fact: time in a run never goes backwards. */
  at: Instant;
  tenant: string;
  run: string;
  seed: string;
  workflow: string;
  version: string;
  fingerprint: string;
  input: Json;
  bindings: JsonObject | null;
  startedAt: Instant;
  deadlineAt: Instant;
  /** Null until the run is over. */
  end: RunEnd | null;
  /** Set from the decision to end until the end: what is in flight is being canceled. */
  ending: (Ending & { patienceAt: Instant }) | null;
  pausedAt: Instant | null;
  context: Json;
  /** Finished steps, as expressions see them. */
  steps: { [id: StepId]: StepResult };
  stepsOver: number;
  /** Steps over a list that have begun and are not over. */
  lists: { [id: StepId]: ListState };
  /** Subtasks that have begun and are not over. */
  flights: { [path: Path]: Flight };
  flightCount: number;
  /** Flights that wait for an answer from outside. */
  waitingCount: number;
  /** Flights of an ending run whose agents have yet to acknowledge the cancel. */
  abortingCount: number;
  questions: { [id: string]: Path };
  /** A binary heap by instant; see timers.ts. */
  timers: Timer[];
};

export type RunEnd =
  | { readonly kind: "completed"; readonly at: Instant; readonly output: Json }
  | { readonly kind: "failed"; readonly at: Instant; readonly failure: Failure }
  | { readonly kind: "canceled"; readonly at: Instant; readonly reason: string; readonly by: string };

/** The progress of an `each`. */
export type ListState = {
  items: readonly Json[];
  /** The first item that has not been assigned. */
  next: number;
  inFlight: number;
  over: number;
  output: Json[];
  errors: { [index: string]: Json };
  attempts: number;
};

/**
 * A subtask in flight. Its phases:
 * `assigned` (an agent is to be found) → `intended` (a message to a remote agent may have left)
 * → `accepted` (an agent is at work) → over; from each of them → `retrying` (waits for its instant,
 * then `assigned` again with the next attempt), → `waiting` (an agent asked; then `assigned` again
 * with the next turn), → `aborting` (not wanted any more; a remote agent has yet to acknowledge).
 */
export type Flight = {
  phase: "assigned" | "intended" | "accepted" | "retrying" | "waiting" | "aborting";
  attempt: number;
  turn: number;
  target: Target;
  /** The place of the target in the step's fallbacks; null for its own target. */
  fallback: number | null;
  input: Json;
  text: string | null;
  /** Of this attempt. */
  deadlineAt: Instant;
  agent: string | null;
  intent: Intent | null;
  task: RemoteTask | null;
  exchanges: Exchange[] | null;
  /** `waiting`: what was asked, and how much of the attempt's time is left. */
  question: { id: string; question: Question; remainingMs: number } | null;
  /** `retrying`: when the next attempt begins. */
  retryAt: Instant | null;
  /** `aborting`: why, and when we stop waiting for the agent. */
  aborting: { because: "timeout" | "ending"; patienceAt: Instant } | null;
  resends: number;
  progress: Progress | null;
};

/** The flight at a path that is known to be in flight. */
export function flightOf(state: RunState, path: Path): Flight {
  return present(state.flights[path], `${path} is in flight.`);
}

/** True once nothing can change the run any more. */
export function isOver(state: RunState): boolean {
  return state.end !== null;
}

/** The run's state in the words of the product. */
export function statusOf(state: RunState): RunStatus {
  if (state.end !== null) return state.end.kind;
  if (state.ending !== null) return state.ending.kind === "canceled" ? "canceling" : "running";
  if (state.pausedAt !== null) return "paused";
  return state.flightCount > 0 && state.waitingCount === state.flightCount ? "waiting" : "running";
}
