import { isJsonObject, type Json } from "../../base/json.ts";
import { MAX_SCHEMA_DEPTH, MAX_SUBSCHEMAS } from "../../base/limits.ts";

const inlined = new WeakMap<object, Json>();

/**
 * A schema with each `$ref` replaced by what it leads to, so that every part of it can be looked at
 * alone. A reference that leads back into itself, too deep or outside becomes `true`: nothing known.
 */
export function inlineSchema(schema: Json): Json {
  if (!isJsonObject(schema)) return schema;
  const known = inlined.get(schema);
  if (known !== undefined) return known;
  const result = hasReference(schema) ? replace(schema, { root: schema, trail: [], budget: { left: 4 * MAX_SUBSCHEMAS } }) : schema;
  inlined.set(schema, result);
  return result;
}

type Place = { readonly root: Json; readonly trail: readonly string[]; readonly budget: { left: number } };

function hasReference(value: Json): boolean {
  if (Array.isArray(value)) return value.some((item: Json) => hasReference(item));
  if (!isJsonObject(value)) return false;
  return typeof value["$ref"] === "string" || typeof value["$dynamicRef"] === "string" || Object.values(value).some(hasReference);
}

function replace(value: Json, place: Place): Json {
  place.budget.left -= 1;
  if (place.budget.left < 0) return true;
  if (Array.isArray(value)) return value.map((item: Json) => replace(item, place));
  if (!isJsonObject(value)) return value;
  if (value["$dynamicRef"] !== undefined) return true;
  const { $ref: reference, $defs: _, ...rest } = value;
  const own = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, replace(inner, place)]));
  if (typeof reference !== "string") return own;
  const target = referredTo(reference, place);
  return Object.keys(own).length === 0 ? target : { ...own, allOf: [...(Array.isArray(own["allOf"]) ? own["allOf"] : []), target] };
}

function referredTo(reference: string, place: Place): Json {
  if (place.trail.includes(reference) || place.trail.length >= MAX_SCHEMA_DEPTH || !/^#(?:\/|$)/.test(reference)) return true;
  let found: Json | undefined = place.root;
  for (const part of reference.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (Array.isArray(found)) found = found[Number(key)] as Json | undefined;
    else found = isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found === undefined ? true : replace(found, { ...place, trail: [...place.trail, reference] });
}
