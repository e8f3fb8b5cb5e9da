/** T1407: what a step is given does not fit the input schema of the workflow that it runs. */
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { problem, type Problem } from "../../definition/problem.ts";
import type { PlacedStep } from "../../definition/walk.ts";
import { closedObject } from "./expression-shapes.ts";
import { fits, type Misfit } from "./fits.ts";
import { inlineSchema } from "./inline-schema.ts";
import { labelOf, type Linting, workflowOf } from "./linting.ts";
import { namesAt, shapeOfTemplate } from "./names-at.ts";

export function feedProblems(linting: Linting): readonly Problem[] {
  return linting.steps.flatMap((place) => {
    if (place.step.kind !== "delegate") return [];
    const { target, with: given } = place.step;
    const workflow = workflowOf(target, linting);
    if (workflow === null || workflow.input === null) return [];
    const path = [...place.path, "with"];
    const shape = given === null ? closedObject([]) : shapeOfTemplate(given, path, namesAt(place, "item", linting), []);
    return fits(shape, withDefaultsOptional(inlineSchema(workflow.input))).map((misfit) => asProblem(misfit, place, workflow.name));
  });
}

function asProblem({ path, reason, isCertain }: Misfit, place: PlacedStep, workflow: string): Problem {
  const what = path.length === 0 ? "The input" : `"${path.join(".").replaceAll(".[]", "[]")}"`;
  const given = place.step.kind === "delegate" ? place.step.with : null;
  return problem({
    code: "T1407",
    severity: isCertain ? "error" : "warning",
    message: `${what} that "${labelOf(place)}" gives to the workflow "${workflow}" ${reason.replace(/\.$/, "")}.`,
    help: isCertain ? null : "Make the schema of what it reads stricter, or guard the value.",
    path: given === null ? place.path : [...place.path, "with", ...pathIn(given, path)],
    ...(given === null ? { at: "key" as const } : {}),
  });
}

/** As much of the way as stands in the template itself. */
function pathIn(template: Json, path: readonly string[]): readonly string[] {
  const [first, ...rest] = path;
  if (first === undefined || !isJsonObject(template) || !Object.hasOwn(template, first)) return [];
  return [first, ...pathIn(template[first] as Json, rest)];
}

/** Defaults are written into an input before it is checked, so what has one need not be given. */
function withDefaultsOptional(schema: Json): Json {
  if (!isJsonObject(schema) || !isJsonObject(schema["properties"])) return schema;
  const properties: JsonObject = schema["properties"];
  const required = Array.isArray(schema["required"]) ? (schema["required"] as readonly Json[]) : [];
  const isNeeded = (key: Json): boolean => {
    const inner = typeof key === "string" ? properties[key] : undefined;
    return !isJsonObject(inner) || inner["default"] === undefined;
  };
  return {
    ...schema,
    required: required.filter(isNeeded),
    properties: Object.fromEntries(Object.entries(properties).map(([key, inner]) => [key, withDefaultsOptional(inner)])),
  };
}
