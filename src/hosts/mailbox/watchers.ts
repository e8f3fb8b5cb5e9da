/**
 * Who watches which run.
 *
 * 1. A watcher is only told *that* there is more; it reads facts from the store at its own pace, so a
 *    slow one holds no memory and slows nobody.
 * 2. Streamed chunks are in no store. A slow watcher keeps some of them (pending-chunks.ts).
 */
import type { StreamedChunk } from "../../ports/host.ts";
import { PendingChunks } from "./pending-chunks.ts";

export class Watchers {
  readonly #byRun = new Map<string, Set<Watcher>>();
  readonly #waitingForEnd = new Map<string, Set<(value: void) => void>>();

  add(key: string): Watcher {
    const watcher = new Watcher();
    const watchers = this.#byRun.get(key) ?? new Set();
    this.#byRun.set(key, watchers.add(watcher));
    return watcher;
  }

  remove(key: string, watcher: Watcher): void {
    const watchers = this.#byRun.get(key);
    watchers?.delete(watcher);
    if (watchers?.size === 0) this.#byRun.delete(key);
  }

  notify(key: string): void {
    for (const watcher of this.#byRun.get(key) ?? []) watcher.wake();
  }

  stream(key: string, chunk: StreamedChunk): void {
    for (const watcher of this.#byRun.get(key) ?? []) watcher.push(chunk);
  }

  /** Resolves when the run is over, the signal aborts, or the host closes. */
  async over(key: string, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waitingForEnd.get(key) ?? new Set();
    this.#waitingForEnd.set(key, waiting.add(resolve));
    const stop = () => resolve();
    signal?.addEventListener("abort", stop);
    await promise;
    signal?.removeEventListener("abort", stop);
    waiting.delete(resolve);
    if (waiting.size === 0 && this.#waitingForEnd.get(key) === waiting) this.#waitingForEnd.delete(key);
  }

  notifyOver(key: string): void {
    const waiting = this.#waitingForEnd.get(key);
    if (waiting === undefined) return;
    this.#waitingForEnd.delete(key);
    for (const resolve of waiting) resolve();
  }

  /** Ends every wait: the host is closing. */
  wakeAll(): void {
    for (const watchers of this.#byRun.values()) for (const watcher of watchers) watcher.wake();
    for (const key of this.#waitingForEnd.keys()) this.notifyOver(key);
  }
}

export class Watcher {
  /** Made by the first piece: most runs stream none. */
  #chunks: PendingChunks | null = null;
  #isAwake = false;
  #wake: (() => void) | null = null;

  wake(): void {
    this.#isAwake = true;
    this.#wake?.();
  }

  push(chunk: StreamedChunk): void {
    this.#chunks ??= new PendingChunks();
    this.#chunks.push(chunk);
    this.wake();
  }

  takeChunks(): readonly StreamedChunk[] {
    return this.#chunks?.take() ?? [];
  }

  /** Resolves at the next news, or at once if there were some since the last call. */
  async news(): Promise<void> {
    if (!this.#isAwake) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#isAwake = false;
    this.#wake = null;
  }
}
