import {
  AgentCard,
  CancelTaskRequest,
  GetTaskRequest,
  ListTasksRequest,
  ListTasksResponse,
  Message,
  SendMessageRequest,
  StreamResponse,
  SubscribeToTaskRequest,
  Task,
} from "@a2a-js/sdk";
import { A2AError, RequestMalformedError } from "@a2a-js/sdk/errors";

import type { EventQueue } from "../a2a/server/event-queue.ts";
import { type AgentRequestHandler, OverloadError } from "../a2a/server/request-handler.ts";
import type { JsonObject } from "../base/json.ts";
import type { Log } from "../ports/log.ts";

/** An operation that is answered once: parameters and answer as the wire has them. */
export type UnaryOperation = keyof typeof UNARY;
/** An operation that is answered by a stream of events. */
export type StreamOperation = keyof typeof STREAMS;

/**
 * The operations of A2A 1.0, from JSON to JSON, for every binding. The SDK's own dispatcher is not
 * used: it sends the words of exceptions to callers (a2a.md, 3.3).
 */
const UNARY = {
  SendMessage: async (handler: AgentRequestHandler, params: JsonObject) => {
    const answer = await handler.sendMessage(decoded(SendMessageRequest, params));
    return "messageId" in answer ? { message: Message.toJSON(answer) } : { task: Task.toJSON(answer) };
  },
  GetTask: async (handler: AgentRequestHandler, params: JsonObject) => Task.toJSON(await handler.getTask(decoded(GetTaskRequest, params))),
  ListTasks: async (handler: AgentRequestHandler, params: JsonObject) => {
    const answer = ListTasksResponse.toJSON(await handler.listTasks(decoded(ListTasksRequest, params)));
    // The decoder leaves out what is empty; the protocol says that these are always there.
    return { tasks: [], nextPageToken: "", pageSize: 0, totalSize: 0, ...(answer as JsonObject) };
  },
  CancelTask: async (handler: AgentRequestHandler, params: JsonObject) =>
    Task.toJSON(await handler.cancelTask(decoded(CancelTaskRequest, params))),
  GetExtendedAgentCard: async (handler: AgentRequestHandler) => AgentCard.toJSON(await handler.getAuthenticatedExtendedAgentCard()),
  CreateTaskPushNotificationConfig: (handler: AgentRequestHandler) => handler.createTaskPushNotificationConfig(),
  GetTaskPushNotificationConfig: (handler: AgentRequestHandler) => handler.getTaskPushNotificationConfig(),
  ListTaskPushNotificationConfigs: (handler: AgentRequestHandler) => handler.listTaskPushNotificationConfigs(),
  DeleteTaskPushNotificationConfig: (handler: AgentRequestHandler) => handler.deleteTaskPushNotificationConfig(),
} as const satisfies { readonly [name: string]: (handler: AgentRequestHandler, params: JsonObject) => Promise<unknown> };

const STREAMS = {
  SendStreamingMessage: (handler: AgentRequestHandler, params: JsonObject) => handler.openSendStream(decoded(SendMessageRequest, params)),
  SubscribeToTask: (handler: AgentRequestHandler, params: JsonObject) => handler.openSubscription(decoded(SubscribeToTaskRequest, params)),
} as const satisfies { readonly [name: string]: (handler: AgentRequestHandler, params: JsonObject) => Promise<EventQueue> };

export function isUnary(name: string): name is UnaryOperation {
  return Object.hasOwn(UNARY, name);
}

export function isStream(name: string): name is StreamOperation {
  return Object.hasOwn(STREAMS, name);
}

/** What every binding needs besides the request. */
export type Binding = { readonly handler: AgentRequestHandler; readonly heartbeatMs: number; readonly log: Log };

/** Performs an operation. Throws `A2AError` and `OverloadError` only. */
export async function perform({ handler, log }: Binding, name: UnaryOperation, params: JsonObject): Promise<unknown> {
  try {
    return await UNARY[name](handler, params);
  } catch (error) {
    throw toKnownError(error, log);
  }
}

/** Opens a stream. Throws `A2AError` and `OverloadError` only, and only before the stream begins. */
export async function open({ handler, log }: Binding, name: StreamOperation, params: JsonObject): Promise<EventQueue> {
  try {
    return await STREAMS[name](handler, params);
  } catch (error) {
    throw toKnownError(error, log);
  }
}

export function eventToJson(event: StreamResponse): unknown {
  return StreamResponse.toJSON(event);
}

/** The decoders throw bare errors at values of a wrong type. */
function decoded<Value>(codec: { fromJSON(object: unknown): Value }, params: JsonObject): Value {
  try {
    return codec.fromJSON(params);
  } catch {
    throw new RequestMalformedError("The parameters are not of the form that A2A 1.0 describes.");
  }
}

function toKnownError(error: unknown, log: Log): A2AError | OverloadError {
  if (error instanceof A2AError || error instanceof OverloadError) return error;
  log("error", "agent_server_error", { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  return new A2AError("The agent's server has an error of its own.");
}
