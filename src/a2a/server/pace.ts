/**
 * How much of histories is read before others have their turn. Reading one is a chain of promises that are
 * settled at once, which never gives the event loop back; reading many short ones is the same.
 *
 * 1. Where less than FACTS_PER_READ facts are read in a turn of the event loop, nobody waits.
 * 2. Of those who wait, each turn lets one begin and one go on: so what is short is not kept waiting by
 *    what is long, and what is long comes to its end.
 */
import { FACTS_PER_READ } from "../../base/limits.ts";

type Line = (() => void)[];

export class Pace {
  readonly #beginning: Line = [];
  readonly #goingOn: Line = [];
  #count = 0;
  #isTurnAsked = false;

  /** Before a history is read of which nobody knows how long it is. */
  async begin(): Promise<void> {
    if (this.#count >= FACTS_PER_READ) await this.#wait(this.#beginning);
  }

  /** Between the pages of a long one. */
  goOn(): Promise<void> {
    return this.#wait(this.#goingOn);
  }

  took(count: number): void {
    this.#count += count;
    this.#askTurn();
  }

  #wait(line: Line): Promise<void> {
    return new Promise((resolve) => {
      line.push(resolve);
      this.#askTurn();
    });
  }

  #askTurn(): void {
    if (this.#isTurnAsked) return;
    this.#isTurnAsked = true;
    setImmediate(() => this.#turn());
  }

  #turn(): void {
    this.#isTurnAsked = false;
    this.#count = 0;
    this.#beginning.shift()?.();
    this.#goingOn.shift()?.();
    if (this.#beginning.length + this.#goingOn.length > 0) this.#askTurn();
  }
}

/** One for all who read: the process has one event loop. */
export const pace = new Pace();
