/**
 * What a JSON Schema says for certain about the values that satisfy it. Schemas here have no `$ref`
 * (inline-schema.ts); `true` means that nothing is known.
 */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";

export type TypeName = "null" | "boolean" | "number" | "string" | "array" | "object";

/** What reading a field of a value can give. */
export type Field =
  | { readonly kind: "found"; readonly schema: Json }
  /** The schema names other fields; `isCertain`: and allows no more. */
  | { readonly kind: "absent"; readonly isCertain: boolean; readonly known: readonly string[] }
  /** The value is no object. */
  | { readonly kind: "none"; readonly types: readonly TypeName[] };

const UNKNOWN: Field = { kind: "found", schema: true };

/** The types that a value can have; null when they are not known. */
export function typesOf(schema: Json): ReadonlySet<TypeName> | null {
  const sets = partsOf(schema).flatMap((part) => ownTypes(part) ?? []);
  const [first, ...others] = sets;
  if (first === undefined) return null;
  const types = new Set([...first].filter((type) => others.every((other) => other.has(type))));
  return types.size === 0 ? null : types;
}

export function typeOfValue(value: Json): TypeName {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as TypeName;
}

/** The values that are possible, when they are listed. */
export function constantsOf(schema: Json): readonly Json[] | null {
  for (const part of partsOf(schema)) {
    if (Object.hasOwn(part, "const")) return [part["const"] as Json];
    if (Array.isArray(part["enum"])) return part["enum"] as readonly Json[];
    for (const group of groupsOf(part)) {
      const lists = group.map(constantsOf);
      if (lists.every((list) => list !== null)) return lists.flat();
    }
  }
  return null;
}

/** The schema of a field of a value. */
export function fieldOf(schema: Json, key: string): Field {
  const types = typesOf(schema);
  if (types !== null && !types.has("object")) return { kind: "none", types: [...types] };
  let best: Field = UNKNOWN;
  for (const part of partsOf(schema)) {
    for (const found of [ownField(part, key), ...groupsOf(part).map((group) => fieldOfAny(group, key))]) {
      if (weightOf(found) > weightOf(best)) best = found;
    }
  }
  return best;
}

/** The schema of the items of a value; true when it is not known. */
export function itemsOf(schema: Json): Json {
  for (const part of partsOf(schema)) {
    if (part["items"] !== undefined && part["prefixItems"] === undefined) return part["items"];
    if (Array.isArray(part["const"])) return { enum: part["const"] };
    for (const group of groupsOf(part)) {
      const items = group.filter(canBeArray).map(itemsOf);
      if (items.length > 0 && items.every((item) => item !== true)) return items.length === 1 ? (items[0] as Json) : { anyOf: items };
    }
  }
  return true;
}

/** A schema and everything in its `allOf`: all of them hold. */
export function partsOf(schema: Json): readonly JsonObject[] {
  if (!isJsonObject(schema)) return [];
  const inner = schema["allOf"];
  return Array.isArray(inner) ? [schema, ...inner.flatMap((part: Json) => partsOf(part))] : [schema];
}

/** Its `anyOf` and `oneOf`: of each, one holds. */
export function groupsOf(part: JsonObject): readonly (readonly Json[])[] {
  return ["anyOf", "oneOf"].flatMap((keyword) => {
    const group = part[keyword];
    return Array.isArray(group) && group.length > 0 ? [group as readonly Json[]] : [];
  });
}

/** The fields that a schema says must be there. */
export function requiredOf(schema: Json): ReadonlySet<string> {
  return new Set(
    partsOf(schema).flatMap((part) =>
      Array.isArray(part["required"]) ? part["required"].filter((key): key is string => typeof key === "string") : [],
    ),
  );
}

/** The fields that a schema names. */
export function propertiesOf(schema: Json): ReadonlyMap<string, Json> {
  const fields = new Map<string, Json>();
  for (const part of partsOf(schema))
    if (isJsonObject(part["properties"]))
      for (const [key, inner] of Object.entries(part["properties"])) if (!fields.has(key)) fields.set(key, inner);
  return fields;
}

function ownTypes(part: JsonObject): ReadonlySet<TypeName> | null {
  const type = part["type"];
  if (typeof type === "string") return new Set([typeNamed(type)]);
  if (Array.isArray(type)) return new Set(type.map((name) => typeNamed(String(name))));
  if (Object.hasOwn(part, "const")) return new Set([typeOfValue(part["const"] as Json)]);
  if (Array.isArray(part["enum"])) return new Set(part["enum"].map((value: Json) => typeOfValue(value)));
  for (const group of groupsOf(part)) {
    const types = group.map(typesOf);
    if (types.every((found) => found !== null)) return new Set(types.flatMap((found) => [...found]));
  }
  return null;
}

function typeNamed(name: string): TypeName {
  return (name === "integer" ? "number" : name) as TypeName;
}

/** A found schema says more than a missing one, which says more than nothing. */
function weightOf(field: Field): number {
  switch (field.kind) {
    case "found":
      return field.schema === true ? 0 : 4;
    case "absent":
      return field.isCertain ? 2 : 1;
    case "none":
      return 3;
  }
}

/** A promised field of which no more is known: better than absent, less than a schema. */
const PROMISED: Field = { kind: "found", schema: {} };

function ownField(part: JsonObject, key: string): Field {
  const constant = part["const"];
  if (isJsonObject(constant)) {
    if (Object.hasOwn(constant, key)) return { kind: "found", schema: { const: constant[key] as Json } };
    return { kind: "absent", isCertain: true, known: Object.keys(constant) };
  }
  const { properties, required, additionalProperties: others } = part;
  if (isJsonObject(properties) && Object.hasOwn(properties, key)) {
    const inner = properties[key] as Json;
    return { kind: "found", schema: inner === true ? {} : inner };
  }
  if (Array.isArray(required) && required.includes(key)) return PROMISED;
  if (part["patternProperties"] !== undefined) return UNKNOWN;
  if (isJsonObject(others) || others === true) return { kind: "found", schema: others === true ? {} : others };
  const known = isJsonObject(properties) ? Object.keys(properties) : [];
  if (others === false) return { kind: "absent", isCertain: true, known };
  return known.length === 0 ? UNKNOWN : { kind: "absent", isCertain: false, known };
}

/** Null has no fields, and its readers guard against it; the alternatives beside it decide. */
function fieldOfAny(group: readonly Json[], key: string): Field {
  const fields = group.filter((schema) => !isOnlyNull(schema)).map((schema) => fieldOf(schema, key));
  if (fields.some((field) => field.kind === "found" && field.schema === true)) return UNKNOWN;
  const found = fields.flatMap((field) => (field.kind === "found" ? [field.schema] : []));
  if (found.length > 0) return { kind: "found", schema: found.length === 1 && fields.length === 1 ? (found[0] as Json) : {} };
  const known = [...new Set(fields.flatMap((field) => (field.kind === "absent" ? field.known : [])))];
  return fields.length === 0
    ? UNKNOWN
    : { kind: "absent", isCertain: fields.every((field) => field.kind === "none" || (field.kind === "absent" && field.isCertain)), known };
}

function isOnlyNull(schema: Json): boolean {
  const types = typesOf(schema);
  return types !== null && types.size === 1 && types.has("null");
}

function canBeArray(schema: Json): boolean {
  return typesOf(schema)?.has("array") !== false;
}
