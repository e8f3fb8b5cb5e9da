/** What each name means at one place of a definition, as JSON Schemas: the same scopes as expressions have. */
import { isJsonObject, type Json } from "../../base/json.ts";
import type { Template } from "../../definition/definition.ts";
import type { DocumentPath, Problem } from "../../definition/problem.ts";
import type { Level } from "../../definition/step-sources.ts";
import type { PlacedStep } from "../../definition/walk.ts";
import { closedObject, type Names, shapeOfExpression, union } from "./expression-shapes.ts";
import { inlineSchema } from "./inline-schema.ts";
import { type Linting, stepInReach } from "./linting.ts";
import { expressionsIn, wholeExpression } from "./placed.ts";
import { itemsOf } from "./schema-facts.ts";
import { previousShape, resultShape } from "./step-shapes.ts";

type Extra = { readonly [name: string]: Json };

const TEXT: Json = { type: "string" };
const RUN: Json = closedObject([
  ["id", TEXT],
  ["started_at", TEXT],
]);
const ERROR: Json = { type: "object", properties: { reason: TEXT, code: TEXT, message: TEXT, details: true, question: true } };
const itemByPlace = new WeakMap<PlacedStep, Json>();

/** The names at a place; `place` null: of the workflow's own output. */
export function namesAt(place: PlacedStep | null, level: Level, linting: Linting, extra: Extra = {}): Names {
  return {
    root: (name) => (Object.hasOwn(extra, name) ? (extra[name] ?? true) : rootAt(name, { place, level, linting })),
    step: (id) => {
      const step = stepInReach(id, place, linting, level === "inside");
      return step === null ? true : resultShape(step);
    },
  };
}

type At = { readonly place: PlacedStep | null; readonly level: Level; readonly linting: Linting };

function rootAt(name: string, { place, level, linting }: At): Json | null {
  if (name === "input") return linting.definition.input === null ? true : inlineSchema(linting.definition.input);
  if (name === "run") return RUN;
  if (name === "context") return true;
  if (name === "index") return { type: "integer", minimum: 0 };
  if (name === "error") return ERROR;
  if (name === "iter") return iterationShape(place, level);
  for (let at = place; at !== null; at = at.holder) {
    if (at.step.each?.as !== name || (at === place && level === "around")) continue;
    return itemShape(at, linting);
  }
  return null;
}

/** One item of a step's `each`. */
export function itemShape(place: PlacedStep, linting: Linting): Json {
  const known = itemByPlace.get(place);
  if (known !== undefined) return known;
  const template = place.step.each?.items ?? null;
  const items = itemsOf(shapeOfTemplate(template, [...place.path, "each"], namesAt(place, "around", linting), []));
  itemByPlace.set(place, items);
  return items;
}

function iterationShape(place: PlacedStep | null, level: Level): Json {
  for (let at = place, isInside = level === "inside"; at !== null; at = at.holder, isInside = true) {
    if (!isInside || at.step.kind !== "loop") continue;
    return closedObject([
      ["number", { type: "integer", minimum: 1 }],
      ["prev", previousShape(at.step.steps)],
    ]);
  }
  return true;
}

/** The schema of a template's value; what is wrong with its expressions is added to `found`. */
export function shapeOfTemplate(template: Template, path: DocumentPath, names: Names, found: Problem[]): Json {
  if (typeof template === "string") return shapeOfText(template, path, names, found);
  if (Array.isArray(template)) {
    const items: readonly Template[] = template;
    const shapes = items.map((item, index) => shapeOfTemplate(item, [...path, index], names, found));
    return { type: "array", minItems: shapes.length, maxItems: shapes.length, items: union(shapes) };
  }
  if (!isJsonObject(template)) return { const: template };
  return closedObject(Object.entries(template).map(([key, inner]) => [key, shapeOfTemplate(inner, [...path, key], names, found)]));
}

function shapeOfText(text: string, path: DocumentPath, names: Names, found: Problem[]): Json {
  const whole = wholeExpression(text, path);
  if (whole !== null) return shapeOfExpression(whole, names, found);
  const parts = expressionsIn(text, path);
  for (const part of parts) shapeOfExpression(part, names, found);
  return parts.length === 0 ? { const: text } : TEXT;
}
