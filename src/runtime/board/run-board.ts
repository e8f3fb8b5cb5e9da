/**
 * What the subtasks of a run are doing, folded from its facts: the table of requirements W084, the
 * states of W085. Live progress and `tutti get` show the same board.
 *
 * 1. It reads facts in order and never a state: any history can be shown, also one that is over.
 * 2. The cost of a fact does not grow with the run: items of an `each` are counted by status.
 * 3. It is bounded by what is open: of a loop only the newest iteration is kept, of an item that is
 *    over only its own row. Facts about what has been folded away change the counts alone.
 */
import type { Definition, StepId } from "../../definition/definition.ts";
import type { BudgetName, Fact, ScopeOpened, SubtaskCompleted } from "../../scheduler/fact.ts";
import type { RunStatus } from "../../scheduler/index.ts";
import type { Path } from "../../scheduler/input.ts";
import { emptyStep, isOpen, type ScopeBoard, type StepBoard, type SubtaskRow, type SubtaskStatus } from "./board-rows.ts";
import { acceptPlan, beginIteration, hasFailed, isNamedInner, openScope } from "./board-scope.ts";
import { changeRow, endRow, type SubtaskFact } from "./board-subtask.ts";
import { Tally } from "./board-votes.ts";
import { parentOf, placeOf, rowsOf, stepAt, type Place } from "./board-place.ts";
import { undonePath } from "../run-path.ts";

export type { ScopeBoard, StepBoard, SubtaskRow, SubtaskStatus } from "./board-rows.ts";

/** What a subtask in flight is about: work, or the one thing that it waits for. */
type Concern = "work" | "answer" | "signal" | "time";
type ScopeFact = Extract<Fact, { kind: "scopeOpened" | "scopeClosed" | "iterationStarted" | "planAccepted" }>;
type CompensationOutcome = "completed" | "skipped" | "timedOut" | "failed";

/** A limit of the run's budget that has been reached, and the question whether there is more. */
export type BudgetStop = { readonly limit: BudgetName; readonly spent: number; readonly allowed: number; readonly question: string | null };

export class RunBoard {
  readonly steps: readonly StepBoard[];
  readonly #stepById: ReadonlyMap<StepId, StepBoard>;
  /** Facts applied so far. */
  seq = 0;
  startedAt: number | null = null;
  endedAt: number | null = null;
  /** The run that this one was retried or forked from, with what it kept of it. */
  forkedFrom: { readonly run: string; readonly steps: readonly string[] } | null = null;
  budget: BudgetStop | null = null;
  /** How compensations ended, counted. */
  readonly compensations = new Map<CompensationOutcome, number>();
  #end: "completed" | "failed" | "canceled" | null = null;
  #ending: "failed" | "canceled" | null = null;
  #isCompensating = false;
  #isPaused = false;
  readonly #open = new Map<Concern, number>();
  /** Subtasks that are not wanted any more, and whose agents have yet to acknowledge it. */
  readonly #aborting = new Set<Path>();
  /** Compensations that wait for a person, by the path of what they undo. */
  readonly #compensationQuestions = new Map<Path, string>();

  constructor(definition: Definition) {
    this.steps = Object.entries(definition.steps).map(([id, step]) => emptyStep(id, id, 0, step));
    this.#stepById = new Map(this.steps.map((step) => [step.id, step]));
  }

  get status(): RunStatus {
    if (this.#end !== null) return this.#end;
    if (this.#isCompensating) return "compensating";
    if (this.#ending !== null) return this.#ending === "canceled" ? "canceling" : "running";
    if (this.#isPaused) return "paused";
    const waits = this.waits("answer") + this.waits("signal") + this.waits("time");
    return waits > 0 && this.#opened("work") === 0 && this.#aborting.size === 0 ? "waiting" : "running";
  }

  /** How many subtasks, and questions of the run itself, wait for a thing of this kind. */
  waits(kind: "answer" | "signal" | "time"): number {
    const ofRun = kind === "answer" ? this.#compensationQuestions.size + (this.budget?.question == null ? 0 : 1) : 0;
    return this.#opened(kind) + ofRun;
  }

  get stepsOver(): number {
    return this.steps.filter((step) => step.endedAt !== null).length;
  }

  /** Applies the next fact; the step that it touched, if it is about one that is shown. */
  apply(fact: Fact): StepBoard | null {
    this.seq += 1;
    switch (fact.kind) {
      case "runStarted":
        return this.#start(fact);
      case "runPaused":
      case "runResumed":
        this.#isPaused = fact.kind === "runPaused";
        // A person may pause besides, while the question about the budget is open.
        if (fact.kind === "runResumed") this.budget = null;
        return null;
      case "runEnding":
        this.#ending = fact.ending.kind;
        return null;
      case "runCompensating":
        this.#isCompensating = true;
        return null;
      case "runCompleted":
        return this.#close("completed", fact.at);
      case "runFailed":
        return this.#close("failed", fact.at);
      case "runCanceled":
        return this.#close("canceled", fact.at);
      case "budgetExceeded":
        this.budget = { limit: fact.limit, spent: fact.spent, allowed: fact.allowed, question: fact.question ?? null };
        // Nothing begins until a person has answered.
        this.#isPaused ||= fact.question !== undefined;
        return null;
      case "budgetGranted":
        this.budget = null;
        return null;
      case "messageReceived":
      case "signalReceived":
      case "contextChanged":
        return null;
      case "stepSkipped":
      case "stepExpanded":
      case "stepCompleted":
        return this.#applyToStep(fact);
      case "scopeOpened":
      case "scopeClosed":
      case "iterationStarted":
      case "planAccepted":
        return this.#applyToScope(fact);
      case "compensationEnded":
      case "compensationFailed":
        return this.#applyToCompensation(fact);
      case "subtaskAssigned":
      case "messageIntended":
      case "messageResent":
      case "subtaskQueued":
      case "subtaskAccepted":
      case "subtaskProgressed":
      case "subtaskCompleted":
      case "attemptFailed":
      case "attemptTimedOut":
      case "attemptRefused":
      case "subtaskFailed":
      case "subtaskCanceled":
      case "taskReleased":
      case "questionAsked":
      case "questionAnswered":
      case "waitStarted":
      case "approvalReminded":
      case "approvalDecided":
        return this.#applyToSubtask(fact);
    }
  }

  #start({ at, forkedFrom, given }: Extract<Fact, { kind: "runStarted" }>): null {
    this.startedAt = at;
    this.forkedFrom = forkedFrom ?? null;
    for (const [id, result] of Object.entries(given?.steps ?? {})) {
      const step = this.#stepById.get(id);
      if (step !== undefined) endStep(step, result.status === "failed" ? "failed_permanent" : result.status, at);
    }
    return null;
  }

  #applyToStep(fact: Extract<Fact, { kind: "stepSkipped" | "stepExpanded" | "stepCompleted" }>): StepBoard | null {
    const step = stepAt(this.#stepById, fact.step);
    if (step === null) return null;
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

  #applyToScope(fact: ScopeFact): StepBoard | null {
    const place = placeOf(this.#stepById, fact.kind === "scopeOpened" ? ownPath(fact) : fact.path);
    if (place === null) return null;
    const { step, row } = place;
    this.#change(step, row, () => this.#changeScope(step, row, fact));
    return step;
  }

  #changeScope(step: StepBoard, row: SubtaskRow, fact: ScopeFact): void {
    switch (fact.kind) {
      case "scopeOpened":
        return this.#openScope(step, row, fact);
      case "scopeClosed":
        row.status = "waiting";
        row.standIn = null;
        return;
      case "iterationStarted":
        if (row.scope === null) return;
        this.#closeScope(row.scope, fact.at);
        return beginIteration(step, row, row.scope, fact);
      case "planAccepted":
        if (row.scope !== null) acceptPlan(step, row, row.scope, fact.subtasks);
        return;
    }
  }

  #openScope(step: StepBoard, row: SubtaskRow, fact: ScopeOpened): void {
    row.status = "running";
    row.startedAt ??= fact.at;
    if (fact.scope !== "handler") {
      row.scope = openScope(step, row, fact);
      return;
    }
    if (row.scope !== null) this.#closeScope(row.scope, fact.at);
    row.standIn = fact.handler ?? null;
    row.retryAt = null;
    if (fact.failure !== undefined) row.failure = { reason: fact.reason ?? "failed", failure: fact.failure };
  }

  #applyToCompensation(fact: Extract<Fact, { kind: "compensationEnded" | "compensationFailed" }>): StepBoard | null {
    const path = undonePath(fact.path);
    const outcome = fact.kind === "compensationEnded" ? fact.outcome : "failed";
    if (fact.kind === "compensationFailed") this.#compensationQuestions.set(path, fact.question);
    else {
      this.#compensationQuestions.delete(path);
      this.compensations.set(outcome, (this.compensations.get(outcome) ?? 0) + 1);
    }
    const place = placeOf(this.#stepById, path);
    if (place === null) return null;
    place.row.compensation = outcome;
    const work = place.row.inner.get("compensate");
    if (work !== undefined) this.#closeStep(work, fact.at, outcome === "completed" ? "completed" : "failed_permanent");
    return place.step;
  }

  #applyToSubtask(fact: SubtaskFact): StepBoard | null {
    if (fact.kind === "subtaskCanceled" && fact.aborting) this.#aborting.add(fact.path);
    if (fact.kind === "taskReleased") this.#aborting.delete(fact.path);
    const place = placeOf(this.#stepById, fact.path);
    if (place === null) return null;
    const { step, row, steps } = place;
    this.#change(step, row, () => changeRow(step, row, fact));
    if (fact.kind === "subtaskAssigned") this.#countAttempt(fact.path, steps);
    if (fact.kind === "subtaskCompleted" && fact.vote !== undefined) addVote(step, parentOf(this.#stepById, fact.path), fact.vote);
    if (row.endedAt !== null) this.#settle(step, row, fact.at);
    return step;
  }

  /** A subtask is over, and so is all that stood in it. */
  #settle(step: StepBoard, row: SubtaskRow, at: number): void {
    row.standIn = null;
    if (row.scope !== null) this.#closeScope(row.scope, at);
    for (const [name, inner] of row.inner) if (name !== "compensate") this.#closeStep(inner, at);
    if (step.itemCount === null || row === step.whole) return;
    row.scope = null;
    row.inner.clear();
  }

  #closeScope(scope: ScopeBoard, at: number): void {
    for (const step of scope.steps.values()) this.#closeStep(step, at);
  }

  #closeStep(step: StepBoard, at: number, status: "completed" | "failed_permanent" | "canceled" = "canceled"): void {
    for (const row of rowsOf(step)) {
      if (isOpen(row.status)) this.#change(step, row, () => endRow(row, status, at));
      if (row.scope !== null) this.#closeScope(row.scope, at);
      for (const inner of row.inner.values()) this.#closeStep(inner, at);
    }
    if (step.endedAt === null && step.status !== "pending") endStep(step, hasFailed(step) ? "failed_permanent" : status, at);
  }

  /** Changes a row, and with it everything that is counted. */
  #change(step: StepBoard, row: SubtaskRow, change: () => void): void {
    const { status } = row;
    this.#count(row, -1);
    change();
    this.#count(row, 1);
    if (step.itemCount === null || row === step.whole) followRow(step, row);
    if (row === step.whole) return;
    step.countByStatus.set(status, (step.countByStatus.get(status) ?? 0) - 1);
    step.countByStatus.set(row.status, (step.countByStatus.get(row.status) ?? 0) + 1);
  }

  #count(row: SubtaskRow, by: 1 | -1): void {
    const concern = concernOf(row);
    if (concern !== null) this.#open.set(concern, this.#opened(concern) + by);
  }

  #opened(concern: Concern): number {
    return this.#open.get(concern) ?? 0;
  }

  /** Counts an attempt for its step and the steps around it; one of a handler is the handler's own. */
  #countAttempt(path: Path, steps: readonly StepBoard[]): void {
    const place = path.endsWith("/compensate") ? placeOf(this.#stepById, undonePath(path)) : null;
    if (place !== null) place.row.compensation = "running";
    if (path.endsWith("/compensate")) this.#compensationQuestions.delete(undonePath(path));
    for (const step of steps.toReversed()) {
      step.attempts += 1;
      if (isNamedInner(step.id) && step.id !== "makePlan") return;
    }
  }

  #close(end: "completed" | "failed" | "canceled", at: number): null {
    this.#end = end;
    this.endedAt = at;
    for (const step of this.steps) {
      if (step.endedAt === null && step.status !== "pending") this.#closeStep(step, at);
    }
    return null;
  }
}

/** A handler's scope is about the subtask that it stands in for, whichever of the two its path names. */
function ownPath({ path, handler }: ScopeOpened): Path {
  return handler !== undefined && path.endsWith(`/${handler}`) ? path.slice(0, -handler.length - 1) : path;
}

/** What an open subtask is about; null when it is not open, or when what stands in it is counted. */
function concernOf({ status, scope, standIn, question, wait }: SubtaskRow): Concern | null {
  if (!isOpen(status) || scope !== null || standIn !== null) return null;
  if (status !== "waiting") return "work";
  if (question !== null) return "answer";
  return wait === null || wait.kind === "approval" ? "work" : wait.kind;
}

function addVote(step: StepBoard, parent: Place | null, vote: NonNullable<SubtaskCompleted["vote"]>): void {
  const holder = step.itemCount === null ? parent?.row.scope : step;
  if (holder == null) return;
  holder.votes ??= new Tally();
  holder.votes.add(vote.on, vote.principal);
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
