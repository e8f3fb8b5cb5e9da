/**
 * Steps that may have become ready in a turn, the oldest first.
 *
 * 1. Each call costs the same, however many there are: a turn may bring a hundred thousand.
 */
import type { StepProgram } from "../definition/program.ts";
import type { Path } from "./input.ts";

/** A step that may have become ready. */
export type Candidate = { readonly frame: Path; readonly step: StepProgram };

export class Candidates {
  #all: Candidate[] = [];
  #next = 0;
  /** Of a frame that was forgotten: its candidates before this place count no more. */
  #countFrom: Map<Path, number> | undefined;

  push(candidate: Candidate): void {
    this.#all.push(candidate);
  }

  /** The oldest one, which is then not a candidate any more; undefined when there is none. */
  take(): Candidate | undefined {
    for (let next = this.#all[this.#next]; next !== undefined; next = this.#all[this.#next]) {
      this.#next += 1;
      if (this.#next > (this.#countFrom?.get(next.frame) ?? 0)) return next;
    }
    if (this.#next > 0) this.clear();
    return undefined;
  }

  clear(): void {
    this.#all = [];
    this.#next = 0;
    this.#countFrom = undefined;
  }

  /** True when a step of this frame is among them. */
  hasIn(frame: Path): boolean {
    const from = Math.max(this.#next, this.#countFrom?.get(frame) ?? 0);
    return this.#all.findIndex((candidate, index) => index >= from && candidate.frame === frame) !== -1;
  }

  /** Nothing of a frame is a candidate any more, until it is pushed again. */
  forget(frame: Path): void {
    this.#countFrom ??= new Map();
    this.#countFrom.set(frame, this.#all.length);
  }
}
