import type { Message, Task } from "@a2a-js/sdk";

import type { Tenant } from "../../base/ids.ts";
import type { TaskEvents, TaskHandler } from "../server/handler.ts";
import type { TaskEvent } from "../task/task-event.ts";
import type { TaskFiles } from "./task-files.ts";

/** The same handler, whose tasks and events bring their files along. */
export function withFiles(handler: TaskHandler, files: TaskFiles): TaskHandler {
  const answered = (tenant: Tenant, answer: Message | Task): Promise<Message | Task> =>
    "messageId" in answer ? files.message(tenant, answer) : files.task(tenant, answer);
  return {
    card: () => handler.card(),
    extendedCard: (context) => handler.extendedCard(context),
    sendMessage: async (params, context) => answered(context.caller.tenant, await handler.sendMessage(params, context)),
    async sendStreamingMessage(params, context, after) {
      return new FilledEvents(await handler.sendStreamingMessage(params, context, after), context.caller.tenant, files);
    },
    async subscribeToTask(params, context, after) {
      return new FilledEvents(await handler.subscribeToTask(params, context, after), context.caller.tenant, files);
    },
    getTask: async (params, context) => files.task(context.caller.tenant, await handler.getTask(params, context)),
    async listTasks(params, context) {
      const answer = await handler.listTasks(params, context);
      return { ...answer, tasks: await files.tasks(context.caller.tenant, answer.tasks) };
    },
    cancelTask: async (params, context) => files.task(context.caller.tenant, await handler.cancelTask(params, context)),
    createPushConfig: (params, context) => handler.createPushConfig(params, context),
    getPushConfig: (params, context) => handler.getPushConfig(params, context),
    listPushConfigs: (params, context) => handler.listPushConfigs(params, context),
    deletePushConfig: (params, context) => handler.deletePushConfig(params, context),
  };
}

/** By hand, since a generator cannot be closed while its reader waits. */
class FilledEvents implements TaskEvents {
  readonly #events: TaskEvents;
  readonly #tenant: Tenant;
  readonly #files: TaskFiles;

  constructor(events: TaskEvents, tenant: Tenant, files: TaskFiles) {
    this.#events = events;
    this.#tenant = tenant;
    this.#files = files;
  }

  async next(): Promise<IteratorResult<TaskEvent, void>> {
    const next = await this.#events.next();
    if (next.done === true) return next;
    const { id, event } = next.value;
    return { done: false, value: { id, event: await this.#files.event(this.#tenant, event) } };
  }

  return(): Promise<IteratorResult<TaskEvent, void>> {
    return this.#events.return();
  }

  throw(error: unknown): Promise<IteratorResult<TaskEvent, void>> {
    return this.#events.throw(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
