/** The small values of the file format, as JSON Schemas under `$defs`. */
import type { JsonObject } from "../../base/json.ts";
import { MAX_ATTEMPTS } from "../../base/limits.ts";
import { AGGREGATE_STRATEGIES } from "../../definition/definition.ts";

export function ref(name: string): JsonObject {
  return { $ref: `#/$defs/${name}` };
}

/** An object with exactly these keys. */
export function shape(properties: JsonObject, required: readonly string[] = []): JsonObject {
  return { type: "object", additionalProperties: false, ...(required.length === 0 ? {} : { required }), properties };
}

/** A text, or a list of texts. */
export function texts(item: JsonObject = { type: "string" }): JsonObject {
  return { anyOf: [item, { type: "array", items: item }] };
}

const NAME: JsonObject = { type: "string", minLength: 1, maxLength: 128 };
const COUNT: JsonObject = { type: "integer", minimum: 1 };
const ADDRESS: JsonObject = { type: "string", pattern: "^https?://" };
const PEOPLE = { ...texts(), description: 'Who may answer, such as "role:compliance".' };

/** Values that stand in many places. */
export const PARTS: { readonly [name: string]: JsonObject } = {
  duration: {
    type: "string",
    pattern: "^(?:[0-9]+(?:\\.[0-9]+)?(?:ms|[smhdw]))+$",
    description: "A number and a unit: 500ms, 30s, 5m, 1h30m, 2d, 1w.",
  },
  name: NAME,
  stepId: { type: "string", pattern: "^[a-z][a-z0-9_]{0,63}$" },
  expression: { type: "string", minLength: 1, description: "A CEL expression, without ${{ }}." },
  condition: { type: ["string", "boolean"], description: "A CEL expression that gives true or false, without ${{ }}." },
  template: { description: "Any value; a text may hold ${{ expression }}." },
  jsonSchema: { type: ["object", "boolean"], description: "A JSON Schema, 2020-12." },
  target: {
    description: "An agent or a capability.",
    anyOf: [
      { ...NAME, description: "An agent of this name, else a capability." },
      shape({ agent: ref("name"), skill: { type: "string" } }, ["agent"]),
      shape({ capability: ref("name") }, ["capability"]),
      shape({ workflow: ref("workflowName") }, ["workflow"]),
    ],
  },
  workflowName: { type: "string", pattern: "^[A-Za-z][A-Za-z0-9_.-]*(?:@.+)?$", description: "A name, or name@range such as brief@^2." },
  retry: {
    description: "Attempts and the delays between them.",
    ...shape({
      attempts: { type: "integer", minimum: 1, maximum: MAX_ATTEMPTS, default: 3, description: "All attempts, the first included." },
      initial: { ...ref("duration"), default: "1s", description: "The delay before the second attempt." },
      factor: { type: "number", minimum: 1, maximum: 100, default: 2, description: "By what each delay is longer than the last." },
      max: { ...ref("duration"), default: "30s", description: "The longest delay." },
      jitter: { enum: ["full", "none"], default: "full", description: "full: a chance part of the delay; none: all of it." },
    }),
  },
  succeed: {
    description: "When items or branches together have succeeded.",
    anyOf: [
      { enum: ["all", "any"] },
      joined({ all: { const: true } }, "all"),
      joined({ any: { const: true } }, "any"),
      joined({ atLeast: { anyOf: [COUNT, { type: "string", pattern: "^[0-9]+(?:\\.[0-9]+)?%$" }] } }, "atLeast"),
      joined({ first: COUNT }, "first"),
      shape({ quorum: COUNT, on: ref("expression"), within: ref("duration") }, ["quorum", "on"]),
    ],
  },
  limit: {
    description: "Across all runs of this process: how many at once, and how often.",
    anyOf: [
      COUNT,
      { ...shape({ concurrency: COUNT, rate: { type: "string", pattern: "^[0-9]+(?:\\.[0-9]+)?/[smh]$" } }), minProperties: 1 },
    ],
  },
  budget: {
    description: "What all of the run may use before no new work is dispatched.",
    ...shape({
      attempts: COUNT,
      subtasks: COUNT,
      time: ref("duration"),
      tokens: { type: "number", minimum: 0 },
      cost: { type: "number", minimum: 0 },
      depth: { ...COUNT, minimum: 0, description: "How deep sub-workflows may nest." },
      hops: { ...COUNT, minimum: 0, description: "How many orchestrators a request may have passed." },
      onExceeded: { enum: ["fail", "ask"], default: "fail" },
    }),
  },
  usage: {
    description: "Metadata keys under which agents report what they used, as paths with dots.",
    ...shape({ tokens: { type: "string" }, cost: { type: "string" }, model: { type: "string" } }),
  },
  binding: {
    description: "Where an agent leads: exactly one of card, module, capability and local.",
    anyOf: [
      shape(
        { card: ADDRESS, auth: shape({ secret: { type: "string", description: "The name of the secret, never its value." } }, ["secret"]) },
        ["card"],
      ),
      shape({ module: { type: "string", minLength: 1 } }, ["module"]),
      shape({ capability: ref("name") }, ["capability"]),
      shape({ local: ref("name") }, ["local"]),
    ],
  },
  approvalObject: shape(
    {
      to: PEOPLE,
      title: { ...ref("template"), description: "The question." },
      show: { ...ref("template"), description: "What the person sees besides." },
      form: { ...ref("jsonSchema"), description: "What the answer may hold besides the decision." },
      remind: ref("duration"),
      escalate: shape({ after: ref("duration"), to: PEOPLE }, ["after", "to"]),
      timeout: ref("duration"),
      onTimeout: { anyOf: [{ enum: ["approve", "reject", "fail"] }, ref("handler")] },
    },
    ["to", "title"],
  ),
  strategy: { enum: AGGREGATE_STRATEGIES, description: "How the results become one." },
  address: ADDRESS,
};

function joined(rule: JsonObject, key: string): JsonObject {
  return shape({ ...rule, within: ref("duration") }, [key]);
}
