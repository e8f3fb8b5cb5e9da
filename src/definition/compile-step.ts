import { err, ok, type Result } from "../base/result.ts";
import type { Definition, DelegateStep, Expression, StepId, Template } from "./definition.ts";
import { type CompiledExpression, compileExpression } from "./expression/expression.ts";
import type { ExpressionNames } from "./expression/names.ts";
import { compileTemplate, forbiddenKey } from "./expression/template.ts";
import { isForbiddenName } from "./expression/value.ts";
import { below, type DocumentPath, type Problem } from "./problem.ts";

/** The expressions of a step, compiled. Each carries its place in the file format. */
export type CompiledStep = {
  readonly condition: CompiledPart | null;
  readonly items: CompiledPart | null;
  readonly text: CompiledPart | null;
  readonly with: CompiledPart | null;
  readonly rules: readonly CompiledPart[];
};

export type CompiledPart = CompiledExpression & { readonly path: DocumentPath };

type Collected = { readonly problems: Problem[] };

/** Compiles all expressions of a step and collects what is wrong with them. */
export function compileStep(
  id: StepId,
  step: DelegateStep,
  steps?: ReadonlySet<StepId>,
): { readonly compiled: CompiledStep; readonly problems: readonly Problem[] } {
  const collected: Collected = { problems: [] };
  const at = (...keys: readonly (string | number)[]): DocumentPath => ["steps", id, ...keys];
  const names: ExpressionNames = steps === undefined ? {} : { steps };
  const item: ExpressionNames = step.each === null ? names : { ...names, item: step.each.as };
  const compiled: CompiledStep = {
    condition: expression(step.if, { path: at("if"), names }, collected),
    items: template(step.each?.items ?? null, { path: at("each"), names }, collected),
    text: template(step.text, { path: at("text"), names: item }, collected),
    with: template(step.with, { path: at("with"), names: item }, collected),
    rules: step.rules.flatMap(
      (rule, index) => expression(rule, { path: at("rules", index), names: { ...item, output: true } }, collected) ?? [],
    ),
  };
  return { compiled, problems: collected.problems };
}

/** Every expression of a step. */
export function partsOf(step: CompiledStep): readonly CompiledPart[] {
  return [step.condition, step.items, step.text, step.with, ...step.rules].filter((part) => part !== null);
}

type Place = { readonly path: DocumentPath; readonly names: ExpressionNames };

function expression(source: Expression | null, place: Place, collected: Collected): CompiledPart | null {
  if (source === null) return null;
  const compiled = compileExpression(source, place.names);
  return take(compiled.ok ? compiled : err([compiled.error]), place, collected);
}

function template(value: Template, place: Place, collected: Collected): CompiledPart | null {
  return value === null ? null : take(compileTemplate(value, place.names), place, collected);
}

function take(compiled: Result<CompiledExpression, readonly Problem[]>, { path }: Place, collected: Collected): CompiledPart | null {
  if (compiled.ok) return { ...compiled.value, path };
  collected.problems.push(...compiled.error.map((found) => below(path, found)));
  return null;
}

/** The output of the run, with the path of each of its top-level keys. */
export function compileOutput(
  output: Template,
  steps: ReadonlySet<StepId>,
): Result<ReadonlyMap<string, CompiledExpression> | CompiledExpression, readonly Problem[]> {
  if (typeof output !== "object" || output === null || Array.isArray(output)) {
    const whole = compileTemplate(output, { steps });
    return whole.ok ? whole : err(whole.error.map((found) => below(["output"], found)));
  }
  const problems: Problem[] = [];
  const compiledByKey = new Map<string, CompiledExpression>();
  for (const [key, value] of Object.entries(output)) {
    if (isForbiddenName(key)) problems.push(forbiddenKey(key, ["output", key]));
    const compiled = compileTemplate(value, { steps });
    if (compiled.ok) compiledByKey.set(key, compiled.value);
    else problems.push(...compiled.error.map((found) => below(["output", key], found)));
  }
  return problems.length === 0 ? ok(compiledByKey) : err(problems);
}

/** Adds to each step's `needs` the steps that its expressions read. Mistakes are left to the check. */
export function withInferredNeeds(definition: Definition): Definition {
  const steps = Object.entries(definition.steps).map(([id, step]): [string, DelegateStep] => {
    const reads = partsOf(compileStep(id, step).compiled).flatMap((part) =>
      part.reads.filter((read) => Object.hasOwn(definition.steps, read)),
    );
    return [id, { ...step, needs: [...new Set([...step.needs, ...reads])].toSorted() }];
  });
  return { ...definition, steps: Object.fromEntries(steps) };
}
