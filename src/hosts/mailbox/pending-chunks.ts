/**
 * The pieces of streamed answers that a reader has not taken yet. They are in no store, so a slow reader
 * holds them in memory, and of what a reader can hold there is an end.
 *
 * 1. An answer has no hole: once a piece of an attempt's answer had no room, all of its pieces that wait
 *    are dropped, and none follows. Its final answer comes in their place.
 * 2. While there are few pieces, each is told as it came. Behind many, a piece is joined to the last one
 *    of its attempt: a reader who appends them gets the same text.
 */
import { MAX_LOST_ANSWERS, MAX_PENDING_CHARACTERS, MAX_PENDING_CHUNKS } from "../../base/limits.ts";
import type { StreamedChunk } from "../../ports/host.ts";

type Pending = Omit<StreamedChunk, "text"> & { text: string };

export class PendingChunks {
  #pending: Pending[] = [];
  readonly #lastByPath = new Map<string, Pending>();
  /** The newest attempt of each step whose answer this reader has lost. */
  readonly #lostByPath = new Map<string, number>();
  #length = 0;
  /** It has lost so many that nobody remembers which: it is told no pieces any more. */
  #isGivenUp = false;

  push(chunk: StreamedChunk): void {
    const { path, attempt, text } = chunk;
    if (this.#isGivenUp || attempt <= (this.#lostByPath.get(path) ?? 0)) return;
    const last = this.#lastByPath.get(path);
    const joined = this.#pending.length >= MAX_PENDING_CHUNKS && last?.attempt === attempt ? last : null;
    if (!this.#hasRoom(text, joined !== null)) return this.#lose(path, attempt);
    this.#length += text.length;
    if (joined === null) this.#append({ ...chunk });
    else joined.text += text;
  }

  take(): readonly StreamedChunk[] {
    const taken = this.#pending;
    this.#keep([]);
    return taken;
  }

  /** One piece always has room, however large it is. */
  #hasRoom(text: string, isJoined: boolean): boolean {
    if (this.#pending.length === 0) return true;
    return this.#length + text.length <= MAX_PENDING_CHARACTERS && (isJoined || this.#pending.length < MAX_PENDING_CHUNKS);
  }

  #append(chunk: Pending): void {
    this.#pending.push(chunk);
    this.#lastByPath.set(chunk.path, chunk);
  }

  #lose(path: string, attempt: number): void {
    this.#lostByPath.set(path, attempt);
    this.#isGivenUp = this.#lostByPath.size > MAX_LOST_ANSWERS;
    if (this.#isGivenUp) this.#lostByPath.clear();
    this.#keep(this.#isGivenUp ? [] : this.#pending.filter((chunk) => chunk.path !== path || chunk.attempt !== attempt));
  }

  #keep(chunks: readonly Pending[]): void {
    this.#pending = [];
    this.#lastByPath.clear();
    this.#length = 0;
    for (const chunk of chunks) {
      this.#append(chunk);
      this.#length += chunk.text.length;
    }
  }
}
