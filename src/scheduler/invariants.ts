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
 *    for an answer; and a run that is not over, ending or paused has something in flight.
 * 7. A run that is over holds nothing that waits.
 * 8. A step begins only after all its needs are over.
 */
import type { Program } from "../definition/program.ts";
import { indexOf, stepOf } from "./path.ts";
import type { RunState } from "./state.ts";
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
    waitingCount: flights.filter((flight) => flight.phase === "waiting").length,
    abortingCount: flights.filter((flight) => flight.aborting?.because === "ending").length,
    stepsOver: Object.keys(state.steps).length,
  };
  for (const [name, count] of Object.entries(counts)) {
    const kept = state[name as keyof typeof counts];
    if (kept !== count) return `${name} is ${kept} and should be ${count}`;
  }
  return null;
}

function onePlace(state: RunState): string | null {
  const inFlight = new Set(Object.keys(state.flights).filter((path) => indexOf(path) === null));
  for (const step of Object.keys(state.steps)) {
    if (state.lists[step] !== undefined || inFlight.has(step)) return `step ${step} is over and open`;
  }
  for (const path of Object.keys(state.flights)) {
    if (indexOf(path) !== null && state.lists[stepOf(path)] === undefined) return `${path} is in flight without its list`;
  }
  return null;
}

function lists(state: RunState): string | null {
  if (state.ending !== null) return null;
  for (const [step, list] of Object.entries(state.lists)) {
    const inFlight = Object.keys(state.flights).filter((path) => indexOf(path) !== null && stepOf(path) === step).length;
    if (list.inFlight !== inFlight) return `list ${step} counts ${list.inFlight} in flight and has ${inFlight}`;
    if (list.next !== list.over + list.inFlight) return `list ${step} has next ${list.next}, over ${list.over}, in flight ${list.inFlight}`;
  }
  return null;
}

function questions(state: RunState): string | null {
  const asked = Object.entries(state.questions);
  if (asked.length !== state.waitingCount) return `${asked.length} questions and ${state.waitingCount} waiting flights`;
  for (const [id, path] of asked) {
    if (state.flights[path]?.question?.id !== id) return `question ${id} does not belong to ${path}`;
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
  if (state.flightCount > 0 || state.ending !== null) return null;
  return `nothing is in flight and ${program.steps.length - state.stepsOver} steps are not over`;
}

function overIsOver(state: RunState): string | null {
  if (state.end === null) return null;
  const left = state.flightCount + state.timers.length + Object.keys(state.lists).length + Object.keys(state.questions).length;
  return left === 0 ? null : `the run is ${state.end.kind} and ${left} things still wait`;
}

function needsFirst(state: RunState, program: Program): string | null {
  for (const step of program.steps) {
    const hasBegun = state.steps[step.id] !== undefined || state.lists[step.id] !== undefined || state.flights[step.id] !== undefined;
    const missing = step.step.needs.find((need) => state.steps[need] === undefined);
    if (hasBegun && missing !== undefined && state.end === null) return `step ${step.id} began before ${missing} was over`;
  }
  return null;
}
