import { err, ok, type Result } from "../base/result.ts";
import type { Json } from "../base/json.ts";
import type { Definition, StepId, Template } from "./definition.ts";
import type { CompiledExpression } from "./expression/expression.ts";
import type { StepNames } from "./expression/step-names.ts";
import { compileTemplate, forbiddenKey } from "./expression/template.ts";
import { isForbiddenName } from "./expression/value.ts";
import { leavesOf } from "./graph.ts";
import { below, type Problem } from "./problem.ts";
import type { Evaluate, ExpressionFailure, Scope } from "./program.ts";

/**
 * The run's output. Without `output` in the definition it is that of the only last step, or an object
 * of all last steps by id. A part that reads a step which was skipped, or failed tolerably, is null
 * (workflow-language.md, Semantics: skipped is not failed; optional steps never strand others).
 */
export function compileRunOutput(definition: Definition, steps: StepNames): Result<Evaluate, readonly Problem[]> {
  if (definition.output === null) {
    const leaves = leavesOf(definition.steps);
    return ok((scope) => ok(outputOfLeaves(leaves, scope)));
  }
  const compiled = compileOutput(definition.output, steps);
  if (!compiled.ok) return compiled;
  if (!(compiled.value instanceof Map)) {
    const whole = compiled.value as CompiledExpression;
    return ok((scope) => tolerant(whole, scope));
  }
  const parts: ReadonlyMap<string, CompiledExpression> = compiled.value;
  return ok((scope) => outputByKey(parts, scope));
}

/** The output of the run, with the path of each of its top-level keys. */
function compileOutput(
  output: Template,
  steps: StepNames,
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

function outputOfLeaves(leaves: readonly StepId[], scope: Scope): Json {
  const outputOf = (id: StepId): Json => scope.steps[id]?.output ?? null;
  const [only, ...others] = leaves;
  if (only !== undefined && others.length === 0) return outputOf(only);
  return Object.fromEntries(leaves.map((id) => [id, outputOf(id)]));
}

function outputByKey(parts: ReadonlyMap<string, CompiledExpression>, scope: Scope): Result<Json, ExpressionFailure> {
  const output: { [key: string]: Json } = {};
  for (const [key, part] of parts) {
    const value = tolerant(part, scope);
    if (!value.ok) return value;
    output[key] = value.value;
  }
  return ok(output);
}

function tolerant(part: CompiledExpression, scope: Scope): Result<Json, ExpressionFailure> {
  const value = part.evaluate(scope);
  if (value.ok) return value;
  const isExcused = value.error.reads.some((id) => {
    const status = scope.steps[id]?.status;
    return status === "skipped" || status === "failed";
  });
  return isExcused ? ok(null) : err(value.error);
}
