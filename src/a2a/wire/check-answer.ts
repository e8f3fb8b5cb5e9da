/**
 * The shape of what an agent answers, before the SDK's decoder makes a task of it: that decoder takes
 * anything for anything, and for a `raw` that is an object with a `length` it asks for as much memory.
 * Unknown keys are ignored, and what is missing is for those who need it. Pure.
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
type Check = (value: unknown, where: string) => string | null;

function ofEnvelope(envelope: Fields): string | null {
  if ("error" in envelope) {
    const { error } = envelope;
    if (!isJsonObject(error)) return "its error is not an object";
    return typeof error["message"] === "string" && typeof error["code"] === "number" ? null : "its error has no code and message";
  }
  return isJsonObject(envelope["result"]) ? ofResult(envelope["result"]) : "its result is not an object";
}

function ofResult(result: Fields): string | null {
  return (
    each(result, ["task"], task) ??
    each(result, ["message"], message) ??
    each(result, ["statusUpdate", "status_update"], statusUpdate) ??
    each(result, ["artifactUpdate", "artifact_update"], artifactUpdate) ??
    list(result, ["tasks"], task, "") ??
    (result["status"] !== undefined || result["artifacts"] !== undefined ? task(result, "the task") : null)
  );
}

function task(value: unknown, where: string): string | null {
  return object(value, where, (fields) => {
    const problem = texts(fields, ["id", "contextId", "context_id"], where) ?? objects(fields, ["metadata"], where);
    if (problem !== null) return problem;
    return (
      (fields["status"] === undefined ? null : status(fields["status"], `${where}.status`)) ??
      list(fields, ["artifacts"], artifact, where) ??
      list(fields, ["history"], message, where)
    );
  });
}

function status(value: unknown, where: string): string | null {
  return object(value, where, (fields) => {
    const { state } = fields;
    if (state !== undefined && typeof state !== "string" && typeof state !== "number") return `${where}.state is not a name`;
    return texts(fields, ["timestamp"], where) ?? each(fields, ["message"], message);
  });
}

function statusUpdate(value: unknown, where: string): string | null {
  return object(
    value,
    where,
    (fields) => texts(fields, ["taskId", "task_id", "contextId", "context_id"], where) ?? each(fields, ["status"], status),
  );
}

function artifactUpdate(value: unknown, where: string): string | null {
  return object(
    value,
    where,
    (fields) => texts(fields, ["taskId", "task_id", "contextId", "context_id"], where) ?? each(fields, ["artifact"], artifact),
  );
}

function artifact(value: unknown, where: string): string | null {
  return object(
    value,
    where,
    (fields) =>
      texts(fields, ["artifactId", "artifact_id", "name", "description"], where) ??
      objects(fields, ["metadata"], where) ??
      list(fields, ["parts"], part, where),
  );
}

function message(value: unknown, where: string): string | null {
  return object(
    value,
    where,
    (fields) =>
      texts(fields, ["messageId", "message_id", "contextId", "context_id", "taskId", "task_id"], where) ??
      objects(fields, ["metadata"], where) ??
      list(fields, ["parts"], part, where),
  );
}

const CONTENTS = ["text", "raw", "url"];

/** A part has exactly one content, and only `data` may be anything (A2A 4.1.6). */
function part(value: unknown, where: string): string | null {
  return object(value, where, (fields) => {
    const present = [...CONTENTS, "data"].filter((key) => key in fields && (fields[key] !== null || key === "data"));
    if (present.length > 1) return `${where} is ${present.join(" and ")} at once`;
    return texts(fields, [...CONTENTS, "filename", "mediaType", "media_type"], where) ?? objects(fields, ["metadata"], where);
  });
}

function object(value: unknown, where: string, inside: (fields: Fields) => string | null): string | null {
  return isJsonObject(value) ? inside(value) : `${where} is not an object`;
}

function each(fields: Fields, keys: readonly string[], check: Check): string | null {
  for (const key of keys) {
    const problem = fields[key] == null ? null : check(fields[key], key);
    if (problem !== null) return problem;
  }
  return null;
}

function list(fields: Fields, keys: readonly string[], check: Check, where: string): string | null {
  for (const key of keys) {
    const items = fields[key];
    if (items == null) continue;
    if (!Array.isArray(items)) return `${where}.${key} is not a list`;
    for (const [index, item] of items.entries()) {
      const problem = check(item, `${key}[${index}]`);
      if (problem !== null) return problem;
    }
  }
  return null;
}

function texts(fields: Fields, keys: readonly string[], where: string): string | null {
  const wrong = keys.find((key) => fields[key] != null && typeof fields[key] !== "string");
  return wrong === undefined ? null : `${where}.${wrong} is not a text`;
}

function objects(fields: Fields, keys: readonly string[], where: string): string | null {
  const wrong = keys.find((key) => fields[key] != null && !isJsonObject(fields[key]));
  return wrong === undefined ? null : `${where}.${wrong} is not an object`;
}
