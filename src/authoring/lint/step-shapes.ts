/** What the result of a step looks like, as a JSON Schema; `true` where nothing is known. */
import { isJsonObject, type Json } from "../../base/json.ts";
import type { AggregateStep, ApprovalStep, Step, Steps, Succeed } from "../../definition/definition.ts";
import { closedObject, union } from "./expression-shapes.ts";
import { inlineSchema } from "./inline-schema.ts";

const NULL: Json = { type: "null" };
const TEXT: Json = { type: "string" };
const shapeByStep = new WeakMap<Step, Json>();

/** The schema of `steps.x`. */
export function resultShape(step: Step): Json {
  return {
    type: "object",
    properties: {
      output: outputShape(step),
      text: TEXT,
      data: true,
      artifacts: true,
      status: { enum: ["completed", "skipped", "failed", "canceled"] },
      error: true,
      errors: true,
      attempts: { type: "integer", minimum: 0 },
      agent: TEXT,
      usage: true,
      agreed: true,
    },
  };
}

/** The schema of `steps.x.output`. */
export function outputShape(step: Step): Json {
  const known = shapeByStep.get(step);
  if (known !== undefined) return known;
  const shape = step.each === null ? optional(singleShape(step), !step.critical) : listShape(step);
  shapeByStep.set(step, shape);
  return shape;
}

function listShape(step: Step): Json {
  const rule = step.succeed?.rule.kind ?? "all";
  return { type: "array", items: optional(singleShape(step), !step.critical || rule !== "all") };
}

function optional(shape: Json, mayBeNull: boolean): Json {
  return shape === true || !mayBeNull ? shape : { anyOf: [shape, NULL] };
}

/** Of one item, or of the step without `each`. A handler's output stands in for the step's own. */
export function singleShape(step: Step): Json {
  const own = step.output === null || step.output === true ? kindShape(step) : inlineSchema(step.output);
  const handlers = Object.entries(step.handlers ?? {}).filter(([name]) => name !== "onInputRequired" && name !== "onAuthRequired");
  return handlers.length === 0 ? own : union([own, ...handlers.map(([, handler]) => outputShape(handler))]);
}

function kindShape(step: Step): Json {
  switch (step.kind) {
    case "delegate":
    case "handoff":
      return true;
    case "plan":
      return { type: "object" };
    case "parallel":
      return joinedShape(step.branches, step.succeed);
    case "group":
    case "loop":
      return innerShape(step.steps);
    case "approval":
      return approvalShape(step);
    case "aggregate":
      return aggregateShape(step);
    case "wait":
      return true;
    case "set":
      return { type: "object" };
  }
}

/** One key a branch, null where it failed or was canceled. */
function joinedShape(branches: Steps, { rule, withinMs }: Succeed): Json {
  const isWhole = rule.kind === "all" && withinMs === undefined;
  return closedObject(Object.entries(branches).map(([id, branch]) => [id, optional(outputShape(branch), !isWhole)]));
}

/** One key a step; a step that may be skipped may have none. */
function innerShape(steps: Steps): Json {
  const entries = Object.entries(steps);
  const always = entries.filter(([, { if: condition, critical, needs }]) => condition === null && critical && needs.length === 0);
  return {
    type: "object",
    additionalProperties: false,
    required: always.map(([id]) => id),
    properties: Object.fromEntries(entries.map(([id, step]) => [id, optional(outputShape(step), step.if !== null)])),
  };
}

function approvalShape({ form }: ApprovalStep): Json {
  return closedObject([
    ["decision", { enum: ["approved", "rejected"] }],
    ["by", true],
    ["decided_at", true],
    ["form", form === null ? true : optional(inlineSchema(form), true)],
  ]);
}

function aggregateShape({ strategy }: AggregateStep): Json {
  switch (strategy) {
    case "list":
      return { type: "array" };
    case "count":
      return { type: "integer", minimum: 0 };
    case "dict":
      return { type: "object" };
    case "sum":
      return { type: "number" };
    case "average":
      return { type: ["number", "null"] };
    case "merge":
    case "concat":
    case "majority":
    case "first":
    case "best":
    case "min":
    case "max":
    case "expression":
      return true;
  }
}

/** The steps of the iteration before, by id; null in the first one. */
export function previousShape(steps: Steps): Json {
  const results = closedObject(Object.entries(steps).map(([id, step]) => [id, resultShape(step)]));
  return isJsonObject(results) ? { anyOf: [results, NULL] } : true;
}
