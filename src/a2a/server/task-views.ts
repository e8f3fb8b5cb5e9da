/**
 * The tasks that runs are, each as of its last fact. A view is made of a run's history, once, and then
 * goes on from where it was: so asking for a task costs what is new in it.
 *
 * 1. A view is applied each fact once, in order, whoever brings it.
 * 2. At most MAX_TASK_VIEWS are kept, those of open tasks and of long histories; what is not kept is
 *    made again.
 */
import type { RunRef } from "../../base/ids.ts";
import { FACTS_PER_READ, MAX_TASK_VIEWS } from "../../base/limits.ts";
import type { HistoryEntry, Host } from "../../ports/host.ts";
import { eventId, type TaskAt, type TaskEvent, type TaskShape } from "../task/task-event.ts";
import { TaskView } from "../task/task-view.ts";
import { isTerminal } from "../wire/wire.ts";

/** Histories so long that reading them again costs more than keeping what came of them. */
const LONG_HISTORY = 200;

/** A run as a task, and how far it has been followed. */
export class FollowedTask {
  readonly run: RunRef;
  readonly #view: TaskView;
  #seq = 0;
  /** How many events the last fact gave. */
  #eventCount = 0;

  constructor(run: RunRef, shape: TaskShape) {
    this.run = run;
    this.#view = new TaskView(shape, { id: run.id });
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
    this.#seq = entry.seq;
    const events = this.#view.apply(entry);
    this.#eventCount = events.filter(({ id }) => id !== null).length;
    return events;
  }

  /** Applies what the history has beyond, up to a fact. */
  async catchUp(host: Host, untilSeq = Number.POSITIVE_INFINITY): Promise<void> {
    for (;;) {
      const limit = Math.min(FACTS_PER_READ, untilSeq - this.#seq);
      if (limit <= 0) return;
      const entries = await host.history(this.run, this.#seq + 1, limit);
      for (const entry of entries) this.apply(entry);
      if (entries.length < limit) return;
    }
  }
}

export class TaskViews {
  readonly #host: Host;
  readonly #byRun = new Map<string, FollowedTask>();

  constructor(host: Host) {
    this.#host = host;
  }

  /** The task as of the last fact. */
  async current(run: RunRef, shape: TaskShape): Promise<FollowedTask> {
    const key = `${run.tenant}/${run.id}`;
    const followed = this.#byRun.get(key) ?? new FollowedTask(run, shape);
    await followed.catchUp(this.#host);
    this.#keep(key, followed);
    return followed;
  }

  #keep(key: string, followed: FollowedTask): void {
    this.#byRun.delete(key);
    if (isTerminal(followed.at.task.status?.state) && followed.seq < LONG_HISTORY) return;
    this.#byRun.set(key, followed);
    const [oldest] = this.#byRun.keys();
    if (this.#byRun.size > MAX_TASK_VIEWS && oldest !== undefined) this.#byRun.delete(oldest);
  }
}
