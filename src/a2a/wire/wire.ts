/** Words and small readers of the A2A wire that both directions share. Pure. */
import { type Message, type Part, Role, type Task, TaskState } from "@a2a-js/sdk";

import { isJsonObject, isSound, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_JSON_DEPTH } from "../../base/limits.ts";

/** An agent that declares it ignores a second message with the same id. Served agents do. */
export const DEDUPE_EXTENSION = "urn:tutti:a2a:dedupe:v1";
/** Its params hold the JSON Schemas of the skills: `{ skills: { [id]: { input, output } } }`. */
export const SCHEMAS_EXTENSION = "urn:tutti:a2a:schemas:v1";
/** The artifact that holds a served agent's result, beside the artifacts that it names itself. */
export const REPLY_ARTIFACT = "reply";
/** In which media types results come, as every card says. Files have those of their own. */
export const OUTPUT_MODES: readonly string[] = ["application/json", "text/plain"];
/** The protocol that we speak. */
export const PROTOCOL_VERSION = "1.0";

type Metadata = Message["metadata"];

export function textPart(text: string): Part {
  return { content: { $case: "text", value: text }, metadata: undefined, filename: "", mediaType: "" };
}

export function dataPart(value: Json): Part {
  return { content: { $case: "data", value }, metadata: undefined, filename: "", mediaType: "application/json" };
}

export function message(fields: {
  readonly id: string;
  readonly role: Role;
  readonly parts: readonly Part[];
  readonly contextId: string;
  readonly taskId: string;
  readonly metadata?: JsonObject;
  readonly referenceTaskIds?: readonly string[];
}): Message {
  return {
    messageId: fields.id,
    contextId: fields.contextId,
    taskId: fields.taskId,
    role: fields.role,
    parts: [...fields.parts],
    metadata: fields.metadata === undefined ? undefined : { ...fields.metadata },
    extensions: [],
    referenceTaskIds: fields.referenceTaskIds === undefined ? [] : [...fields.referenceTaskIds],
  };
}

/** The text parts, one below the other; undefined when there is none. */
export function textOf(parts: readonly Part[]): string | undefined {
  let text: string | undefined;
  for (const { content } of parts) {
    if (content?.$case === "text") text = text === undefined ? content.value : `${text}\n${content.value}`;
  }
  return text;
}

/** The values of the data parts, in order. */
export function dataOf(parts: readonly Part[]): Json[] {
  const values: Json[] = [];
  for (const { content } of parts) {
    if (content?.$case === "data") values.push(jsonFromWire(content.value));
  }
  return values;
}

/** Several data parts put together, as a workflow takes them; those that cannot be one object are a list. Undefined when there is none. */
export function oneOf(data: readonly Json[]): Json | undefined {
  if (data.length <= 1) return data[0];
  const entries = data.flatMap((value) => (isJsonObject(value) ? Object.entries(value) : []));
  const keys = new Set(entries.map(([key]) => key));
  return data.every(isJsonObject) && keys.size === entries.length ? Object.fromEntries(entries) : data;
}

/** A value that JSON.parse made, so that only its depth is in doubt, and its numbers: of 1e999 it makes infinity. */
export function jsonFromWire(value: unknown): Json {
  if (isSound(value)) return (value ?? null) as Json;
  return isShallow(value) ? "[a number is too large]" : "[nested too deeply]";
}

/** True when a parsed value is nested no deeper than the limit. Bytes are one value. */
export function isShallow(value: unknown, depth = 0): boolean {
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) return true;
  if (depth >= MAX_JSON_DEPTH) return false;
  if (Array.isArray(value)) {
    for (const item of value) if (!isShallow(item, depth + 1)) return false;
    return true;
  }
  for (const key in value) {
    if (!isShallow((value as Record<string, unknown>)[key], depth + 1)) return false;
  }
  return true;
}

/** A text of the metadata, when it is one and not empty. */
export function metadataText(metadata: Metadata, ...keys: readonly string[]): string | undefined {
  for (const key of keys) {
    const value: unknown = metadata?.[key];
    if (typeof value === "string" && value !== "") return value;
  }
  return undefined;
}

export function metadataNumber(metadata: Metadata, key: string): number | undefined {
  const value: unknown = metadata?.[key];
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

export function metadataTexts(metadata: Metadata, key: string): readonly string[] | undefined {
  const value: unknown = metadata?.[key];
  return Array.isArray(value) && value.every((item): item is string => typeof item === "string") ? value : undefined;
}

/** All of the metadata, when it can be kept; undefined when there is none. */
export function metadataOf(metadata: Metadata): JsonObject | undefined {
  return isJsonObject(metadata) && isSound(metadata) && Object.keys(metadata).length > 0 ? metadata : undefined;
}

export function metadataObject(metadata: Metadata, key: string): JsonObject | undefined {
  const value: unknown = metadata?.[key];
  return isJsonObject(value) && isSound(value) ? value : undefined;
}

/** True for states after which a task never changes. */
export function isTerminal(state: TaskState | undefined): boolean {
  return (
    state === TaskState.TASK_STATE_COMPLETED ||
    state === TaskState.TASK_STATE_FAILED ||
    state === TaskState.TASK_STATE_CANCELED ||
    state === TaskState.TASK_STATE_REJECTED
  );
}

/** True for states in which the agent waits for somebody. */
export function isInterrupted(state: TaskState | undefined): boolean {
  return state === TaskState.TASK_STATE_INPUT_REQUIRED || state === TaskState.TASK_STATE_AUTH_REQUIRED;
}

/** True when a client need not wait any longer. */
export function isSettled(task: Task): boolean {
  return isTerminal(task.status?.state) || isInterrupted(task.status?.state);
}
