import type { ErrorObject } from "ajv/dist/2020.js";

import { assert, present } from "../base/assert.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { DocumentPath } from "./problem.ts";

/** One problem of a value as a sentence that begins with its JSON pointer. */
export function sentenceOf(found: ErrorObject): string {
  const { instancePath: pointer, params } = found;
  const where = pointer === "" ? "The value" : pointer;
  switch (found.keyword) {
    case "required":
      return `${pointer}/${escaped(params["missingProperty"])} is missing.`;
    case "dependentRequired":
      return `${pointer}/${escaped(params["missingProperty"])} is missing; ${escaped(params["property"])} comes only together with it.`;
    case "additionalProperties":
      return `${pointer}/${escaped(params["additionalProperty"])} is not allowed.`;
    case "unevaluatedProperties":
      return `${pointer}/${escaped(params["unevaluatedProperty"])} is not allowed.`;
    default:
      return `${where} ${predicateOf(found)}.`;
  }
}

/** What a value must be, after its name. */
function predicateOf({ keyword, params, message }: ErrorObject): string {
  switch (keyword) {
    case "enum":
      return `must be one of ${(params["allowedValues"] as readonly Json[]).map((value) => JSON.stringify(value)).join(", ")}`;
    case "const":
      return `must be ${JSON.stringify(params["allowedValue"])}`;
    case "type":
      return `must be ${article(String(params["type"]))}`;
    case "format":
      return `must be in the format ${String(params["format"])}`;
    case "pattern":
      return `must match the pattern ${String(params["pattern"])}`;
    case "multipleOf":
      return `must be a multiple of ${String(params["multipleOf"])}`;
    case "false schema":
      return "is not allowed";
    case "not":
      return "is of a kind that the schema excludes (`not`)";
    case "anyOf":
      return "fits none of the alternatives (`anyOf`)";
    case "oneOf":
      return params["passingSchemas"] === null
        ? "fits none of the alternatives (`oneOf`)"
        : "fits more than one of the alternatives (`oneOf`)";
    case "if":
      return `does not fit what the schema says under \`${String(params["failingKeyword"])}\``;
    case "contains":
      return `must hold at least ${counted(params["minContains"], "item")} of the kind under \`contains\``;
    case "propertyNames":
      return `must not have a key "${String(params["propertyName"])}"`;
    default:
      return limitOf(keyword, params["limit"]) ?? String(message).replace("must NOT", "must not");
  }
}

/** Keywords that limit a number, and those that count. */
const LIMITS: { readonly [keyword: string]: string | undefined } = {
  minimum: "at least",
  maximum: "at most",
  exclusiveMinimum: "more than",
  exclusiveMaximum: "less than",
};
const COUNTS: { readonly [keyword: string]: readonly [limit: string, what: string] | undefined } = {
  minLength: ["at least", "character"],
  maxLength: ["at most", "character"],
  minItems: ["at least", "item"],
  maxItems: ["at most", "item"],
  minProperties: ["at least", "key"],
  maxProperties: ["at most", "key"],
};

function limitOf(keyword: string, limit: unknown): string | null {
  if (LIMITS[keyword] !== undefined) return `must be ${LIMITS[keyword]} ${String(limit)}`;
  const [words, what] = COUNTS[keyword] ?? [];
  if (words === undefined || what === undefined) return null;
  return words === "at least" && limit === 1 ? "must not be empty" : `must have ${words} ${counted(limit, what)}`;
}

const TYPES = "string, number, integer, boolean, object, array or null";

/** Why a schema is none: the first problem that says most, and where it stands. */
export function schemaProblemOf(schema: Json, errors: readonly ErrorObject[]): SchemaProblem {
  const deepest = errors.toSorted((left, right) => depthOf(right) - depthOf(left))[0];
  const found = present(deepest, "What is not valid has an error.");
  const { path, value } = placeIn(schema, found.instancePath);
  const keyword = String(path.at(-1));
  const shown = JSON.stringify(value).slice(0, SHOWN);
  if (keyword === "type" || (path.at(-2) === "type" && path.at(-3) !== "properties"))
    return { path, message: `${shown} is not a type; a type is ${TYPES}.` };
  const wanted = found.keyword === "type" ? wantedOf(String(found.params["type"])) : predicateOf(found);
  return { path, message: `"${keyword}" ${wanted}, not ${shown}.` };
}

export type SchemaProblem = { readonly path: DocumentPath; readonly message: string };

const SHOWN = 60;

function depthOf({ instancePath }: ErrorObject): number {
  return instancePath.split("/").length;
}

function wantedOf(types: string): string {
  // The dialect says so of every schema inside a schema.
  if (types === "object,boolean") return "must be a schema, such as { type: string }";
  return types === "array" ? "must be a list" : `must be ${article(types)}`;
}

/** What a JSON pointer leads to; it comes from a look at the same value, so it leads somewhere. */
function placeIn(schema: Json, pointer: string): { readonly path: DocumentPath; readonly value: Json } {
  const path: (string | number)[] = [];
  let value = schema;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replace(/~1/g, "/").replace(/~0/g, "~");
    path.push(Array.isArray(value) ? Number(key) : key);
    const inner = (value as JsonObject)[key];
    assert(inner !== undefined, "The pointer leads somewhere.");
    value = inner;
  }
  return { path, value };
}

function counted(count: unknown, what: string): string {
  return `${String(count)} ${what}${count === 1 ? "" : "s"}`;
}

/** A key as a part of a JSON pointer (RFC 6901). */
function escaped(key: unknown): string {
  return String(key).replace(/~/g, "~0").replace(/\//g, "~1");
}

function article(types: string): string {
  const words = types.split(",").map((type) => (type === "null" ? "null" : /^[aio]/.test(type) ? `an ${type}` : `a ${type}`));
  return words.join(" or ");
}
