/** A task handler that does what its script says, and keeps what it was asked. The wire around it is real. */
import { type AgentCard, type SendMessageRequest, type Task, TaskState } from "@a2a-js/sdk";

import type { CallContext, TaskEvents, TaskHandler } from "../../../../src/a2a/server/handler.ts";
import type { TaskEvent } from "../../../../src/a2a/task/task-event.ts";
import { message, textOf, textPart } from "../../../../src/a2a/wire/wire.ts";

/** What the handler was asked. */
export type Asked = { readonly operation: string; readonly params: unknown; readonly context: CallContext; readonly after?: string | null };

export type Script = {
  /** What stands for the work: it may throw, and its text is the answer. */
  readonly work?: (text: string) => string | Promise<string>;
  readonly events?: () => TaskEvents;
  readonly card?: Partial<AgentCard>;
};

export type ScriptedHandler = TaskHandler & { readonly asked: Asked[] };

export function scriptedHandler({ work = (text) => text, events, card = {} }: Script = {}): ScriptedHandler {
  const asked: Asked[] = [];
  const ask =
    <Answer>(operation: string, answer: (text: string) => Answer) =>
    async (params: object, context: CallContext, after?: string | null): Promise<Answer> => {
      asked.push({ operation, params, context, ...(after === undefined ? {} : { after }) });
      return answer(await work(textIn(params)));
    };
  const written = agentCard(card);
  return {
    asked,
    card: () => Promise.resolve(written),
    extendedCard: (context) => ask("extendedCard", () => agentCard({ name: "extended" }))({}, context),
    sendMessage: ask("sendMessage", (text) => taskOf(text)),
    sendStreamingMessage: ask("sendStreamingMessage", () => events?.() ?? eventsOf([])),
    subscribeToTask: ask("subscribeToTask", () => events?.() ?? eventsOf([])),
    getTask: ask("getTask", taskOf),
    listTasks: ask("listTasks", (text) => ({ tasks: [taskOf(text)], nextPageToken: "", pageSize: 50, totalSize: 1 })),
    cancelTask: ask("cancelTask", taskOf),
    createPushConfig: ask("createPushConfig", () => CONFIG),
    getPushConfig: ask("getPushConfig", () => CONFIG),
    listPushConfigs: ask("listPushConfigs", () => ({ configs: [CONFIG], nextPageToken: "" })),
    deletePushConfig: ask("deletePushConfig", () => undefined),
  };
}

/** What a request asks for: its message's text, or the id of its task. */
function textIn(params: object): string {
  const { message: sent } = params as Partial<SendMessageRequest>;
  const { id, taskId, contextId } = params as { readonly id?: string; readonly taskId?: string; readonly contextId?: string };
  return (sent === undefined ? undefined : textOf(sent.parts)) ?? taskId ?? id ?? contextId ?? "";
}

const CONFIG = { tenant: "", id: "c1", taskId: "t1", url: "https://here.example/hook", token: "", authentication: undefined };

export function agentCard(more: Partial<AgentCard> = {}): AgentCard {
  return {
    name: "scripted",
    description: "Does what the test says.",
    supportedInterfaces: [],
    provider: undefined,
    version: "1.0.0",
    capabilities: { streaming: true, pushNotifications: true, extendedAgentCard: true, extensions: [] },
    securitySchemes: {},
    securityRequirements: [],
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [],
    signatures: [],
    ...more,
  };
}

export function taskOf(text: string): Task {
  const status = { state: TaskState.TASK_STATE_COMPLETED, message: undefined, timestamp: "2026-01-01T00:00:00.000Z" };
  const artifact = { artifactId: "a", name: "", description: "", parts: [textPart(text)], metadata: undefined, extensions: [] };
  return { id: "t1", contextId: "c1", status, artifacts: [artifact], history: [], metadata: undefined };
}

export const taskEvent = (id: string | null, text: string): TaskEvent => ({
  id,
  event: { payload: { $case: "task", value: taskOf(text) } },
});

export const wordEvent = (id: string | null, text: string): TaskEvent => ({
  id,
  event: { payload: { $case: "message", value: message({ id: "m", role: 2, parts: [textPart(text)], contextId: "", taskId: "" }) } },
});

/** Events that come at once, and then end. */
export function eventsOf(list: readonly TaskEvent[]): TaskEvents {
  return (async function* () {
    yield* list;
  })();
}

/** Events that a test gives one by one, and that are released even while somebody waits for the next. */
export class Feed {
  readonly #waiting: ((event: IteratorResult<TaskEvent, void>) => void)[] = [];
  readonly #ready: TaskEvent[] = [];
  readonly released = Promise.withResolvers<void>();
  /** How many events have been taken. */
  takenCount = 0;
  #isOver = false;

  push(event: TaskEvent): void {
    const waiting = this.#waiting.shift();
    if (waiting === undefined) this.#ready.push(event);
    else waiting({ done: false, value: event });
  }

  end(): void {
    this.#isOver = true;
    for (const waiting of this.#waiting.splice(0)) waiting({ done: true, value: undefined });
  }

  get events(): TaskEvents {
    return handMade(
      () => this.#take(),
      () => {
        this.end();
        this.released.resolve();
      },
    );
  }

  #take(): Promise<IteratorResult<TaskEvent, void>> {
    this.takenCount += 1;
    const ready = this.#ready.shift();
    if (ready !== undefined) return Promise.resolve({ done: false, value: ready });
    if (this.#isOver) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** As many large events as somebody takes. */
export class Flood {
  readonly #text = "x".repeat(64 * 1024);
  readonly released = Promise.withResolvers<void>();
  takenCount = 0;

  get events(): TaskEvents {
    return handMade(
      () => {
        this.takenCount += 1;
        return Promise.resolve({ done: false, value: wordEvent(`${this.takenCount}.0`, this.#text) });
      },
      () => this.released.resolve(),
    );
  }
}

function handMade(next: () => Promise<IteratorResult<TaskEvent, void>>, release: () => void): TaskEvents {
  const events: TaskEvents = {
    next,
    return: () => {
      release();
      return Promise.resolve({ done: true, value: undefined });
    },
    throw: () => {
      throw new Error("Nobody throws into a stream.");
    },
    [Symbol.asyncIterator]: () => events,
    [Symbol.asyncDispose]: async () => release(),
  };
  return events;
}
