import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { Random } from "./random.ts";

/** A value that a schema allows, as far as its types, its constants and its smallest sizes say. */
export function sampleOf(schema: Json | undefined, random: Random): Json {
  if (!isJsonObject(schema)) return random.below(10);
  if (schema["const"] !== undefined) return schema["const"];
  if (Array.isArray(schema["enum"])) return schema["enum"][random.below(schema["enum"].length)] ?? null;
  for (const key of ["anyOf", "oneOf"]) {
    const choices = schema[key];
    if (Array.isArray(choices)) return sampleOf(choices[random.below(choices.length)], random);
  }
  const { type } = schema;
  return ofType(Array.isArray(type) ? type[random.below(type.length)] : type, schema, random);
}

function ofType(named: Json | undefined, schema: JsonObject, random: Random): Json {
  const type = named ?? (schema["properties"] === undefined ? "number" : "object");
  if (type === "object") return objectOf(schema, random);
  if (type === "array")
    return Array.from({ length: numberOf(schema["minItems"], 0) + random.below(3) }, () => sampleOf(schema["items"] ?? {}, random));
  if (type === "string") return "word".padEnd(numberOf(schema["minLength"], 0), "s").slice(0, numberOf(schema["maxLength"], 1_000));
  if (type === "boolean") return random.hits(0.5);
  if (type === "null") return null;
  const least = numberOf(schema["minimum"], 0);
  return Math.min(numberOf(schema["maximum"], least + 9), least + random.below(10));
}

function objectOf(schema: JsonObject, random: Random): JsonObject {
  const properties = isJsonObject(schema["properties"]) ? schema["properties"] : {};
  const required = Array.isArray(schema["required"]) ? schema["required"] : [];
  const names = Object.keys(properties).filter((name) => required.includes(name) || random.hits(0.5));
  return Object.fromEntries(names.map((name) => [name, sampleOf(properties[name], random)]));
}

function numberOf(value: Json | undefined, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
