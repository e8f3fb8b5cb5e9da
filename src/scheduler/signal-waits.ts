/**
 * Who waits for which signal, the longest first. Thousands may wait, and a search at each signal would
 * cost the square of it. Derived from the state, and never a part of it: made when the first signal
 * comes, then kept up with the waits that `evolve` adds.
 *
 * 1. A wait that is over stays in its queue, and is passed by when its turn comes.
 */
import type { Path } from "./input.ts";
import type { RunState, WaitState } from "./state.ts";

type Waits = RunState["waits"];
/** `next` is the first that may still wait. */
type Queue = { readonly waiting: { readonly path: Path; readonly wait: WaitState }[]; next: number };

const queuesByWaits = new WeakMap<Waits, Map<string, Queue>>();

/** The subtask that has waited the longest for a signal; null when none does. */
export function longestWaiting(waits: Waits, name: string): Path | null {
  const queues = queuesOf(waits);
  const queue = queues.get(name);
  if (queue === undefined) return null;
  for (let first = queue.waiting[queue.next]; first !== undefined; first = queue.waiting[queue.next]) {
    if (waits[first.path] === first.wait) return first.path;
    queue.next += 1;
  }
  queues.delete(name);
  return null;
}

function queuesOf(waits: Waits): Map<string, Queue> {
  const known = queuesByWaits.get(waits);
  if (known !== undefined) return known;
  const queues = new Map<string, Queue>();
  for (const path of Object.keys(waits)) addTo(queues, waits, path);
  queuesByWaits.set(waits, queues);
  return queues;
}

/** A wait has begun. */
export function queueWait(waits: Waits, path: Path): void {
  const queues = queuesByWaits.get(waits);
  if (queues !== undefined) addTo(queues, waits, path);
}

function addTo(queues: Map<string, Queue>, waits: Waits, path: Path): void {
  const wait = waits[path];
  if (wait?.kind !== "signal") return;
  const queue = queues.get(wait.name);
  if (queue === undefined) queues.set(wait.name, { waiting: [{ path, wait }], next: 0 });
  else queue.waiting.push({ path, wait });
}
