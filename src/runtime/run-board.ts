/**
 * What the subtasks of a run are doing, folded from its facts: the table of requirements W084, the
 * states of W085. Live progress and `tutti get` show the same board.
 *
 * 1. It reads facts in order and never a state: any history can be shown, also one that is over.
 * 2. The cost of a fact does not grow with the run: items of an `each` are counted by status.
 */
import type { Definition, Step, StepId, Target } from "../definition/definition.ts";
import type { Fact, FailureReason, SkipReason } from "../scheduler/fact.ts";
import type { Progress } from "../scheduler/input.ts";
import { indexOf, stepOf } from "../scheduler/path.ts";
import type { RunStatus } from "../scheduler/index.ts";
import type { Failure, Question } from "../scheduler/outcome.ts";

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

/** One row of the table. */
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
  /** Why the last attempt failed. */
  failure: { readonly reason: FailureReason; readonly failure: Failure } | null;
  question: { readonly id: string; readonly question: Question } | null;
  /** The task at a remote agent. */
  taskId: string | null;
};

/** A step: one subtask, or one for each item. */
export type StepBoard = {
  readonly id: StepId;
  readonly step: Step;
  status: SubtaskStatus;
  skipped: SkipReason | null;
  startedAt: number | null;
  endedAt: number | null;
  attempts: number;
  /** Of an `each` whose list is known. */
  itemCount: number | null;
  readonly rows: Map<string, SubtaskRow>;
  readonly countByStatus: Map<SubtaskStatus, number>;
};

export class RunBoard {
  readonly steps: readonly StepBoard[];
  readonly #stepById: ReadonlyMap<StepId, StepBoard>;
  /** Facts applied so far. */
  seq = 0;
  startedAt: number | null = null;
  endedAt: number | null = null;
  #end: "completed" | "failed" | "canceled" | null = null;
  #ending: "failed" | "canceled" | null = null;
  #isPaused = false;
  #openCount = 0;
  #waitingCount = 0;

  constructor(definition: Definition) {
    this.steps = Object.entries(definition.steps).map(([id, step]) => emptyStep(id, step));
    this.#stepById = new Map(this.steps.map((step) => [step.id, step]));
  }

  get status(): RunStatus {
    if (this.#end !== null) return this.#end;
    if (this.#ending === "canceled") return "canceling";
    if (this.#isPaused) return "paused";
    return this.#openCount > 0 && this.#waitingCount === this.#openCount ? "waiting" : "running";
  }

  get stepsOver(): number {
    return this.steps.filter((step) => step.endedAt !== null).length;
  }

  /** Applies the next fact; the step that it touched, if it is about one. */
  apply(fact: Fact): StepBoard | null {
    this.seq += 1;
    switch (fact.kind) {
      case "runStarted":
        this.startedAt = fact.at;
        return null;
      case "runPaused":
      case "runResumed":
        this.#isPaused = fact.kind === "runPaused";
        return null;
      case "runEnding":
        this.#ending = fact.ending.kind;
        return null;
      case "runCompleted":
        return this.#close("completed", fact.at);
      case "runFailed":
        return this.#close("failed", fact.at);
      case "runCanceled":
        return this.#close("canceled", fact.at);
      case "stepSkipped":
      case "stepExpanded":
      case "stepCompleted":
        return applyToStep(this.#step(fact.step), fact);
      case "subtaskAssigned":
      case "messageIntended":
      case "messageResent":
      case "subtaskAccepted":
      case "subtaskProgressed":
      case "subtaskCompleted":
      case "attemptFailed":
      case "attemptTimedOut":
      case "subtaskFailed":
      case "subtaskCanceled":
      case "taskReleased":
      case "questionAsked":
      case "questionAnswered":
        return this.#applyToSubtask(fact);
    }
  }

  #applyToSubtask(fact: SubtaskFact): StepBoard {
    const step = this.#step(stepOf(fact.path));
    const row = this.#rowOf(step, fact.path);
    const before = row.status;
    changeRow(row, fact);
    this.#count(step, before, row.status);
    step.attempts += fact.kind === "subtaskAssigned" ? 1 : 0;
    if (step.itemCount === null) followRow(step, row);
    return step;
  }

  #rowOf(step: StepBoard, path: string): SubtaskRow {
    const known = step.rows.get(path);
    if (known !== undefined) return known;
    const row = emptyRow(path);
    step.rows.set(path, row);
    if (indexOf(path) === null) step.countByStatus.set("pending", 1);
    return row;
  }

  #count({ countByStatus }: StepBoard, before: SubtaskStatus, after: SubtaskStatus): void {
    countByStatus.set(before, (countByStatus.get(before) ?? 0) - 1);
    countByStatus.set(after, (countByStatus.get(after) ?? 0) + 1);
    this.#openCount += Number(isOpen(after)) - Number(isOpen(before));
    this.#waitingCount += Number(after === "waiting") - Number(before === "waiting");
  }

  #close(end: "completed" | "failed" | "canceled", at: number): null {
    this.#end = end;
    this.endedAt = at;
    for (const step of this.steps) {
      if (step.endedAt !== null || step.itemCount === null) continue;
      endStep(step, (step.countByStatus.get("failed_permanent") ?? 0) > 0 ? "failed_permanent" : "canceled", at);
    }
    return null;
  }

  #step(id: StepId): StepBoard {
    const known = this.#stepById.get(id);
    if (known === undefined) throw new Error(`The history speaks of step ${id}, which the definition does not have.`);
    return known;
  }
}

function applyToStep(step: StepBoard, fact: Extract<Fact, { step: StepId }>): StepBoard {
  switch (fact.kind) {
    case "stepSkipped":
      step.skipped = fact.reason;
      return endStep(step, "skipped", fact.at);
    case "stepExpanded":
      step.itemCount = fact.items.length;
      step.status = "running";
      step.startedAt = fact.at;
      step.countByStatus.set("pending", fact.items.length);
      return step;
    case "stepCompleted":
      return endStep(step, "completed", fact.at);
  }
}

/** Facts about one subtask. */
type SubtaskFact = Extract<Fact, { path: string }>;

function changeRow(row: SubtaskRow, fact: SubtaskFact): void {
  switch (fact.kind) {
    case "subtaskAssigned":
      return assign(row, fact);
    case "messageIntended":
      row.assignedTo = fact.intent.agent;
      return;
    case "messageResent":
    case "taskReleased":
      return;
    case "subtaskAccepted":
      row.assignedTo = fact.agent;
      row.taskId = fact.task?.taskId ?? row.taskId;
      if (row.status === "assigned") row.status = "running";
      return;
    case "subtaskProgressed":
      row.progress = fact.progress;
      row.status = row.status === "assigned" ? "running" : row.status;
      return;
    case "subtaskCompleted":
      row.assignedTo = fact.agent;
      return endRow(row, "completed", fact.at);
    case "attemptTimedOut":
      row.status = "failed";
      return;
    case "attemptFailed":
      row.status = "retrying";
      row.retryAt = fact.retryAt;
      row.failure = { reason: fact.reason, failure: fact.failure };
      return;
    case "subtaskFailed":
      row.failure = { reason: fact.reason, failure: fact.failure };
      return endRow(row, "failed_permanent", fact.at);
    case "subtaskCanceled":
      return endRow(row, "canceled", fact.at);
    case "questionAsked":
      row.status = "waiting";
      row.assignedTo = fact.agent;
      row.question = { id: fact.id, question: fact.question };
      return;
    case "questionAnswered":
      row.status = "assigned";
      row.question = null;
      return;
  }
}

function assign(row: SubtaskRow, fact: Extract<Fact, { kind: "subtaskAssigned" }>): void {
  row.status = "assigned";
  row.assignedTo = nameOfTarget(fact.target);
  row.startedAt = fact.at;
  row.attempts = fact.attempt;
  row.retryAt = null;
  row.taskId = null;
  row.progress = null;
}

/** The agent or the capability that a target names. */
export function nameOfTarget(target: Target): string {
  return target.kind === "agent" ? target.agent : target.capability;
}

function endRow(row: SubtaskRow, status: "completed" | "failed_permanent" | "canceled", at: number): void {
  row.status = status;
  row.endedAt = at;
  row.retryAt = null;
  row.question = null;
}

/** A step without a list is as its one subtask. */
function followRow(step: StepBoard, row: SubtaskRow): void {
  step.status = row.status;
  step.startedAt ??= row.startedAt;
  step.endedAt = row.endedAt;
}

function endStep(step: StepBoard, status: SubtaskStatus, at: number): StepBoard {
  step.status = status;
  step.endedAt = at;
  return step;
}

function isOpen(status: SubtaskStatus): boolean {
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

function emptyStep(id: StepId, step: Step): StepBoard {
  return {
    id,
    step,
    status: "pending",
    skipped: null,
    startedAt: null,
    endedAt: null,
    attempts: 0,
    itemCount: null,
    rows: new Map(),
    countByStatus: new Map(),
  };
}

function emptyRow(path: string): SubtaskRow {
  return {
    path,
    status: "pending",
    assignedTo: null,
    startedAt: null,
    endedAt: null,
    attempts: 0,
    progress: null,
    retryAt: null,
    failure: null,
    question: null,
    taskId: null,
  };
}
