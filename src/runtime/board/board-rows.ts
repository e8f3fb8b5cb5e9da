/** The parts of a run's board: what a step, a subtask and the inner steps of a subtask look like. */
import type { HandlerName, Step, StepId } from "../../definition/definition.ts";
import type { FailureReason, ScopeOpened, SkipReason } from "../../scheduler/fact.ts";
import type { Progress } from "../../scheduler/input.ts";
import type { Failure, Question } from "../../scheduler/outcome.ts";
import type { Tally } from "./board-votes.ts";

export type SubtaskStatus =
  | "pending"
  | "assigned"
  | "running"
  | "waiting"
  | "retrying"
  | "completed"
  | "failed"
  | "failed_permanent"
  | "skipped"
  | "canceled";

/** One row of the table of requirements W084. */
export type SubtaskRow = {
  readonly path: string;
  status: SubtaskStatus;
  /** The agent that has it; before one is found, the agent or capability that is asked for. */
  assignedTo: string | null;
  /** Of the newest attempt. */
  startedAt: number | null;
  endedAt: number | null;
  attempts: number;
  progress: Progress | null;
  /** `retrying`: when the next attempt begins. */
  retryAt: number | null;
  /** The place in the step's fallbacks to which this attempt, or the next one, goes. */
  fallback: number | null;
  /** This attempt, or the next one, repairs the output of the one before. */
  isRepair: boolean;
  /** Why the last attempt failed. */
  failure: { readonly reason: FailureReason; readonly failure: Failure } | null;
  /** It failed for good, and the run goes on without it. */
  isTolerated: boolean;
  question: { readonly id: string; readonly question: Question } | null;
  wait: WaitRow | null;
  /** Of an approval that is over. */
  decision: { readonly decision: "approved" | "rejected"; readonly by: string | null } | null;
  /** The task at a remote agent. */
  taskId: string | null;
  /** Its inner steps, once they have begun. */
  scope: ScopeBoard | null;
  /** The handler that works in its place. */
  standIn: HandlerName | null;
  /** Handlers, `makePlan`, `approvePlan` and `compensate`, by these names. */
  readonly inner: Map<string, StepBoard>;
  /** Since the run began to undo it. */
  compensation: "running" | "completed" | "skipped" | "timedOut" | "failed" | null;
};

export type WaitRow =
  | { readonly kind: "time"; readonly until: number }
  | { readonly kind: "signal"; readonly name: string; readonly until: number | null }
  | {
      readonly kind: "approval";
      readonly to: readonly string[];
      readonly until: number | null;
      /** How often people were reminded, and whether it went to others. */
      readonly reminders: number;
      readonly isEscalated: boolean;
    };

/** A step: one subtask, or one for each item. */
export type StepBoard = {
  /** `step`, `loop#2/inner`, `parallel/branch`, `step/onError`. */
  readonly path: string;
  readonly id: StepId;
  /** How many steps it stands in. */
  readonly depth: number;
  readonly step: Step;
  status: SubtaskStatus;
  skipped: SkipReason | null;
  startedAt: number | null;
  endedAt: number | null;
  /** Of its own and of the steps in it. */
  attempts: number;
  /** Of an `each` whose list is known. */
  itemCount: number | null;
  readonly rows: Map<string, SubtaskRow>;
  readonly countByStatus: Map<SubtaskStatus, number>;
  /** Of an `each` with a quorum. */
  votes: Tally | null;
  /** Of an `each`: what is said of all items together, such as a handler that stands in for them. */
  whole: SubtaskRow | null;
};

/** The inner steps of a subtask: of a loop or handoff, those of the newest iteration. */
export type ScopeBoard = {
  readonly kind: ScopeOpened["scope"];
  readonly steps: Map<StepId, StepBoard>;
  /** From 1 on in a loop or handoff, else 0. Earlier ones are only counted. */
  iteration: number;
  /** `handoff`: whose turn it is; before it, the last few others. */
  agent: StepId | null;
  readonly agentsBefore: StepId[];
  /** `loop`: what the last iteration scored, and why it was not enough. */
  score: number | null;
  note: string | null;
  /** `parallel` with a quorum. */
  votes: Tally | null;
  /** `plan`: true once the subtasks are known. */
  isPlanned: boolean;
};

export function emptyStep(path: string, id: StepId, depth: number, step: Step): StepBoard {
  return {
    path,
    id,
    depth,
    step,
    status: "pending",
    skipped: null,
    startedAt: null,
    endedAt: null,
    attempts: 0,
    itemCount: null,
    rows: new Map(),
    countByStatus: new Map(),
    votes: null,
    whole: null,
  };
}

export function emptyRow(path: string): SubtaskRow {
  return {
    path,
    status: "pending",
    assignedTo: null,
    startedAt: null,
    endedAt: null,
    attempts: 0,
    progress: null,
    retryAt: null,
    fallback: null,
    isRepair: false,
    failure: null,
    isTolerated: false,
    question: null,
    wait: null,
    decision: null,
    taskId: null,
    scope: null,
    standIn: null,
    inner: new Map(),
    compensation: null,
  };
}

export function isOpen(status: SubtaskStatus): boolean {
  switch (status) {
    case "assigned":
    case "running":
    case "waiting":
    case "retrying":
    case "failed":
      return true;
    case "pending":
    case "completed":
    case "failed_permanent":
    case "skipped":
    case "canceled":
      return false;
  }
}

/** The one subtask of a step without a list; none of the items of another. */
export function onlyRow(step: StepBoard): SubtaskRow | undefined {
  return step.itemCount === null ? step.rows.values().next().value : undefined;
}
