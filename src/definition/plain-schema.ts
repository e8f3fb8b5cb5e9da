/**
 * Whether a schema is certainly one, seen at a glance. The dialect's own schema can tell of every schema,
 * but to compile it takes longer than all else that a short command does, and most need no more than this.
 *
 * 1. True is certain: the dialect's own schema says the same. False says nothing.
 */
import { isJsonObject, type Json } from "../base/json.ts";

export const DIALECT = "https://json-schema.org/draft/2020-12/schema";

export function isPlainSchema(schema: Json): boolean {
  if (!isJsonObject(schema)) return typeof schema === "boolean";
  return Object.entries(schema).every(([keyword, value]) => Object.hasOwn(KEYWORDS, keyword) && KEYWORDS[keyword]?.(value) === true);
}

const TYPES: ReadonlySet<Json> = new Set(["array", "boolean", "integer", "null", "number", "object", "string"]);

/** What a keyword may hold. One that is not here, such as `pattern`, is for the dialect's own schema. */
const KEYWORDS: { readonly [keyword: string]: (value: Json) => boolean } = {
  $schema: (value) => value === DIALECT,
  $ref: (value) => typeof value === "string" && /^#(\/[\w$-]+)*$/.test(value),
  $defs: isMap,
  title: isText,
  description: isText,
  default: isAnything,
  examples: Array.isArray,
  type: (value) => (Array.isArray(value) ? value.length > 0 && value.every(isType) && isWithoutTwins(value) : isType(value)),
  const: isAnything,
  enum: Array.isArray,
  format: isText,
  properties: isMap,
  required: (value) => Array.isArray(value) && value.every(isText) && isWithoutTwins(value),
  additionalProperties: isPlainSchema,
  propertyNames: isPlainSchema,
  minProperties: isCount,
  maxProperties: isCount,
  items: isPlainSchema,
  prefixItems: isList,
  minItems: isCount,
  maxItems: isCount,
  uniqueItems: (value) => typeof value === "boolean",
  minLength: isCount,
  maxLength: isCount,
  minimum: isNumber,
  maximum: isNumber,
  exclusiveMinimum: isNumber,
  exclusiveMaximum: isNumber,
  multipleOf: (value) => typeof value === "number" && value > 0,
  allOf: isList,
  anyOf: isList,
  oneOf: isList,
  not: isPlainSchema,
};

function isMap(value: Json): boolean {
  return isJsonObject(value) && Object.values(value).every(isPlainSchema);
}

function isList(value: Json): boolean {
  return Array.isArray(value) && value.length > 0 && value.every(isPlainSchema);
}

function isType(value: Json): boolean {
  return TYPES.has(value);
}

function isText(value: Json): boolean {
  return typeof value === "string";
}

function isNumber(value: Json): boolean {
  return typeof value === "number";
}

function isCount(value: Json): boolean {
  return Number.isInteger(value) && Number(value) >= 0;
}

function isWithoutTwins(values: readonly Json[]): boolean {
  return new Set(values).size === values.length;
}

function isAnything(): boolean {
  return true;
}
