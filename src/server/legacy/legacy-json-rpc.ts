/** The JSON-RPC binding of A2A 0.3 (0.3, section 7). */
import { StreamResponse } from "@a2a-js/sdk";
import { A2AError, TaskNotFoundError } from "@a2a-js/sdk/errors";

import { compact } from "../../a2a/legacy/legacy.ts";
import { toLegacyEvent } from "../../a2a/legacy/to-legacy.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { type Call, type Headers, open, perform } from "../http/call.ts";
import { type BodyText, parseJson } from "../http/json-body.ts";
import { type Envelope, failed, toEnvelope, toError } from "../http/json-rpc-binding.ts";
import { isStream, isUnary, type StreamName, type UnaryName } from "../http/operations.ts";
import { admitLegacy } from "./admit-legacy.ts";
import { toCurrentParams, toLegacyResult } from "./legacy-operations.ts";

/** Answers a JSON-RPC request; null when it cannot be read, or asks for a method of 1.0. */
export async function answerLegacyJsonRpc(body: BodyText, call: Call): Promise<Response | null> {
  const parsed = parseJson(body);
  const envelope = parsed.kind === "json" ? toEnvelope(parsed.value) : null;
  if (envelope === null || "message" in envelope) return null;
  if (isUnary(envelope.method) || isStream(envelope.method)) return null;
  let headers: Headers = {};
  try {
    headers = await admitLegacy(call);
    return await answer(envelope, call, headers);
  } catch (error) {
    if (error instanceof A2AError) return failed(envelope.id, toError(error), headers);
    throw error;
  }
}

const METHODS: ReadonlyMap<string, UnaryName | StreamName> = new Map([
  ["message/send", "SendMessage"],
  ["message/stream", "SendStreamingMessage"],
  ["tasks/get", "GetTask"],
  ["tasks/cancel", "CancelTask"],
  ["tasks/resubscribe", "SubscribeToTask"],
  ["tasks/pushNotificationConfig/set", "CreateTaskPushNotificationConfig"],
  ["tasks/pushNotificationConfig/get", "GetTaskPushNotificationConfig"],
  ["tasks/pushNotificationConfig/list", "ListTaskPushNotificationConfigs"],
  ["tasks/pushNotificationConfig/delete", "DeleteTaskPushNotificationConfig"],
  ["agent/getAuthenticatedExtendedCard", "GetExtendedAgentCard"],
]);

async function answer({ id, method, params }: Envelope, call: Call, headers: Headers): Promise<Response> {
  const operation = METHODS.get(method);
  if (operation === undefined) return failed(id, { code: -32601, message: `There is no method "${method.slice(0, 100)}".` }, headers);
  if (!isJsonObject(params)) return failed(id, { code: -32602, message: "The params are not an object." }, headers);
  if (isUnary(operation)) return Response.json({ jsonrpc: "2.0", id, result: await resultOf(operation, params, call) }, { headers });
  return open(call, operation, toCurrentParams(operation, params, "schema"), {
    toData: (event) => JSON.stringify({ jsonrpc: "2.0", id, result: toLegacyEvent(StreamResponse.toJSON(event) as JsonObject, "schema") }),
    toFailure: (error) => `data: ${JSON.stringify({ jsonrpc: "2.0", id, error: toError(error) })}\n\n`,
    headers,
  });
}

async function resultOf(operation: UnaryName, params: JsonObject, call: Call): Promise<Json> {
  const named = NAMES_A_CONFIG.has(operation) ? namedConfig(params) : params;
  if (operation === "GetTaskPushNotificationConfig" && named["id"] === undefined) return firstConfig(named, call);
  const result = await perform(call, operation, toCurrentParams(operation, named, "schema"));
  return toLegacyResult(operation, result as JsonObject, "schema");
}

const NAMES_A_CONFIG: ReadonlySet<UnaryName> = new Set([
  "GetTaskPushNotificationConfig",
  "ListTaskPushNotificationConfigs",
  "DeleteTaskPushNotificationConfig",
]);

/** Where 1.0 says `taskId` and `id`, 0.3 says `id` and `pushNotificationConfigId`. */
function namedConfig({ id, pushNotificationConfigId }: JsonObject): JsonObject {
  return compact({ taskId: id, id: pushNotificationConfigId });
}

/** Who names no config means the task's only one. */
async function firstConfig(params: JsonObject, call: Call): Promise<Json> {
  const result = await perform(call, "ListTaskPushNotificationConfigs", params);
  const configs = toLegacyResult("ListTaskPushNotificationConfigs", result as JsonObject, "schema");
  const [first] = Array.isArray(configs) ? configs : [];
  if (first === undefined) throw new TaskNotFoundError("The task has no push notification config.");
  return first;
}
