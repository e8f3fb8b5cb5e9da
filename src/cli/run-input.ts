import { readFile } from "node:fs/promises";
import { resolve } from "node:path";

import { isJsonObject, type Json } from "../base/json.ts";
import type { JsonSchema } from "../definition/definition.ts";
import { didYouMean } from "../definition/did-you-mean.ts";
import type { Cli } from "./cli.ts";
import { type Pairs, usageError } from "./options.ts";
import { sentenceOf } from "./report-error.ts";

export type InputOptions = {
  /** `-i key=value`, in order. */
  readonly i?: Pairs;
  /** JSON, `@file`, or `@-` for standard input. */
  readonly input?: string;
};

/** The input of a run: `--input` as the base, each `-i` a property on top of it. */
export async function readRunInput(cli: Cli, options: InputOptions, schema: JsonSchema | null): Promise<Json> {
  const base = options.input === undefined ? {} : parseJson(await textOf(cli, options.input), "--input");
  if (options.i === undefined) return base;
  if (!isJsonObject(base)) throw usageError("-i sets properties, and the value of --input is not an object.");
  for (const [key] of options.i) expectProperty(schema, key);
  const properties = options.i.map(([key, text]): [string, Json] => [key, readValue(text, propertySchema(schema, key))]);
  return { ...base, ...Object.fromEntries(properties) };
}

async function textOf(cli: Cli, given: string): Promise<string> {
  if (!given.startsWith("@")) return given;
  if (given === "@-") return cli.readInput();
  try {
    return await readFile(resolve(cli.directory, given.slice(1)), "utf8");
  } catch (cause) {
    throw usageError(`The file ${given.slice(1)} of --input cannot be read: ${sentenceOf(cause)}.`);
  }
}

export function parseJson(text: string, what: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (cause) {
    throw usageError(
      `The value of ${what} is not JSON: ${sentenceOf(cause)}.`,
      `Put it in single quotes, such as ${what} '{"month":"2025-03"}'.`,
    );
  }
}

/** A name that the workflow does not know is a slip of the pen, unless its schema says that it takes others. */
function expectProperty(schema: JsonSchema | null, key: string): void {
  if (!isJsonObject(schema) || !isJsonObject(schema["properties"]) || ELSEWHERE.some((keyword) => (schema[keyword] ?? false) !== false))
    return;
  const names = Object.keys(schema["properties"]);
  if (names.includes(key)) return;
  const takes = names.length === 0 ? "It takes no input." : `It takes ${names.join(", ")}.`;
  throw usageError(`The workflow has no input "${key}".`, [didYouMean(key, names), takes].filter((text) => text !== null).join(" "));
}

/** Keywords by which a schema allows properties that it does not list. */
const ELSEWHERE = ["additionalProperties", "unevaluatedProperties", "patternProperties", "allOf", "anyOf", "oneOf", "$ref", "if"];

function propertySchema(schema: JsonSchema | null, key: string): Json | undefined {
  const properties = isJsonObject(schema) ? schema["properties"] : undefined;
  return isJsonObject(properties) && Object.hasOwn(properties, key) ? properties[key] : undefined;
}

/**
 * A value as the schema means it: a text where a text is wanted, so that `-i zip=01234` keeps its
 * zero; else JSON if it is JSON, else text. Whether it fits is for the schema to say.
 */
export function readValue(text: string, schema: Json | undefined): Json {
  const types = typesOf(schema);
  if (types.has("string") || (isJsonObject(schema) && (schema["const"] === text || isIn(schema["enum"], text)))) return text;
  try {
    return JSON.parse(text) as Json;
  } catch {
    // Not JSON: it is meant as a text, and the schema says whether one may stand there.
    return text;
  }
}

function typesOf(schema: Json | undefined): ReadonlySet<Json> {
  const type = isJsonObject(schema) ? schema["type"] : undefined;
  return new Set(Array.isArray(type) ? (type as readonly Json[]) : type === undefined ? [] : [type]);
}

function isIn(list: Json | undefined, text: string): boolean {
  return Array.isArray(list) && (list as readonly Json[]).includes(text);
}
