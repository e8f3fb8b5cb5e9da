import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";

const MAPS = ["properties", "patternProperties", "$defs", "definitions", "dependentSchemas"] as const;
const LISTS = ["allOf", "anyOf", "oneOf", "prefixItems"] as const;
const SINGLES = [
  "items",
  "additionalProperties",
  "not",
  "if",
  "then",
  "else",
  "contains",
  "propertyNames",
  "unevaluatedItems",
  "unevaluatedProperties",
] as const;

/** The schemas directly inside a schema, with the keys that lead to them (JSON Schema 2020-12, core and applicators). */
export function subschemasOf(schema: JsonObject): readonly { readonly path: readonly (string | number)[]; readonly schema: Json }[] {
  const maps = MAPS.flatMap((keyword) => {
    const map = schema[keyword];
    return isJsonObject(map) ? Object.entries(map).map(([key, inner]) => ({ path: [keyword, key], schema: inner })) : [];
  });
  const lists = LISTS.flatMap((keyword) => {
    const list = schema[keyword];
    return Array.isArray(list) ? list.map((inner: Json, index) => ({ path: [keyword, index], schema: inner })) : [];
  });
  const singles = SINGLES.flatMap((keyword) => {
    const inner = schema[keyword];
    return inner === undefined ? [] : [{ path: [keyword], schema: inner }];
  });
  return [...maps, ...lists, ...singles];
}
