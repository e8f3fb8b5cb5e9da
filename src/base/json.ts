import canonicalize from "canonicalize";

import { assert } from "./assert.ts";
import { MAX_JSON_DEPTH } from "./limits.ts";

/** A plain JSON value: what definitions, facts, inputs and outputs are made of. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

/** A plain JSON object. */
export type JsonObject = { readonly [key: string]: Json };

/** The canonical spelling of a JSON value (RFC 8785): equal values have equal texts. */
export function canonicalJson(value: Json): string {
  const text = canonicalize(value);
  assert(text !== undefined, "A JSON value always has a canonical text.");
  return text;
}

/** True for a JSON array. */
export function isJsonArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** True for a JSON object; false for arrays, null and primitives. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** True when JSON can write a parsed value again, and recursive code can walk it: of 1e999 a parser makes infinity. */
export function isSound(value: unknown, depth = 0): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object" || value === null) return true;
  return depth < MAX_JSON_DEPTH && Object.values(value).every((inner) => isSound(inner, depth + 1));
}

/** True when every text of a parsed value is Unicode. Half of a surrogate pair has no canonical JSON, and no UTF-8. */
export function isUnicode(value: unknown): boolean {
  if (typeof value === "string") return value.isWellFormed();
  if (typeof value !== "object" || value === null) return true;
  return Object.entries(value).every(([key, inner]) => key.isWellFormed() && isUnicode(inner));
}
