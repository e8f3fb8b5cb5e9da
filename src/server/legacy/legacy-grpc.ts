/**
 * The gRPC binding of A2A 0.3 (0.3, section 3.2.2): its service beside that of 1.0, on the same port and
 * under the same rules. Its messages are told as their ProtoJSON, which is what HTTP+JSON of 0.3 has, and so
 * go the same way as those.
 */
import { StreamResponse } from "@a2a-js/sdk";
import { VersionNotSupportedError } from "@a2a-js/sdk/errors";

import {
  LEGACY_CARD,
  LEGACY_EVENT,
  LEGACY_NAME,
  LEGACY_NEW_PUSH_CONFIG,
  LEGACY_NOTHING,
  LEGACY_PUSH_CONFIG,
  LEGACY_PUSH_CONFIGS,
  LEGACY_SEND_ANSWER,
  LEGACY_SEND_REQUEST,
  LEGACY_TASK,
} from "../../a2a/grpc/legacy-messages.ts";
import type { Codec } from "../../a2a/grpc/proto-json.ts";
import type { LegacyGrpcService } from "../../a2a/grpc/service.ts";
import { compact, LEGACY_EXTENSION_HEADER, LEGACY_VERSION, textOf } from "../../a2a/legacy/legacy.ts";
import { toLegacyEvent } from "../../a2a/legacy/to-legacy.ts";
import { InvalidFieldsError } from "../../a2a/wire/invalid-fields.ts";
import { violationsOf } from "../../a2a/wire/request-shape.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import {
  asService,
  type Described,
  type MethodParts,
  type Served,
  type ServedMethods,
  streamWith,
  unaryWith,
} from "../grpc/serve-method.ts";
import { STREAMS, type StreamName, UNARY, type UnaryName } from "../http/operations.ts";
import { activateExtensions, type ServiceParameters } from "../http/service-parameters.ts";
import { toCurrentParams, toLegacyResult } from "./legacy-operations.ts";

export function legacyGrpcMethods(parts: MethodParts, { methods, decode }: LegacyGrpcService): ServedMethods {
  const answered = answeredWith({ ...parts, decode });
  const streamed = streamedWith({ ...parts, decode });
  return asService([
    answered("SendMessage", asJson(methods.sendMessage, LEGACY_SEND_REQUEST, LEGACY_SEND_ANSWER), (request) => request),
    streamed("SendStreamingMessage", asEvents(methods.sendStreamingMessage, LEGACY_SEND_REQUEST), (request) => request),
    streamed("SubscribeToTask", asEvents(methods.taskSubscription, LEGACY_NAME), taskNamed),
    answered("GetTask", asJson(methods.getTask, LEGACY_NAME, LEGACY_TASK), taskNamed),
    answered("CancelTask", asJson(methods.cancelTask, LEGACY_NAME, LEGACY_TASK), taskNamed),
    answered(
      "CreateTaskPushNotificationConfig",
      asJson(methods.createTaskPushNotificationConfig, LEGACY_NEW_PUSH_CONFIG, LEGACY_PUSH_CONFIG),
      newConfig,
    ),
    answered("GetTaskPushNotificationConfig", asJson(methods.getTaskPushNotificationConfig, LEGACY_NAME, LEGACY_PUSH_CONFIG), configNamed),
    answered(
      "ListTaskPushNotificationConfigs",
      asJson(methods.listTaskPushNotificationConfig, LEGACY_NAME, LEGACY_PUSH_CONFIGS),
      configsOf,
    ),
    answered(
      "DeleteTaskPushNotificationConfig",
      asJson(methods.deleteTaskPushNotificationConfig, LEGACY_NAME, LEGACY_NOTHING),
      configNamed,
    ),
    answered("GetExtendedAgentCard", asJson(methods.getAgentCard, LEGACY_NOTHING, LEGACY_CARD), () => ({})),
  ]);
}

/** A method as the SDK describes it. */
type Generated = {
  readonly path: string;
  readonly requestDeserialize: (bytes: Buffer) => unknown;
  readonly responseSerialize: (answer: never) => Buffer;
};

function asJson({ path, requestDeserialize, responseSerialize }: Generated, request: Codec, answer: Codec): Described<JsonObject, Json> {
  return {
    path,
    requestDeserialize(bytes) {
      const json = request.toJson(requestDeserialize(bytes));
      return isJsonObject(json) ? json : {};
    },
    responseSerialize: (json) => responseSerialize(answer.fromJson(json) as never),
  };
}

function asEvents(method: Generated, request: Codec): Described<JsonObject, StreamResponse> {
  const { responseSerialize, ...same } = asJson(method, request, LEGACY_EVENT);
  return { ...same, responseSerialize: (event) => responseSerialize(toLegacyEvent(StreamResponse.toJSON(event) as JsonObject, "proto")) };
}

type Parts = MethodParts & Pick<LegacyGrpcService, "decode">;
/** The parameters of 1.0's operation, but for what `toCurrentParams` tells. */
type ToParams = (request: JsonObject) => JsonObject;

function answeredWith(parts: Parts) {
  const unary = unaryWith({ ...parts, ...dialect(parts) });
  return (operation: UnaryName, method: Described<JsonObject, Json>, toParams: ToParams): Served =>
    unary(method, async (request, context) => {
      const params = toCurrentParams(operation, toParams(request), "proto");
      const { shape, perform } = UNARY[operation];
      expectShape(shape, params);
      return toLegacyResult(operation, (await perform(parts.handler, params, context)) as JsonObject, "proto");
    });
}

function streamedWith(parts: Parts) {
  const stream = streamWith({ ...parts, ...dialect(parts) });
  return (operation: StreamName, method: Described<JsonObject, StreamResponse>, toParams: ToParams): Served =>
    stream(method, async (request, context, after) => {
      const params = toCurrentParams(operation, toParams(request), "proto");
      const { shape, open } = STREAMS[operation];
      expectShape(shape, params);
      return open(parts.handler, params, context, after);
    });
}

function expectShape(shape: Parameters<typeof violationsOf>[0], params: JsonObject): void {
  const violations = violationsOf(shape, params);
  if (violations.length > 0) throw new InvalidFieldsError(violations);
}

function dialect({ handler }: MethodParts) {
  return {
    extensionKey: LEGACY_EXTENSION_HEADER,
    async admit(parameters: ServiceParameters) {
      expectLegacy(parameters);
      return activateExtensions(parameters, await handler.card());
    },
  };
}

function expectLegacy({ version }: ServiceParameters): void {
  if (version === LEGACY_VERSION) return;
  throw new VersionNotSupportedError({
    message: `A2A version "${version.slice(0, 40)}" is not that of this service, which is of ${LEGACY_VERSION}.`,
    metadata: { supportedVersions: LEGACY_VERSION },
  });
}

/** 0 means all of the history, as nothing does. */
function taskNamed({ name, historyLength }: JsonObject): JsonObject {
  return compact({ id: taskIn(name, "name"), historyLength: historyLength === 0 ? undefined : historyLength });
}

function configNamed({ name }: JsonObject): JsonObject {
  const [, taskId, id] = /^tasks\/([^/]+)\/pushNotificationConfigs\/(.+)$/.exec(textOf(name)) ?? [];
  if (taskId === undefined || id === undefined) throw misnamed("name", "tasks/{id}/pushNotificationConfigs/{id}");
  return { taskId, id };
}

function configsOf({ parent, pageSize, pageToken }: JsonObject): JsonObject {
  return compact({ taskId: taskIn(parent, "parent"), pageSize: pageSize === 0 ? undefined : pageSize, pageToken });
}

/** The id may stand inside the config or beside it. */
function newConfig({ parent, configId, config }: JsonObject): JsonObject {
  const inner = isJsonObject(config) ? config["pushNotificationConfig"] : undefined;
  const named = isJsonObject(inner) && textOf(inner["id"]) === "" ? { ...inner, id: textOf(configId) } : inner;
  return compact({ taskId: taskIn(parent, "parent"), pushNotificationConfig: named });
}

function taskIn(name: Json | undefined, field: string): string {
  const [, id] = /^tasks\/([^/]+)$/.exec(textOf(name)) ?? [];
  if (id === undefined) throw misnamed(field, "tasks/{id}");
  return id;
}

function misnamed(field: string, form: string): InvalidFieldsError {
  return new InvalidFieldsError([{ field, description: `must be ${form}` }]);
}
