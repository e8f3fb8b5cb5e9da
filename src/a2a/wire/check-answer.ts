/**
 * The shape of what an agent answers, before the SDK's decoder makes a task of it: that decoder takes
 * anything for anything, and for a `raw` that is an object with a `length` it asks for as much memory.
 * Unknown keys are ignored, and what is missing is for those who need it. Every answer comes through
 * here, so where a problem is, is put together only when there is one. Pure.
 */
import { isJsonObject } from "../../base/json.ts";
import { isShallow } from "./wire.ts";

/** Why a parsed answer cannot be used; null when it can. It is a task, a message, a list, an event, or an envelope around one. */
export function problemOfAnswer(value: unknown): string | null {
  if (!isJsonObject(value)) return "it is not a JSON object";
  if (!isShallow(value, -ENVELOPE_DEPTH)) return "it is nested too deeply";
  return value["jsonrpc"] === undefined ? ofResult(value) : ofEnvelope(value);
}

/** Levels of an answer around the values that an agent may nest as deeply as is allowed. */
const ENVELOPE_DEPTH = 16;

type Fields = { readonly [key: string]: unknown };
/** A problem begins with the place, seen from the value: ".status.state is not a name". */
type Check = (value: unknown) => string | null;

const NO_OBJECT = " is not an object";
const NO_LIST = " is not a list";

function ofEnvelope(envelope: Fields): string | null {
  if ("error" in envelope) {
    const { error } = envelope;
    if (!isJsonObject(error)) return "its error is not an object";
    return typeof error["message"] === "string" && typeof error["code"] === "number" ? null : "its error has no code and message";
  }
  return isJsonObject(envelope["result"]) ? ofResult(envelope["result"]) : "its result is not an object";
}

function ofResult(result: Fields): string | null {
  const problem =
    one(result, "task", task) ??
    one(result, "message", message) ??
    one(result, "statusUpdate", statusUpdate) ??
    one(result, "status_update", statusUpdate) ??
    one(result, "artifactUpdate", artifactUpdate) ??
    one(result, "artifact_update", artifactUpdate) ??
    list(result, "tasks", task) ??
    (result["status"] !== undefined || result["artifacts"] !== undefined ? task(result) : null);
  return problem === null ? null : `its ${problem.slice(1)}`;
}

const TASK_TEXTS = ["id", "contextId", "context_id"];

function task(value: unknown): string | null {
  if (!isJsonObject(value)) return NO_OBJECT;
  return (
    texts(value, TASK_TEXTS) ??
    metadata(value) ??
    (value["status"] === null ? `.status${NO_OBJECT}` : one(value, "status", status)) ??
    list(value, "artifacts", artifact) ??
    list(value, "history", message)
  );
}

const STATUS_TEXTS = ["timestamp"];

function status(value: unknown): string | null {
  if (!isJsonObject(value)) return NO_OBJECT;
  const { state } = value;
  if (state !== undefined && typeof state !== "string" && typeof state !== "number") return ".state is not a name";
  return texts(value, STATUS_TEXTS) ?? one(value, "message", message);
}

const UPDATE_TEXTS = ["taskId", "task_id", "contextId", "context_id"];

function statusUpdate(value: unknown): string | null {
  return isJsonObject(value) ? (texts(value, UPDATE_TEXTS) ?? one(value, "status", status)) : NO_OBJECT;
}

function artifactUpdate(value: unknown): string | null {
  return isJsonObject(value) ? (texts(value, UPDATE_TEXTS) ?? one(value, "artifact", artifact)) : NO_OBJECT;
}

const ARTIFACT_TEXTS = ["artifactId", "artifact_id", "name", "description"];

function artifact(value: unknown): string | null {
  return isJsonObject(value) ? (texts(value, ARTIFACT_TEXTS) ?? metadata(value) ?? list(value, "parts", part)) : NO_OBJECT;
}

const MESSAGE_TEXTS = ["messageId", "message_id", ...UPDATE_TEXTS];

function message(value: unknown): string | null {
  return isJsonObject(value) ? (texts(value, MESSAGE_TEXTS) ?? metadata(value) ?? list(value, "parts", part)) : NO_OBJECT;
}

const CONTENTS = ["text", "raw", "url", "data"];
const PART_TEXTS = ["text", "raw", "url", "filename", "mediaType", "media_type"];

function part(value: unknown): string | null {
  return isJsonObject(value) ? (contents(value) ?? texts(value, PART_TEXTS) ?? metadata(value)) : NO_OBJECT;
}

/** A part has exactly one content, and only `data` may be anything (A2A 4.1.6). */
function contents(fields: Fields): string | null {
  let first: string | null = null;
  for (const key of CONTENTS) {
    if (fields[key] === undefined || (fields[key] === null && key !== "data")) continue;
    if (first !== null) return ` is ${first} and ${key} at once`;
    first = key;
  }
  return null;
}

function one(fields: Fields, key: string, check: Check): string | null {
  const problem = fields[key] == null ? null : check(fields[key]);
  return problem === null ? null : `.${key}${problem}`;
}

function list(fields: Fields, key: string, check: Check): string | null {
  const items = fields[key];
  if (items == null) return null;
  if (!Array.isArray(items)) return `.${key}${NO_LIST}`;
  for (let index = 0; index < items.length; index += 1) {
    const problem = check(items[index]);
    if (problem !== null) return `.${key}[${index}]${problem}`;
  }
  return null;
}

function texts(fields: Fields, keys: readonly string[]): string | null {
  for (const key of keys) {
    const value = fields[key];
    if (value != null && typeof value !== "string") return `.${key} is not a text`;
  }
  return null;
}

function metadata(fields: Fields): string | null {
  const value = fields["metadata"];
  return value == null || isJsonObject(value) ? null : `.metadata${NO_OBJECT}`;
}
