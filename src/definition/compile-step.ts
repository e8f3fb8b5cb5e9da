/**
 * A definition with all of its expressions compiled, as a tree of the same shape. It is made once for
 * each definition: inferring needs, checking, linting and compiling all look at the same one.
 */
import { present } from "../base/assert.ts";
import { MAX_NESTING, MAX_PROBLEMS, MAX_STEPS } from "../base/limits.ts";
import type { Definition, Step, StepId, Steps } from "./definition.ts";
import type { ExpressionNames } from "./expression/names.ts";
import { branchNames, innerNames, type StepNames, stepNames } from "./expression/step-names.ts";
import type { DocumentPath, Problem } from "./problem.ts";
import type { InnerName } from "./program.ts";
import { type CompiledStep, compileExpressions, partsOf, type StepScope } from "./step-expressions.ts";
import {
  eachStep,
  type InnerBlock,
  innerBlockOf,
  innerPlaceOf,
  type InnerStep,
  innerStepsOf,
  type PlacedStep,
  placeOf,
  type StepPlace,
} from "./walk.ts";

/** Steps that stand side by side, compiled. */
export type CompiledBlock = {
  readonly kind: "workflow" | InnerBlock["kind"];
  readonly path: DocumentPath;
  readonly steps: Steps;
  readonly ids: ReadonlySet<StepId>;
  /** What an expression in the workflow, or in one of these steps, may read; a branch sees less of it. */
  readonly names: StepNames;
  readonly nodeById: ReadonlyMap<StepId, CompiledNode>;
};

/** A step and everything inside it, compiled. */
export type CompiledNode = StepPlace & {
  /** The id; of a step that stands in no block, the name under which its holder has it. */
  readonly id: StepId;
  readonly step: Step;
  readonly compiled: CompiledStep;
  /** What is wrong with its own expressions. */
  readonly problems: readonly Problem[];
  /** The steps in its reach. */
  readonly names: StepNames;
  /** The `as` names of every `each` around it. */
  readonly outerItems: readonly string[];
  /**
   * Steps beside it and further out that an expression in it reads, at any depth. What a loop's
   * condition reads inside the loop, and what a compensation reads of its own step, is not among them.
   */
  readonly reads: ReadonlySet<StepId>;
  readonly block: CompiledBlock | null;
  /** Its steps that stand in no block, by name. */
  readonly inner: ReadonlyMap<InnerName, CompiledNode>;
};

const compiledByDefinition = new WeakMap<Definition, CompiledBlock>();

/** Every step, compiled; null for a definition with more steps, or deeper ones, than the limits allow. */
export function compileSteps(definition: Definition): CompiledBlock | null {
  const known = compiledByDefinition.get(definition);
  if (known !== undefined) return known;
  const all = eachStep(definition, { limit: MAX_STEPS + 1, deepest: MAX_NESTING + 1 });
  if (all.length > MAX_STEPS || all.some(({ depth }) => depth > MAX_NESTING)) return null;
  const ids = new Set(Object.keys(definition.steps));
  const names = { steps: stepNames(ids, readings(definition)) };
  const compiled = compileBlock({ kind: "workflow", path: ["steps"], steps: definition.steps, ids }, names, { problemCount: 0 });
  compiledByDefinition.set(definition, compiled);
  return compiled;
}

/** Remembers that a definition, which differs from a compiled one in its needs alone, is compiled as well. */
export function shareCompiled(compiled: CompiledBlock, definition: Definition): void {
  compiledByDefinition.set(definition, rebased(compiled, definition.steps));
}

/** Every compiled step, holders before what they hold. */
export function compiledNodesOf(block: CompiledBlock): readonly CompiledNode[] {
  return [...block.nodeById.values()].flatMap((node) => [...withHeld(node)]);
}

function* withHeld(node: CompiledNode): Generator<CompiledNode> {
  yield node;
  for (const inner of node.block?.nodeById.values() ?? []) yield* withHeld(inner);
  for (const inner of node.inner.values()) yield* withHeld(inner);
}

type OpenBlock = Pick<CompiledBlock, "kind" | "path" | "steps" | "ids">;
/** Shared by all steps of a definition: after MAX_PROBLEMS nothing more is looked for. */
type Tally = { problemCount: number };
type OpenStep = StepPlace & { readonly id: StepId; readonly step: Step; readonly around: ExpressionNames };

function compileBlock(block: OpenBlock, inside: ExpressionNames & { readonly steps: StepNames }, tally: Tally): CompiledBlock {
  const apart = block.kind === "branches" || block.kind === "agents";
  const nodes = Object.entries(block.steps).map(([id, step]): [StepId, CompiledNode] => {
    const around = apart ? { ...inside, steps: branchNames(id, block.ids, inside.steps) } : inside;
    return [id, compileNode({ id, step, around, ...placeOf(step, [...block.path, id]) }, around.steps, tally)];
  });
  return { ...block, names: inside.steps, nodeById: new Map(nodes) };
}

const NOTHING: CompiledStep = { condition: null, items: null, text: null, with: null, rules: [], parts: {} };

function compileNode(open: OpenStep, names: StepNames, tally: Tally): CompiledNode {
  const { id, step, path, kindPath, around } = open;
  const item = step.each === null ? around : { ...around, each: [...(around.each ?? []), step.each.as] };
  const inner = innerBlockOf(step);
  const ids = inner === null ? null : new Set(Object.keys(inner.steps));
  const inside = inner === null || ids === null ? { ...item, steps: names } : namesInside(inner, ids, { item, names });
  const problems: Problem[] = [];
  const scope: StepScope = { around, item, inside };
  const compiled = tally.problemCount >= MAX_PROBLEMS ? NOTHING : compileExpressions(step, open, scope, { problems });
  tally.problemCount += problems.length;
  const block =
    inner === null || ids === null
      ? null
      : compileBlock({ kind: inner.kind, path: [...path, ...inner.keys], steps: inner.steps, ids }, inside, tally);
  const held = innerStepsOf(step).map((each): [InnerName, CompiledNode] => {
    const place = innerPlaceOf(each, open);
    return [each.name, compileNode({ id: each.name, step: each.step, around: namesOfInner(each, step, scope), ...place }, names, tally)];
  });
  const node = { id, step, path, kindPath, compiled, problems, names, outerItems: around.each ?? [], block, inner: new Map(held) };
  return { ...node, reads: readsOf(node) };
}

function namesInside(
  block: InnerBlock,
  ids: ReadonlySet<StepId>,
  { item, names }: { readonly item: ExpressionNames; readonly names: StepNames },
): ExpressionNames & { readonly steps: StepNames } {
  switch (block.kind) {
    case "loop":
      return { ...item, steps: innerNames(ids, names), iter: ids };
    case "group":
      return { ...item, steps: innerNames(ids, names) };
    // Each of these gets its own names when it is compiled.
    case "branches":
    case "agents":
      return { ...item, steps: names };
  }
}

/** A handler sees the failure; one for votes that disagree stands for all items, any other for one. */
function namesOfInner({ name }: InnerStep, holder: Step, { around, item }: StepScope): ExpressionNames {
  switch (name) {
    case "makePlan":
    case "approvePlan":
    case "compensate":
      return item;
    case "onDisagree":
      return { ...(holder.kind === "parallel" ? item : around), error: true };
    case "onError":
    case "onRejected":
    case "onUnknown":
    case "onInvalid":
    case "onTimeout":
    case "onExhausted":
    case "onInputRequired":
    case "onAuthRequired":
      return { ...item, error: true };
  }
}

function readsOf({ id, compiled, block, inner }: Pick<CompiledNode, "id" | "compiled" | "block" | "inner">): ReadonlySet<StepId> {
  const reads = new Set<StepId>();
  for (const part of partsOf(compiled)) for (const read of part.reads) reads.add(read);
  for (const node of block?.nodeById.values() ?? []) for (const read of node.reads) reads.add(read);
  for (const own of block?.ids ?? []) reads.delete(own);
  for (const [name, node] of inner) {
    for (const read of node.reads) if (name !== "compensate" || read !== id) reads.add(read);
  }
  return reads;
}

function rebased(block: CompiledBlock, steps: Steps): CompiledBlock {
  const nodes = Object.entries(steps).map(([id, step]): [StepId, CompiledNode] => [id, rebasedNode(block.nodeById.get(id), step)]);
  return { ...block, steps, nodeById: new Map(nodes) };
}

function rebasedNode(found: CompiledNode | undefined, step: Step): CompiledNode {
  const node = present(found, "The two definitions have the same steps.");
  const block = node.block === null ? null : rebased(node.block, present(innerBlockOf(step), "It holds the same steps.").steps);
  const inner = innerStepsOf(step).map((each): [InnerName, CompiledNode] => [each.name, rebasedNode(node.inner.get(each.name), each.step)]);
  return { ...node, step, block, inner: new Map(inner) };
}

/** How a step of the workflow reads a step that stands inside another one. It is only wanted for a mistake. */
function readings(definition: Definition): (id: StepId) => string | null {
  let placedById: ReadonlyMap<string, PlacedStep> | null = null;
  return (id) => {
    placedById ??= new Map(eachStep(definition).map((placed) => [placed.id, placed]));
    const placed = placedById.get(id);
    const keys = placed === undefined ? null : keysOf(placed);
    return keys === null ? null : `It stands inside "${keys[0]}": read steps.${keys[0]}.output.${keys.slice(1).join(".")}.`;
  };
}

/** The ids from the top to a step, when the outputs of its holders have a key for each of them. */
function keysOf({ id, role, holder }: PlacedStep): readonly string[] | null {
  if (holder === null) return [id];
  const keys = (role === "step" || role === "branch") && holder.step.each === null ? keysOf(holder) : null;
  return keys === null ? null : [...keys, id];
}
