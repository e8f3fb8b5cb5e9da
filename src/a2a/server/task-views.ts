/**
 * The tasks that runs are, each as of its last fact. A view is made of a run's history, once, and then
 * goes on from where it was: so asking for a task costs what is new in it.
 *
 * 1. A view is applied each fact once, in order, whoever brings it. A reader of events goes on with a copy of his own.
 * 2. At most MAX_TASK_VIEWS are kept, and of those so many as hold MAX_TASK_VIEW_BYTES: of open
 *    tasks, and of long histories, also as they were where a reader began. What is not kept is made again. A view of a run that was removed is none of the run that has its id now.
 */
import type { RunRef } from "../../base/ids.ts";
import { FACTS_PER_READ, MAX_TASK_VIEW_BYTES, MAX_TASK_VIEWS } from "../../base/limits.ts";
import type { HistoryEntry, Host } from "../../ports/host.ts";
import { eventId, type TaskAt, type TaskEvent, type TaskShape } from "../task/task-event.ts";
import { TaskView } from "../task/task-view.ts";
import { isTerminal } from "../wire/wire.ts";
import { pace } from "./pace.ts";
import type { FoundTask } from "./tasks.ts";

/** Histories so long that reading them again costs more than keeping what came of them. */
const LONG_HISTORY = 200;

/** A run as a task, and how far it has been followed. */
export class FollowedTask {
  readonly run: RunRef;
  readonly #shape: TaskShape;
  #view: TaskView;
  #seq = 0;
  /** How many events the last fact gave. */
  #eventCount = 0;
  #reading: Promise<void> = Promise.resolve();

  constructor(run: RunRef, shape: TaskShape) {
    this.run = run;
    this.#shape = shape;
    this.#view = new TaskView(shape, { id: run.id });
  }

  /** For one more reader: it goes on by itself. */
  copy(): FollowedTask {
    const copy = new FollowedTask(this.run, this.#shape);
    copy.#view = this.#view.copy();
    copy.#seq = this.#seq;
    copy.#eventCount = this.#eventCount;
    return copy;
  }

  /** About how much memory it takes. */
  get byteCount(): number {
    return this.#view.byteCount;
  }

  /** The last fact that was applied. */
  get seq(): number {
    return this.#seq;
  }

  get at(): TaskAt {
    return this.#view.at;
  }

  /** The place of the last event so far: whoever has the task as it is has everything up to there. */
  get lastEventId(): string {
    return eventId(this.#seq, Math.max(0, this.#eventCount - 1));
  }

  get view(): TaskView {
    return this.#view;
  }

  /** What a fact says; nothing, when it was applied before. */
  apply(entry: HistoryEntry): readonly TaskEvent[] {
    if (entry.seq !== this.#seq + 1) return [];
    const events = this.#view.apply(entry);
    // After it: what cannot be applied fails for everybody who shares this reading.
    this.#seq = entry.seq;
    this.#eventCount = events.filter(({ id }) => id !== null).length;
    return events;
  }

  /** Applies what the history has beyond, up to a fact. Of several at once the first reads it, and the others what is left then. */
  catchUp(host: Host, untilSeq = Number.POSITIVE_INFINITY): Promise<void> {
    const read = (): Promise<void> => this.#read(host, untilSeq);
    const reading = this.#reading.then(read, read);
    this.#reading = reading;
    return reading;
  }

  async #read(host: Host, untilSeq: number): Promise<void> {
    // Beyond what has been read there is little.
    if (this.#seq === 0) await pace.begin();
    for (;;) {
      const limit = Math.min(FACTS_PER_READ, untilSeq - this.#seq);
      if (limit <= 0) return;
      const entries = await host.history(this.run, this.#seq + 1, limit);
      for (const entry of entries) this.apply(entry);
      pace.took(entries.length);
      if (entries.length < limit) return;
      if (limit === FACTS_PER_READ) await pace.goOn();
    }
  }
}

/** `byteCount`: when it was last looked at; it grows with its task. */
type Kept = { readonly followed: FollowedTask; readonly byteCount: number };

export class TaskViews {
  readonly #host: Host;
  readonly #byRun = new Map<string, Kept>();
  /** Read for the first time right now: whoever asks meanwhile need not read it as well. */
  readonly #beingRead = new Map<string, FollowedTask>();
  readonly #maxByteCount: number;
  #byteCount = 0;

  constructor(host: Host, maxByteCount = MAX_TASK_VIEW_BYTES) {
    this.#host = host;
    this.#maxByteCount = maxByteCount;
  }

  /** The task as of the last fact. */
  current(found: FoundTask): Promise<FollowedTask> {
    return this.#read(keyOf(found), found, Number.POSITIVE_INFINITY);
  }

  /**
   * The task as of a fact, the reader's own. Readers are many at the same place: mostly at the last fact,
   * where the task was when it was asked for, or where all of them were cut off.
   */
  async asOf(found: FoundTask, seq: number): Promise<FollowedTask> {
    const kept = this.#byRun.get(keyOf(found))?.followed;
    if (kept?.seq === seq) return kept.copy();
    // Nobody has this one for his own, so that it stays where it is.
    const there = await this.#read(`${keyOf(found)}@${seq}`, found, seq);
    return there.copy();
  }

  async #read(key: string, { run, shape }: FoundTask, untilSeq: number): Promise<FollowedTask> {
    const followed = this.#byRun.get(key)?.followed ?? this.#beingRead.get(key) ?? new FollowedTask(run, shape);
    this.#beingRead.set(key, followed);
    try {
      await followed.catchUp(this.#host, untilSeq);
      this.#keep(key, followed, untilSeq);
    } finally {
      this.#beingRead.delete(key);
    }
    return followed;
  }

  #keep(key: string, followed: FollowedTask, untilSeq: number): void {
    this.#drop(key);
    const { byteCount, seq } = followed;
    const isCheap = seq < LONG_HISTORY && (seq >= untilSeq || isTerminal(followed.at.task.status?.state));
    if (isCheap || byteCount > this.#maxByteCount) return;
    this.#byRun.set(key, { followed, byteCount });
    this.#byteCount += byteCount;
    for (const oldest of this.#byRun.keys()) {
      if (this.#byRun.size <= MAX_TASK_VIEWS && this.#byteCount <= this.#maxByteCount) return;
      this.#drop(oldest);
    }
  }

  #drop(key: string): void {
    this.#byteCount -= this.#byRun.get(key)?.byteCount ?? 0;
    this.#byRun.delete(key);
  }
}

function keyOf({ run }: FoundTask): string {
  return `${run.tenant}/${run.id}`;
}
