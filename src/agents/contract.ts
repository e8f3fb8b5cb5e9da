import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";

import { TuttiError } from "../base/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { MAX_SCHEMA_PROBLEMS } from "../base/limits.ts";
import { err, ok, type Result } from "../base/result.ts";
import { compileSchema } from "../definition/schema.ts";

/** A schema as a capability takes one: any Standard Schema (zod 4, valibot, arktype), or JSON Schema. */
export type AnySchema = StandardSchemaV1 | JsonObject;

/** The type of a value that has passed a schema. */
export type Parsed<Schema> = Schema extends StandardSchemaV1 ? StandardSchemaV1.InferOutput<Schema> : Json;

/** A schema made ready: what it looks like to others, and how a value passes it. */
export type Contract = {
  readonly jsonSchema: JsonObject | null;
  /** The value, as the schema makes it, or its problems as sentences. */
  check(value: unknown): Checked | Promise<Checked>;
};
type Checked = Result<unknown, readonly string[]>;

/** Reads a schema once, when the agent is defined. `where` names it in errors. */
export function toContract(
  schema: AnySchema,
  where: { readonly agent: string; readonly capability: string; readonly side: "input" | "output" },
): Contract {
  if (isStandard(schema)) return { jsonSchema: jsonSchemaOf(schema, where.side), check: (value) => checkStandard(schema, value) };
  return { jsonSchema: schema, check: jsonSchemaCheck(schema, where) };
}

// Some libraries make their schemas functions.
function isStandard(schema: AnySchema): schema is StandardSchemaV1 {
  return "~standard" in schema;
}

function checkStandard(schema: StandardSchemaV1, value: unknown): Checked | Promise<Checked> {
  const checked = schema["~standard"].validate(value);
  return checked instanceof Promise ? checked.then(toChecked) : toChecked(checked);
}

function toChecked(checked: StandardSchemaV1.Result<unknown>): Checked {
  if (checked.issues === undefined) return ok(checked.value);
  return err(checked.issues.slice(0, MAX_SCHEMA_PROBLEMS).map(({ message, path }) => `${pointerOf(path)}: ${message}`));
}

function pointerOf(path: StandardSchemaV1.Issue["path"]): string {
  return `/${(path ?? []).map((segment) => String(typeof segment === "object" ? segment.key : segment)).join("/")}`;
}

/** Libraries without the JSON Schema trait only validate; their shape stays unknown to others. */
function jsonSchemaOf(schema: StandardSchemaV1, side: "input" | "output"): JsonObject | null {
  const props: StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props> = schema["~standard"];
  try {
    const made: unknown = props.jsonSchema?.[side]({ target: "draft-2020-12" });
    return isJsonObject(made) ? made : null;
  } catch {
    // The library says so of types that JSON Schema cannot express, such as transforms.
    return null;
  }
}

function jsonSchemaCheck(
  schema: JsonObject,
  where: { readonly agent: string; readonly capability: string; readonly side: string },
): Contract["check"] {
  const compiled = compileSchema(schema);
  if (!compiled.ok) {
    throw new TuttiError(
      "T3009",
      `The ${where.side} schema of capability "${where.capability}" of agent "${where.agent}" cannot be used: ${compiled.error.message}`,
    );
  }
  const validate = compiled.value;
  return (value) => {
    const problems = validate(value as Json);
    return problems.length === 0 ? ok(value) : err(problems);
  };
}
