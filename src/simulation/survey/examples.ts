/**
 * Values that stand in for what an agent would answer, from a JSON Schema and from how a workflow reads
 * them. Numbers without bounds are the same everywhere in a history, so that what is counted twice comes
 * to the same, as it does with agents who speak of the same thing.
 */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import type { Random } from "../random.ts";
import { Shape } from "./shapes.ts";
import { textLike } from "./text-like.ts";

type Drawing = {
  readonly random: Random;
  /** The number of this history. */
  readonly number: number;
  /** Of an input: what the schema gives when nothing is said. */
  readonly prefersDefaults?: boolean;
  /** Holds what `$ref` means. */
  readonly root?: Json;
  readonly depth?: number;
};

const DEEPEST = 12;
const NOTHING = new Shape();

/** A value that a schema allows, as far as it can be seen; what the schema leaves open is as the workflow reads it. */
export function exampleOf(schema: Json | undefined, drawing: Drawing, shape: Shape = NOTHING): Json {
  const depth = (drawing.depth ?? 0) + 1;
  if (depth > DEEPEST) return null;
  if (!isJsonObject(schema)) return exampleOfShape(shape, drawing);
  const inner: Drawing = { ...drawing, root: drawing.root ?? schema, depth };
  const { random } = drawing;
  if (drawing.prefersDefaults === true && schema["default"] !== undefined) return schema["default"];
  if (schema["const"] !== undefined) return schema["const"];
  if (Array.isArray(schema["enum"])) return pickOf(schema["enum"], random);
  if (typeof schema["$ref"] === "string") return exampleOf(referred(schema["$ref"], inner.root), inner, shape);
  if (Array.isArray(schema["examples"]) && schema["examples"].length > 0) return pickOf(schema["examples"], random);
  for (const key of ["anyOf", "oneOf"]) {
    const choices = schema[key];
    if (Array.isArray(choices) && choices.length > 0) return exampleOf(joined(schema, pickOf(choices, random), key), inner, shape);
  }
  const all = schema["allOf"];
  if (Array.isArray(all))
    return exampleOf(
      all.reduce((whole: Json, part) => joined(whole, part, "allOf"), schema),
      inner,
      shape,
    );
  return ofType(typeOf(schema, random), schema, { drawing: inner, shape });
}

function pickOf(choices: readonly Json[], random: Random): Json {
  return choices[random.below(choices.length)] ?? null;
}

function referred(reference: string, root: Json | undefined): Json | undefined {
  let found: Json | undefined = root;
  for (const part of reference.split("/").slice(1))
    found = isJsonObject(found) ? found[part.replaceAll("~1", "/").replaceAll("~0", "~")] : undefined;
  return found;
}

/** A schema with a part of another one put into it, in place of the key under which that stood. */
function joined(whole: Json, part: Json, key: string): Json {
  if (!isJsonObject(whole) || !isJsonObject(part)) return whole;
  const { [key]: _, ...rest } = whole;
  const properties = { ...objectAt(rest, "properties"), ...objectAt(part, "properties") };
  const required = [...listAt(rest, "required"), ...listAt(part, "required")];
  return {
    ...rest,
    ...part,
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
    ...(required.length === 0 ? {} : { required }),
  };
}

function typeOf(schema: JsonObject, random: Random): Json | undefined {
  const { type } = schema;
  if (Array.isArray(type)) return pickOf(type.length > 1 ? type.filter((one) => one !== "null") : type, random);
  if (type !== undefined) return type;
  if (schema["properties"] !== undefined || schema["required"] !== undefined) return "object";
  if (schema["items"] !== undefined || schema["minItems"] !== undefined) return "array";
  if (schema["minimum"] !== undefined || schema["maximum"] !== undefined) return "number";
  return schema["pattern"] !== undefined || schema["minLength"] !== undefined || schema["format"] !== undefined ? "string" : undefined;
}

type Want = { readonly drawing: Drawing; readonly shape: Shape };

function ofType(type: Json | undefined, schema: JsonObject, want: Want): Json {
  const { drawing, shape } = want;
  if (type === "object") return ofObject(schema, want);
  if (type === "array") return ofArray(schema, want);
  if (type === "integer" || type === "number") return ofNumber(schema, type === "integer", drawing);
  if (type === "boolean") return drawing.random.hits(0.5);
  if (type === "null") return null;
  const isCompared = shape.kind === "text" && shape.values.length > 0;
  if (type !== "string" || (isCompared && schema["pattern"] === undefined)) return exampleOfShape(shape, drawing);
  return textLike(schema, drawing.random);
}

function ofObject(schema: JsonObject, { drawing, shape }: Want): JsonObject {
  const properties = objectAt(schema, "properties");
  const required = listAt(schema, "required").filter((name) => typeof name === "string");
  // What the workflow reads is there, whether or not the schema asks for it.
  const names = new Set([...required, ...shape.fields.keys(), ...Object.keys(properties).filter(() => drawing.random.hits(0.7))]);
  const isClosed = schema["additionalProperties"] === false;
  const given = [...names].filter((name) => !isClosed || Object.hasOwn(properties, name));
  return Object.fromEntries(given.map((name) => [name, exampleOf(properties[name], drawing, shape.fields.get(name) ?? NOTHING)]));
}

function ofArray(schema: JsonObject, { drawing, shape }: Want): Json {
  const least = numberAt(schema, "minItems") ?? 0;
  const most = Math.min(numberAt(schema, "maxItems") ?? Infinity, Math.max(least, 1) + 2);
  const count = Math.min(most, Math.max(least, lengthFor(drawing)));
  const tuple = listAt(schema, "prefixItems");
  const items = Array.from({ length: Math.max(count, tuple.length) }, (_, index) =>
    exampleOf(tuple[index] ?? schema["items"], drawing, shape.item),
  );
  if (schema["uniqueItems"] !== true) return items;
  return [...new Map(items.map((item) => [JSON.stringify(item), item])).values()];
}

/** Lists of one history are of one length, as if of the same things. */
function lengthFor({ number }: Drawing): number {
  return 2 + (number % 2);
}

/** Of a scale from one bound to another the best mark is drawn as often as any: who is to reach a threshold mostly does. */
function ofNumber(schema: JsonObject, isWhole: boolean, { random, number }: Drawing): number {
  const step = numberAt(schema, "multipleOf") ?? (isWhole ? 1 : 0);
  const least = numberAt(schema, "minimum") ?? above(numberAt(schema, "exclusiveMinimum"), step || 1);
  const most = numberAt(schema, "maximum") ?? above(numberAt(schema, "exclusiveMaximum"), -(step || 1));
  const rounded = (value: number): number => (step === 0 ? Math.round(value * 1_000) / 1_000 : Math.round(value / step) * step);
  if (least !== null && most !== null)
    return random.hits(0.5) ? most : Math.min(most, Math.max(least, rounded(least + random.next() * (most - least))));
  return rounded(Math.min(most ?? Infinity, Math.max(least ?? -Infinity, number)));
}

function above(bound: number | null, step: number): number | null {
  return bound === null ? null : bound + step;
}

/** A value as a workflow reads it. */
export function exampleOfShape(shape: Shape, drawing: Drawing): Json {
  const { random, number } = drawing;
  const depth = (drawing.depth ?? 0) + 1;
  if (depth > DEEPEST) return null;
  const inner = { ...drawing, depth };
  switch (shape.kind) {
    case "object":
      return Object.fromEntries([...shape.fields].map(([name, field]) => [name, exampleOfShape(field, inner)]));
    case "list":
      return Array.from({ length: lengthFor(drawing) }, () => exampleOfShape(shape.item, inner));
    case "number":
      return nearOne(shape.values, random) ?? number;
    case "flag":
      return random.hits(0.5);
    case "text":
      return shape.values.length > 0 ? pickOf(shape.values, random) : "words";
    case null:
      return shape.fields.size > 0
        ? Object.fromEntries([...shape.fields].map(([name, field]) => [name, exampleOfShape(field, inner)]))
        : "words";
  }
}

/** A number below, at or above one that it is compared with. */
function nearOne(values: readonly Json[], random: Random): number | null {
  const numbers = values.filter((value) => typeof value === "number");
  if (numbers.length === 0) return null;
  const value = numbers[random.below(numbers.length)] ?? 0;
  return value + (random.below(3) - 1) * (Number.isInteger(value) ? 1 : 0.05);
}

function objectAt(object: JsonObject, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}

function listAt(object: JsonObject, key: string): readonly Json[] {
  const value = object[key];
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

function numberAt(object: JsonObject, key: string): number | null {
  const value = object[key];
  return typeof value === "number" ? value : null;
}
