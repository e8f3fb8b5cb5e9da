/** The expressions of one step: where each stands in the file format, and which names it may use. */
import { err, type Result } from "../base/result.ts";
import type { AggregateStep, ApprovalStep, DelegateStep, Expression, Step, Succeed, Template, WaitStep } from "./definition.ts";
import { type CompiledExpression, compileExpression } from "./expression/expression.ts";
import { type ExpressionNames, withOutput } from "./expression/names.ts";
import { compileTemplate } from "./expression/template.ts";
import { below, type DocumentPath, type Problem } from "./problem.ts";
import type { PartName } from "./program.ts";
import type { StepPlace } from "./walk.ts";

export type CompiledPart = CompiledExpression & { readonly path: DocumentPath };

/** The expressions of a step, compiled. Each carries its place in the file format. */
export type CompiledStep = {
  readonly condition: CompiledPart | null;
  readonly items: CompiledPart | null;
  readonly text: CompiledPart | null;
  readonly with: CompiledPart | null;
  readonly rules: readonly CompiledPart[];
  readonly parts: { readonly [Name in PartName]?: CompiledPart };
};

/** The names at a step: outside of its own `each`, for each of its items, and inside of its block. */
export type StepScope = { readonly around: ExpressionNames; readonly item: ExpressionNames; readonly inside: ExpressionNames };

type Collector = { readonly problems: Problem[] };
type Place = { readonly path: DocumentPath; readonly names: ExpressionNames };
type Parts = { [Name in PartName]?: CompiledPart };

/** Compiles all expressions of a step, and adds what is wrong with them to the collector. */
export function compileExpressions(step: Step, place: StepPlace, scope: StepScope, collector: Collector): CompiledStep {
  const at = (...keys: DocumentPath): DocumentPath => [...place.path, ...keys];
  const work = step.kind === "delegate" ? step : null;
  const condition = expression(step.if, { path: at("if"), names: scope.around }, collector);
  const items = template(step.each?.items ?? null, { path: at("each"), names: scope.around }, collector);
  const text = template(work?.text ?? null, { path: at("text"), names: scope.item }, collector);
  const input = template(work?.with ?? null, { path: pathOfWith(work, place), names: scope.item }, collector);
  const parts = partsOfKind(step, place, scope, collector);
  const names = withOutput(scope.item);
  const rules = step.rules.flatMap((rule, index) => expression(rule, { path: at("rules", index), names }, collector) ?? []);
  return { condition, items, text, with: input, rules, parts };
}

/** Every expression of a step. */
export function partsOf(step: CompiledStep): readonly CompiledPart[] {
  return [step.condition, step.items, step.text, step.with, ...step.rules, ...Object.values(step.parts)].filter((part) => part !== null);
}

/** The payload of an event is its `with`. */
function pathOfWith(work: DelegateStep | null, { path }: StepPlace): DocumentPath {
  return work?.target.kind === "sink" ? [...path, "emit", "data"] : [...path, "with"];
}

function partsOfKind(step: Step, place: StepPlace, scope: StepScope, collector: Collector): Parts {
  const at = (...keys: DocumentPath): DocumentPath => [...place.kindPath, ...keys];
  const parts: Parts = {};
  const add = (name: PartName, part: CompiledPart | null): void => {
    if (part !== null) parts[name] = part;
  };
  if (step.succeed !== undefined) {
    // Items are compared after all of them, so their votes see none; each item of a parallel step has its own branches.
    const [above, names] = step.kind === "parallel" ? [place.kindPath, scope.item] : [place.path, scope.around];
    add("vote", vote(step.succeed, { path: [...above, "succeed", "on"], names }, collector));
  }
  switch (step.kind) {
    case "delegate":
      add("files", template(step.files ?? null, { path: at("files"), names: scope.item }, collector));
      break;
    case "loop": {
      const path = at(step.until.kind === "condition" ? "until" : "score");
      add("until", expression(step.until.source, { path, names: scope.inside }, collector));
      break;
    }
    case "approval":
      addApproval(step, { at, names: scope.item, add }, collector);
      break;
    case "aggregate":
      addAggregate(step, { at, names: scope.item, add }, collector);
      break;
    case "wait":
      add("wait", waitTime(step, { at, names: scope.item }, collector));
      break;
    case "set":
      add("values", template(step.values, { path: at("set"), names: scope.item }, collector));
      break;
    case "parallel":
    case "group":
    case "handoff":
    case "plan":
      break;
  }
  return parts;
}

type Adding = {
  readonly at: (...keys: DocumentPath) => DocumentPath;
  readonly names: ExpressionNames;
  readonly add: (name: PartName, part: CompiledPart | null) => void;
};

function vote({ rule }: Succeed, { path, names }: Place, collector: Collector): CompiledPart | null {
  return rule.kind === "quorum" ? expression(rule.on, { path, names: { ...names, result: true } }, collector) : null;
}

function addApproval(step: ApprovalStep, { at, names, add }: Adding, collector: Collector): void {
  add("title", always(step.title, { path: at("title"), names }, collector));
  add("show", template(step.show, { path: at("show"), names }, collector));
}

function addAggregate(step: AggregateStep, { at, names, add }: Adding, collector: Collector): void {
  const item = { ...names, each: [...(names.each ?? []), "item"] };
  add("from", always(step.from, { path: at("from"), names }, collector));
  add("key", expression(step.key ?? null, { path: at("key"), names: item }, collector));
  add("by", expression(step.by ?? null, { path: at("by"), names: item }, collector));
  add("value", expression(step.value ?? null, { path: at("value"), names: { ...names, items: true } }, collector));
}

function waitTime({ wait }: WaitStep, { at, names }: Omit<Adding, "add">, collector: Collector): CompiledPart | null {
  switch (wait.kind) {
    case "duration":
      return always(wait.value, { path: at("wait", "for"), names }, collector);
    case "instant":
      return always(wait.value, { path: at("wait", "until"), names }, collector);
    case "signal":
      return null;
  }
}

function expression(source: Expression | null, place: Place, collector: Collector): CompiledPart | null {
  if (source === null) return null;
  const compiled = compileExpression(source, place.names);
  return take(compiled.ok ? compiled : err([compiled.error]), place, collector);
}

function template(value: Template, place: Place, collector: Collector): CompiledPart | null {
  return value === null ? null : always(value, place, collector);
}

/** A template that its kind cannot do without: null is a value of it like any other. */
function always(value: Template, place: Place, collector: Collector): CompiledPart | null {
  return take(compileTemplate(value, place.names), place, collector);
}

function take(compiled: Result<CompiledExpression, readonly Problem[]>, { path }: Place, { problems }: Collector): CompiledPart | null {
  if (compiled.ok) return { ...compiled.value, path };
  problems.push(...compiled.error.map((found) => below(path, found)));
  return null;
}
