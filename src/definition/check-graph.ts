/** What must hold for the names of steps and for what they wait for, in every block. */
import { present } from "../base/assert.ts";
import { MAX_NESTING, MAX_STEPS } from "../base/limits.ts";
import type { CompiledBlock, CompiledNode } from "./compile-step.ts";
import type { Definition, StepId } from "./definition.ts";
import { ROOT_NAMES } from "./expression/names.ts";
import { orderOf } from "./graph.ts";
import { type DocumentPath, problem, type Problem } from "./problem.ts";
import { helpForStepId, isStepId, RESERVED } from "./step-id.ts";
import { eachStep } from "./walk.ts";

const AS_NAME = /^[A-Za-z_][A-Za-z0-9_]{0,63}$/;

/** What is wrong with a definition that has no steps, more than it may have, or deeper ones; then nothing else is looked for. */
export function sizeProblems(definition: Definition): readonly Problem[] {
  if (Object.keys(definition.steps).length === 0)
    return [problem({ code: "T1012", message: "The workflow has no steps.", help: "Give it at least one step.", path: ["steps"] })];
  const steps = eachStep(definition, { limit: 2 * MAX_STEPS, deepest: MAX_NESTING + 1 });
  if (steps.length > MAX_STEPS) {
    const count = steps.length < 2 * MAX_STEPS ? String(steps.length) : `${steps.length} or more`;
    const message = `The workflow has ${count} steps; the limit is ${MAX_STEPS}.`;
    return [problem({ code: "T1017", message, help: "Use `each` for repeated work, or split the workflow.", path: ["steps"], at: "key" })];
  }
  const found = steps.find(({ depth }) => depth > MAX_NESTING);
  const tooDeep = present(found, "A definition with few steps that does not compile has one that is too deep.");
  const message = `The step stands inside of ${tooDeep.depth} others; the limit is ${MAX_NESTING}.`;
  return [problem({ code: "T1017", message, help: "Make a workflow of the inner ones, and run it with `workflow`.", path: tooDeep.path })];
}

/** A compiled step and what stands around it. */
export type NodeInPlace = {
  readonly node: CompiledNode;
  /** The block that it stands in; null for handlers and the like. */
  readonly block: CompiledBlock | null;
  /** The ids of the blocks further out. */
  readonly outerIds: readonly ReadonlySet<StepId>[];
};

/** Every step with what stands around it. */
export function* nodesInPlace(block: CompiledBlock, outerIds: NodeInPlace["outerIds"] = []): Generator<NodeInPlace> {
  for (const node of block.nodeById.values()) yield* inPlace({ node, block, outerIds }, [...outerIds, block.ids]);
}

function* inPlace(found: NodeInPlace, ids: NodeInPlace["outerIds"]): Generator<NodeInPlace> {
  yield found;
  const { node } = found;
  if (node.block !== null) yield* nodesInPlace(node.block, ids);
  for (const inner of node.inner.values()) yield* inPlace({ node: inner, block: null, outerIds: ids }, ids);
}

/** What is wrong with the name of a step, and of its items. */
export function nameProblems({ node: { id, path, step, outerItems }, block, outerIds }: NodeInPlace): readonly Problem[] {
  const problems: Problem[] = [];
  if (block !== null && !isStepId(id)) {
    problems.push(
      problem({
        code: "T1014",
        message: `"${id}" cannot be the id of a step.`,
        help: helpForStepId(id),
        path,
        at: "key",
      }),
    );
  }
  if (block !== null && outerIds.some((ids) => ids.has(id))) {
    const message = `"${id}" is the id of a step further out as well.`;
    problems.push(problem({ code: "T1014", message, help: "Give one of them another id, so that each can be read.", path, at: "key" }));
  }
  const as = step.each?.as;
  if (as !== undefined && (!AS_NAME.test(as) || RESERVED.has(as) || (ROOT_NAMES as readonly string[]).includes(as))) {
    problems.push(itemProblem(as, "It is taken, or not a plain name; write another after `as`.", path));
  } else if (as !== undefined && outerItems.includes(as)) {
    problems.push(itemProblem(as, "It is the name of the items further out; write another after `as`.", path));
  }
  return problems;
}

function itemProblem(as: string, help: string, path: DocumentPath): Problem {
  return problem({ code: "T1014", message: `"${as}" cannot be the name of an item.`, help, path: [...path, "as"] });
}

/** What is wrong with what a step waits for. */
export function needsProblems({ node, block }: NodeInPlace): readonly Problem[] {
  const { id, step, names } = node;
  const path = [...node.path, "needs"];
  const isApart = block === null || block.kind === "branches" || block.kind === "agents";
  const isBeside = (need: StepId): boolean => block !== null && block.ids.has(need) && (!isApart || need === id);
  const wrong = step.needs.filter((need) => !isBeside(need));
  const unneeded = block === null ? [] : [...node.reads].filter((read) => block.ids.has(read) && !step.needs.includes(read));
  return [
    ...wrong.map((need) => problem({ ...(names.has(need) ? furtherOut(need) : names.missing(need)), path })),
    ...unneeded.map((read) =>
      problem({
        code: "T1012",
        message: `Step "${id}" reads "${read}" and does not wait for it.`,
        help: `Add "${read}" to its needs.`,
        path,
      }),
    ),
  ];
}

/** Only in a definition whose needs were never inferred. */
function furtherOut(need: StepId): Pick<Problem, "code" | "message" | "help"> {
  const message = `"${need}" does not stand beside this step.`;
  return { code: "T1301", message, help: "Let the step around this one need it." };
}

/** A circle in a block, if there is one. */
export function circleProblems(block: CompiledBlock): readonly Problem[] {
  const order = orderOf(block.steps);
  if (order.ok) return [];
  const [first, second] = order.error;
  const itself = {
    message: `Step "${first}" waits for itself.`,
    help: "It needs itself, or reads its own result. In `rules`, what it answered is `output`.",
  };
  const others = {
    message: `Steps wait for each other in a circle: ${order.error.join(" → ")}.`,
    help: "A step waits for what it needs and for what its expressions read; take one of these away.",
  };
  return [
    problem({
      code: "T1303",
      ...(first === second ? itself : others),
      path: [...block.path, first as string],
      at: "key",
    }),
  ];
}
