/** From A2A 1.0 (ProtoJSON) to A2A 0.3. What it is given is our own, or was checked. Pure. */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { compact, eachOf, type LegacyForm, oneOf, STATES, textOf, WRAPPED } from "./legacy.ts";

/** The request of `message/send` and `message/stream`. */
export function toLegacySendRequest(request: JsonObject, form: LegacyForm): JsonObject {
  const { message, configuration, metadata } = request;
  return compact({
    message: oneOf(message, (inner) => toLegacyMessage(inner, form)),
    configuration: oneOf(configuration, (inner) => toConfiguration(inner, form)),
    metadata,
  });
}

function toConfiguration(configuration: JsonObject, form: LegacyForm): JsonObject {
  const { acceptedOutputModes, historyLength, returnImmediately, taskPushNotificationConfig } = configuration;
  const push = oneOf(taskPushNotificationConfig, toConfig);
  return compact({
    acceptedOutputModes,
    historyLength,
    blocking: returnImmediately !== true,
    ...(form === "schema" ? { pushNotificationConfig: push } : { pushNotification: push }),
  });
}

/** The answer to a message, or an event of a stream: by its kind inside, or as a key around it. */
export function toLegacyEvent(event: JsonObject, form: LegacyForm): JsonObject {
  for (const [name, tell] of EVENTS) {
    const value = event[name];
    if (!isJsonObject(value)) continue;
    const told = tell(value, form);
    return form === "schema" ? told : { [name]: told };
  }
  return {};
}

const EVENTS: readonly (readonly [string, (value: JsonObject, form: LegacyForm) => JsonObject])[] = [
  ["task", toLegacyTask],
  ["message", toLegacyMessage],
  ["statusUpdate", toStatusUpdate],
  ["artifactUpdate", toArtifactUpdate],
];

export function toLegacyTask({ id = "", contextId = "", status, artifacts, history, metadata }: JsonObject, form: LegacyForm): JsonObject {
  return compact({
    ...kind(form, "task"),
    id,
    contextId,
    status: toStatus(status, form),
    artifacts: eachOf(artifacts, (artifact) => toArtifact(artifact, form)),
    history: eachOf(history, (message) => toLegacyMessage(message, form)),
    metadata,
  });
}

function toLegacyMessage(message: JsonObject, form: LegacyForm): JsonObject {
  const { messageId = "", contextId, taskId, role, parts = [], metadata, extensions, referenceTaskIds } = message;
  const told = eachOf(parts, (part) => toPart(part, form));
  return compact({
    ...kind(form, "message"),
    messageId,
    contextId,
    taskId,
    metadata,
    extensions,
    ...(form === "schema"
      ? { role: role === "ROLE_USER" ? "user" : "agent", parts: told, referenceTaskIds }
      : { role: role ?? "ROLE_AGENT", content: told }),
  });
}

function toStatus(status: Json | undefined, form: LegacyForm): JsonObject {
  const { state, message, timestamp } = isJsonObject(status) ? status : {};
  const named = STATES.find(({ current }) => current === state) ?? STATES[0];
  return compact({ state: named?.[form], message: oneOf(message, (inner) => toLegacyMessage(inner, form)), timestamp });
}

function toArtifact({ artifactId = "", name, description, parts = [], metadata, extensions }: JsonObject, form: LegacyForm): JsonObject {
  return compact({ artifactId, name, description, parts: eachOf(parts, (part) => toPart(part, form)), metadata, extensions });
}

function toStatusUpdate({ taskId = "", contextId = "", status, metadata }: JsonObject, form: LegacyForm): JsonObject {
  const state = isJsonObject(status) ? status["state"] : undefined;
  const final = FINAL.has(textOf(state));
  return compact({ ...kind(form, "status-update"), taskId, contextId, status: toStatus(status, form), final, metadata });
}

/** Where our streams end. 1.0 says so by ending them, 0.3 by a flag. */
const FINAL: ReadonlySet<string> = new Set([
  "TASK_STATE_COMPLETED",
  "TASK_STATE_FAILED",
  "TASK_STATE_CANCELED",
  "TASK_STATE_REJECTED",
  "TASK_STATE_INPUT_REQUIRED",
]);

function toArtifactUpdate(update: JsonObject, form: LegacyForm): JsonObject {
  const { taskId = "", contextId = "", artifact, append, lastChunk, metadata } = update;
  const told = oneOf(artifact, (inner) => toArtifact(inner, form));
  return compact({ ...kind(form, "artifact-update"), taskId, contextId, artifact: told, append, lastChunk, metadata });
}

function kind(form: LegacyForm, name: string): { readonly kind?: string } {
  return form === "schema" ? { kind: name } : {};
}

function toPart(part: JsonObject, form: LegacyForm): JsonObject {
  return form === "schema" ? toSchemaPart(part) : toProtoPart(part);
}

function toSchemaPart(part: JsonObject): JsonObject {
  const { text, raw, url, data, metadata, filename, mediaType } = part;
  if (raw !== undefined) return compact({ kind: "file", file: compact({ bytes: raw, mimeType: mediaType, name: filename }), metadata });
  if (url !== undefined) return compact({ kind: "file", file: compact({ uri: url, mimeType: mediaType, name: filename }), metadata });
  const hints = compact({ ...objectOf(metadata), mimeType: hintOf(mediaType), name: filename });
  if (text !== undefined) return withMetadata({ kind: "text", text }, hints);
  if (isJsonObject(data)) return withMetadata({ kind: "data", data }, hints);
  return withMetadata({ kind: "data", data: { value: data ?? null } }, { ...hints, [WRAPPED]: true });
}

/** It has no place for a name or metadata. */
function toProtoPart({ text, raw, url, data, mediaType }: JsonObject): JsonObject {
  if (raw !== undefined) return { file: compact({ fileWithBytes: raw, mimeType: mediaType }) };
  if (url !== undefined) return { file: compact({ fileWithUri: url, mimeType: mediaType }) };
  if (text !== undefined) return { text };
  return { data: { data: isJsonObject(data) ? data : { value: data ?? null } } };
}

/** Only files have a type of their own in 0.3; elsewhere the usual ones need no word. */
function hintOf(mediaType: Json | undefined): Json | undefined {
  return mediaType === "" || mediaType === "text/plain" || mediaType === "application/json" ? undefined : mediaType;
}

function withMetadata(part: JsonObject, metadata: JsonObject): JsonObject {
  return Object.keys(metadata).length === 0 ? part : { ...part, metadata };
}

function objectOf(value: Json | undefined): JsonObject {
  return isJsonObject(value) ? value : {};
}

/** A push config with its task. */
export function toLegacyPushConfig(config: JsonObject, form: LegacyForm): JsonObject {
  const { taskId = "", id = "" } = config;
  const told = toConfig(config);
  if (form === "schema") return { taskId, pushNotificationConfig: told };
  return { name: `tasks/${textOf(taskId)}/pushNotificationConfigs/${textOf(id)}`, pushNotificationConfig: told };
}

function toConfig({ id, url = "", token, authentication }: JsonObject): JsonObject {
  return compact({ id, url, token, authentication: oneOf(authentication, toAuthentication) });
}

function toAuthentication({ scheme, credentials }: JsonObject): JsonObject {
  return compact({ schemes: scheme === undefined ? [] : [scheme], credentials });
}
