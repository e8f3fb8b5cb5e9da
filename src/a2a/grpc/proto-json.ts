/**
 * Between messages as generated code has them and ProtoJSON. Needed where the SDK keeps its own way to
 * itself: for A2A 0.3 it gives only bytes and messages. Pure.
 *
 * 1. What comes from JSON is a whole message: what is missing is empty, so that it can be written.
 * 2. What a table does not name is left out.
 */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";

/** How a value is told. */
export type Codec = {
  /** Undefined when there is nothing. */
  readonly toJson: (value: unknown) => Json | undefined;
  readonly fromJson: (json: Json | undefined) => unknown;
  /** The name of its field in JSON, where that is another one. */
  readonly jsonName?: string;
};

export type Fields = { readonly [name: string]: Codec };

export const text: Codec = {
  toJson: (value) => (typeof value === "string" ? value : undefined),
  fromJson: (json) => (typeof json === "string" ? json : ""),
};

/** A text that may be missing, such as an instant. */
export const optionalText: Codec = { toJson: text.toJson, fromJson: (json) => (typeof json === "string" ? json : undefined) };

export const flag: Codec = { toJson: (value) => value === true, fromJson: (json) => json === true };

export const count: Codec = {
  toJson: (value) => (typeof value === "number" ? value : undefined),
  fromJson: (json) => (typeof json === "number" ? json : 0),
};

export const bytes: Codec = {
  toJson: (value) =>
    ArrayBuffer.isView(value) ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64") : undefined,
  fromJson: (json) => Buffer.from(typeof json === "string" ? json : "", "base64"),
};

/** Any object, as it is (`google.protobuf.Struct`). */
export const struct: Codec = {
  toJson: (value) => (isJsonObject(value) ? value : undefined),
  fromJson: (json) => (isJsonObject(json) ? json : undefined),
};

/** The words of an enumeration, in the order of their numbers. */
export function words(names: readonly string[]): Codec {
  return {
    toJson: (value) => (typeof value === "number" ? (names[value] ?? value) : undefined),
    fromJson: (json) => Math.max(0, names.indexOf(typeof json === "string" ? json : "")),
  };
}

export function listOf(item: Codec): Codec {
  return {
    toJson: (value) => (Array.isArray(value) ? value.map((one: unknown) => item.toJson(one) ?? null) : undefined),
    fromJson: (json) => (Array.isArray(json) ? json.map((one: Json) => item.fromJson(one)) : []),
  };
}

export function mapOf(item: Codec): Codec {
  const each = <From, To>(value: { readonly [key: string]: From }, tell: (one: From) => To) =>
    Object.fromEntries(Object.entries(value).map(([key, one]) => [key, tell(one)]));
  return {
    toJson: (value) => (isRecord(value) ? each(value, (one) => item.toJson(one) ?? null) : undefined),
    fromJson: (json) => (isJsonObject(json) ? each(json, item.fromJson) : {}),
  };
}

/** A message; undefined when there is none. `oneOf`: by the name of each choice, the fields of which there is one at most. */
export function messageOf(fields: Fields, oneOf: { readonly [choice: string]: Fields } = {}): Codec {
  const choices = Object.entries(oneOf);
  return {
    toJson(value) {
      if (!isRecord(value)) return undefined;
      const told = Object.entries(fields).map(([name, codec]) => [codec.jsonName ?? name, codec.toJson(value[name])] as const);
      const chosen = choices.flatMap(([choice, cases]) => chosenToJson(value[choice], cases));
      return Object.fromEntries([...told, ...chosen].filter((entry): entry is readonly [string, Json] => entry[1] !== undefined));
    },
    fromJson(json) {
      if (!isJsonObject(json)) return undefined;
      const made = Object.entries(fields).map(([name, codec]) => [name, codec.fromJson(json[codec.jsonName ?? name])] as const);
      return Object.fromEntries([...made, ...choices.map(([choice, cases]) => [choice, chosenFromJson(json, cases)] as const)]);
    },
  };
}

function chosenToJson(choice: unknown, cases: Fields): readonly (readonly [string, Json | undefined])[] {
  if (!isRecord(choice)) return [];
  const name = String(choice["$case"]);
  const codec = Object.hasOwn(cases, name) ? cases[name] : undefined;
  return codec === undefined ? [] : [[codec.jsonName ?? name, codec.toJson(choice["value"])]];
}

function chosenFromJson(json: JsonObject, cases: Fields): { readonly $case: string; readonly value: unknown } | undefined {
  for (const [name, codec] of Object.entries(cases)) {
    const inner = json[codec.jsonName ?? name];
    if (inner !== undefined) return { $case: name, value: codec.fromJson(inner) };
  }
  return undefined;
}

/** The same, under another name in JSON. */
export function named(jsonName: string, codec: Codec): Codec {
  return { ...codec, jsonName };
}

function isRecord(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
