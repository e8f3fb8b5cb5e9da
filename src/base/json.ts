import canonicalize from "canonicalize";

import { assert } from "./assert.ts";

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
