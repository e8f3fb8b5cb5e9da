import type { StreamResponse } from "@a2a-js/sdk";

import { MAX_STREAM_QUEUE } from "../../base/limits.ts";

/**
 * One reader's events of one task, in order. It is an async generator by hand, since a real one
 * cannot be closed while its reader waits. A reader that is too slow is cut off: it can ask again.
 */
export class EventQueue implements AsyncGenerator<StreamResponse, void, undefined> {
  readonly #events: StreamResponse[] = [];
  readonly #onClose: (queue: EventQueue) => void;
  #waiting: ((result: IteratorResult<StreamResponse, void>) => void) | null = null;
  #isEnded = false;

  constructor(onClose: (queue: EventQueue) => void) {
    this.#onClose = onClose;
  }

  push(event: StreamResponse): void {
    if (this.#isEnded) return;
    if (this.#waiting !== null) {
      this.#waiting({ done: false, value: event });
      this.#waiting = null;
      return;
    }
    this.#events.push(event);
    if (this.#events.length > MAX_STREAM_QUEUE) this.end();
  }

  /** No more events will come; those that wait are still read. */
  end(): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#waiting?.({ done: true, value: undefined });
    this.#waiting = null;
    this.#onClose(this);
  }

  next(): Promise<IteratorResult<StreamResponse, void>> {
    const event = this.#events.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#isEnded) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  return(): Promise<IteratorResult<StreamResponse, void>> {
    this.#events.length = 0;
    this.end();
    return Promise.resolve({ done: true, value: undefined });
  }

  async throw(error: unknown): Promise<IteratorResult<StreamResponse, void>> {
    await this.return();
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
