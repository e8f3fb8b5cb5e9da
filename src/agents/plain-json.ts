import type { Json } from "../base/json.ts";
import { MAX_JSON_DEPTH } from "../base/limits.ts";
import { err, ok, type Result } from "../base/result.ts";

/**
 * A value of somebody's code as plain JSON: itself, when it is plain already, else as JSON would
 * write it (dates as texts, undefined fields left out). What JSON cannot hold is a failure.
 */
export function toPlainJson(value: unknown): Result<Json, string> {
  if (isPlain(value, 0)) return ok(value);
  try {
    const text = JSON.stringify(value);
    if (text === undefined) return err(`A ${typeof value} is not a JSON value.`);
    const copy: unknown = JSON.parse(text);
    return isPlain(copy, 0) ? ok(copy) : err(`The value is nested deeper than ${MAX_JSON_DEPTH} levels.`);
  } catch (cause) {
    return err(`The value cannot be written as JSON: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function isPlain(value: unknown, depth: number): value is Json {
  switch (typeof value) {
    case "string":
    case "boolean":
      return true;
    case "number":
      return Number.isFinite(value);
    case "object":
      return value === null || (depth < MAX_JSON_DEPTH && areParts(value, depth));
    case "bigint":
    case "function":
    case "symbol":
    case "undefined":
      return false;
  }
}

function areParts(value: object, depth: number): boolean {
  if (Array.isArray(value)) return value.every((item) => isPlain(item, depth + 1));
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  for (const key in value) {
    if (!isPlain((value as Record<string, unknown>)[key], depth + 1)) return false;
  }
  return true;
}
