/** gRPC as a column of the table of bindings: its messages are told as ProtoJSON. */
import {
  AgentCard,
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetExtendedAgentCardRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  ListTasksRequest,
  ListTasksResponse,
  SendMessageRequest,
  SendMessageResponse,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
} from "@a2a-js/sdk";
import { A2AService } from "@a2a-js/sdk/server/grpc";
import { status } from "@grpc/grpc-js";

import { eventIdOf } from "../../../../src/a2a/grpc/event-id.ts";
import type { Column, Outcome } from "../columns.ts";
import { type Answer, Caller, type MethodName, VERSION } from "./harness.ts";

type Codec = { fromJSON(json: unknown): object };
type Written = { toJSON(message: never): unknown };
const EMPTY: Written = { toJSON: () => ({}) };

const OPERATIONS: { readonly [operation: string]: readonly [MethodName, Codec, Written] } = {
  SendMessage: ["sendMessage", SendMessageRequest, SendMessageResponse],
  GetTask: ["getTask", GetTaskRequest, Task],
  ListTasks: ["listTasks", ListTasksRequest, ListTasksResponse],
  CancelTask: ["cancelTask", CancelTaskRequest, Task],
  CreateTaskPushNotificationConfig: ["createTaskPushNotificationConfig", TaskPushNotificationConfig, TaskPushNotificationConfig],
  GetTaskPushNotificationConfig: ["getTaskPushNotificationConfig", GetTaskPushNotificationConfigRequest, TaskPushNotificationConfig],
  ListTaskPushNotificationConfigs: [
    "listTaskPushNotificationConfigs",
    ListTaskPushNotificationConfigsRequest,
    ListTaskPushNotificationConfigsResponse,
  ],
  DeleteTaskPushNotificationConfig: ["deleteTaskPushNotificationConfig", DeleteTaskPushNotificationConfigRequest, EMPTY],
  GetExtendedAgentCard: ["getExtendedAgentCard", GetExtendedAgentCardRequest, AgentCard],
};
const STREAMS: { readonly [operation: string]: readonly [MethodName, Codec] } = {
  SendStreamingMessage: ["sendStreamingMessage", SendMessageRequest],
  SubscribeToTask: ["subscribeToTask", SubscribeToTaskRequest],
};
/** ProtoJSON leaves out what is empty. */
const ALWAYS: { readonly [operation: string]: object } = { ListTasks: { tasks: [], nextPageToken: "", pageSize: 0, totalSize: 0 } };

export const overGrpc: Column["call"] = async (url, { operation, params, service = {} }, onEvent = () => undefined) => {
  const caller = new Caller(await targetAt(url));
  try {
    const stream = STREAMS[operation];
    if (stream !== undefined) return await follow(caller, stream, params, { ...VERSION, ...service }, onEvent);
    const [name, request, written] = OPERATIONS[operation] ?? unknown(operation);
    const answer = await caller.ask(name, request.fromJSON(params), { ...VERSION, ...service });
    if (answer.code !== 0) return failed(answer);
    return { kind: "result", result: { ...ALWAYS[operation], ...(written.toJSON(answer.message as never) as object) } };
  } finally {
    caller.close();
  }
};

async function follow(
  caller: Caller,
  [name, request]: readonly [MethodName, Codec],
  params: object,
  words: { readonly [name: string]: string },
  onEvent: () => void,
): Promise<Outcome> {
  const stream = caller.open(name, request.fromJSON(params), words);
  const events = [];
  for (let bytes = await stream.bytes(); bytes !== null; bytes = await stream.bytes()) {
    const event = StreamResponse.toJSON(A2AService.subscribeToTask.responseDeserialize(bytes));
    events.push({ id: eventIdOf(bytes) ?? undefined, event });
    onEvent();
  }
  const answer = await stream.status;
  return answer.code === 0 ? { kind: "events", events } : failed(answer);
}

function failed({ code, info }: Answer): Outcome {
  return { kind: "error", code: status[code] ?? code, reason: info.info?.reason ?? "", fields: info.violations.map(({ field }) => field) };
}

/** Where the card says that gRPC is. */
async function targetAt(url: string): Promise<string> {
  const answer = await fetch(`${url}/.well-known/agent-card.json`);
  const { supportedInterfaces } = AgentCard.fromJSON(await answer.json());
  return supportedInterfaces.find(({ protocolBinding }) => protocolBinding === "GRPC")?.url ?? "";
}

function unknown(operation: string): never {
  throw new Error(`There is no operation ${operation}.`);
}
