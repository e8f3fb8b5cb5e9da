/**
 * Where a served agent keeps its tasks. A port: this file has its shape, and the store in memory.
 *
 * 1. A message id belongs to the first task that claimed it, for as long as that is remembered.
 * 2. A stored task is never changed in place: `save` replaces it, so that readers see one moment.
 * 3. At most `capacity` tasks are kept. Room is made by forgetting the task that ended first; a task
 *    that has not ended is never forgotten.
 */
import { type Message, type Task, TaskState } from "@a2a-js/sdk";

import { assert } from "../../base/assert.ts";
import type { Work } from "../../ports/agents.ts";
import { isTerminal } from "../wire/wire.ts";

export type StoredTask = {
  readonly task: Task;
  /** What the agent was given, with the exchanges so far. */
  readonly work: Work;
};

export type Claim =
  | { readonly kind: "new" }
  /** The same message came before, and made this. */
  | { readonly kind: "known"; readonly made: Made }
  /** The id came before with another content. */
  | { readonly kind: "conflict" }
  /** All tasks that are remembered are still open. */
  | { readonly kind: "full" };
export type Made = { readonly taskId: string } | { readonly message: Message };

export type TaskQuery = {
  readonly contextId: string;
  readonly status: TaskState;
  /** Milliseconds since 1970; tasks changed at it or later. */
  readonly since: number;
  readonly pageSize: number;
  /** The task after which the page begins; null for the first page. */
  readonly after: { readonly at: string; readonly id: string } | null;
};
export type TaskPage = { readonly tasks: readonly Task[]; readonly total: number; readonly hasMore: boolean };

export type TaskStore = {
  /** Decides, once and for all, what a message is: `content` tells equal messages from others. */
  claim(message: { readonly id: string; readonly content: string; readonly taskId: string }): Promise<Claim>;
  /** The message was answered directly: its task never was. */
  answered(messageId: string, taskId: string, answer: Message): Promise<void>;
  save(stored: StoredTask): Promise<void>;
  get(taskId: string): Promise<StoredTask | null>;
  /** Newest change first. */
  list(query: TaskQuery): Promise<TaskPage>;
};

type ClaimedMessage = { readonly content: string; made: Made };

/** Tasks in memory: gone with the process. */
export class MemoryTaskStore implements TaskStore {
  readonly #capacity: number;
  readonly #taskById = new Map<string, StoredTask>();
  readonly #idsByContext = new Map<string, Set<string>>();
  /** In the order in which they ended. */
  readonly #endedIds = new Set<string>();
  readonly #messageById = new Map<string, ClaimedMessage>();
  readonly #messageIdsByTask = new Map<string, string[]>();
  /** Messages that made no task, oldest first. */
  readonly #answeredIds = new Set<string>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  async claim(message: { readonly id: string; readonly content: string; readonly taskId: string }): Promise<Claim> {
    const known = this.#messageById.get(message.id);
    if (known !== undefined) return known.content === message.content ? { kind: "known", made: known.made } : { kind: "conflict" };
    if (!this.#messageIdsByTask.has(message.taskId) && this.#messageIdsByTask.size >= this.#capacity && !this.#forgetOne())
      return { kind: "full" };
    this.#messageById.set(message.id, { content: message.content, made: { taskId: message.taskId } });
    const ids = this.#messageIdsByTask.get(message.taskId);
    if (ids === undefined) this.#messageIdsByTask.set(message.taskId, [message.id]);
    else ids.push(message.id);
    return { kind: "new" };
  }

  async answered(messageId: string, taskId: string, answer: Message): Promise<void> {
    const claimed = this.#messageById.get(messageId);
    assert(claimed !== undefined, "Only a claimed message is answered.");
    claimed.made = { message: answer };
    this.#removeTask(taskId);
    this.#messageIdsByTask.delete(taskId);
    this.#answeredIds.add(messageId);
    const [oldest] = this.#answeredIds;
    if (this.#answeredIds.size > this.#capacity && oldest !== undefined) {
      this.#answeredIds.delete(oldest);
      this.#messageById.delete(oldest);
    }
  }

  async save(stored: StoredTask): Promise<void> {
    const { id, contextId, status } = stored.task;
    this.#taskById.set(id, stored);
    const ids = this.#idsByContext.get(contextId);
    if (ids === undefined) this.#idsByContext.set(contextId, new Set([id]));
    else ids.add(id);
    if (isTerminal(status?.state)) this.#endedIds.add(id);
  }

  async get(taskId: string): Promise<StoredTask | null> {
    return this.#taskById.get(taskId) ?? null;
  }

  async list(query: TaskQuery): Promise<TaskPage> {
    const found = this.#candidates(query.contextId)
      .filter(
        ({ status }) =>
          (query.status === TaskState.TASK_STATE_UNSPECIFIED || status?.state === query.status) &&
          Date.parse(changedAt(status)) >= query.since,
      )
      .toSorted(newestFirst);
    const { after } = query;
    const rest = after === null ? found : found.filter((task) => newestFirst(task, { id: after.id, status: { timestamp: after.at } }) > 0);
    return { tasks: rest.slice(0, query.pageSize), total: found.length, hasMore: rest.length > query.pageSize };
  }

  #candidates(contextId: string): Task[] {
    if (contextId === "") return [...this.#taskById.values()].map(({ task }) => task);
    return [...(this.#idsByContext.get(contextId) ?? [])].flatMap((id) => this.#taskById.get(id)?.task ?? []);
  }

  #forgetOne(): boolean {
    const [oldest] = this.#endedIds;
    if (oldest === undefined) return false;
    this.#removeTask(oldest);
    for (const id of this.#messageIdsByTask.get(oldest) ?? []) this.#messageById.delete(id);
    this.#messageIdsByTask.delete(oldest);
    return true;
  }

  #removeTask(id: string): void {
    const contextId = this.#taskById.get(id)?.task.contextId ?? "";
    this.#taskById.delete(id);
    this.#endedIds.delete(id);
    const ids = this.#idsByContext.get(contextId);
    ids?.delete(id);
    if (ids?.size === 0) this.#idsByContext.delete(contextId);
  }
}

type Changed = { readonly id: string; readonly status: { readonly timestamp: string | undefined } | undefined };

function changedAt(status: Changed["status"]): string {
  return status?.timestamp ?? "1970-01-01T00:00:00.000Z";
}

/** All our timestamps have one form, so that their order is the order of their texts. */
function newestFirst(left: Changed, right: Changed): number {
  const [before, after] = [`${changedAt(left.status)} ${left.id}`, `${changedAt(right.status)} ${right.id}`];
  return before < after ? 1 : before > after ? -1 : 0;
}
