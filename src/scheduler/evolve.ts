/**
 * `evolve(state, fact)`: the only place where a run's state changes.
 *
 * 1. It never decides, and needs neither the definition nor a clock: recovery is `evolve` over the
 *    history, whatever program made that history.
 * 2. It owns the state and updates it in place; nobody else writes to it.
 * 3. The cost of a fact does not grow with the run: a step over, an item over and a flight over are
 *    counted, never searched for.
 */
import { assert } from "../base/assert.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { StepId } from "../definition/definition.ts";
import type { StepResult } from "../definition/program.ts";
import {
  acceptFlight,
  askQuestion,
  assignFlight,
  beginAbort,
  beginRetry,
  endFlight,
  intendMessage,
  resendMessage,
  resumeFlight,
} from "./evolve-flight.ts";
import type { Fact, SubtaskCompleted, SubtaskFailed } from "./fact.ts";
import { indexOf, stepOf } from "./path.ts";
import { flightOf, type ListState, type RunEnd, type RunState } from "./state.ts";
import { addTimer, dropDeadTimers, rebuildTimers } from "./timers.ts";

/** Applies one fact. The first fact of a run, `runStarted`, is applied to null. */
export function evolve(state: RunState | null, fact: Fact): RunState {
  if (fact.kind === "runStarted") {
    assert(state === null, "A run starts once.");
    return startedState(fact);
  }
  assert(state !== null, "The first fact of a run is runStarted.");
  assert(state.end === null, "A run that is over never changes.");
  apply(state, fact);
  state.seq += 1;
  state.at = fact.at;
  dropDeadTimers(state);
  return state;
}

function apply(state: RunState, fact: Exclude<Fact, { kind: "runStarted" }>): void {
  switch (fact.kind) {
    case "stepSkipped":
      return finishStep(state, fact.step, { status: "skipped", attempts: 0 });
    case "stepExpanded":
      return openList(state, fact.step, fact.items);
    case "stepCompleted":
      return closeList(state, fact.step);
    case "subtaskAssigned":
      return assignFlight(state, fact);
    case "messageIntended":
      return intendMessage(state, fact);
    case "messageResent":
      return resendMessage(state, fact.path);
    case "subtaskAccepted":
      return acceptFlight(state, fact);
    case "subtaskProgressed":
      return void (flightOf(state, fact.path).progress = fact.progress);
    case "subtaskCompleted":
      return completeSubtask(state, fact);
    case "attemptFailed":
      return beginRetry(state, fact);
    case "subtaskFailed":
      return failSubtask(state, fact);
    case "questionAsked":
      return askQuestion(state, fact);
    case "questionAnswered":
      return resumeFlight(state, fact);
    case "attemptTimedOut":
      return beginAbort(state, fact.path, { because: "timeout", patienceAt: fact.patienceAt });
    case "subtaskCanceled":
      return cancelSubtask(state, fact.path, fact.aborting);
    case "taskReleased":
      return endFlight(state, fact.path);
    case "runPaused":
      state.pausedAt = fact.at;
      return rebuildTimers(state);
    case "runResumed":
      return resumeClocks(state, fact.at);
    case "runEnding":
      state.ending = { ...fact.ending, patienceAt: fact.patienceAt };
      state.pausedAt = null;
      return rebuildTimers(state);
    case "runCompleted":
      return endRun(state, { kind: "completed", at: fact.at, output: fact.output });
    case "runFailed":
      return endRun(state, { kind: "failed", at: fact.at, failure: fact.failure });
    case "runCanceled":
      return endRun(state, { kind: "canceled", at: fact.at, reason: fact.reason, by: fact.by });
  }
}

function startedState(fact: Extract<Fact, { kind: "runStarted" }>): RunState {
  const state: RunState = {
    seq: 1,
    at: fact.at,
    tenant: fact.tenant,
    run: fact.run,
    seed: fact.seed,
    workflow: fact.workflow,
    version: fact.version,
    fingerprint: fact.fingerprint,
    input: fact.input,
    bindings: fact.bindings ?? null,
    startedAt: fact.at,
    deadlineAt: fact.deadlineAt,
    end: null,
    ending: null,
    pausedAt: null,
    context: {},
    steps: {},
    stepsOver: 0,
    lists: {},
    flights: {},
    flightCount: 0,
    waitingCount: 0,
    abortingCount: 0,
    questions: {},
    timers: [],
  };
  addTimer(state, { at: fact.deadlineAt, kind: "run" });
  return state;
}

function finishStep(state: RunState, step: StepId, result: StepResult): void {
  assert(state.steps[step] === undefined, `Step ${step} is over once.`);
  state.steps[step] = result;
  state.stepsOver += 1;
}

function openList(state: RunState, step: StepId, items: readonly Json[]): void {
  const output = new Array<Json>(items.length).fill(null);
  state.lists[step] = { items, next: 0, inFlight: 0, over: 0, output, errors: {}, attempts: 0 };
}

function closeList(state: RunState, step: StepId): void {
  const list = listOf(state, step);
  assert(list.over === list.items.length, `Step ${step} is over only when all its items are.`);
  delete state.lists[step];
  finishStep(state, step, { status: "completed", output: list.output, errors: list.errors, attempts: list.attempts });
}

function listOf(state: RunState, step: StepId): ListState {
  const list = state.lists[step];
  assert(list !== undefined, `Step ${step} has no open list.`);
  return list;
}

function completeSubtask(state: RunState, fact: SubtaskCompleted): void {
  endFlight(state, fact.path);
  const index = indexOf(fact.path);
  if (index === null) return finishStep(state, fact.path, completedResult(fact));
  const list = listOf(state, stepOf(fact.path));
  list.output[index] = fact.output;
  countItem(list, fact.attempt);
}

/** What expressions may read of a completed step; text and data are filled in from the output. */
function completedResult(fact: SubtaskCompleted): StepResult {
  const { output } = fact;
  const isText = typeof output === "string";
  return {
    status: "completed",
    output,
    text: fact.text ?? (isText ? output : ""),
    data: fact.data ?? (isText ? [] : [output]),
    attempts: fact.attempt,
    agent: fact.agent,
    ...(fact.artifacts === undefined ? {} : { artifacts: fact.artifacts }),
    ...(fact.usage === undefined ? {} : { usage: fact.usage }),
  };
}

function failSubtask(state: RunState, fact: SubtaskFailed): void {
  // An expression may fail before anything was assigned.
  if (state.flights[fact.path] !== undefined) endFlight(state, fact.path);
  const index = indexOf(fact.path);
  const error: JsonObject = { reason: fact.reason, ...fact.failure };
  if (index === null) {
    const result: StepResult = { status: "failed", output: null, error, attempts: fact.attempt };
    return finishStep(state, stepOf(fact.path), result);
  }
  const list = listOf(state, stepOf(fact.path));
  if (fact.attempt === 0) list.next = index + 1;
  else list.inFlight -= 1;
  list.errors[index] = error;
  list.over += 1;
  list.attempts += fact.attempt;
}

function countItem(list: ListState, attempts: number): void {
  list.inFlight -= 1;
  list.over += 1;
  list.attempts += attempts;
}

function cancelSubtask(state: RunState, path: string, aborting: boolean): void {
  assert(state.ending !== null, "Subtasks are canceled only when the run is ending.");
  if (!aborting) return endFlight(state, path);
  beginAbort(state, path, { because: "ending", patienceAt: state.ending.patienceAt });
}

function resumeClocks(state: RunState, at: number): void {
  assert(state.pausedAt !== null, "Only a paused run is resumed.");
  const pausedMs = at - state.pausedAt;
  for (const flight of Object.values(state.flights)) {
    flight.deadlineAt += pausedMs;
    if (flight.retryAt !== null) flight.retryAt += pausedMs;
    if (flight.aborting !== null) flight.aborting = { ...flight.aborting, patienceAt: flight.aborting.patienceAt + pausedMs };
  }
  state.pausedAt = null;
  rebuildTimers(state);
}

/** Forgets what only an open run needs: a finished one is small. */
function endRun(state: RunState, end: RunEnd): void {
  state.end = end;
  state.flights = {};
  state.lists = {};
  state.questions = {};
  state.timers = [];
  state.flightCount = 0;
  state.waitingCount = 0;
  state.abortingCount = 0;
}
