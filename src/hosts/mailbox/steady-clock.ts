import type { Clock } from "../../ports/clock.ts";

/** Time as a host sees it: it never goes backwards, whatever the clock does (ports/host.ts, law 6). */
export class SteadyClock {
  readonly #clock: Clock;
  #ticks: number;
  #lastAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#ticks = clock.monotonic();
  }

  /** Looks at the clock. */
  now(): number {
    const ticks = this.#clock.monotonic();
    // After the wall clock was set back, time goes on from where it was: it neither turns nor stands.
    this.#lastAt = Math.max(this.#clock.now(), this.#lastAt + Math.floor(ticks - this.#ticks));
    this.#ticks = ticks;
    return this.#lastAt;
  }

  /** When it was looked at last: one instant for all that happens in a turn. */
  get lastAt(): number {
    return this.#lastAt;
  }
}
