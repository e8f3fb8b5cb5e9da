/**
 * What the agents of this process are doing for tasks: a memory of the moment, gone with the process.
 * It owns nothing that must survive; a run knows by itself how it goes.
 *
 * 1. A task that somebody has seen is answered as a task, never as a direct message (A2A 3.1.1).
 * 2. Nobody waits for the desk: an entry that is missing means only that less is known.
 */
import { MAX_DESK_ENTRIES } from "../../base/limits.ts";

type Entry = {
  isAtWork: boolean;
  /** It answered with words alone, which need no task. */
  isDirect: boolean;
  isSeen: boolean;
};

export class AgentDesk {
  readonly #byTask = new Map<string, Entry>();
  #atWork = 0;
  #idle = Promise.withResolvers<void>();

  /** How many handlers are at work, whoever may still want what they do. */
  get atWork(): number {
    return this.#atWork;
  }

  /** A handler begins with a task, or goes on with it after a question. */
  begin(taskId: string): void {
    if (this.#atWork === 0) this.#idle = Promise.withResolvers<void>();
    this.#atWork += 1;
    const known = this.#byTask.get(taskId);
    this.#keep(taskId, { isAtWork: true, isDirect: false, isSeen: known?.isSeen ?? false });
  }

  end(taskId: string, isDirect: boolean): void {
    this.#atWork -= 1;
    if (this.#atWork === 0) this.#idle.resolve();
    const entry = this.#byTask.get(taskId);
    if (entry === undefined) return;
    entry.isAtWork = false;
    entry.isDirect = isDirect;
  }

  /** True when its handler has come back, so that the end of the task is on its way. */
  hasAnswered(taskId: string): boolean {
    return this.#byTask.get(taskId)?.isAtWork === false;
  }

  /** True when the task need not be told as one. */
  isDirect(taskId: string): boolean {
    const entry = this.#byTask.get(taskId);
    return entry !== undefined && entry.isDirect && !entry.isSeen;
  }

  markSeen(taskId: string): void {
    const entry = this.#byTask.get(taskId);
    if (entry === undefined) return;
    if (entry.isAtWork) entry.isSeen = true;
    else this.#byTask.delete(taskId);
  }

  /** Fulfilled when no handler is at work. The caller bounds it. */
  drained(): Promise<void> {
    return this.#atWork === 0 ? Promise.resolve() : this.#idle.promise;
  }

  #keep(taskId: string, entry: Entry): void {
    this.#byTask.delete(taskId);
    this.#byTask.set(taskId, entry);
    const [oldest] = this.#byTask.keys();
    if (this.#byTask.size > MAX_DESK_ENTRIES && oldest !== undefined) this.#byTask.delete(oldest);
  }
}
