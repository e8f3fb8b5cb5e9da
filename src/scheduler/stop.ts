/** Stops what nobody waits for any more, here and at the agents, while the run goes on. */
import { CANCEL_PATIENCE_MS } from "../base/limits.ts";
import type { Path } from "./input.ts";
import { frameIn, itemPath, pathIn } from "./path.ts";
import { blockOf, scopeStateOf } from "./place.ts";
import type { Flight, ListState } from "./state.ts";
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
  const { attempt, turn: turnNumber, task, intent, phase, question } = flight;
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
  });
  if (aborting || isAtWork) turn.command({ kind: "abort", path, attempt, turn: turnNumber, task, intent });
}

/** A sub-workflow outlives us, and answers its cancel as a remote agent does: also one that is being canceled. */
export function isChildAtWork({ target, phase }: Flight): boolean {
  return target.kind === "workflow" && phase !== "retrying";
}
