import { seedOf } from "../base/random.ts";
import type { Chance } from "./random-chance.ts";

/**
 * Seeded numbers in named streams: a stream follows from the seed and its name alone, so that a new
 * draw in one place does not shift those of another. Not for secrets.
 */
export class Random implements Chance {
  #state: number;

  constructor(seed: string, stream: string) {
    this.#state = seedOf(`${seed}/${stream}`);
  }

  /** From 0 up to 1 (mulberry32). */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 0x1_0000_0000;
  }

  /** A whole number from 0, below the limit. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  /** True in this share of the draws. */
  hits(rate: number): boolean {
    return this.next() < rate;
  }

  /** A whole number between two, small ones as likely as large ones: a tenth of a second as often as ten minutes. */
  spread(from: number, to: number): number {
    return Math.round(Math.exp(Math.log(from) + this.next() * (Math.log(to) - Math.log(from))));
  }
}
