/**
 * How much is at work at once: in the process, and in one run. What does not fit waits, run by run
 * in turn, so that a run with ten thousand subtasks does not keep a run with one from its own.
 */
import { MAX_EFFECTS, MAX_EFFECTS_PER_RUN } from "../../base/limits.ts";

export class Gate {
  readonly #limit: number;
  readonly #limitPerRun: number;
  readonly #countByRun = new Map<string, number>();
  readonly #lanes = new Map<string, (() => void)[]>();
  #count = 0;
  #isFilling = false;

  constructor(limit: number = MAX_EFFECTS, limitPerRun: number = MAX_EFFECTS_PER_RUN) {
    this.#limit = limit;
    this.#limitPerRun = limitPerRun;
  }

  /** Begins at once if there is room, else later. */
  enter(run: string, begin: () => void): void {
    if (this.#hasRoom(run)) return this.#begin(run, begin);
    const lane = this.#lanes.get(run);
    if (lane === undefined) this.#lanes.set(run, [begin]);
    else lane.push(begin);
  }

  leave(run: string): void {
    this.#count -= 1;
    const count = (this.#countByRun.get(run) ?? 1) - 1;
    if (count === 0) this.#countByRun.delete(run);
    else this.#countByRun.set(run, count);
    this.#fill();
  }

  #hasRoom(run: string): boolean {
    return this.#count < this.#limit && (this.#countByRun.get(run) ?? 0) < this.#limitPerRun;
  }

  #begin(run: string, begin: () => void): void {
    this.#count += 1;
    this.#countByRun.set(run, (this.#countByRun.get(run) ?? 0) + 1);
    begin();
  }

  /**
   * Begins what waits, as far as there is room. What begins may leave at once, and so come here again:
   * a loop, because thousands of nested calls would end the process.
   */
  #fill(): void {
    if (this.#isFilling) return;
    this.#isFilling = true;
    try {
      while (this.#lanes.size > 0 && this.#beginNext()) continue;
    } finally {
      this.#isFilling = false;
    }
  }

  /** The lanes are in the order of their last turn: the first with room goes, and then to the back. */
  #beginNext(): boolean {
    for (const [run, lane] of this.#lanes) {
      if (!this.#hasRoom(run)) continue;
      const next = lane.shift();
      this.#lanes.delete(run);
      if (lane.length > 0) this.#lanes.set(run, lane);
      if (next !== undefined) this.#begin(run, next);
      return true;
    }
    return false;
  }
}
