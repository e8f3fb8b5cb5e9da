import type { Clock } from "../ports/clock.ts";

type Timer = { readonly at: number; readonly order: number; readonly callback: () => void };

/** The earlier of two timers; of two at the same instant, the one that was set first. */
function earlier(left: Timer | undefined, right: Timer): Timer {
  if (left === undefined || right.at < left.at) return right;
  return right.at === left.at && right.order < left.order ? right : left;
}

function nextOf(timers: Iterable<Timer>): number | null {
  let next: Timer | undefined;
  for (const timer of timers) next = earlier(next, timer);
  return next === undefined ? null : next.at;
}

/**
 * A clock that stands still until it is moved. It has two kinds of timers: what somebody waits for
 * (`schedule`), and the housekeeping of a host (`housekeeping`), for which time is never moved.
 *
 * 1. Timers fire in the order of their instants, each at its own instant; equal ones in the order in
 *    which they were set. So the same program gives the same order every time.
 */
export class VirtualClock implements Clock {
  #now: number;
  #order = 0;
  #fired = 0;
  readonly #startedAt: number;
  readonly #timers = new Set<Timer>();
  readonly #chores = new Set<Timer>();

  constructor(startAt: number) {
    this.#now = startAt;
    this.#startedAt = startAt;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#now - this.#startedAt;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    return this.#add(this.#timers, delayMs, callback);
  }

  /** The same time, for a host: its alarms follow the clock and never drive it. */
  readonly housekeeping: Clock = {
    now: () => this.now(),
    monotonic: () => this.monotonic(),
    schedule: (delayMs, callback) => this.#add(this.#chores, delayMs, callback),
  };

  /** When the next timer is due that somebody waits for; null when there is none. */
  nextAt(): number | null {
    return nextOf(this.#timers);
  }

  /** When the next timer of housekeeping is due; null when there is none. */
  nextChoreAt(): number | null {
    return nextOf(this.#chores);
  }

  /** Moves time to an instant, and fires what is due on the way. True when something was. */
  moveTo(at: number): boolean {
    const before = this.#fired;
    for (let due = this.#firstDue(at); due !== undefined; due = this.#firstDue(at)) {
      this.#timers.delete(due);
      this.#chores.delete(due);
      this.#now = Math.max(this.#now, due.at);
      this.#fired += 1;
      due.callback();
    }
    this.#now = Math.max(this.#now, at);
    return this.#fired > before;
  }

  /** As when a process dies: nothing that was waited for will happen. */
  forgetTimers(): void {
    this.#timers.clear();
    this.#chores.clear();
  }

  #add(timers: Set<Timer>, delayMs: number, callback: () => void): () => void {
    const timer: Timer = { at: this.#now + Math.max(0, delayMs), order: (this.#order += 1), callback };
    timers.add(timer);
    return () => timers.delete(timer);
  }

  #firstDue(at: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.#timers) first = earlier(first, timer);
    for (const timer of this.#chores) first = earlier(first, timer);
    return first !== undefined && first.at <= at ? first : undefined;
  }
}
