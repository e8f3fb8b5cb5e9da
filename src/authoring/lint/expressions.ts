/** T1404 and T1405: expressions that cannot fit the schemas of what they read, or of where they stand. */
import { isJsonObject, type Json } from "../../base/json.ts";
import type { Expression, Template } from "../../definition/definition.ts";
import type { DocumentPath, Problem } from "../../definition/problem.ts";
import { innerBlockOf, type PlacedStep } from "../../definition/walk.ts";
import { expectTypes } from "./expression-report.ts";
import { type Names, shapeOfExpression, union } from "./expression-shapes.ts";
import type { Linting } from "./linting.ts";
import { type Level, namesAt, shapeOfTemplate } from "./names-at.ts";
import { placedExpression, wholeExpression } from "./placed.ts";
import { itemsOf, type TypeName } from "./schema-facts.ts";
import { singleShape } from "./step-shapes.ts";

export function expressionProblems(linting: Linting): readonly Problem[] {
  const found: Problem[] = [];
  for (const place of linting.steps) for (const check of checksOf(place, linting)) run(check, found);
  shapeOfTemplate(linting.definition.output, ["output"], namesAt(null, "around", linting), found);
  return found;
}

type Wanted = { readonly types: readonly TypeName[]; readonly what: string };
type Check = {
  readonly value: Template;
  readonly path: DocumentPath;
  readonly names: Names;
  readonly isBare: boolean;
  readonly wanted: Wanted | null;
};

function run({ value, path, names, isBare, wanted }: Check, found: Problem[]): void {
  const placed = typeof value !== "string" ? null : isBare ? placedExpression(value, path) : wholeExpression(value, path);
  if (placed === null) {
    shapeOfTemplate(value, path, names, found);
    return;
  }
  const shape = shapeOfExpression(placed, names, found);
  if (wanted !== null) expectTypes(shape, wanted.types, wanted.what, { placed, found });
}

const CONDITION: Wanted = { types: ["boolean"], what: "A condition" };
const LIST: Wanted = { types: ["array"], what: "`each`" };

/** Every expression of a step that can be looked at, with what is wanted of it. */
function checksOf(place: PlacedStep, linting: Linting): readonly Check[] {
  const { step, path } = place;
  const names = (level: Level, extra: { readonly [name: string]: Json } = {}): Names => namesAt(place, level, linting, extra);
  const checks: Check[] = [];
  const template = (value: Template | null | undefined, keys: DocumentPath, level: Level, wanted: Wanted | null = null): void => {
    if (value !== null && value !== undefined && (wanted !== null || hasExpression(value)))
      checks.push({ value, path: keys, names: names(level), isBare: false, wanted });
  };
  const bare = (value: Expression | null | undefined, keys: DocumentPath, inScope: Names, wanted: Wanted | null = null): void => {
    if (value !== null && value !== undefined) checks.push({ value, path: keys, names: inScope, isBare: true, wanted });
  };
  bare(step.if, [...path, "if"], names("around"), CONDITION);
  template(step.each?.items, [...path, "each"], "around", LIST);
  for (const [index, rule] of step.rules.entries())
    bare(rule, [...path, "rules", index], names("item", { output: singleShape(step) }), { types: ["boolean"], what: "A rule" });
  if (step.succeed?.rule.kind === "quorum") {
    const isParallel = step.kind === "parallel";
    const vote = isParallel ? [...place.kindPath, "succeed", "on"] : [...path, "succeed", "on"];
    bare(step.succeed.rule.on, vote, names(isParallel ? "item" : "around", { result: voteShape(place) }));
  }
  addKindChecks(place, { template, bare, names });
  return checks;
}

/** Whether a template computes anything at all: most of a large definition does not. */
function hasExpression(value: Template): boolean {
  if (typeof value === "string") return value.includes("$");
  if (Array.isArray(value)) return value.some((item: Template) => hasExpression(item));
  return isJsonObject(value) && Object.values(value).some(hasExpression);
}

type Adding = {
  readonly template: (value: Template | null | undefined, keys: DocumentPath, level: Level, wanted?: Wanted | null) => void;
  readonly bare: (value: Expression | null | undefined, keys: DocumentPath, inScope: Names, wanted?: Wanted | null) => void;
  readonly names: (level: Level, extra?: { readonly [name: string]: Json }) => Names;
};

function addKindChecks({ step, path, kindPath }: PlacedStep, { template, bare, names }: Adding): void {
  switch (step.kind) {
    case "delegate":
      template(step.text, [...path, "text"], "item");
      template(step.with, step.target.kind === "sink" ? [...path, "emit", "data"] : [...path, "with"], "item");
      template(step.files, [...path, "files"], "item");
      break;
    case "loop": {
      const isCondition = step.until.kind === "condition";
      const keys = [...kindPath, isCondition ? "until" : "score"];
      bare(step.until.source, keys, names("inside"), isCondition ? CONDITION : { types: ["number"], what: "A score" });
      break;
    }
    case "approval":
      template(step.title, [...kindPath, "title"], "item");
      template(step.show, [...kindPath, "show"], "item");
      break;
    case "aggregate": {
      const from = shapeOfTemplate(step.from, [], names("item"), []);
      const item = names("item", { item: itemsOf(from) });
      template(step.from, [...kindPath, "from"], "item", { types: ["array", "object"], what: "`from`" });
      bare(step.key, [...kindPath, "key"], item);
      bare(step.by, [...kindPath, "by"], item);
      bare(step.value, [...kindPath, "value"], names("item", { items: from }));
      break;
    }
    case "wait":
      if (step.wait.kind !== "signal")
        template(step.wait.value, [...path, "wait", step.wait.kind === "duration" ? "for" : "until"], "item");
      break;
    case "set":
      template(step.values, [...path, "set"], "item");
      break;
    case "parallel":
    case "group":
    case "handoff":
    case "plan":
      break;
  }
}

/** `result` in a vote: the output of one item or of one branch. */
function voteShape({ step }: PlacedStep): Json {
  const branches = step.kind === "parallel" ? Object.values(innerBlockOf(step)?.steps ?? {}) : [];
  return branches.length === 0 ? singleShape(step) : union(branches.map(singleShape));
}
