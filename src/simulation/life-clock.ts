import type { Clock } from "../ports/clock.ts";
import type { VirtualClock } from "../testing/virtual-clock.ts";

/**
 * Time as one life of a process has it: the world's, until the process dies; then nothing that it
 * waited for ever comes. While it is paused, what comes due waits until it goes on. What it shows may
 * be set back while it lives.
 */
export class LifeClock implements Clock {
  readonly #world: VirtualClock;
  readonly #pending = new Set<() => void>();
  #late: (() => void)[] = [];
  #isFrozen = false;
  #isDead = false;
  #setBackMs = 0;

  constructor(world: VirtualClock) {
    this.#world = world;
  }

  now(): number {
    return this.#world.now() - this.#setBackMs;
  }

  /** From now on it shows so much less; time goes by as ever. */
  setBack(byMs: number): void {
    this.#setBackMs += byMs;
  }

  monotonic(): number {
    return this.#world.monotonic();
  }

  schedule(delayMs: number, callback: () => void): () => void {
    return this.#schedule(this.#world, delayMs, callback);
  }

  /** For the host: its alarms follow time, and time is never moved for them. */
  readonly housekeeping: Clock = {
    now: () => this.now(),
    monotonic: () => this.monotonic(),
    schedule: (delayMs, callback) => this.#schedule(this.#world.housekeeping, delayMs, callback),
  };

  /** Lets time go by while the process does nothing; what came due meanwhile, in its order. */
  sleepThrough(delayMs: number): readonly (() => void)[] {
    this.#isFrozen = true;
    this.#world.moveTo(this.#world.now() + delayMs);
    this.#isFrozen = false;
    const late = this.#late;
    this.#late = [];
    return late;
  }

  kill(): void {
    this.#isDead = true;
    for (const takeBack of this.#pending) takeBack();
    this.#pending.clear();
  }

  #schedule(clock: Clock, delayMs: number, callback: () => void): () => void {
    if (this.#isDead) return () => undefined;
    let isTakenBack = false;
    const ring = () => {
      if (!isTakenBack && !this.#isDead) callback();
    };
    const takeBackTimer = clock.schedule(Math.ceil(delayMs), () => {
      this.#pending.delete(takeBack);
      if (this.#isFrozen) this.#late.push(ring);
      else ring();
    });
    const takeBack = () => {
      isTakenBack = true;
      this.#pending.delete(takeBack);
      takeBackTimer();
    };
    this.#pending.add(takeBack);
    return takeBack;
  }
}
