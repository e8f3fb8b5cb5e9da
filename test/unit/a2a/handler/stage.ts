/** A handler on a real orchestrator, in memory or in a database file that may be opened again. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import {
  type ListTasksRequest,
  type Message,
  type Part,
  Role,
  type SendMessageRequest,
  type StreamResponse,
  type Task,
  TaskState,
} from "@a2a-js/sdk";

import { AgentDesk } from "../../../../src/a2a/server/agent-desk.ts";
import type { CallContext, TaskEvents } from "../../../../src/a2a/server/handler.ts";
import { RunTaskHandler, type RunTaskHandlerOptions } from "../../../../src/a2a/server/run-task-handler.ts";
import { servedAgent } from "../../../../src/a2a/server/served-agent.ts";
import { servedWorkflow } from "../../../../src/a2a/server/served-workflow.ts";
import type { TaskEvent } from "../../../../src/a2a/task/task-event.ts";
import { dataPart, message as makeMessage, textPart } from "../../../../src/a2a/wire/wire.ts";
import { isDirect } from "../../../../src/agents/answers.ts";
import { workflowFromObject } from "../../../../src/authoring/file/workflow-from-object.ts";
import { DEFAULT_TENANT, type Tenant } from "../../../../src/base/ids.ts";
import type { Json, JsonObject } from "../../../../src/base/json.ts";
import { openOrchestrator } from "../../../../src/compose/open-orchestrator.ts";
import type { LocalAgent } from "../../../../src/ports/agents.ts";
import type { Orchestrator } from "../../../../src/runtime/orchestrator.ts";

export type Stage = AsyncDisposable & { readonly handler: RunTaskHandler; readonly orchestrator: Orchestrator; readonly desk: AgentDesk };

export type StageOptions = {
  /** Served as agents. */
  readonly agents?: readonly LocalAgent[];
  /** Known to the workflows. */
  readonly helpers?: readonly LocalAgent[];
  readonly workflows?: readonly JsonObject[];
  readonly db?: string;
  /** Media types that all of it takes; absent: what each takes by itself. */
  readonly inputModes?: readonly string[];
  readonly handler?: Partial<RunTaskHandlerOptions>;
};

export async function openStage(options: StageOptions): Promise<Stage> {
  const { agents = [], helpers = [], workflows = [], db = ":memory:", inputModes, handler = {} } = options;
  const desk = new AgentDesk();
  const served = agents.map((agent) => servedAgent({ agent, desk, log: () => undefined, isDirect }));
  const orchestrator = await openOrchestrator({ db, agents: [...helpers, ...served.map(({ worker }) => worker)] });
  const all = [...served.map(({ thing }) => thing), ...workflows.map((workflow) => servedWorkflow(workflowFromObject(workflow)))];
  const things = inputModes === undefined ? all : all.map((thing) => ({ ...thing, inputModes }));
  const made = new RunTaskHandler({ orchestrator, desk, things, name: "stage", card: noCard, ...handler });
  return { handler: made, orchestrator, desk, [Symbol.asyncDispose]: () => orchestrator.close() };
}

export const definitionOf = workflowFromObject;

function noCard(): never {
  throw new Error("Nobody asks for the card.");
}

/** A folder for a database; removed when it is disposed of. */
export function folder(): Disposable & { readonly db: string } {
  const path = mkdtempSync(join(tmpdir(), "tutti-handler-"));
  return { db: join(path, "tutti.db"), [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

export function by(name: string, tenant: string = DEFAULT_TENANT): CallContext {
  // Made here as the server's authentication makes it.
  return { caller: { name, tenant: tenant as Tenant }, traceparent: null };
}

export const ADA = by("ada");

export type Said = {
  readonly id?: string;
  readonly text?: string;
  readonly data?: Json;
  readonly parts?: readonly Part[];
  readonly taskId?: string;
  readonly contextId?: string;
  readonly metadata?: JsonObject;
  readonly references?: readonly string[];
  readonly now?: boolean;
  readonly historyLength?: number;
};

export function request(said: Said = {}): SendMessageRequest {
  const parts = [
    ...(said.text === undefined ? [] : [textPart(said.text)]),
    ...(said.data === undefined ? [] : [dataPart(said.data)]),
    ...(said.parts ?? []),
  ];
  return {
    tenant: "",
    message: makeMessage({
      id: said.id ?? randomUUID(),
      role: Role.ROLE_USER,
      parts,
      contextId: said.contextId ?? "",
      taskId: said.taskId ?? "",
      ...(said.metadata === undefined ? {} : { metadata: said.metadata }),
      ...(said.references === undefined ? {} : { referenceTaskIds: said.references }),
    }),
    configuration: {
      acceptedOutputModes: [],
      taskPushNotificationConfig: undefined,
      historyLength: said.historyLength,
      returnImmediately: said.now === true,
    },
    metadata: undefined,
  };
}

/** The task that a message gave; a direct answer is an error here. */
export async function send({ handler }: Pick<Stage, "handler">, said: Said, context: CallContext = ADA): Promise<Task> {
  return taskOf(await handler.sendMessage(request(said), context));
}

export function taskOf(answer: Message | Task): Task {
  if ("messageId" in answer) throw new Error("It was answered without a task.");
  return answer;
}

export const get = ({ handler }: Pick<Stage, "handler">, id: string, context: CallContext = ADA): Promise<Task> =>
  handler.getTask({ tenant: "", id, historyLength: undefined }, context);

export const cancel = ({ handler }: Pick<Stage, "handler">, id: string, context: CallContext = ADA): Promise<Task> =>
  handler.cancelTask({ tenant: "", id, metadata: { reason: "Enough." } }, context);

export function stateOf(task: Task): string {
  return (TaskState[task.status?.state ?? 0] ?? "").replace("TASK_STATE_", "");
}

export function listing(more: Partial<ListTasksRequest> = {}): ListTasksRequest {
  return {
    tenant: "",
    contextId: "",
    status: TaskState.TASK_STATE_UNSPECIFIED,
    pageToken: "",
    statusTimestampAfter: undefined,
    ...more,
  };
}

/** All events until the stream ends. */
export async function drain(events: TaskEvents): Promise<TaskEvent[]> {
  const all: TaskEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

/** An event in a word: which, and the state that it tells. */
export function wordOf({ event }: TaskEvent): string {
  const { payload } = event;
  if (payload === undefined) return "";
  const state = payload.$case === "task" || payload.$case === "statusUpdate" ? payload.value.status?.state : undefined;
  return state === undefined ? payload.$case : `${payload.$case} ${(TaskState[state] ?? "").replace("TASK_STATE_", "")}`;
}

export function payloadOf({ event }: TaskEvent): NonNullable<StreamResponse["payload"]> {
  if (event.payload === undefined) throw new Error("An event says something.");
  return event.payload;
}

/** The id of the only question that a task asks. */
export function questionOf(task: Task): string {
  return String(task.status?.message?.metadata?.["question_id"]);
}
