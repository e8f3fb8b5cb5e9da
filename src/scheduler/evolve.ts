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
import { emptyList, emptyMap } from "./empty.ts";
import { endOf } from "./end.ts";
import { writeContext } from "./context-writes.ts";
import {
  acceptFlight,
  askQuestion,
  assignFlight,
  beginAbort,
  beginRetry,
  intendMessage,
  noteProgress,
  queueFlight,
  onStepClock,
  resendMessage,
  resumeFlight,
} from "./evolve-flight.ts";
import {
  acceptPlan,
  askToCompensate,
  beginWait,
  cancelSubtask,
  closeList,
  closeScope,
  completeSubtask,
  decideApproval,
  endCompensation,
  failSubtask,
  iterate,
  keepSignal,
  openList,
  openScope,
  releaseTask,
  remindApproval,
  skipStep,
} from "./evolve-scope.ts";
import type { Fact } from "./fact.ts";
import type { RunEnd, RunState } from "./state.ts";
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

type Later = Exclude<Fact, { kind: "runStarted" }>;
type RunFact = Extract<
  Later,
  { kind: `run${string}` | `budget${string}` | "messageReceived" | "signalReceived" | "contextChanged" | `compensation${string}` }
>;

function apply(state: RunState, fact: Later): void {
  switch (fact.kind) {
    case "stepSkipped":
      return skipStep(state, fact.step);
    case "stepExpanded":
      return openList(state, fact);
    case "stepCompleted":
      return closeList(state, fact);
    case "scopeOpened":
      return openScope(state, fact);
    case "scopeClosed":
      return closeScope(state, fact.path);
    case "iterationStarted":
      return iterate(state, fact);
    case "planAccepted":
      return acceptPlan(state, fact);
    case "waitStarted":
      return beginWait(state, fact);
    case "approvalReminded":
      return remindApproval(state, fact);
    case "approvalDecided":
      return decideApproval(state, fact);
    case "subtaskAssigned":
      return assignFlight(state, fact);
    case "subtaskQueued":
      return queueFlight(state, fact);
    case "messageIntended":
      return intendMessage(state, fact);
    case "messageResent":
      return resendMessage(state, fact);
    case "subtaskAccepted":
      return acceptFlight(state, fact);
    case "subtaskProgressed":
      return noteProgress(state, fact);
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
    case "attemptRefused":
      return refuseAttempt(state, fact);
    case "subtaskCanceled":
      return cancelSubtask(state, fact);
    case "taskReleased":
      return releaseTask(state, fact);
    case "messageReceived":
    case "signalReceived":
    case "contextChanged":
    case "budgetExceeded":
    case "budgetGranted":
    case "runPaused":
    case "runResumed":
    case "runEnding":
    case "runCompensating":
    case "compensationEnded":
    case "compensationFailed":
    case "runCompleted":
    case "runFailed":
    case "runCanceled":
      return applyToRun(state, fact);
  }
}

function refuseAttempt(state: RunState, { path, at, patienceAt, failure }: Extract<Fact, { kind: "attemptRefused" }>): void {
  beginAbort(state, path, { because: "refused", patienceAt: onStepClock(state, at, patienceAt), failure });
}

function applyToRun(state: RunState, fact: RunFact): void {
  switch (fact.kind) {
    case "messageReceived":
      // It is for those who read the history.
      return;
    case "signalReceived":
      return keepSignal(state, fact);
    case "contextChanged":
      return writeContext(state, fact.rank, fact.changes);
    case "budgetExceeded":
      if (fact.question === undefined) return;
      state.budgetQuestion = { id: fact.question, limit: fact.limit };
      return pause(state, fact.at);
    case "budgetGranted":
      return grantBudget(state, fact.at);
    case "runPaused":
      if (state.budgetQuestion !== null) state.pausedBesides = true;
      return pause(state, fact.at);
    case "runResumed":
      return resumeClocks(state, fact.at);
    case "runEnding":
      return beginEnding(state, fact);
    case "runCompensating":
      state.compensating = { deadlineAt: fact.deadlineAt };
      return rebuildTimers(state);
    case "compensationEnded":
      return endCompensation(state, fact);
    case "compensationFailed":
      return askToCompensate(state, fact);
    case "runCompleted":
    case "runFailed":
    case "runCanceled":
      return endRun(state, endOf(fact));
  }
}

const NOTHING_GIVEN: NonNullable<Extract<Fact, { kind: "runStarted" }>["given"]> = { steps: {}, context: {} };

function startedState(fact: Extract<Fact, { kind: "runStarted" }>): RunState {
  const given = fact.given ?? NOTHING_GIVEN;
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
    context: given.context,
    steps: { ...given.steps },
    stepsOver: Object.keys(given.steps).length,
    lists: emptyMap(),
    scopes: emptyMap(),
    waits: emptyMap(),
    waitsCount: 0,
    signals: emptyMap(),
    workflows: fact.workflows ?? emptyMap(),
    depth: fact.depth ?? 0,
    hops: fact.hops ?? 0,
    ...(fact.origin === undefined ? {} : { isTask: true }),
    ...(fact.trace === undefined ? {} : { trace: fact.trace }),
    ...(fact.tracestate === undefined ? {} : { tracestate: fact.tracestate }),
    spent: { attempts: 0, subtasks: 0, tokens: 0, cost: 0 },
    grants: 0,
    budgetQuestion: null,
    writes: fact.given === undefined ? emptyList() : writesOf(given),
    compensations: given.compensations === undefined ? emptyList() : given.compensations.map((left) => ({ ...left, question: null })),
    compensating: null,
    flights: {},
    flightCount: 0,
    waitingCount: 0,
    abortingCount: 0,
    questions: emptyMap(),
    timers: [],
  };
  addTimer(state, { at: fact.deadlineAt, kind: "run" });
  return state;
}

function writesOf({ context, writes }: typeof NOTHING_GIVEN): RunState["writes"] {
  return writes === undefined ? Object.entries(context).map(([path, value]) => ({ rank: [], path, value })) : [...writes];
}

/** Pausing what is paused already, by a person or by the budget, changes nothing. */
function pause(state: RunState, at: number): void {
  state.pausedAt ??= at;
  rebuildTimers(state);
}

/** What is granted begins now: time, tokens or cost that went by beyond the limit are not taken from it. */
function grantBudget(state: RunState, at: number): void {
  const { attempts, subtasks, tokens, cost } = state.spent;
  state.grants += 1;
  state.granted = { attempts, subtasks, tokens, cost, wallMs: at - state.startedAt };
  state.budgetQuestion = null;
  delete state.pausedBesides;
}

/** Step clocks stand still in a pause. What waits for an instant, for people, or for unwanted work to stop does not. */
function resumeClocks(state: RunState, at: number): void {
  assert(state.pausedAt !== null, "Only a paused run is resumed.");
  const pausedMs = at - state.pausedAt;
  for (const flight of Object.values(state.flights)) {
    if (flight.target.kind === "workflow") flight.wasPaused = true;
    flight.deadlineAt += pausedMs;
    if (flight.stopAt !== undefined) flight.stopAt += pausedMs;
    if (flight.idleAt !== undefined) flight.idleAt += pausedMs;
    if (flight.acceptBy !== undefined) flight.acceptBy += pausedMs;
    if (flight.retryAt !== null) flight.retryAt += pausedMs;
    const { aborting } = flight;
    if (aborting !== null && aborting.because !== "unwanted") flight.aborting = { ...aborting, patienceAt: aborting.patienceAt + pausedMs };
  }
  for (const frame of [state, ...Object.values(state.scopes)]) {
    for (const list of Object.values(frame.lists)) if (list.deadlineAt !== null) list.deadlineAt += pausedMs;
  }
  for (const scope of Object.values(state.scopes)) if (scope.deadlineAt !== null) scope.deadlineAt += pausedMs;
  state.pausedAt = null;
  state.budgetQuestion = null;
  delete state.pausedBesides;
  rebuildTimers(state);
}

/** From here on only what is in flight and what can be undone matters. */
function beginEnding(state: RunState, fact: Extract<Fact, { kind: "runEnding" }>): void {
  state.ending = { ...fact.ending, patienceAt: fact.patienceAt };
  state.pausedAt = null;
  state.budgetQuestion = null;
  delete state.pausedBesides;
  state.waits = emptyMap();
  state.waitsCount = 0;
  rebuildTimers(state);
}

/** Forgets what only an open run needs: a finished one is small. */
function endRun(state: RunState, end: RunEnd): void {
  state.end = end;
  state.flights = {};
  state.lists = emptyMap();
  state.scopes = emptyMap();
  state.waits = emptyMap();
  state.signals = emptyMap();
  state.questions = emptyMap();
  state.timers = [];
  state.compensating = null;
  state.flightCount = 0;
  state.waitsCount = 0;
  state.waitingCount = 0;
  state.abortingCount = 0;
}
