/**
 * The calls that a server is in: requests that are being answered, and streams.
 *
 * 1. A caller has only so many at once.
 * 2. A call that has ended is not counted, however it ended.
 */
import { TURNED_AWAY_MS } from "../base/limits.ts";
import { Refusal, retryAfter } from "./refusal.ts";

export class OpenCalls {
  readonly #limit: number;
  readonly #countByCaller = new Map<string, number>();
  /** How each open stream is ended from here. */
  readonly #streams = new Set<() => void>();
  #count = 0;
  #whenNone: (() => void)[] = [];

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Counts a call until the result is called. Throws a refusal when the caller has too many. */
  begin(caller: string): () => void {
    const count = this.#countByCaller.get(caller) ?? 0;
    if (count >= this.#limit)
      throw new Refusal("tooMany", `You have ${count} calls open, which is as many as you may.`, retryAfter(TURNED_AWAY_MS));
    this.#countByCaller.set(caller, count + 1);
    this.#count += 1;
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#end(caller);
    };
  }

  /** Remembers how a stream is ended, until the result is called. */
  addStream(end: () => void): () => void {
    this.#streams.add(end);
    return () => this.#streams.delete(end);
  }

  /** Resolves when no call is open. */
  none(): Promise<void> {
    return this.#count === 0 ? Promise.resolve() : new Promise((resolve) => this.#whenNone.push(resolve));
  }

  endStreams(): void {
    for (const end of this.#streams) end();
  }

  #end(caller: string): void {
    const count = (this.#countByCaller.get(caller) ?? 1) - 1;
    if (count === 0) this.#countByCaller.delete(caller);
    else this.#countByCaller.set(caller, count);
    this.#count -= 1;
    if (this.#count === 0) for (const resolve of this.#whenNone.splice(0)) resolve();
  }
}
