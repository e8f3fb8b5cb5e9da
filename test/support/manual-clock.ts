import type { Clock } from "../../src/ports/clock.ts";

type Timer = { readonly at: number; readonly callback: () => void };

/**
 * A clock that a test moves. As on a machine, the wall clock and the time that timers run on are two
 * things: `advance` moves both, `jump` moves the wall clock alone.
 */
export class ManualClock implements Clock {
  #wall: number;
  #elapsed = 0;
  readonly #timers = new Set<Timer>();

  constructor(startAt: number = Date.UTC(2026, 0, 5, 8)) {
    this.#wall = startAt;
  }

  now(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer: Timer = { at: this.#elapsed + delayMs, callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Time goes by: timers fire in their order, each at its own instant. */
  advance(byMs: number): void {
    const target = this.#elapsed + byMs;
    for (let next = this.#nextUntil(target); next !== undefined; next = this.#nextUntil(target)) {
      this.#timers.delete(next);
      this.#moveTo(Math.max(this.#elapsed, next.at));
      next.callback();
    }
    this.#moveTo(target);
  }

  /** Somebody sets the wall clock; no time goes by. */
  jump(byMs: number): void {
    this.#wall += byMs;
  }

  /** As when the process dies: nothing that was waited for will happen. */
  forgetTimers(): void {
    this.#timers.clear();
  }

  #nextUntil(target: number): Timer | undefined {
    const due = [...this.#timers].filter((timer) => timer.at <= target);
    return due.toSorted((left, right) => left.at - right.at)[0];
  }

  #moveTo(elapsed: number): void {
    this.#wall += elapsed - this.#elapsed;
    this.#elapsed = elapsed;
  }
}
