/** How facts open and close what holds steps: frames, lists, waits, and the results in them. */
import { assert, present } from "../base/assert.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { StepId } from "../definition/definition.ts";
import type { StepResult } from "../definition/program.ts";
import { closeQuestion, openQuestion } from "./asks.ts";
import { countStep } from "./counts.ts";
import { ownList, ownMap } from "./empty.ts";
import { beginAbort, endFlight } from "./evolve-flight.ts";
import type { Fact, LeftBehind, ScopeOpened, SubtaskCompleted, SubtaskFailed, VoteCast, WaitStarted } from "./fact.ts";
import type { Path } from "./input.ts";
import { compensationPath, frameOf, indexOf, ownerOf, stepOf } from "./path.ts";
import { listIn, listOf, openFrame, scopeStateOf } from "./place.ts";
import { queueWait } from "./signal-waits.ts";
import { type Compensation, flightOf, type Frame, isAnswering, type ListState, type RunState, type WaitState } from "./state.ts";
import { addTimer, addWaitTimers } from "./timers.ts";

type FactOf<Kind extends Fact["kind"]> = Extract<Fact, { kind: Kind }>;

/** A step did nothing, and nor did any inside it. */
export function skipStep(state: RunState, path: Path): void {
  delete state.scopes[path];
  const frame = openFrame(state, frameOf(path));
  const id = stepOf(path);
  const { attempts } = frame.lists[id] === undefined ? NOTHING_DONE : dropList(frame, id);
  finishIn(frame, id, { status: "skipped", attempts });
}

const NOTHING_DONE = { attempts: 0 };

/** A step of a frame is over, with this result. */
function finishIn(frame: Frame, id: StepId, result: StepResult): void {
  assert(frame.steps[id] === undefined, `Step ${id} is over once.`);
  frame.steps[id] = result;
  frame.stepsOver += 1;
  countStep(frame.steps, result);
}

export function openList(state: RunState, { step, items, deadlineAt }: FactOf<"stepExpanded">): void {
  const output = new Array<Json>(items.length).fill(null);
  const frame = openFrame(state, frameOf(step));
  frame.lists = ownMap(frame.lists);
  frame.lists[stepOf(step)] = {
    items,
    next: 0,
    inFlight: 0,
    over: 0,
    succeeded: 0,
    deadlineAt: deadlineAt ?? null,
    votes: [],
    output,
    errors: {},
    attempts: 0,
  };
  if (deadlineAt !== undefined) addTimer(state, { at: deadlineAt, kind: "list", path: step });
}

export function closeList(state: RunState, fact: FactOf<"stepCompleted">): void {
  const { step, agreed } = fact;
  notePrincipal(state, step, fact);
  const frame = openFrame(state, frameOf(step));
  const id = stepOf(step);
  const { output, errors, attempts } = dropList(frame, id);
  finishIn(frame, id, { status: "completed", output, errors, attempts, ...(agreed === undefined ? {} : { agreed }) });
}

function dropList(frame: Frame, id: StepId): ListState {
  const list = listIn(frame, id);
  delete frame.lists[id];
  return list;
}

/** A subtask that had not begun begins: for an item, the next one of its list. */
export function beginItem(state: RunState, path: Path): void {
  const list = listOf(state, path);
  if (list === null) return;
  list.next = present(indexOf(path), `${path} is an item.`) + 1;
  list.inFlight += 1;
}

function hasBegun(state: RunState, path: Path): boolean {
  return state.flights[path] !== undefined || state.scopes[path] !== undefined || state.waits[path] !== undefined;
}

/** Ends whatever a subtask was doing; false when it had not begun. */
function endWork(state: RunState, path: Path): boolean {
  const isFlight = state.flights[path] !== undefined;
  if (isFlight) endFlight(state, path);
  const isScope = state.scopes[path] !== undefined;
  if (isScope) delete state.scopes[path];
  const isWait = state.waits[path] !== undefined;
  if (isWait) endWait(state, path);
  return isFlight || isScope || isWait;
}

function endWait(state: RunState, path: Path): void {
  const wait = state.waits[path];
  if (wait?.kind === "approval") closeQuestion(state, wait.id);
  delete state.waits[path];
  state.waitsCount -= 1;
}

export function openScope(state: RunState, fact: ScopeOpened): void {
  const { path, scope, deadlineAt = null } = fact;
  spend(state, fact.usage);
  const list = fact.handler === undefined || indexOf(path) !== null ? undefined : openFrame(state, frameOf(path)).lists[stepOf(path)];
  // A handler of a whole `each` stands at the step's own path, beside its list, of which nothing more will come.
  if (list !== undefined) list.deadlineAt = null;
  else if (!hasBegun(state, path)) beginItem(state, path);
  // The subtask of a question stays parked; any other handler takes the place of what failed.
  else if (!isAnswering(fact.handler)) endWork(state, path);
  state.scopes = ownMap(state.scopes);
  state.scopes[path] = {
    kind: scope,
    deadlineAt,
    votes: [],
    steps: {},
    stepsOver: 0,
    lists: {},
    iteration: scope === "loop" || scope === "handoff" ? 1 : (fact.iteration ?? 0),
    prev: null,
    best: null,
    agent: fact.agent ?? null,
    history: [],
    subtasks: null,
    handled: handledBy(fact),
  };
  if (deadlineAt !== null) addTimer(state, { at: deadlineAt, kind: "scope", path });
}

function handledBy({ handler, attempt = 0, reason, failure }: ScopeOpened): RunState["scopes"][Path]["handled"] {
  if (handler === undefined || reason === undefined || failure === undefined) return null;
  return { handler, attempt, reason, failure };
}

export function closeScope(state: RunState, path: Path): void {
  delete state.scopes[path];
}

export function iterate(state: RunState, { path, iteration, agent, score, best }: FactOf<"iterationStarted">): void {
  const scope = scopeStateOf(state, path);
  const { steps } = scope;
  if (score !== undefined && best !== undefined) scope.best = { score, output: best };
  if (scope.agent !== null)
    scope.history.push({ agent: scope.agent, output: present(steps[scope.agent]?.output, "Who hands over says so.") });
  scope.prev = scope.kind === "loop" ? steps : null;
  scope.agent = agent ?? null;
  scope.iteration = iteration;
  scope.steps = {};
  scope.stepsOver = 0;
  scope.lists = {};
}

export function acceptPlan(state: RunState, { path, subtasks }: FactOf<"planAccepted">): void {
  scopeStateOf(state, path).subtasks = subtasks;
}

export function beginWait(state: RunState, fact: WaitStarted): void {
  beginItem(state, fact.path);
  state.waits = ownMap(state.waits);
  state.waits[fact.path] = waitState(fact);
  state.waitsCount += 1;
  queueWait(state.waits, fact.path);
  if (fact.wait === "approval") openQuestion(state, { id: fact.id, path: fact.path, wanted: "input" });
  addWaitTimers(state, fact.path);
}

function waitState(fact: WaitStarted): WaitState {
  switch (fact.wait) {
    case "time":
      return { kind: "time", until: fact.until };
    case "signal":
      return { kind: "signal", name: fact.name, until: fact.until };
    case "approval": {
      const { id, question, to, until, remindAt, escalateAt } = fact;
      return { kind: "approval", id, question, to, until, remindAt, escalateAt };
    }
  }
}

export function remindApproval(state: RunState, { path, to, escalated, remindAt }: FactOf<"approvalReminded">): void {
  const wait = state.waits[path];
  assert(wait?.kind === "approval", `${path} waits for a decision.`);
  wait.to = to;
  wait.remindAt = remindAt;
  if (escalated) wait.escalateAt = null;
  addWaitTimers(state, path);
}

export function decideApproval(state: RunState, fact: FactOf<"approvalDecided">): void {
  const { path, output, compensation } = fact;
  notePrincipal(state, path, fact);
  const index = indexOf(path);
  if (index === null) endStep(state, path, { status: "completed", output, text: "", data: [output], attempts: 1 });
  else completeItem(state, path, index, { output, attempts: 1 });
  keepCompensation(state, path, compensation);
}

/** Ends a subtask that is a whole step: its result is that of the step. */
function endStep(state: RunState, path: Path, result: StepResult): void {
  endWork(state, path);
  const frame = openFrame(state, frameOf(path));
  const id = stepOf(path);
  const hasList = frame.lists[id] !== undefined;
  finishIn(frame, id, hasList ? { ...result, attempts: dropList(frame, id).attempts } : result);
}

/** Ends an item, and counts it in its list. */
function endItem(state: RunState, path: Path, index: number, attempts: number): ListState {
  const begun = endWork(state, path);
  const list = listIn(openFrame(state, frameOf(path)), stepOf(path));
  if (begun) list.inFlight -= 1;
  else list.next = index + 1;
  list.over += 1;
  list.attempts += attempts;
  return list;
}

/** An item with an output. */
function completeItem(
  state: RunState,
  path: Path,
  index: number,
  { output, attempts }: { readonly output: Json; readonly attempts: number },
): void {
  const list = endItem(state, path, index, attempts);
  list.succeeded += 1;
  list.output[index] = output;
}

export function completeSubtask(state: RunState, fact: SubtaskCompleted): void {
  const { path, signal, compensation } = fact;
  if (signal !== undefined) takeSignal(state, signal);
  spend(state, fact.usage);
  notePrincipal(state, path, fact);
  const index = indexOf(path);
  if (index === null) endStep(state, path, completedResult(fact));
  else completeItem(state, path, index, { output: fact.output, attempts: fact.attempt });
  keepCompensation(state, path, compensation);
}

function keepCompensation(state: RunState, path: Path, compensation: SubtaskCompleted["compensation"]): void {
  if (compensation === undefined) return;
  const { input = null, text = null } = compensation;
  state.compensations = ownList(state.compensations);
  // The last is being undone already, where an agent answers so late.
  const place = state.compensating === null ? state.compensations.length : state.compensations.length - 1;
  state.compensations.splice(place, 0, { path, input, text, question: null });
}

/** A name may be one that every object has, such as "constructor". */
export function keepSignal(state: RunState, { name, payload }: FactOf<"signalReceived">): void {
  state.signals = ownMap(state.signals);
  if (Object.hasOwn(state.signals, name)) present(state.signals[name], `Signal ${name} is kept.`).push(payload);
  else state.signals[name] = [payload];
}

function takeSignal(state: RunState, name: string): void {
  const buffered = state.signals[name];
  assert(buffered !== undefined, `Signal ${name} has come.`);
  buffered.shift();
  if (buffered.length === 0) delete state.signals[name];
}

/** Counts what an attempt used. */
export function spend(state: RunState, usage: JsonObject | undefined): void {
  if (usage === undefined) return;
  state.spent.tokens += numberAt(usage, "tokens");
  state.spent.cost += numberAt(usage, "cost");
}

export function numberAt(usage: JsonObject, key: string): number {
  const value = usage[key];
  return typeof value === "number" && value > 0 ? value : 0;
}

/** Whose work a result is, for the quorum that it stands in: as a vote, or as a part of what votes. */
function notePrincipal(state: RunState, path: Path, { vote, principal }: Pick<LeftBehind, "vote" | "principal">): void {
  if (vote !== undefined) addVote(state, path, vote);
  if (principal === undefined) return;
  const holder = listOf(state, path) ?? scopeStateOf(state, ownerOf(frameOf(path)));
  const principals = (holder.principals ??= []);
  const known = membersOf(principals);
  if (known.has(principal)) return;
  known.add(principal);
  principals.push(principal);
}

const membersByList = new WeakMap<readonly string[], Set<string>>();

/** Who is in a list that only grows here. It is in the state as a list, since a snapshot has no sets. */
function membersOf(list: readonly string[]): Set<string> {
  let members = membersByList.get(list);
  if (members === undefined) {
    members = new Set(list);
    membersByList.set(list, members);
  }
  return members;
}

function addVote(state: RunState, path: Path, { on, principal }: VoteCast): void {
  const list = listOf(state, path);
  const votes = list?.votes ?? scopeStateOf(state, frameOf(path)).votes;
  const index = indexOf(path);
  votes.push({ voter: index === null ? stepOf(path) : String(index), principal, value: on });
}

/** What expressions may read of a completed step; text and data are filled in from the output. */
export function completedResult(fact: Omit<SubtaskCompleted, "at" | "kind" | "path">): StepResult {
  const { output, artifacts, usage, agreed } = fact;
  const isText = typeof output === "string";
  const plain = {
    status: "completed",
    output,
    text: fact.text ?? (isText ? output : ""),
    data: fact.data ?? (isText ? [] : [output]),
    attempts: fact.attempt,
    agent: fact.agent,
  } as const;
  if (artifacts === undefined && usage === undefined && agreed === undefined) return plain;
  return {
    ...plain,
    ...(artifacts === undefined ? {} : { artifacts }),
    ...(usage === undefined ? {} : { usage }),
    ...(agreed === undefined ? {} : { agreed }),
  };
}

export function failSubtask(state: RunState, fact: SubtaskFailed): void {
  const { path, attempt } = fact;
  spend(state, fact.usage);
  const error: JsonObject = { reason: fact.reason, ...fact.failure };
  const index = indexOf(path);
  if (index === null) return endStep(state, path, { status: "failed", output: null, error, attempts: attempt });
  endItem(state, path, index, attempt).errors[index] = error;
}

export function cancelSubtask(state: RunState, { path, aborting, patienceAt, items }: FactOf<"subtaskCanceled">): void {
  // What is told once more to stop was counted when it was told first.
  if (state.ending === null && state.flights[path]?.aborting?.because !== "unwanted") countCanceled(state, path);
  if (!aborting) return void endWork(state, path);
  if (items !== undefined) flightOf(state, path).items = items;
  const because = state.ending === null ? "unwanted" : "ending";
  beginAbort(state, path, { because, patienceAt: patienceAt ?? present(state.ending, "Without patience the run is ending.").patienceAt });
}

/** An item that nobody waits for any more is over for its list, though its agent may have yet to stop. */
function countCanceled(state: RunState, path: Path): void {
  const list = listOf(state, path);
  if (list === null) return;
  list.inFlight -= 1;
  list.over += 1;
}

/** Its agent has stopped, or is waited for no longer; or it had done the work all the same. */
export function releaseTask(state: RunState, { path, compensation }: FactOf<"taskReleased">): void {
  endFlight(state, path);
  keepCompensation(state, path, compensation);
}

export function endCompensation(state: RunState, { path }: FactOf<"compensationEnded">): void {
  const flight = compensationPath(path);
  if (state.flights[flight] !== undefined) endFlight(state, flight);
  const last = state.compensations.pop();
  assert(last?.path === path, "The last that completed is undone first.");
  forgetQuestion(state, last);
}

export function askToCompensate(state: RunState, { path, question, attempt }: FactOf<"compensationFailed">): void {
  endFlight(state, compensationPath(path));
  const last = present(state.compensations.at(-1), "What is being undone is the last.");
  last.attempt = attempt;
  last.question = question;
  openQuestion(state, { id: question, path, wanted: "input" });
}

/** Its question has been answered, or nobody has to answer it any more. */
export function forgetQuestion(state: RunState, compensation: Compensation): void {
  if (compensation.question === null) return;
  closeQuestion(state, compensation.question);
  compensation.question = null;
}
