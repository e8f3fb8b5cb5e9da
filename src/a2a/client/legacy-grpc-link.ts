/**
 * Speaking A2A 0.3 over gRPC: the messages of its service, told as their ProtoJSON and in the words of 1.0,
 * so that whoever calls an agent, and all checks of what it answers, know one version only.
 */
import {
  type CancelTaskRequest,
  type GetTaskRequest,
  SendMessageRequest,
  SendMessageResponse,
  StreamResponse,
  Task,
  TaskPushNotificationConfig,
} from "@a2a-js/sdk";
import { type A2AError, UnsupportedOperationError } from "@a2a-js/sdk/errors";

import { isJsonObject, type JsonObject } from "../../base/json.ts";
import { MAX_SAID_CHARACTERS } from "../../base/limits.ts";
import { EgressError, type Grpc } from "../../runtime/egress/egress.ts";
import {
  LEGACY_EVENT,
  LEGACY_NAME,
  LEGACY_NEW_PUSH_CONFIG,
  LEGACY_PUSH_CONFIG,
  LEGACY_SEND_ANSWER,
  LEGACY_SEND_REQUEST,
  LEGACY_TASK,
} from "../grpc/legacy-messages.ts";
import type { Codec } from "../grpc/proto-json.ts";
import { loadLegacyGrpcService } from "../grpc/service.ts";
import { fromLegacyEvent, fromLegacyPushConfig, fromLegacyTask } from "../legacy/from-legacy.ts";
import { toLegacyPushConfig, toLegacySendRequest } from "../legacy/to-legacy.ts";
import { grpcCalls, type Method } from "./grpc-link.ts";
import { errorFor, toSaid } from "./grpc-said.ts";
import { reasonOf } from "./legacy-fetch.ts";
import type { At, Link } from "./links.ts";

/** Throws T3013 when the packages for gRPC are not installed. */
export async function openLegacyGrpc({ url }: At, grpc: Grpc): Promise<Link> {
  const { methods, decode } = await loadLegacyGrpcService();
  const calls = grpcCalls({ url, grpc, decode, toSaid: (error, host) => errorInWords(error) ?? toSaid(error, host) });
  const toTask = (task: JsonObject): Task => Task.fromJSON(fromLegacyTask(task));
  const sendMessage = told(methods.sendMessage, {
    request: LEGACY_SEND_REQUEST,
    toRequest: (params: SendMessageRequest) => toLegacySendRequest(SendMessageRequest.toJSON(params) as JsonObject, "proto"),
    answer: LEGACY_SEND_ANSWER,
    toAnswer: (answer) => SendMessageResponse.fromJSON(fromLegacyEvent(answer)),
  });
  const getTask = told(methods.getTask, {
    request: LEGACY_NAME,
    toRequest: ({ id, historyLength }: GetTaskRequest) => ({ name: nameOf(id), historyLength: lengthToAsk(historyLength) }),
    answer: LEGACY_TASK,
    toAnswer: toTask,
  });
  const cancelTask = told(methods.cancelTask, {
    request: LEGACY_NAME,
    toRequest: ({ id }: CancelTaskRequest) => ({ name: nameOf(id) }),
    answer: LEGACY_TASK,
    toAnswer: toTask,
  });
  const createConfig = told(methods.createTaskPushNotificationConfig, {
    request: LEGACY_NEW_PUSH_CONFIG,
    toRequest: toNewConfig,
    answer: LEGACY_PUSH_CONFIG,
    toAnswer: (answer) => TaskPushNotificationConfig.fromJSON(fromLegacyPushConfig(answer)),
  });
  const subscription = told(methods.taskSubscription, {
    request: LEGACY_NAME,
    toRequest: (id: string) => ({ name: nameOf(id) }),
    answer: LEGACY_EVENT,
    toAnswer: (event) => StreamResponse.fromJSON(fromLegacyEvent(event)),
  });
  return {
    transport: {
      sendMessage: async (params, options) => calls.resultOf(await calls.ask(sendMessage, params, options)),
      getTask: (params, options) => calls.ask(getTask, params, options),
      listTasks: () => Promise.reject(new UnsupportedOperationError("A2A 0.3 has no ListTasks.")),
      cancelTask: (params, options) => calls.ask(cancelTask, params, options),
      createTaskPushNotificationConfig: (params, options) => calls.ask(createConfig, params, options),
    },
    subscribe: ({ id, after }, options) => calls.follow(subscription, { request: id, after }, options),
  };
}

type Generated = {
  readonly path: string;
  readonly requestSerialize: (request: never) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => unknown;
};

type Telling<Request, Answer> = {
  readonly request: Codec;
  readonly toRequest: (request: Request) => JsonObject;
  readonly answer: Codec;
  readonly toAnswer: (answer: JsonObject) => Answer;
};

/** A method of 0.3 that takes and gives messages of 1.0. */
function told<Request, Answer>(
  method: Generated,
  { request, toRequest, answer, toAnswer }: Telling<Request, Answer>,
): Method<Request, Answer> {
  return {
    path: method.path,
    requestSerialize: (params) => method.requestSerialize(request.fromJson(toRequest(params)) as never),
    responseDeserialize(bytes) {
      const json = answer.toJson(method.responseDeserialize(bytes));
      return toAnswer(isJsonObject(json) ? json : {});
    },
  };
}

function nameOf(taskId: string): string {
  return `tasks/${taskId}`;
}

/** 0 asks for all of the history: who wants nothing of it gets one message. */
function lengthToAsk(historyLength: number | undefined): number {
  return historyLength === undefined ? 0 : Math.max(1, historyLength);
}

function toNewConfig(params: TaskPushNotificationConfig): JsonObject {
  const config = toLegacyPushConfig(TaskPushNotificationConfig.toJSON(params) as JsonObject, "proto");
  return { parent: nameOf(params.taskId), configId: params.id, config };
}

/**
 * Some servers of 0.3 say no reason beside a status, and have one, "not implemented", for much that they
 * refuse; what they mean begins their words: `TaskNotCancelableError: …`.
 */
function errorInWords(error: unknown): A2AError | null {
  if (!(error instanceof EgressError) || error.kind !== "protocol") return null;
  const { cause } = error;
  const said = cause instanceof Error && "details" in cause && typeof cause.details === "string" ? cause.details : "";
  const [, name] = /^(\w+Error): /.exec(said) ?? [];
  return name === undefined ? null : errorFor(reasonOf(name), said.slice(0, MAX_SAID_CHARACTERS), cause);
}
