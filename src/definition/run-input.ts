import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { TuttiError } from "../base/errors.ts";
import { MAX_SCHEMA_DEPTH } from "../base/limits.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { Definition, JsonSchema } from "./definition.ts";
import { isForbiddenName } from "./expression/value.ts";
import type { Validate } from "./program.ts";
import { compileSchema } from "./schema.ts";

const validateByDefinition = new WeakMap<Definition, Validate>();

/** The input as the run records it: the schema's defaults written in, and checked (T2001). */
export function prepareInput(definition: Definition, input: Json): Result<Json, TuttiError> {
  if (definition.input === null) return ok(input);
  const prepared = applyDefaults(definition.input, input);
  const problems = validatorOf(definition, definition.input)(prepared);
  if (problems.length === 0) return ok(prepared);
  return err(
    new TuttiError("T2001", `The input of workflow "${definition.name}" does not fit: ${problems.join(" ")}`, {
      help: helpFor(definition.input),
      details: { workflow: definition.name, problems },
    }),
  );
}

function validatorOf(definition: Definition, schema: JsonSchema): Validate {
  const known = validateByDefinition.get(definition);
  if (known !== undefined) return known;
  const compiled = compileSchema(schema, "all");
  const validate: Validate = compiled.ok ? compiled.value : () => [compiled.error.message];
  validateByDefinition.set(definition, validate);
  return validate;
}

function helpFor(schema: JsonSchema): string {
  const properties = isJsonObject(schema) ? schema["properties"] : undefined;
  const names = isJsonObject(properties) ? Object.keys(properties) : [];
  if (names.length === 0) return "Give an input that fits the workflow's input schema.";
  const required = isJsonObject(schema) && Array.isArray(schema["required"]) ? (schema["required"] as readonly Json[]) : [];
  return `It takes ${names.map((name) => (required.includes(name) ? `${name} (required)` : name)).join(", ")}.`;
}

/** Writes the `default`s of a schema into a value, at every level that is there. The value stays as it was. */
export function applyDefaults(schema: JsonSchema, value: Json): Json {
  return fill(schema, value, { root: schema, depth: 0 });
}

type Place = { readonly root: JsonSchema; readonly depth: number };

function fill(schema: Json | undefined, value: Json, { root, depth }: Place): Json {
  if (!isJsonObject(schema) || depth > MAX_SCHEMA_DEPTH) return value;
  const inner = { root, depth: depth + 1 };
  let filled = value;
  const referred = referredTo(schema["$ref"], root);
  if (referred !== undefined) filled = fill(referred, filled, inner);
  for (const part of listOf(schema["allOf"])) filled = fill(part, filled, inner);
  if (Array.isArray(filled)) return fillItems(schema, filled, inner);
  const properties = schema["properties"];
  return isJsonObject(filled) && isJsonObject(properties) ? fillProperties(properties, filled, inner) : filled;
}

function fillProperties(properties: JsonObject, value: JsonObject, place: Place): JsonObject {
  const filled: { [key: string]: Json } = { ...value };
  for (const [key, schema] of Object.entries(properties)) {
    if (isForbiddenName(key)) continue;
    const known = Object.hasOwn(filled, key) ? filled[key] : isJsonObject(schema) ? schema["default"] : undefined;
    if (known !== undefined) filled[key] = fill(schema, known, place);
  }
  return filled;
}

function fillItems(schema: JsonObject, items: readonly Json[], place: Place): readonly Json[] {
  const first = listOf(schema["prefixItems"]);
  return items.map((item, index) => fill(index < first.length ? first[index] : schema["items"], item, place));
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? (value as readonly Json[]) : [];
}

/** The schema behind a reference of the form `#/$defs/name`. */
function referredTo(reference: Json | undefined, root: JsonSchema): Json | undefined {
  if (typeof reference !== "string" || !reference.startsWith("#/")) return undefined;
  let found: Json | undefined = root;
  for (const part of reference.slice(2).split("/")) {
    const key = part.replace(/~1/g, "/").replace(/~0/g, "~");
    found = isJsonObject(found) && Object.hasOwn(found, key) ? found[key] : undefined;
  }
  return found;
}
