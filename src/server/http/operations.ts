/** The operations of A2A 1.0 as JSON in and JSON out (ProtoJSON), for the bindings that speak JSON. */
import {
  CancelTaskRequest,
  DeleteTaskPushNotificationConfigRequest,
  GetTaskPushNotificationConfigRequest,
  GetTaskRequest,
  ListTaskPushNotificationConfigsRequest,
  ListTaskPushNotificationConfigsResponse,
  ListTasksRequest,
  ListTasksResponse,
  Message,
  SubscribeToTaskRequest,
  Task,
  TaskPushNotificationConfig,
} from "@a2a-js/sdk";

import { toWire } from "../../a2a/card/normal-card.ts";
import type { CallContext, TaskEvents, TaskHandler } from "../../a2a/server/handler.ts";
import { sendRequestFromJson } from "../../a2a/wire/message-json.ts";
import { type MessageShape, REQUEST_SHAPES } from "../../a2a/wire/request-shape.ts";
import type { JsonObject } from "../../base/json.ts";

/** An operation that is answered once. `params` fit the shape. */
type Unary = {
  readonly shape: MessageShape;
  readonly perform: (handler: TaskHandler, params: JsonObject, context: CallContext) => Promise<unknown>;
};

/** An operation that is answered by a stream. `after`: the last event that the reader has. */
type Stream = {
  readonly shape: MessageShape;
  readonly open: (handler: TaskHandler, params: JsonObject, context: CallContext, after: string | null) => Promise<TaskEvents>;
};

export type UnaryName = keyof typeof UNARY;
export type StreamName = keyof typeof STREAMS;

const SHAPES = REQUEST_SHAPES;

export const UNARY = {
  SendMessage: {
    shape: SHAPES.SendMessage,
    perform: async (handler, params, context) => {
      const answer = await handler.sendMessage(sendRequestFromJson(params), context);
      return "messageId" in answer ? { message: Message.toJSON(answer) } : { task: Task.toJSON(answer) };
    },
  },
  GetTask: {
    shape: SHAPES.GetTask,
    perform: async (handler, params, context) => Task.toJSON(await handler.getTask(GetTaskRequest.fromJSON(params), context)),
  },
  ListTasks: {
    shape: SHAPES.ListTasks,
    perform: async (handler, params, context) => {
      const answer = ListTasksResponse.toJSON(await handler.listTasks(ListTasksRequest.fromJSON(params), context));
      // The encoder leaves out what is empty; the protocol says that these are always there.
      return { tasks: [], nextPageToken: "", pageSize: 0, totalSize: 0, ...(answer as JsonObject) };
    },
  },
  CancelTask: {
    shape: SHAPES.CancelTask,
    perform: async (handler, params, context) => Task.toJSON(await handler.cancelTask(CancelTaskRequest.fromJSON(params), context)),
  },
  GetExtendedAgentCard: {
    shape: SHAPES.GetExtendedAgentCard,
    perform: async (handler, _params, context) => toWire(await handler.extendedCard(context)),
  },
  CreateTaskPushNotificationConfig: {
    shape: SHAPES.PushConfig,
    perform: async (handler, params, context) =>
      TaskPushNotificationConfig.toJSON(await handler.createPushConfig(TaskPushNotificationConfig.fromJSON(params), context)),
  },
  GetTaskPushNotificationConfig: {
    shape: SHAPES.NamePushConfig,
    perform: async (handler, params, context) =>
      TaskPushNotificationConfig.toJSON(await handler.getPushConfig(GetTaskPushNotificationConfigRequest.fromJSON(params), context)),
  },
  ListTaskPushNotificationConfigs: {
    shape: SHAPES.ListPushConfigs,
    perform: async (handler, params, context) => {
      const answer = await handler.listPushConfigs(ListTaskPushNotificationConfigsRequest.fromJSON(params), context);
      return { configs: [], nextPageToken: "", ...(ListTaskPushNotificationConfigsResponse.toJSON(answer) as JsonObject) };
    },
  },
  DeleteTaskPushNotificationConfig: {
    shape: SHAPES.NamePushConfig,
    perform: async (handler, params, context) => {
      await handler.deletePushConfig(DeleteTaskPushNotificationConfigRequest.fromJSON(params), context);
      // google.protobuf.Empty
      return {};
    },
  },
} as const satisfies { readonly [name: string]: Unary };

export const STREAMS = {
  SendStreamingMessage: {
    shape: SHAPES.SendMessage,
    open: (handler, params, context, after) => handler.sendStreamingMessage(sendRequestFromJson(params), context, after),
  },
  SubscribeToTask: {
    shape: SHAPES.SubscribeToTask,
    open: (handler, params, context, after) => handler.subscribeToTask(SubscribeToTaskRequest.fromJSON(params), context, after),
  },
} as const satisfies { readonly [name: string]: Stream };

export function isUnary(name: string): name is UnaryName {
  return Object.hasOwn(UNARY, name);
}

export function isStream(name: string): name is StreamName {
  return Object.hasOwn(STREAMS, name);
}
