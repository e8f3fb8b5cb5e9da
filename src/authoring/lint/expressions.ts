/** T1404 and T1405: expressions that cannot fit the schemas of what they read, or of where they stand. */
import { isJsonObject, type Json } from "../../base/json.ts";
import type { Step, Template } from "../../definition/definition.ts";
import type { Problem } from "../../definition/problem.ts";
import { sourcesOf, type StepSource } from "../../definition/step-sources.ts";
import { innerBlockOf, type PlacedStep } from "../../definition/walk.ts";
import { expectTypes } from "./expression-report.ts";
import { shapeOfExpression, union } from "./expression-shapes.ts";
import type { Linting } from "./linting.ts";
import { namesAt, shapeOfTemplate } from "./names-at.ts";
import { type Placed, placedExpression, wholeExpression } from "./placed.ts";
import { itemsOf, type TypeName } from "./schema-facts.ts";
import { singleShape } from "./step-shapes.ts";

export function expressionProblems(linting: Linting): readonly Problem[] {
  const found: Problem[] = [];
  for (const place of linting.steps) {
    for (const source of sourcesOf(place.step, place)) look(source, place, linting, found);
  }
  shapeOfTemplate(linting.definition.output, ["output"], namesAt(null, "around", linting), found);
  return found;
}

function look(source: StepSource, place: PlacedStep, linting: Linting, found: Problem[]): void {
  const wanted = wantedOf(source, place.step);
  if (source.kind === "template" && wanted === null && !hasExpression(source.template)) return;
  const names = namesAt(place, source.level, linting, extraNames(source, place, linting));
  const placed = wholeOf(source);
  if (placed === null) {
    if (source.kind === "template") shapeOfTemplate(source.template, source.path, names, found);
    return;
  }
  const shape = shapeOfExpression(placed, names, found);
  if (wanted !== null) expectTypes(shape, wanted.types, wanted.what, { placed, found });
}

/** The one expression whose value a source is; null for a template that is more than that. */
function wholeOf(source: StepSource): Placed | null {
  if (source.kind === "expression") return placedExpression(source.source, source.path);
  return typeof source.template === "string" ? wholeExpression(source.template, source.path) : null;
}

/** Whether a template computes anything at all: most of a large definition does not. */
function hasExpression(value: Template): boolean {
  if (typeof value === "string") return value.includes("$");
  if (Array.isArray(value)) return value.some((item: Template) => hasExpression(item));
  return isJsonObject(value) && Object.values(value).some(hasExpression);
}

type Wanted = { readonly types: readonly TypeName[]; readonly what: string };

const CONDITION: Wanted = { types: ["boolean"], what: "A condition" };

function wantedOf({ name }: StepSource, step: Step): Wanted | null {
  switch (name) {
    case "condition":
      return CONDITION;
    case "items":
      return { types: ["array"], what: "`each`" };
    case "rule":
      return { types: ["boolean"], what: "A rule" };
    case "until":
      return step.kind === "loop" && step.until.kind === "score" ? { types: ["number"], what: "A score" } : CONDITION;
    case "from":
      return { types: ["array", "object"], what: "`from`" };
    case "text":
    case "with":
    case "files":
    case "vote":
    case "title":
    case "show":
    case "key":
    case "by":
    case "value":
    case "wait":
    case "values":
      return null;
  }
}

/** What has a name only there: an output under test, a vote, what is aggregated. */
function extraNames({ name }: StepSource, place: PlacedStep, linting: Linting): { readonly [name: string]: Json } {
  switch (name) {
    case "rule":
      return { output: singleShape(place.step) };
    case "vote":
      return { result: voteShape(place) };
    case "key":
    case "by":
      return { item: itemsOf(fromShape(place, linting)) };
    case "value":
      return { items: fromShape(place, linting) };
    case "condition":
    case "items":
    case "text":
    case "with":
    case "files":
    case "until":
    case "title":
    case "show":
    case "from":
    case "wait":
    case "values":
      return {};
  }
}

/** What an aggregate is made from. */
function fromShape(place: PlacedStep, linting: Linting): Json {
  return place.step.kind === "aggregate" ? shapeOfTemplate(place.step.from, [], namesAt(place, "item", linting), []) : true;
}

/** `result` in a vote: the output of one item or of one branch. */
function voteShape({ step }: PlacedStep): Json {
  const branches = step.kind === "parallel" ? Object.values(innerBlockOf(step)?.steps ?? {}) : [];
  return branches.length === 0 ? singleShape(step) : union(branches.map(singleShape));
}
