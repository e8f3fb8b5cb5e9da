/**
 * The events of one task for one reader, from the run's own history (issue 4, 4).
 *
 * It is an async generator by hand: a real one cannot be closed while its reader waits.
 *
 * 1. All readers of a task get the same events in the same order, with the same ids: they are made of
 *    the same facts. Pieces of an answer that is being streamed have no id, and are for those who are
 *    there when they come.
 * 2. Nothing is read before it is asked for, so that a slow reader holds no memory and slows nobody.
 * 3. It ends when the task is over, and when it has told that the task asks for input; not at
 *    AUTH_REQUIRED, which may be settled elsewhere (A2A 7.6.1). A question that has been answered
 *    meanwhile ends nothing, and one that the reader knew before it came does not either.
 * 4. `return` releases the watch, also while the reader waits.
 */
import { type Task, TaskState } from "@a2a-js/sdk";

import { present } from "../../base/assert.ts";
import { TuttiError } from "../../base/errors.ts";
import type { RunRef } from "../../base/ids.ts";
import type { HistoryEntry, Host, StreamedChunk } from "../../ports/host.ts";
import { placeOf, type TaskEvent } from "../task/task-event.ts";
import { isTerminal } from "../wire/wire.ts";
import type { TaskEvents } from "./handler.ts";
import type { FollowedTask } from "./task-views.ts";

type Place = NonNullable<ReturnType<typeof placeOf>>;

export type TaskStreamParts = {
  readonly host: Host;
  readonly run: RunRef;
  /** The first fact that is read. */
  readonly fromSeq: number;
  /** The task as of the fact before, the reader's own: it is made when there is something to apply, since most readers wait. */
  readonly follow: () => Promise<FollowedTask>;
  /** What the reader gets before anything is read. */
  readonly first: TaskEvent | null;
  /** The last fact there was when the stream was opened. */
  readonly headSeq: number;
  /** The reader has everything up to here; null: it has nothing, and gets the task first. */
  readonly after: Place | null;
};

export class TaskStream implements TaskEvents {
  readonly #parts: TaskStreamParts;
  readonly #entries: AsyncIterator<HistoryEntry | StreamedChunk>;
  readonly #stopper = new AbortController();
  #followed: FollowedTask | null = null;
  #ready: TaskEvent[] = [];
  /** The reader has been told that the task asks for input, and it still does. */
  #hasAsked = false;
  #isOver = false;

  constructor(parts: TaskStreamParts) {
    this.#parts = parts;
    const { host, run, fromSeq, first } = parts;
    if (first !== null) this.#ready.push(first);
    this.#entries = host.watch(run, fromSeq, this.#stopper.signal)[Symbol.asyncIterator]();
  }

  /** The same stream, with an event again that was taken from it. */
  startingWith(event: TaskEvent): this {
    this.#ready.unshift(event);
    return this;
  }

  async next(): Promise<IteratorResult<TaskEvent, void>> {
    for (;;) {
      const event = this.#ready.shift();
      if (event !== undefined) return { done: false, value: event };
      if (this.#isOver) return this.return();
      const entry = await this.#nextEntry();
      // It may have been closed while a long history was read.
      if (entry === null || this.#stopper.signal.aborted) this.#isOver = true;
      else this.#take(entry, present(this.#followed, "What is read is applied to the task before it."));
    }
  }

  /** Null when there is none any more, also because the host is being closed. */
  async #nextEntry(): Promise<HistoryEntry | StreamedChunk | null> {
    try {
      const entry = await this.#entries.next();
      if (entry.done === true) return null;
      this.#followed ??= await this.#parts.follow();
      return entry.value;
    } catch (error) {
      if (error instanceof TuttiError && error.code === "T5008") return null;
      throw error;
    }
  }

  #take(entry: HistoryEntry | StreamedChunk, followed: FollowedTask): void {
    const { after, headSeq } = this.#parts;
    if (entry.kind === "chunk") {
      const piece = followed.view.chunk(entry);
      if (piece !== null) this.#ready.push(piece);
      return;
    }
    const events = followed.apply(entry);
    const told = after === null ? events : events.filter(({ id }) => isBeyond(id, after));
    this.#ready.push(...told);
    const state = followed.at.task.status?.state;
    this.#hasAsked = state === TaskState.TASK_STATE_INPUT_REQUIRED && (this.#hasAsked || told.length > 0);
    this.#isOver = isTerminal(state) || (this.#hasAsked && entry.seq >= headSeq);
  }

  async return(): Promise<IteratorResult<TaskEvent, void>> {
    this.#isOver = true;
    this.#ready = [];
    this.#stopper.abort();
    await this.#entries.return?.();
    return { done: true, value: undefined };
  }

  async throw(error: unknown): Promise<IteratorResult<TaskEvent, void>> {
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

/** One event, and no more. */
export async function* single(event: TaskEvent): TaskEvents {
  yield event;
}

/** The whole task as an event, or as much of it as somebody is to see. */
export function taskEvent({ at, lastEventId }: FollowedTask, task: Task = at.task): TaskEvent {
  return { id: lastEventId, event: { payload: { $case: "task", value: task } } };
}

function isBeyond(id: string | null, after: Place): boolean {
  const place = id === null ? null : placeOf(id);
  return place === null || place.seq > after.seq || (place.seq === after.seq && place.n > after.n);
}
