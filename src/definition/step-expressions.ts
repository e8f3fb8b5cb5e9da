/** The expressions of one step, compiled: each with its place in the file format and the names that it may use. */
import { err, type Result } from "../base/result.ts";
import type { Step } from "./definition.ts";
import { type CompiledExpression, compileExpression } from "./expression/expression.ts";
import { type ExpressionNames, withOutput } from "./expression/names.ts";
import { compileTemplate } from "./expression/template.ts";
import { below, type DocumentPath, type Problem } from "./problem.ts";
import type { PartName } from "./program.ts";
import { type StepSource, sourcesOf } from "./step-sources.ts";
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

/** Compiles all expressions of a step, and adds what is wrong with them to the collector. */
export function compileExpressions(step: Step, place: StepPlace, scope: StepScope, { problems }: Collector): CompiledStep {
  const rules: CompiledPart[] = [];
  const parts: { [Name in PartName]?: CompiledPart } = {};
  const common: { [Name in "condition" | "items" | "text" | "with"]: CompiledPart | null } = {
    condition: null,
    items: null,
    text: null,
    with: null,
  };
  for (const source of sourcesOf(step, place)) {
    const { name, path } = source;
    const compiled = compileSource(source, namesFor(source, scope));
    if (!compiled.ok) problems.push(...compiled.error.map((found) => below(path, found)));
    else if (name === "rule") rules.push({ ...compiled.value, path });
    else if (name === "condition" || name === "items" || name === "text" || name === "with") common[name] = { ...compiled.value, path };
    else parts[name] = { ...compiled.value, path };
  }
  return { ...common, rules, parts };
}

/** Every expression of a step. */
export function partsOf(step: CompiledStep): readonly CompiledPart[] {
  return [step.condition, step.items, step.text, step.with, ...step.rules, ...Object.values(step.parts)].filter((part) => part !== null);
}

function compileSource(source: StepSource, names: ExpressionNames): Result<CompiledExpression, readonly Problem[]> {
  if (source.kind === "template") return compileTemplate(source.template, names);
  const compiled = compileExpression(source.source, names);
  return compiled.ok ? compiled : err([compiled.error]);
}

/** Some expressions are about a value that has a name only there. */
function namesFor({ name, level }: StepSource, scope: StepScope): ExpressionNames {
  const names = scope[level];
  switch (name) {
    case "rule":
      return withOutput(names);
    case "vote":
      return { ...names, result: true };
    case "key":
    case "by":
      return { ...names, each: [...(names.each ?? []), "item"] };
    case "value":
      return { ...names, items: true };
    case "condition":
    case "items":
    case "text":
    case "with":
    case "until":
    case "title":
    case "show":
    case "from":
    case "wait":
    case "values":
    case "files":
      return names;
  }
}
