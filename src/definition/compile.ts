/**
 * A definition becomes a program. Compiling checks everything but the schemas, which are compiled at
 * their first use: a large workflow must start at once. The caller caches by fingerprint.
 *
 * What a program guarantees:
 *
 * 1. Every block has its steps with dependencies before dependents, otherwise as the definition has
 *    them; `index` is the place there, and `dependents` are steps of the same block, each once.
 * 2. `needs` of every step are steps of its own block. Branches, agents of a handoff and steps that
 *    stand in no block (`inner`) have none.
 * 3. A step in `inner` has its name as its id, index 0 and no dependents.
 * 4. `text` and `with` are there for a delegate step that has them, and null for every other kind.
 * 5. `parts` has: `vote` for a quorum; `until` for every loop; `title` for every approval and `show`
 *    where it is not null; `from` for every aggregate, `key`, `by` and `value` where it has them;
 *    `wait` for a duration or instant; `values` for every `set`, as one object by path; `files` where
 *    a delegate step has them.
 * 6. No evaluator throws for what data can do, and every name that an expression uses has its place in
 *    the scope that the step is evaluated in (`expression/names.ts` says which).
 */
import { assert, present } from "../base/assert.ts";
import { canonicalJson } from "../base/json.ts";
import { checkDefinition, definitionError, structureProblems } from "./check.ts";
import { compileRunOutput } from "./compile-output.ts";
import { type CompiledBlock, type CompiledNode, compileSteps } from "./compile-step.ts";
import type { Definition, JsonSchema, Step, StepId } from "./definition.ts";
import { fingerprintOf } from "./fingerprint.ts";
import { orderOf } from "./graph.ts";
import type { Block, Evaluate, InnerName, PartName, Program, StepProgram, Validate } from "./program.ts";
import { compileSchema } from "./schema.ts";
import type { CompiledPart } from "./step-expressions.ts";

/** Makes a definition ready to run. Throws a `TuttiError` (T1…) with all problems when it cannot. */
export function compile(definition: Definition): Program {
  if (structureProblems(definition).length > 0) throw definitionError(definition.name, checkDefinition(definition));
  const compiled = present(compileSteps(definition), "A definition without problems is within the limits.");
  const output = compileRunOutput(definition, compiled.names);
  assert(output.ok, "A definition without problems has an output that compiles.");
  const block = linked(compiled, new Map());
  return { fingerprint: fingerprintOf(definition), definition, ...block, output: output.value };
}

type Validators = Map<string, Validate>;

function linked(block: CompiledBlock, validators: Validators): Block {
  const order = orderOf(block.steps);
  assert(order.ok, "Steps without problems have an order.");
  const dependentsById = new Map<StepId, StepProgram[]>(order.value.map((id) => [id, []]));
  const steps = order.value.map((id, index) => {
    const node = present(block.nodeById.get(id), `Step "${id}" was ordered, so it exists.`);
    const dependents = present(dependentsById.get(id), `Step "${id}" was ordered, so it exists.`);
    const program = programOf(node, { index, dependents }, validators);
    for (const need of node.step.needs) dependentsById.get(need)?.push(program);
    return program;
  });
  return { steps, stepById: new Map(steps.map((step) => [step.id, step])) };
}

type InBlock = Pick<StepProgram, "index" | "dependents">;

function programOf(node: CompiledNode, inBlock: InBlock, validators: Validators): StepProgram {
  const { id, step, compiled } = node;
  return {
    id,
    ...inBlock,
    step,
    condition: evaluateOf(compiled.condition),
    items: evaluateOf(compiled.items),
    text: evaluateOf(compiled.text),
    with: evaluateOf(compiled.with),
    validate: validateLater(step.output, validators),
    rules: compiled.rules.map(({ source, evaluate }) => ({ source, evaluate })),
    parts: partsOf(compiled.parts),
    block: node.block === null ? null : linked(node.block, validators),
    inner: innerOf(node, validators),
    form: validateLater(formOf(step), validators),
  };
}

function partsOf(parts: { readonly [Name in PartName]?: CompiledPart }): StepProgram["parts"] {
  return Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.evaluate]));
}

function innerOf({ inner }: CompiledNode, validators: Validators): StepProgram["inner"] {
  const programs: { [Name in InnerName]?: StepProgram } = {};
  for (const [name, node] of inner) programs[name] = programOf(node, { index: 0, dependents: [] }, validators);
  return programs;
}

function formOf(step: Step): JsonSchema | null {
  return step.kind === "approval" ? step.form : null;
}

function evaluateOf(part: CompiledPart | null): Evaluate | null {
  return part === null ? null : part.evaluate;
}

/** A validator that is made when it is first needed, and shared by equal schemas. */
function validateLater(schema: JsonSchema | null, validators: Validators): Validate | null {
  if (schema === null) return null;
  let validate: Validate | null = null;
  return (value) => {
    validate ??= validatorOf(schema, validators);
    return validate(value);
  };
}

function validatorOf(schema: JsonSchema, validators: Validators): Validate {
  const key = canonicalJson(schema);
  const known = validators.get(key);
  if (known !== undefined) return known;
  const compiled = compileSchema(schema);
  const validate: Validate = compiled.ok ? compiled.value : () => [compiled.error.message];
  validators.set(key, validate);
  return validate;
}
