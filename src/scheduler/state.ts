import { present } from "../base/assert.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { HandlerName, StepId, Target } from "../definition/definition.ts";
import type { StepResult } from "../definition/program.ts";
import type { BudgetName, Ending, FailureReason, PlannedSubtask, Repair, ScopeOpened } from "./fact.ts";
import type { Instant, Intent, Path, Progress, RemoteTask, WorkflowVersion } from "./input.ts";
import type { Exchange, Failure, Question } from "./outcome.ts";
import type { Timer } from "./timers.ts";

/** The version of the state below, stored beside each snapshot. */
export const STATE_VERSION = 2;

/** Where a run stands (requirement W092). After `completed`, `failed` and `canceled` nothing changes any more. */
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
export type RunState = Frame & {
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
  context: JsonObject;
  /** Steps with inner steps, and handlers, that have begun and are not over; by the path of the subtask. */
  scopes: { [path: Path]: ScopeState };
  /** What waits for a time, a signal or a decision of people. */
  waits: { [path: Path]: WaitState };
  waitsCount: number;
  /** Signals that came before anything waited for them, oldest first. */
  signals: { [name: string]: Json[] };
  /** The versions of sub-workflows. */
  workflows: { readonly [reference: string]: WorkflowVersion };
  depth: number;
  /** Steps further up a request's way; see `Budget.hops`. */
  hops: number;
  /** The run is the task of a caller over A2A. */
  isTask?: true;
  /** W3C `traceparent` of whoever asked for the run. */
  trace?: string;
  tracestate?: string;
  /** What the budget counts. */
  spent: Spent;
  /** How often a person has granted the budget again; and the open question about it. */
  grants: number;
  budgetQuestion: { id: string; limit: BudgetName } | null;
  /** What had been spent when the last grant began. */
  granted?: Spent & { wallMs: number };
  /** A person has paused the run while that question was open: a grant does not resume it. */
  pausedBesides?: true;
  /** Who wrote which path of the context, in the order of the steps: later steps win (requirement X026). */
  writes: ContextWrite[];
  /** What completed and can be undone, oldest first. */
  compensations: Compensation[];
  /** Set while completed steps are being undone. */
  compensating: { deadlineAt: Instant } | null;
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

/** The steps of one block at work: of the run, of branches, of an iteration. */
export type Frame = {
  /** Finished steps, as expressions see them. */
  steps: { [id: StepId]: StepResult };
  stepsOver: number;
  /** Steps over a list that have begun and are not over. */
  lists: { [id: StepId]: ListState };
};

/**
 * A step with inner steps at work, or a handler that stands in for a subtask. Its path is that of the
 * subtask; the paths of inner steps begin with it, and with `#n` besides in iteration n.
 */
export type ScopeState = Frame & {
  kind: ScopeOpened["scope"];
  deadlineAt: Instant | null;
  /** Votes of a quorum so far. */
  votes: Vote[];
  /** `loop` and `handoff`: the number of the iteration at work; else 0. */
  iteration: number;
  /** `loop`: the results of the last iteration. */
  prev: { [id: StepId]: StepResult } | null;
  /** `loop` with a score: the best iteration so far. */
  best: { score: number; output: Json } | null;
  /** `handoff`: whose turn it is, and what the others said. */
  agent: StepId | null;
  history: { agent: StepId; output: Json }[];
  /** `plan`: the subtasks, once there are any. */
  subtasks: readonly PlannedSubtask[] | null;
  /** `handler`: what it stands in for. */
  handled: Handled | null;
  /** Inside a quorum: whose work is in it. */
  principals?: string[];
};

export type Handled = { handler: HandlerName; attempt: number; reason: FailureReason; failure: Failure };
export type Vote = { readonly voter: string; readonly principal: string; readonly value: Json };

/** Waits for a time, a signal, or a decision. */
export type WaitState =
  | { kind: "time"; until: Instant }
  | { kind: "signal"; name: string; until: Instant | null }
  | {
      kind: "approval";
      id: string;
      question: Question;
      to: readonly string[];
      until: Instant | null;
      remindAt: Instant | null;
      escalateAt: Instant | null;
    };

export type Spent = { attempts: number; subtasks: number; tokens: number; cost: number };
export type ContextWrite = { readonly rank: readonly number[]; readonly path: string; readonly value: Json };
/** A completed step that can be undone. `question`: its compensation failed, and a person was asked. */
export type Compensation = { path: Path; input: Json; text: string | null; question: string | null; attempt?: number };

/** The progress of an `each`. */
export type ListState = {
  items: readonly Json[];
  /** The first item that has not been assigned. */
  next: number;
  inFlight: number;
  over: number;
  succeeded: number;
  deadlineAt: Instant | null;
  votes: Vote[];
  output: Json[];
  errors: { [index: string]: Json };
  attempts: number;
  /** Inside a quorum: whose work its items are. */
  principals?: string[];
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
  question: { id: string; question: Question; remainingMs: number; asks?: "unknown" | "auth" } | null;
  /** `retrying`: when the next attempt begins. */
  retryAt: Instant | null;
  /**
   * `aborting`: why, and when we stop waiting for the agent. `unwanted`: a join was decided without
   * it, or what it belonged to is over; nothing follows from its end. `refused`: its agent asked, and
   * nobody answers; that failure follows.
   */
  aborting:
    | { because: "timeout" | "ending" | "unwanted"; patienceAt: Instant }
    | { because: "refused"; patienceAt: Instant; failure: Failure }
    | null;
  resends: number;
  progress: Progress | null;
  /** The rest is there only where the step says so. */
  files?: Json;
  stopAt?: Instant;
  /** The attempt fails when there is no progress for so long; and when that will be. */
  idleMs?: number;
  idleAt?: Instant;
  acceptBy?: Instant;
  /** The task that it had when nobody knew any more how it went, and its message was sent again. */
  lost?: RemoteTask;
  /** `aborting`, with something that could undo it: the items that it is about, by the path of each. */
  items?: ItemsByPath;
  /** Waits under a `limit`: what is left of the attempt's time, and of the time to be accepted in. */
  queued?: { remainingMs: number; acceptMs?: number };
  conversation?: string;
  repair?: Repair;
  /** Repairs so far. */
  repairs?: number;
  /** Of a sub-workflow: this attempt went through a pause, and what it was last told is owed after a crash. */
  wasPaused?: true;
  /** Tokens and cost of the attempts so far. */
  spent?: { tokens: number; cost: number };
};

/** The items of lists that a subtask is in, which may be over before it is. */
export type ItemsByPath = { readonly [path: Path]: Json };

/** The flight at a path that is known to be in flight. */
export function flightOf(state: RunState, path: Path): Flight {
  return present(state.flights[path], `${path} is in flight.`);
}

/** True for a handler that answers its agent's question: the subtask stays parked, and goes on with its answer. */
export function isAnswering(handler: HandlerName | undefined): boolean {
  return handler === "onInputRequired" || handler === "onAuthRequired";
}

/** True once nothing can change the run any more. */
export function isOver(state: RunState): boolean {
  return state.end !== null;
}

/** The run's state in the words of the product. */
export function statusOf(state: RunState): RunStatus {
  if (state.end !== null) return state.end.kind;
  if (state.compensating !== null) return "compensating";
  if (state.ending !== null) return state.ending.kind === "canceled" ? "canceling" : "running";
  if (state.pausedAt !== null) return "paused";
  return state.flightCount + state.waitsCount > 0 && state.waitingCount === state.flightCount ? "waiting" : "running";
}
