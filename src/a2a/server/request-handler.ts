/**
 * The eleven operations of A2A 1.0 on an agent of this process, whatever the binding.
 *
 * It owns the open tasks; the store owns what is remembered of all of them.
 *
 * 1. A message id makes at most one task: the same message again gives the same task (A2A 3.3.1).
 * 2. A handler never works twice on one task at the same time, and never on one that was canceled.
 * 3. Errors are the protocol's own; the words of any other exception stay in the log.
 * 4. A task that somebody has seen is answered as a task, never as a direct message.
 */
import { randomUUID } from "node:crypto";

import {
  type AgentCard,
  type CancelTaskRequest,
  type GetTaskRequest,
  type ListTasksRequest,
  type ListTasksResponse,
  type Message,
  Role,
  type SendMessageRequest,
  type StreamResponse,
  type SubscribeToTaskRequest,
  type Task,
  TaskState,
} from "@a2a-js/sdk";
import {
  ExtendedAgentCardNotConfiguredError,
  PushNotificationNotSupportedError,
  RequestMalformedError,
  TaskNotCancelableError,
  TaskNotFoundError,
  UnsupportedOperationError,
} from "@a2a-js/sdk/errors";
import type { A2ARequestHandler } from "@a2a-js/sdk/server";

import type { LocalAgent, Work } from "../../ports/agents.ts";
import type { Log } from "../../ports/log.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import { checkedMessage, contentOf, contextOf, refusalOf } from "./check-message.ts";
import { EventQueue } from "./event-queue.ts";
import { messageToWork, nextTurn } from "./message-to-work.ts";
import { replyParts } from "./outcome-to-task.ts";
import { ServedTask, type Surroundings } from "./served-task.ts";
import { listTasks, withHistory } from "./task-list.ts";
import type { StoredTask, TaskStore } from "./task-store.ts";
import { isTerminal, message as makeMessage, metadataText, textOf } from "../wire/wire.ts";

export type HandlerOptions = {
  readonly agent: LocalAgent;
  readonly card: () => AgentCard;
  readonly store: TaskStore;
  readonly log: Log;
  readonly now: () => number;
  readonly maxWorking: number;
  /** True for an outcome that needs no task. */
  readonly isDirect: (outcome: Outcome) => boolean;
};

/** There is no room for more work now; told as 503 with Retry-After. */
export class OverloadError extends Error {
  override readonly name = "OverloadError";
}

type Accepted =
  | { readonly kind: "open"; readonly open: Open }
  | { readonly kind: "stored"; readonly task: Task }
  | { readonly kind: "answer"; readonly message: Message };
type Open = { readonly served: ServedTask; readonly messageId: string; isSeen: boolean; answer: Message | null };

export class AgentRequestHandler implements A2ARequestHandler {
  readonly #options: HandlerOptions;
  readonly #world: Surroundings;
  readonly #openById = new Map<string, Open>();
  /** What is just being done to each task: its next message, or its cancel, waits for that. */
  readonly #busyById = new Map<string, Promise<void>>();
  #workingCount = 0;

  constructor(options: HandlerOptions) {
    this.#options = options;
    const { agent, now, log, store } = options;
    this.#world = { agent, now, log, newId: randomUUID, save: (stored) => store.save(stored) };
  }

  async getAgentCard(): Promise<AgentCard> {
    return this.#options.card();
  }

  async getAuthenticatedExtendedAgentCard(): Promise<AgentCard> {
    throw new ExtendedAgentCardNotConfiguredError();
  }

  async sendMessage(params: SendMessageRequest): Promise<Message | Task> {
    const accepted = await this.#accept(params);
    if (accepted.kind === "answer") return accepted.message;
    const keep = params.configuration?.historyLength;
    if (accepted.kind === "stored") return withHistory(accepted.task, keep);
    const { served } = accepted.open;
    // Even "at once" gives the handler one turn of the loop: what is quick is answered whole.
    await (params.configuration?.returnImmediately === true ? Promise.race([served.settled, nextLoopTurn()]) : served.settled);
    return (await this.#directAnswer(accepted.open)) ?? withHistory(this.#seen(accepted.open).task, keep);
  }

  async *sendMessageStream(params: SendMessageRequest): AsyncGenerator<StreamResponse, void, undefined> {
    yield* await this.openSendStream(params);
  }

  async *resubscribe(params: SubscribeToTaskRequest): AsyncGenerator<StreamResponse, void, undefined> {
    yield* await this.openSubscription(params);
  }

  /** The events of a new message, once it is accepted; so that refusals are not a part of the stream. */
  async openSendStream(params: SendMessageRequest): Promise<EventQueue> {
    const accepted = await this.#accept(params);
    if (accepted.kind === "answer") return single({ $case: "message", value: accepted.message });
    if (accepted.kind === "stored") return single({ $case: "task", value: accepted.task });
    const { served } = accepted.open;
    const queue = served.read();
    // A handler that was quick has ended its turn already: the task as it is was the last event.
    if (served.isAtRest) queue.end();
    await Promise.race([served.settled, nextLoopTurn()]);
    const direct = await this.#directAnswer(accepted.open);
    if (direct !== null) {
      await queue.return();
      return single({ $case: "message", value: direct });
    }
    this.#seen(accepted.open);
    return queue;
  }

  /** The task as it is, then its further events. */
  async openSubscription(params: SubscribeToTaskRequest): Promise<EventQueue> {
    const { task } = await this.#stored(params.id);
    if (isTerminal(task.status?.state))
      throw new UnsupportedOperationError(`Task ${task.id} is over; get it instead of subscribing to it.`);
    const open = this.#openById.get(task.id);
    return open === undefined ? single({ $case: "task", value: task }) : this.#seen(open).read();
  }

  async getTask(params: GetTaskRequest): Promise<Task> {
    return withHistory((await this.#stored(params.id)).task, params.historyLength);
  }

  async listTasks(params: ListTasksRequest): Promise<ListTasksResponse> {
    const answer = await listTasks(this.#options.store, params);
    for (const { id } of answer.tasks) this.#markSeen(id);
    return answer;
  }

  cancelTask(params: CancelTaskRequest): Promise<Task> {
    return this.#inTurn(params.id, () => this.#cancel(params));
  }

  async #cancel(params: CancelTaskRequest): Promise<Task> {
    const { task, work } = await this.#stored(params.id);
    if (isTerminal(task.status?.state))
      throw new TaskNotCancelableError(`Task ${task.id} is over already: ${TaskState[task.status?.state ?? 0]}.`);
    const served = this.#openById.get(task.id)?.served ?? new ServedTask({ task, work }, this.#world);
    served.cancel(metadataText(params.metadata, "reason", "cancellation_reason") ?? "Canceled by the caller.");
    await served.settled;
    this.#openById.delete(task.id);
    return served.task;
  }

  async createTaskPushNotificationConfig(): Promise<never> {
    throw new PushNotificationNotSupportedError();
  }

  async getTaskPushNotificationConfig(): Promise<never> {
    throw new PushNotificationNotSupportedError();
  }

  async listTaskPushNotificationConfigs(): Promise<never> {
    throw new PushNotificationNotSupportedError();
  }

  async deleteTaskPushNotificationConfig(): Promise<never> {
    throw new PushNotificationNotSupportedError();
  }

  /** Waits until no handler works any more. The caller bounds it. */
  async drained(): Promise<void> {
    await Promise.all([...this.#openById.values()].map(({ served }) => served.idle));
  }

  /** Stops all handlers and closes all streams. */
  abandon(): void {
    for (const { served } of this.#openById.values()) served.abandon();
  }

  async #accept(params: SendMessageRequest): Promise<Accepted> {
    const message = checkedMessage(params.message);
    return message.taskId === "" ? this.#acceptNew(message) : this.#inTurn(message.taskId, () => this.#acceptNext(message));
  }

  async #acceptNext(message: Message): Promise<Accepted> {
    const known = await this.#stored(message.taskId);
    const contextId = contextOf(message, known.task);
    // The same message again: it was taken before, whatever the task is doing now.
    if (known.task.history.some(({ messageId }) => messageId === message.messageId)) return this.#existing(known.task.id);
    const refusal = refusalOf(known.task);
    if (refusal !== null) throw refusal;
    return this.#claim(message, known.task.id, () => {
      const before = this.#openById.get(known.task.id)?.served;
      const work = nextTurn(known.work, before?.outcome ?? askedBefore(known.task), message);
      return this.#begin({
        served: before ?? new ServedTask(known, this.#world),
        work,
        message: { ...message, contextId },
        isSeen: true,
      });
    });
  }

  /** One at a time for each task, so that what was found of it still holds when it is acted on. */
  async #inTurn<Value>(taskId: string, act: () => Promise<Value>): Promise<Value> {
    const before = this.#busyById.get(taskId);
    const over = Promise.withResolvers<void>();
    this.#busyById.set(taskId, over.promise);
    try {
      await before;
      return await act();
    } finally {
      over.resolve();
      if (this.#busyById.get(taskId) === over.promise) this.#busyById.delete(taskId);
    }
  }

  async #acceptNew(message: Message): Promise<Accepted> {
    const work = messageToWork(message, this.#options.agent.capabilities, this.#options.now());
    const id = randomUUID();
    return this.#claim(message, id, () => {
      const contextId = message.contextId === "" ? randomUUID() : message.contextId;
      const task: Task = { id, contextId, status: undefined, artifacts: [], history: [], metadata: undefined };
      return this.#begin({
        served: new ServedTask({ task, work }, this.#world),
        work,
        message: { ...message, taskId: id, contextId },
        isSeen: false,
      });
    });
  }

  async #claim(message: Message, taskId: string, begin: () => Open): Promise<Accepted> {
    if (this.#workingCount >= this.#options.maxWorking) throw new OverloadError("Too many tasks are being worked on.");
    const claim = await this.#options.store.claim({ id: message.messageId, content: contentOf(message), taskId });
    switch (claim.kind) {
      case "known":
        return "message" in claim.made ? { kind: "answer", message: claim.made.message } : this.#existing(claim.made.taskId);
      case "conflict":
        throw new RequestMalformedError(`Message id "${message.messageId}" was used before, with another content.`);
      case "full":
        throw new OverloadError("All tasks that can be remembered are still open.");
      case "new":
        return { kind: "open", open: begin() };
    }
  }

  async #existing(taskId: string): Promise<Accepted> {
    const open = this.#openById.get(taskId);
    return open === undefined ? { kind: "stored", task: (await this.#stored(taskId)).task } : { kind: "open", open };
  }

  #begin(start: { readonly served: ServedTask; readonly work: Work; readonly message: Message; readonly isSeen: boolean }): Open {
    const { served, work, message, isSeen } = start;
    const open: Open = { served, messageId: message.messageId, isSeen, answer: null };
    this.#openById.set(served.task.id, open);
    this.#workingCount += 1;
    served.begin(work, message);
    this.#lookAfter(open).catch((error: unknown) => {
      this.#options.log("error", "agent_server_error", { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    });
    return open;
  }

  /** A task that has ended is left to the store; a place is free when its handler has come back. */
  async #lookAfter(open: Open): Promise<void> {
    const { served } = open;
    await served.settled;
    if (isTerminal(served.task.status?.state) && (open.isSeen || !this.#isDirect(open))) this.#openById.delete(served.task.id);
    await served.idle;
    this.#workingCount -= 1;
  }

  /** A handler that answered with words alone, before anyone knew of a task, made none. */
  async #directAnswer(open: Open): Promise<Message | null> {
    const { outcome, task } = open.served;
    if (open.isSeen || !this.#isDirect(open) || outcome?.kind !== "completed") return null;
    if (open.answer === null) {
      open.answer = makeMessage({
        id: randomUUID(),
        role: Role.ROLE_AGENT,
        parts: replyParts(outcome.reply),
        contextId: task.contextId,
        taskId: "",
      });
      this.#openById.delete(task.id);
      await this.#options.store.answered(open.messageId, task.id, open.answer);
    }
    return open.answer;
  }

  #isDirect(open: Open): boolean {
    return open.served.outcome !== null && this.#options.isDirect(open.served.outcome);
  }

  #seen(open: Open): ServedTask {
    this.#markSeen(open.served.task.id);
    return open.served;
  }

  #markSeen(taskId: string): void {
    const open = this.#openById.get(taskId);
    if (open === undefined) return;
    open.isSeen = true;
    if (isTerminal(open.served.task.status?.state)) this.#openById.delete(taskId);
  }

  async #stored(taskId: string): Promise<StoredTask> {
    const open = this.#openById.get(taskId)?.served;
    this.#markSeen(taskId);
    const stored = open === undefined ? await this.#options.store.get(taskId) : { task: open.task, work: open.work };
    if (stored === null) throw new TaskNotFoundError(`There is no task ${taskId}.`);
    return stored;
  }
}

/** The question as the task tells it, when its handler's own outcome is not at hand. */
function askedBefore(task: Task): Outcome {
  return { kind: "inputRequired", question: { prompt: textOf(task.status?.message?.parts ?? []) ?? "" } };
}

function single(payload: NonNullable<StreamResponse["payload"]>): EventQueue {
  const queue = new EventQueue(() => undefined);
  queue.push({ payload });
  queue.end();
  return queue;
}

function nextLoopTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
