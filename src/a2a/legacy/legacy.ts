/**
 * A2A 0.3 in the words of A2A 1.0, and back: what "legacy" means everywhere here. Both are JSON, so that
 * one translation serves our server, our client and push notifications. Pure.
 *
 * 1. What both versions know survives both ways. What 0.3 has no place for is left out.
 * 2. 0.3 is read in either of its forms, and written in exactly one.
 */
import type { Json, JsonObject } from "../../base/json.ts";
import { isJsonObject } from "../../base/json.ts";

/** The older version that is spoken. */
export const LEGACY_VERSION = "0.3" as const;
/** Where 0.3 names extensions, instead of in `A2A-Extensions`. */
export const LEGACY_EXTENSION_HEADER = "X-A2A-Extensions";

/**
 * How 0.3 is written. `schema`: its JSON Schema, with a `kind` in each object, in JSON-RPC and in push
 * notifications. `proto`: the ProtoJSON of its protocol buffers, in HTTP+JSON.
 */
export type LegacyForm = "schema" | "proto";

/** States as 1.0 has them, and as the two forms of 0.3 do. */
export const STATES: readonly { readonly [form in LegacyForm | "current"]: string }[] = [
  { current: "TASK_STATE_UNSPECIFIED", schema: "unknown", proto: "TASK_STATE_UNSPECIFIED" },
  { current: "TASK_STATE_SUBMITTED", schema: "submitted", proto: "TASK_STATE_SUBMITTED" },
  { current: "TASK_STATE_WORKING", schema: "working", proto: "TASK_STATE_WORKING" },
  { current: "TASK_STATE_COMPLETED", schema: "completed", proto: "TASK_STATE_COMPLETED" },
  { current: "TASK_STATE_FAILED", schema: "failed", proto: "TASK_STATE_FAILED" },
  { current: "TASK_STATE_CANCELED", schema: "canceled", proto: "TASK_STATE_CANCELLED" },
  { current: "TASK_STATE_INPUT_REQUIRED", schema: "input-required", proto: "TASK_STATE_INPUT_REQUIRED" },
  { current: "TASK_STATE_REJECTED", schema: "rejected", proto: "TASK_STATE_REJECTED" },
  { current: "TASK_STATE_AUTH_REQUIRED", schema: "auth-required", proto: "TASK_STATE_AUTH_REQUIRED" },
];

/** Marks a data part whose value is not an object, which 0.3 wraps as `{ value }`. The official SDKs mark it so. */
export const WRAPPED = "data_part_compat";

/** An object without the fields that are not there. */
export function compact(fields: { readonly [name: string]: Json | undefined }): JsonObject {
  const entries = Object.entries(fields).filter((entry): entry is [string, Json] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

/** A field by its name in JSON, or by that in the protocol buffers; null is the same as nothing. */
export function fieldOf(value: JsonObject, name: string): Json | undefined {
  const protoName = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return value[name] ?? value[protoName] ?? undefined;
}

/** A text; empty when it is something else. */
export function textOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

/** Each item of a list of objects, told; what is something else stays as it is, for those who check it. */
export function eachOf(value: Json | undefined, tell: (item: JsonObject) => Json): Json | undefined {
  return Array.isArray(value) ? value.map((item: Json) => (isJsonObject(item) ? tell(item) : item)) : value;
}

/** An object, told; what is something else stays as it is. */
export function oneOf(value: Json | undefined, tell: (item: JsonObject) => Json): Json | undefined {
  return isJsonObject(value) ? tell(value) : value;
}
