import { MAX_IDLE_RUNS } from "../../base/limits.ts";
import type { Resident } from "./resident.ts";

/** Runs in memory that wait for something outside, in the order in which they began to wait. */
export class IdleRuns {
  readonly #since = new Map<Resident, number>();

  get size(): number {
    return this.#since.size;
  }

  add(resident: Resident, now: number): void {
    this.#since.delete(resident);
    this.#since.set(resident, now);
  }

  remove(resident: Resident): void {
    this.#since.delete(resident);
  }

  /** Takes out those that have waited long enough, and the longest waiting beyond the limit. */
  takeOut(now: number, idleMs: number): Resident[] {
    const out: Resident[] = [];
    for (const [resident, since] of this.#since) {
      if (this.#since.size <= MAX_IDLE_RUNS && now - since < idleMs) break;
      this.#since.delete(resident);
      out.push(resident);
    }
    return out;
  }
}
