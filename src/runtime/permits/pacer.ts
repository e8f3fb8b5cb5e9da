import { pause, type Clock } from "../../ports/clock.ts";

/** Re-attachments a second after a restart: agents must not be struck by all runs at one instant. */
const RESTARTS_PER_SECOND = 500;

/** Spreads what a restart would do all at once: evenly at first, and jittered by half a second. */
export class Pacer {
  readonly #clock: Clock;
  readonly #random: () => number;
  #nextAt = 0;

  constructor(clock: Clock, random: () => number) {
    this.#clock = clock;
    this.#random = random;
  }

  /** Resolves when it is this effect's turn; the first few at once. */
  async turn(): Promise<void> {
    const now = this.#clock.now();
    this.#nextAt = Math.max(now, this.#nextAt + 1_000 / RESTARTS_PER_SECOND);
    const waitMs = this.#nextAt - now;
    if (waitMs < 20) return;
    await pause(this.#clock, waitMs + this.#random() * 500);
  }
}
