/**
 * The requests of A2A 1.0 as JSON has them (ProtoJSON), and what is wrong with one. The SDK's decoders
 * take what comes: of `{"text": {}}` they make "[object Object]", of `"pageSize": "x"` a NaN. Only the
 * form is looked at here; what a request means is for whoever performs it. Pure.
 */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_SCHEMA_PROBLEMS } from "../../base/limits.ts";
import type { FieldViolation } from "./invalid-fields.ts";

/** How a field is written. */
export type Shape =
  | "text"
  | "bytes"
  | "integer"
  | "boolean"
  | "instant"
  | "object"
  | "any"
  | { readonly kind: "list"; readonly of: Shape }
  | { readonly kind: "word"; readonly words: readonly string[] }
  | MessageShape;

/** A message of the protocol. Of the fields in `oneOf` it has one at most; unknown fields are ignored (A2A 5.7). */
export type MessageShape = {
  readonly kind: "message";
  readonly fields: readonly Field[];
  readonly oneOf: readonly Field[];
};

/** ProtoJSON: a field may also stand under its name in the proto, such as `page_size`. */
type Field = { readonly name: string; readonly protoName: string; readonly shape: Shape };

function message(shapes: { readonly [name: string]: Shape }, oneOf: readonly string[] = []): MessageShape {
  const fields = Object.entries(shapes).map(([name, shape]) => ({ name, protoName: protoNameOf(name), shape }));
  return { kind: "message", fields, oneOf: fields.filter(({ name }) => oneOf.includes(name)) };
}

const protoNameOf = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const listOf = (of: Shape): Shape => ({ kind: "list", of });

const PART = message({ text: "text", raw: "bytes", url: "text", data: "any", metadata: "object", filename: "text", mediaType: "text" }, [
  "text",
  "raw",
  "url",
  "data",
]);
const MESSAGE = message({
  messageId: "text",
  contextId: "text",
  taskId: "text",
  role: { kind: "word", words: ["ROLE_UNSPECIFIED", "ROLE_USER", "ROLE_AGENT"] },
  parts: listOf(PART),
  metadata: "object",
  extensions: listOf("text"),
  referenceTaskIds: listOf("text"),
});
// In the order of their numbers, which ProtoJSON takes as well.
const TASK_STATES = [
  "UNSPECIFIED",
  "SUBMITTED",
  "WORKING",
  "COMPLETED",
  "FAILED",
  "CANCELED",
  "INPUT_REQUIRED",
  "REJECTED",
  "AUTH_REQUIRED",
];
const PUSH_CONFIG = message({
  tenant: "text",
  id: "text",
  taskId: "text",
  url: "text",
  token: "text",
  authentication: message({ scheme: "text", credentials: "text" }),
});

/** The request of each operation (specification, `a2a.proto`). */
export const REQUEST_SHAPES = {
  SendMessage: message({
    tenant: "text",
    message: MESSAGE,
    configuration: message({
      acceptedOutputModes: listOf("text"),
      taskPushNotificationConfig: PUSH_CONFIG,
      historyLength: "integer",
      returnImmediately: "boolean",
    }),
    metadata: "object",
  }),
  GetTask: message({ tenant: "text", id: "text", historyLength: "integer" }),
  ListTasks: message({
    tenant: "text",
    contextId: "text",
    status: { kind: "word", words: TASK_STATES.map((state) => `TASK_STATE_${state}`) },
    pageSize: "integer",
    pageToken: "text",
    historyLength: "integer",
    statusTimestampAfter: "instant",
    includeArtifacts: "boolean",
  }),
  CancelTask: message({ tenant: "text", id: "text", metadata: "object" }),
  SubscribeToTask: message({ tenant: "text", id: "text" }),
  PushConfig: PUSH_CONFIG,
  NamePushConfig: message({ tenant: "text", taskId: "text", id: "text" }),
  ListPushConfigs: message({ tenant: "text", taskId: "text", pageSize: "integer", pageToken: "text" }),
  GetExtendedAgentCard: message({ tenant: "text" }),
} as const satisfies { readonly [name: string]: MessageShape };

/** What is wrong with the form of a request; empty when nothing is. */
export function violationsOf(shape: MessageShape, request: JsonObject): readonly FieldViolation[] {
  const found: FieldViolation[] = [];
  checkFields(shape, request, "", found);
  return found.slice(0, MAX_SCHEMA_PROBLEMS);
}

function checkFields({ fields, oneOf }: MessageShape, value: JsonObject, path: string, found: FieldViolation[]): void {
  for (const field of fields) {
    const given = valueOf(field, value);
    if (given !== undefined) check(field.shape, given, path === "" ? field.name : `${path}.${field.name}`, found);
  }
  const chosen = oneOf.filter((field) => valueOf(field, value) !== undefined).map(({ name }) => name);
  if (chosen.length > 1) found.push({ field: path, description: `has ${chosen.join(" and ")}, of which only one may be set` });
}

/** Null is the same as nothing. */
function valueOf({ name, protoName }: Field, value: JsonObject): Json | undefined {
  if (Object.hasOwn(value, name) && value[name] !== null) return value[name];
  return (Object.hasOwn(value, protoName) ? value[protoName] : undefined) ?? undefined;
}

function check(shape: Shape, value: Json, field: string, found: FieldViolation[]): void {
  if (found.length >= MAX_SCHEMA_PROBLEMS) return;
  if (typeof shape === "string") {
    if (!IS[shape](value)) found.push({ field, description: WANTED[shape] });
    return;
  }
  switch (shape.kind) {
    case "list":
      if (!Array.isArray(value)) found.push({ field, description: "must be an array" });
      else for (const [index, item] of (value as readonly Json[]).entries()) check(shape.of, item, `${field}[${index}]`, found);
      return;
    case "word":
      if (!isWord(shape.words, value)) found.push({ field, description: `must be one of ${shape.words.join(", ")}` });
      return;
    case "message":
      if (isJsonObject(value)) checkFields(shape, value, field, found);
      else found.push({ field, description: "must be an object" });
  }
}

type Simple = Extract<Shape, string>;

const IS: { readonly [shape in Simple]: (value: Json) => boolean } = {
  text: (value) => typeof value === "string",
  bytes: (value) => typeof value === "string" && isBase64(value),
  integer: (value) => isInt32(typeof value === "string" && /^-?\d{1,10}$/.test(value) ? Number(value) : value),
  boolean: (value) => typeof value === "boolean",
  instant: (value) => typeof value === "string" && INSTANT.test(value) && !Number.isNaN(Date.parse(value)),
  object: isJsonObject,
  any: () => true,
};

const WANTED: { readonly [shape in Simple]: string } = {
  text: "must be a string",
  bytes: "must be bytes in base64",
  integer: "must be a whole number",
  boolean: "must be true or false",
  instant: "must be an instant, such as 2026-01-31T10:00:00Z",
  object: "must be an object",
  any: "must be JSON",
};

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:\d{2})$/;

/** In either alphabet, with padding or without. One letter of four is no byte, and would be lost. */
function isBase64(text: string): boolean {
  if (!/^[\w+/-]*={0,2}$/.test(text)) return false;
  const padding = text.indexOf("=");
  return (padding === -1 ? text.length : padding) % 4 !== 1;
}

function isInt32(value: Json): boolean {
  return Number.isInteger(value) && Math.abs(Number(value)) <= 0x7fff_ffff;
}

function isWord(words: readonly string[], value: Json): boolean {
  if (typeof value === "string") return words.includes(value);
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value < words.length;
}
