import type { JsonObject } from "../../base/json.ts";
import { MAX_STEPS } from "../../base/limits.ts";
import { PARTS, ref, shape } from "./format-schema-parts.ts";
import { anyStep, KINDS, keySchemas, NEVER_ALONE, participantSchema, stepSchemas } from "./format-schema-steps.ts";

/** Where the schema of the file format stands in the package, for editors. */
export const FORMAT_SCHEMA_FILE = "schema/tutti-1.0.schema.json";

/**
 * The JSON Schema (2020-12) of the file format, for editors. It knows keys and forms; names, graphs
 * and expressions are the linter's (workflow-language.md, The linter).
 */
export function formatSchema(): JsonObject {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Tutti workflow 1.0",
    description: "A durable workflow of A2A agents.",
    ...shape(TOP, ["tutti", "name", "steps"]),
    $defs: {
      ...PARTS,
      steps: {
        type: "object",
        minProperties: 1,
        maxProperties: MAX_STEPS,
        propertyNames: ref("stepId"),
        additionalProperties: ref("step"),
      },
      step: anyStep(),
      handler: {
        description: "A nested step, without needs, if and each of its own.",
        ...anyStep(),
        properties: NEVER_ALONE,
      },
      compensation: {
        description: "One step that an agent, a workflow or an event does.",
        ...anyStep(KINDS.filter(({ key }) => ["agent", "capability", "workflow", "emit"].includes(key))),
        properties: NEVER_ALONE,
      },
      participant: participantSchema(),
      agentList: {
        type: "array",
        minItems: 1,
        items: ref("target"),
      },
      ...stepSchemas(),
      ...keySchemas(),
    },
  };
}

const TOP: JsonObject = {
  tutti: { anyOf: [{ const: "1.0" }, { const: 1 }], description: "The version of the file format." },
  name: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]{0,127}$", description: "The workflow's name, in metrics and logs." },
  version: {
    type: "string",
    pattern: "^\\d+\\.\\d+\\.\\d+(?:-[0-9A-Za-z.-]+)?(?:\\+[0-9A-Za-z.-]+)?$",
    description: "Three numbers such as 1.2.0; a run keeps the version it started on.",
  },
  description: { type: "string", description: "Words for people." },
  input: { ...ref("jsonSchema"), description: "The JSON Schema of the run's input; its defaults are written in." },
  agents: {
    type: "object",
    propertyNames: { pattern: "^[A-Za-z][A-Za-z0-9_-]{0,63}$" },
    additionalProperties: ref("binding"),
    description: "Logical names of agents, and where they lead.",
  },
  timeout: { ...ref("duration"), default: "24h", description: "Of the whole run, waiting for people included." },
  budget: ref("budget"),
  usage: ref("usage"),
  defaults: {
    description: "What a step gets when it says nothing.",
    ...shape({ timeout: ref("duration"), retry: ref("retry") }),
  },
  steps: ref("steps"),
  output: { ...ref("template"), description: "The run's output; without it, that of the last steps." },
};
