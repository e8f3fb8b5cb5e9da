import type { StandardJSONSchemaV1, StandardSchemaV1 } from "@standard-schema/spec";

import { TuttiError } from "../../base/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import type { AnySchema } from "./schema-types.ts";
import { toPlain } from "./template.ts";

/** A schema as JSON Schema, since a definition is data. Throws T1101 for what no JSON Schema can say. */
export function schemaToJson(schema: unknown, where: string): Json {
  return isStandard(schema) ? jsonSchemaOf(schema, where) : toPlain(schema, where);
}

// Some libraries make their schemas functions.
function isStandard(schema: unknown): schema is Extract<AnySchema, StandardSchemaV1> {
  return ((typeof schema === "object" && schema !== null) || typeof schema === "function") && "~standard" in schema;
}

function jsonSchemaOf(schema: StandardSchemaV1, where: string): JsonObject {
  const props: StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props> = schema["~standard"];
  if (props.jsonSchema === undefined) throw cannotSay(where, `the library "${props.vendor}" does not say it as JSON Schema`);
  const made = attempt(props.jsonSchema.input, where);
  // Only a schema that changes what it lets pass has one side that can be said, and one that cannot.
  attempt(props.jsonSchema.output, where);
  const { $schema: _, ...rest } = made;
  return rest;
}

function attempt(convert: StandardJSONSchemaV1.Converter["input"], where: string): JsonObject {
  let made: unknown;
  try {
    made = convert({ target: "draft-2020-12" });
  } catch (cause) {
    throw cannotSay(where, cause instanceof Error ? cause.message : String(cause), cause);
  }
  if (isJsonObject(made)) return toPlain(made, where) as JsonObject;
  throw cannotSay(where, "the library gave no object");
}

function cannotSay(where: string, reason: string, cause?: unknown): TuttiError {
  return new TuttiError("T1101", `The schema at ${where} cannot be JSON Schema: ${reason.replace(/\.$/, "")}.`, {
    help: "A workflow is data and transforms nothing: use a schema that only checks, or write JSON Schema.",
    cause,
  });
}
