/**
 * Which runs want to be woken, and when.
 *
 * 1. Only wakes before the horizon are in the heap. When the horizon moves, the later ones are found
 *    again: of runs in memory there, of all others in the store. So a run that waits for days costs
 *    no memory, and a run that ended long before its deadline leaves nothing behind.
 * 2. A wake may be too early or double, never missing: the run itself knows what is due.
 */
import { heapPop, heapPush } from "../../base/heap.ts";
import type { RunRef } from "../../base/ids.ts";
import { TIMER_HORIZON_MS } from "../../base/limits.ts";
import { keyOf, type Store } from "./store.ts";

type Wake = { readonly at: number; readonly run: RunRef };
type Armed = { readonly run: RunRef; readonly armedAt: number | null };

export class Wakes {
  #heap: Wake[] = [];
  #horizonAt = Number.NEGATIVE_INFINITY;

  /** Remembers a wake, if it is near enough. */
  arm(run: RunRef, at: number): void {
    if (at <= this.#horizonAt) heapPush(this.#heap, { at, run });
  }

  /** Moves the horizon when it is near, and takes the wakes up to the new one. */
  extend(now: number, store: Store, residents: Iterable<Armed>): void {
    if (now < this.#horizonAt - TIMER_HORIZON_MS / 2) return;
    const from = this.#horizonAt;
    const timers = store.timersUntil(now + TIMER_HORIZON_MS);
    // Only now: when reading has failed, the same stretch of time is read again.
    this.#horizonAt = now + TIMER_HORIZON_MS;
    for (const timer of timers) if (timer.at > from) heapPush(this.#heap, timer);
    for (const { run, armedAt } of residents) if (armedAt !== null && armedAt > from) this.arm(run, armedAt);
  }

  /** Takes the runs whose wake is due, each once: the longest overdue first, and no more than so many. */
  takeDue(now: number, limit: number): readonly RunRef[] {
    const due = new Map<string, RunRef>();
    for (let top = this.#heap[0]; top !== undefined && top.at <= now && due.size < limit; top = this.#heap[0]) {
      heapPop(this.#heap);
      due.set(keyOf(top.run), top.run);
    }
    return [...due.values()];
  }

  /** When to look again. */
  nextAt(now: number): number {
    return Math.min(this.#heap[0]?.at ?? Number.POSITIVE_INFINITY, now + TIMER_HORIZON_MS / 2);
  }
}
