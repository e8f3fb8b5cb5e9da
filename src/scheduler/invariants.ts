/**
 * What holds of every state between two decisions. Tests and the simulation check these after each
 * input; `tutti doctor` checks them on the runs of a database.
 *
 * 1. The counters are the numbers that they stand for.
 * 2. A step is over, or open as a list, or in flight: never two of them.
 * 3. Of a list, `next = over + inFlight`, until the run is ending: then nobody counts any more.
 * 4. Questions and waiting flights are the same set.
 * 5. The timers are a heap, and its top is live.
 * 6. Nothing is nowhere: each flight is at work (and then has a timer), waits for its timer, or waits
 *    for an answer; and a run that is not over, ending or paused has something in flight or waiting,
 *    and so has every scope in it.
 * 7. A run that is over holds nothing that waits.
 * 8. A step begins only after all its needs are over.
 */
import type { Program, StepProgram } from "../definition/program.ts";
import type { Path } from "./input.ts";
import { frameIn, frameOf, indexOf, itemPath, ownerOf, pathIn, ROOT, stepOf } from "./path.ts";
import { blockOf, frameAt, stepAt } from "./place.ts";
import type { Frame, RunState } from "./state.ts";
import { isLive } from "./timers.ts";

type Invariant = (state: RunState, program: Program) => string | null;

/** The invariants that do not hold, as sentences with their number; empty when all is well. */
export function brokenInvariants(state: RunState, program: Program): string[] {
  return INVARIANTS.flatMap((check, index) => {
    const problem = check(state, program);
    return problem === null ? [] : [`${index + 1}: ${problem}`];
  });
}

const INVARIANTS: readonly Invariant[] = [counters, onePlace, lists, questions, timers, nothingIsNowhere, overIsOver, needsFirst];

function counters(state: RunState): string | null {
  const flights = Object.values(state.flights);
  const counts = {
    flightCount: flights.length,
    waitsCount: Object.keys(state.waits).length,
    waitingCount: flights.filter((flight) => flight.phase === "waiting").length,
    abortingCount: flights.filter((flight) => flight.aborting?.because === "ending").length,
  };
  for (const [name, count] of Object.entries(counts)) {
    const kept = state[name as keyof typeof counts];
    if (kept !== count) return `${name} is ${kept} and should be ${count}`;
  }
  for (const { frame, path } of framesOf(state)) {
    const over = Object.keys(frame.steps).length;
    if (frame.stepsOver !== over) return `stepsOver of "${path}" is ${frame.stepsOver} and should be ${over}`;
  }
  return null;
}

type PlacedFrame = { readonly path: Path; readonly frame: Frame };

/** Every frame at work, the run's own first. */
function framesOf(state: RunState): readonly PlacedFrame[] {
  const inner = Object.entries(state.scopes).map(([owner, scope]) => ({ path: frameIn(owner, scope.iteration), frame: scope }));
  return [{ path: ROOT, frame: state }, ...inner];
}

function onePlace(state: RunState): string | null {
  for (const { path, frame } of framesOf(state)) {
    for (const id of Object.keys(frame.steps)) {
      const step = pathIn(path, id);
      if (frame.lists[id] !== undefined || isOpen(state, step)) return `step ${step} is over and open`;
    }
  }
  for (const path of Object.keys(state.flights)) {
    if (state.waits[path] !== undefined) return `${path} is in flight and waits`;
    if (indexOf(path) !== null && isWanted(state, path) && frameAt(state, frameOf(path))?.lists[stepOf(path)] === undefined) {
      return `${path} is in flight without its list`;
    }
  }
  return null;
}

function isOpen(state: RunState, path: Path): boolean {
  return isWanted(state, path) || state.scopes[path] !== undefined || state.waits[path] !== undefined;
}

/** In flight, and someone waits for it: what is undone or stopped belongs to steps that are over. */
function isWanted(state: RunState, path: Path): boolean {
  const flight = state.flights[path];
  return flight !== undefined && flight.aborting?.because !== "unwanted" && state.ending === null;
}

function lists(state: RunState): string | null {
  if (state.ending !== null) return null;
  for (const { path, frame } of framesOf(state)) {
    for (const [id, list] of Object.entries(frame.lists)) {
      const step = pathIn(path, id);
      const inFlight = list.items.filter((_, index) => isOpen(state, itemPath(step, index))).length;
      if (list.inFlight !== inFlight) return `list ${step} counts ${list.inFlight} in flight and has ${inFlight}`;
      if (list.next !== list.over + list.inFlight)
        return `list ${step} has next ${list.next}, over ${list.over}, in flight ${list.inFlight}`;
    }
  }
  return null;
}

function questions(state: RunState): string | null {
  const asked = Object.entries(state.questions);
  const asking =
    state.waitingCount +
    Object.values(state.waits).filter(({ kind }) => kind === "approval").length +
    state.compensations.filter(({ question }) => question !== null).length;
  if (asked.length !== asking) return `${asked.length} questions and ${asking} that wait for an answer`;
  for (const [id, path] of asked) {
    const wait = state.waits[path];
    const ids = [
      state.flights[path]?.question?.id,
      wait?.kind === "approval" ? wait.id : undefined,
      state.compensations.find((compensation) => compensation.path === path)?.question,
    ];
    if (!ids.includes(id)) return `question ${id} does not belong to ${path}`;
  }
  return null;
}

function timers(state: RunState): string | null {
  const heap = state.timers;
  for (let index = 1; index < heap.length; index += 1) {
    const parent = heap[(index - 1) >> 1];
    const child = heap[index];
    if (parent !== undefined && child !== undefined && parent.at > child.at) return `timer ${index} is before its parent`;
  }
  const top = heap[0];
  return top !== undefined && !isLive(state, top) ? `the next timer (${top.kind} at ${top.at}) is not waited for` : null;
}

function nothingIsNowhere(state: RunState, program: Program): string | null {
  if (state.end !== null || state.pausedAt !== null) return null;
  for (const [path, flight] of Object.entries(state.flights)) {
    if (flight.phase === "waiting" || flight.aborting?.because === "ending") continue;
    const hasTimer = state.timers.some((timer) => "path" in timer && timer.path === path && isLive(state, timer));
    if (!hasTimer) return `${path} is ${flight.phase} and has no timer`;
  }
  if (state.ending !== null) return null;
  const open = [...Object.keys(state.flights), ...Object.keys(state.waits)];
  const wanted = open.filter((path) => state.waits[path] !== undefined || isWanted(state, path));
  for (const [owner, { iteration }] of Object.entries(state.scopes)) {
    const frame = frameIn(owner, iteration);
    if (!wanted.some((path) => path.startsWith(`${frame}/`))) return `nothing is at work in ${frame}`;
  }
  return open.length > 0 ? null : `nothing is in flight and ${program.steps.length - state.stepsOver} steps are not over`;
}

function overIsOver(state: RunState): string | null {
  if (state.end === null) return null;
  const holders = [state.lists, state.questions, state.scopes, state.waits];
  const left = holders.reduce((count, holder) => count + Object.keys(holder).length, state.flightCount + state.timers.length);
  return left === 0 ? null : `the run is ${state.end.kind} and ${left} things still wait`;
}

function needsFirst(state: RunState, program: Program): string | null {
  if (state.end !== null || state.ending !== null) return null;
  for (const { path, frame } of framesOf(state)) {
    for (const step of stepsOf(program, state, path)) {
      const hasBegun = frame.steps[step.id] !== undefined || frame.lists[step.id] !== undefined || isOpen(state, pathIn(path, step.id));
      const missing = step.step.needs.find((need) => frame.steps[need] === undefined);
      if (hasBegun && missing !== undefined) return `step ${pathIn(path, step.id)} began before ${missing} was over`;
    }
  }
  return null;
}

function stepsOf(program: Program, state: RunState, frame: Path): readonly StepProgram[] {
  if (frame === ROOT) return program.steps;
  const owner = ownerOf(frame);
  return blockOf(stepAt(program, state, owner), state.scopes[owner])?.steps ?? [];
}
