/**
 * A definition becomes a program. Compiling checks everything but the schemas, which are compiled at
 * their first use: a large workflow must start at once. The caller caches by fingerprint.
 */
import { assert } from "../base/assert.ts";
import { canonicalJson } from "../base/json.ts";
import { MAX_STEPS } from "../base/limits.ts";
import { checkDefinition, definitionError, wiringProblems } from "./check.ts";
import { compileRunOutput } from "./compile-output.ts";
import { type CompiledPart, type CompiledStep, compileStep } from "./compile-step.ts";
import type { Definition, JsonSchema, StepId } from "./definition.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { orderOf } from "./graph.ts";
import type { Problem } from "./problem.ts";
import type { Evaluate, Program, StepProgram, Validate } from "./program.ts";
import { compileSchema } from "./schema.ts";

/** Makes a definition ready to run. Throws a `TuttiError` (T1…) with all problems when it cannot. */
export function compile(definition: Definition): Program {
  const order = orderOf(definition.steps);
  const output = compileRunOutput(definition);
  const compiledById = new Map<StepId, CompiledStep>();
  const problems: Problem[] = [];
  const ids = new Set(Object.keys(definition.steps));
  for (const [id, step] of Object.entries(definition.steps)) {
    const { compiled, problems: found } = compileStep(id, step, ids);
    compiledById.set(id, compiled);
    problems.push(...found, ...wiringProblems(id, step, { definition, compiled }));
  }
  const isWhole = problems.length === 0 && ids.size > 0 && ids.size <= MAX_STEPS;
  if (!isWhole || !order.ok || !output.ok) throw definitionError(definition.name, checkDefinition(definition));
  const steps = linked(definition, order.value, compiledById);
  const stepById = new Map(steps.map((step) => [step.id, step]));
  return { fingerprint: fingerprintOf(definition), definition, steps, stepById, output: output.value };
}

function linked(definition: Definition, order: readonly StepId[], compiledById: ReadonlyMap<StepId, CompiledStep>): readonly StepProgram[] {
  const validators = new Map<string, Validate>();
  const dependentsById = new Map<StepId, StepProgram[]>(order.map((id) => [id, []]));
  return order.map((id, index) => {
    const step = definition.steps[id];
    const compiled = compiledById.get(id);
    const dependents = dependentsById.get(id);
    assert(step !== undefined && compiled !== undefined && dependents !== undefined, `Step "${id}" was ordered, so it exists.`);
    const program: StepProgram = {
      id,
      index,
      step,
      dependents,
      condition: evaluateOf(compiled.condition),
      items: evaluateOf(compiled.items),
      text: evaluateOf(compiled.text),
      with: evaluateOf(compiled.with),
      validate: step.output === null ? null : validateLater(step.output, validators),
      rules: compiled.rules.map(({ source, evaluate }) => ({ source, evaluate })),
    };
    for (const need of step.needs) dependentsById.get(need)?.push(program);
    return program;
  });
}

function evaluateOf(part: CompiledPart | null): Evaluate | null {
  return part === null ? null : part.evaluate;
}

/** A validator that is made when it is first needed, and shared by equal schemas. */
function validateLater(schema: JsonSchema, validators: Map<string, Validate>): Validate {
  let validate: Validate | null = null;
  return (value) => {
    validate ??= validatorOf(schema, validators);
    return validate(value);
  };
}

function validatorOf(schema: JsonSchema, validators: Map<string, Validate>): Validate {
  const key = canonicalJson(schema);
  const known = validators.get(key);
  if (known !== undefined) return known;
  const compiled = compileSchema(schema);
  const validate: Validate = compiled.ok ? compiled.value : () => [compiled.error.message];
  validators.set(key, validate);
  return validate;
}
