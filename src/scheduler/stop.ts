/** Stops what nobody waits for any more, here and at the agents, while the run goes on. */
import { ABSENCE_MS, CANCEL_PATIENCE_MS } from "../base/limits.ts";
import type { Json } from "../base/json.ts";
import type { Command } from "./command.ts";
import type { Instant, Path } from "./input.ts";
import { frameIn, frameOf, indexOf, itemPath, ownerOf, pathIn, ROOT, stepOf } from "./path.ts";
import { blockOf, findStep, frameAt, scopeStateOf } from "./place.ts";
import type { Flight, ItemsByPath, ListState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Stops everything under a scope; the scope itself stays open. */
export function stopInside(turn: Turn, owner: Path): void {
  const scope = scopeStateOf(turn.state, owner);
  const frame = frameIn(owner, scope.iteration);
  const holder = turn.stepAt(owner);
  const ids = [...(blockOf(holder, scope)?.steps ?? []).map(({ id }) => id), ...Object.keys(holder.inner)];
  for (const id of ids) {
    if (scope.steps[id] !== undefined) continue;
    const path = pathIn(frame, id);
    const list = scope.lists[id];
    if (list !== undefined) stopItems(turn, path, list);
    stopSubtask(turn, path);
  }
}

/** Stops the items of a list that have begun and are not over. */
export function stopItems(turn: Turn, path: Path, { next }: ListState): void {
  for (let index = 0; index < next; index += 1) stopSubtask(turn, itemPath(path, index));
}

/** Stops one subtask with all that is inside it; nothing, when it has not begun or is over. */
export function stopSubtask(turn: Turn, path: Path): void {
  const { state } = turn;
  const flight = state.flights[path];
  // What is being stopped already is not stopped again.
  const isAtWork = flight !== undefined && flight.aborting?.because !== "unwanted";
  const wait = state.waits[path];
  if (state.scopes[path] !== undefined) {
    stopInside(turn, path);
    if (isAtWork) turn.record({ kind: "scopeClosed", path });
    else turn.record({ kind: "subtaskCanceled", path, attempt: 1, aborting: false });
  }
  if (isAtWork) stopFlight(turn, path, flight);
  if (wait !== undefined) {
    turn.record({ kind: "subtaskCanceled", path, attempt: 1, aborting: false, ...(wait.kind === "approval" ? { question: wait.id } : {}) });
  }
}

/** Tells the agent; a remote one has yet to acknowledge. */
export function stopFlight(turn: Turn, path: Path, flight: Flight): void {
  const { attempt, task, intent, phase, question } = flight;
  const isRemote = (task !== null || intent !== null) && phase !== "retrying";
  const isAtWork = phase === "assigned" || phase === "accepted";
  const aborting = isRemote || isChildAtWork(flight);
  turn.record({
    kind: "subtaskCanceled",
    path,
    attempt,
    aborting,
    ...(aborting && turn.state.ending === null ? { patienceAt: turn.at + CANCEL_PATIENCE_MS } : {}),
    ...(question === null ? {} : { question: question.id }),
    ...(aborting ? itemsOf(turn, path) : {}),
  });
  if (aborting || isAtWork) abort(turn, path, flight);
}

/** What undoes a step may read the items that it is about, and their lists may be over before its agent has answered. */
function itemsOf({ program, state }: Turn, path: Path): { readonly items?: ItemsByPath } {
  if (findStep(program, state, path)?.inner.compensate === undefined) return {};
  const items: { [path: Path]: Json } = {};
  for (let inner = path; inner !== ROOT; inner = ownerOf(frameOf(inner))) {
    const index = indexOf(inner);
    const list = index === null ? undefined : frameAt(state, frameOf(inner))?.lists[stepOf(inner)];
    if (index !== null && list !== undefined) items[inner] = list.items[index] as Json;
  }
  return Object.keys(items).length === 0 ? {} : { items };
}

/**
 * True when patience with an agent ran out while no process was there: nobody has told the agent, or
 * has heard it. It is told again and has its time; else a crash in the middle of a cancel would leave
 * its task at work.
 */
export function wasAbsent(at: Instant, patienceAt: Instant): boolean {
  return at - patienceAt > ABSENCE_MS;
}

/** Tells whoever is at work to stop; the state says what follows from it. */
export function abort(turn: Turn, path: Path, flight: Flight): void {
  turn.command(abortOf(path, flight));
}

export function abortOf(path: Path, { attempt, turn, task, intent, lost }: Flight): Extract<Command, { kind: "abort" }> {
  return { kind: "abort", path, attempt, turn, task, intent, ...(lost === undefined ? {} : { lost }) };
}

/** A sub-workflow outlives us, and answers its cancel as a remote agent does: also one that is being canceled. */
export function isChildAtWork({ target, phase }: Flight): boolean {
  return target.kind === "workflow" && phase !== "retrying";
}
