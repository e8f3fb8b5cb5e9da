/**
 * From A2A 0.3, in either of its forms, to A2A 1.0 (ProtoJSON). What it is given comes from others, and
 * only what 0.3 writes in another way is looked at: the rest is checked as 1.0 is. Pure.
 *
 * Throws `InvalidFieldsError` where there is nothing that 1.0 could say.
 */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { InvalidFieldsError } from "../wire/invalid-fields.ts";
import { compact, eachOf, fieldOf, type LegacyForm, oneOf, STATES, textOf, WRAPPED } from "./legacy.ts";

/** The request of `message/send` and `message/stream`. */
export function fromLegacySendRequest(request: JsonObject, form: LegacyForm): JsonObject {
  const configuration = fieldOf(request, "configuration");
  return compact({
    // The protocol buffers call it `request`.
    message: oneOf(fieldOf(request, "message") ?? fieldOf(request, "request"), (message) => fromLegacyMessage(message, "message")),
    configuration: oneOf(configuration, (inner) => fromConfiguration(inner, form)),
    metadata: fieldOf(request, "metadata"),
  });
}

function fromConfiguration(configuration: JsonObject, form: LegacyForm): JsonObject {
  const push = fieldOf(configuration, "pushNotificationConfig") ?? fieldOf(configuration, "pushNotification");
  const historyLength = fieldOf(configuration, "historyLength");
  const blocking = fieldOf(configuration, "blocking");
  return compact({
    acceptedOutputModes: fieldOf(configuration, "acceptedOutputModes"),
    // Protocol buffers do not tell nothing from 0 and false.
    historyLength: form === "proto" && historyLength === 0 ? undefined : historyLength,
    returnImmediately: form === "proto" ? blocking !== true : blocking === false,
    taskPushNotificationConfig: oneOf(push, fromConfig),
  });
}

/** A task, a message or an update: an answer to a message, an event of a stream, or a push notification. */
export function fromLegacyEvent(event: JsonObject): JsonObject {
  for (const { kind, key, names, tell } of EVENTS) {
    if (event["kind"] === kind) return { [key]: tell(event, key) };
    const inner = names.map((name) => event[name]).find(isJsonObject);
    if (event["kind"] === undefined && inner !== undefined) return { [key]: tell(inner, key) };
  }
  throw new InvalidFieldsError([{ field: "kind", description: "must be task, message, status-update or artifact-update" }]);
}

const EVENTS = [
  { kind: "task", key: "task", names: ["task"], tell: fromLegacyTask },
  { kind: "message", key: "message", names: ["message", "msg"], tell: fromLegacyMessage },
  { kind: "status-update", key: "statusUpdate", names: ["statusUpdate", "status_update"], tell: fromStatusUpdate },
  { kind: "artifact-update", key: "artifactUpdate", names: ["artifactUpdate", "artifact_update"], tell: fromArtifactUpdate },
] as const;

export function fromLegacyTask(task: JsonObject, where = "task"): JsonObject {
  return compact({
    id: fieldOf(task, "id"),
    contextId: fieldOf(task, "contextId"),
    status: oneOf(fieldOf(task, "status"), (status) => fromStatus(status, `${where}.status`)),
    artifacts: eachOf(fieldOf(task, "artifacts"), (artifact) => fromArtifact(artifact, `${where}.artifacts`)),
    history: eachOf(fieldOf(task, "history"), (message) => fromLegacyMessage(message, `${where}.history`)),
    metadata: fieldOf(task, "metadata"),
  });
}

function fromLegacyMessage(message: JsonObject, where: string): JsonObject {
  const parts = fieldOf(message, "parts") ?? fieldOf(message, "content");
  return compact({
    messageId: fieldOf(message, "messageId"),
    contextId: fieldOf(message, "contextId"),
    taskId: fieldOf(message, "taskId"),
    role: roleOf(fieldOf(message, "role")),
    parts: fromParts(parts, `${where}.parts`),
    metadata: fieldOf(message, "metadata"),
    extensions: fieldOf(message, "extensions"),
    referenceTaskIds: fieldOf(message, "referenceTaskIds"),
  });
}

function roleOf(role: Json | undefined): Json | undefined {
  if (role === "user") return "ROLE_USER";
  return role === "agent" ? "ROLE_AGENT" : role;
}

function fromStatus(status: JsonObject, where: string): JsonObject {
  const state = fieldOf(status, "state");
  const known = STATES.find(({ schema, proto }) => schema === state || proto === state);
  return compact({
    state: known?.current ?? state,
    message: oneOf(fieldOf(status, "message") ?? fieldOf(status, "update"), (message) => fromLegacyMessage(message, `${where}.message`)),
    timestamp: fieldOf(status, "timestamp"),
  });
}

function fromArtifact(artifact: JsonObject, where: string): JsonObject {
  return compact({
    artifactId: fieldOf(artifact, "artifactId"),
    name: fieldOf(artifact, "name"),
    description: fieldOf(artifact, "description"),
    parts: fromParts(fieldOf(artifact, "parts"), `${where}.parts`),
    metadata: fieldOf(artifact, "metadata"),
    extensions: fieldOf(artifact, "extensions"),
  });
}

function fromStatusUpdate(update: JsonObject, where: string): JsonObject {
  return compact({
    taskId: fieldOf(update, "taskId"),
    contextId: fieldOf(update, "contextId"),
    status: oneOf(fieldOf(update, "status"), (status) => fromStatus(status, `${where}.status`)),
    metadata: fieldOf(update, "metadata"),
  });
}

function fromArtifactUpdate(update: JsonObject, where: string): JsonObject {
  return compact({
    taskId: fieldOf(update, "taskId"),
    contextId: fieldOf(update, "contextId"),
    artifact: oneOf(fieldOf(update, "artifact"), (artifact) => fromArtifact(artifact, `${where}.artifact`)),
    append: fieldOf(update, "append"),
    lastChunk: fieldOf(update, "lastChunk"),
    metadata: fieldOf(update, "metadata"),
  });
}

function fromParts(parts: Json | undefined, where: string): Json | undefined {
  if (!Array.isArray(parts)) return parts;
  return parts.map((part: Json, index) => (isJsonObject(part) ? fromPart(part, `${where}[${index}]`) : part));
}

function fromPart(part: JsonObject, where: string): JsonObject {
  const { text, file, data, metadata } = part;
  const rest = metadata === undefined ? {} : { metadata };
  if (isOf(part, "text") && text !== undefined) return { text, ...rest };
  if (isOf(part, "file") && isJsonObject(file)) return { ...fromFile(file, `${where}.file`), ...rest };
  if (isOf(part, "data") && data !== undefined) return fromData(part, data);
  throw new InvalidFieldsError([{ field: where, description: "must be a text, a file or data" }]);
}

/** Only one of the two forms names the kind. */
function isOf(part: JsonObject, kind: string): boolean {
  return part["kind"] === undefined || part["kind"] === kind;
}

function fromFile(file: JsonObject, where: string): JsonObject {
  const raw = fieldOf(file, "bytes") ?? fieldOf(file, "fileWithBytes");
  const url = fieldOf(file, "uri") ?? fieldOf(file, "fileWithUri");
  if ((raw === undefined) === (url === undefined)) {
    throw new InvalidFieldsError([{ field: where, description: "must have either bytes or a uri" }]);
  }
  return compact({ raw, url, mediaType: fieldOf(file, "mimeType"), filename: fieldOf(file, "name") });
}

function fromData(part: JsonObject, data: Json): JsonObject {
  const { kind, metadata } = part;
  // In the protocol buffers a data part is an object around the data.
  if (kind === undefined) return { data: isJsonObject(data) ? (data["data"] ?? {}) : data };
  if (!isJsonObject(metadata) || metadata[WRAPPED] !== true || !isJsonObject(data)) return compact({ data, metadata });
  const { [WRAPPED]: _, ...rest } = metadata;
  return compact({ data: data["value"] ?? null, metadata: Object.keys(rest).length === 0 ? undefined : rest });
}

/** A push config with its task, whose id may stand in the path instead. A config without an id is the task's only one. */
export function fromLegacyPushConfig(config: JsonObject): JsonObject {
  const inner = fieldOf(config, "pushNotificationConfig");
  if (!isJsonObject(inner)) throw new InvalidFieldsError([{ field: "pushNotificationConfig", description: "must be an object" }]);
  const [, named] = /^tasks\/([^/]+)\//.exec(textOf(fieldOf(config, "name"))) ?? [];
  const taskId = fieldOf(config, "taskId") ?? named;
  const told = fromConfig(inner);
  return compact({ ...told, taskId, id: told["id"] ?? taskId });
}

function fromConfig(config: JsonObject): JsonObject {
  const id = fieldOf(config, "id");
  return compact({
    id: id === "" ? undefined : id,
    url: fieldOf(config, "url"),
    token: fieldOf(config, "token"),
    authentication: oneOf(fieldOf(config, "authentication"), fromAuthentication),
  });
}

/** 1.0 knows one scheme: the first is taken. */
function fromAuthentication(authentication: JsonObject): JsonObject {
  const schemes = fieldOf(authentication, "schemes");
  return compact({ scheme: Array.isArray(schemes) ? schemes[0] : schemes, credentials: fieldOf(authentication, "credentials") });
}
