import type { Clock } from "../../ports/clock.ts";

/** One timer of the clock for all that a host waits for: it rings at the earliest instant that was asked for. */
export class Alarm {
  readonly #clock: Clock;
  readonly #ring: () => void;
  #at = Number.POSITIVE_INFINITY;
  #cancel: () => void = () => undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings not later than at an instant, which is `delayMs` away. */
  setFor(at: number, delayMs: number): void {
    if (at >= this.#at) return;
    this.#cancel();
    this.#at = at;
    this.#cancel = this.#clock.schedule(Math.max(0, delayMs), () => {
      this.#at = Number.POSITIVE_INFINITY;
      this.#ring();
    });
  }

  stop(): void {
    this.#cancel();
    this.#at = Number.NEGATIVE_INFINITY;
  }
}
