/**
 * The eleven operations as methods of the gRPC service (A2A 10): messages to operations and back. What an
 * operation does is the task handler's, so that all bindings behave the same (A2A 5.1).
 */
import { HTTP_EXTENSION_HEADER, type Message, type SendMessageResponse, type Task, TaskState } from "@a2a-js/sdk";

import type { GrpcService } from "../../a2a/grpc/service.ts";
import { InvalidFieldsError } from "../../a2a/wire/invalid-fields.ts";
import { admitted } from "../admission.ts";
import type { ServiceParameters } from "../http/service-parameters.ts";
import { asService, type MethodParts, type ServedMethods, streamWith, unaryWith } from "./serve-method.ts";

export function grpcMethods(parts: MethodParts, { methods, decode }: GrpcService): ServedMethods {
  const { handler } = parts;
  const dialect = {
    ...parts,
    decode,
    extensionKey: HTTP_EXTENSION_HEADER,
    admit: (parameters: ServiceParameters) => admitted(parameters, () => handler.card()),
  };
  const answered = unaryWith(dialect);
  const streamed = streamWith(dialect);
  return asService([
    answered(methods.sendMessage, async (params, context) => toResponse(await handler.sendMessage(params, context))),
    streamed(methods.sendStreamingMessage, (params, context, after) => handler.sendStreamingMessage(params, context, after)),
    streamed(methods.subscribeToTask, (params, context, after) => handler.subscribeToTask(params, context, after)),
    answered(methods.getTask, (params, context) => handler.getTask(params, context)),
    answered(methods.listTasks, (params, context) => {
      if (params.status === TaskState.UNRECOGNIZED || TaskState[params.status] === undefined) throw new InvalidFieldsError([UNKNOWN_STATE]);
      return handler.listTasks(params, context);
    }),
    answered(methods.cancelTask, (params, context) => handler.cancelTask(params, context)),
    answered(methods.getExtendedAgentCard, (_params, context) => handler.extendedCard(context)),
    answered(methods.createTaskPushNotificationConfig, (params, context) => handler.createPushConfig(params, context)),
    answered(methods.getTaskPushNotificationConfig, (params, context) => handler.getPushConfig(params, context)),
    answered(methods.listTaskPushNotificationConfigs, (params, context) => handler.listPushConfigs(params, context)),
    answered(methods.deleteTaskPushNotificationConfig, async (params, context) => {
      await handler.deletePushConfig(params, context);
      return {};
    }),
  ]);
}

const UNKNOWN_STATE = { field: "status", description: "must be a state of a task" };

function toResponse(answer: Message | Task): SendMessageResponse {
  return { payload: "messageId" in answer ? { $case: "message", value: answer } : { $case: "task", value: answer } };
}
