/**
 * Steps inside steps: which there are, how they stand in their holder, and where they stand in the
 * file format. Everybody who looks at all steps of a definition does it through here.
 */
import type { Definition, Step, StepId, Steps } from "./definition.ts";
import { HANDLER_NAMES } from "./definition.ts";
import type { DocumentPath } from "./problem.ts";
import type { InnerName } from "./program.ts";

/** Inner steps that run side by side, in an order of their own (`Block` of the program). */
export type InnerBlock = {
  /**
   * `branches` and `agents` never read each other; the steps of a `group` and a `loop` do, and those of
   * a `loop` have `iter` besides.
   */
  readonly kind: "branches" | "agents" | "group" | "loop";
  readonly steps: Steps;
  /** The keys of the file format that lead from the holder to the steps. */
  readonly keys: DocumentPath;
};

/** A step of a step that stands in no block: a handler, `compensate`, the planner, the approval of a plan. */
export type InnerStep = { readonly name: InnerName; readonly step: Step };

/** Where a step stands in the file format. */
export type StepPlace = {
  /** Its own keys: `["steps", "draft", "loop", "steps", "write"]`. */
  readonly path: DocumentPath;
  /** What its kind is written under: `[...path, "loop"]`; the path itself for the keys of an agent. */
  readonly kindPath: DocumentPath;
};

/** A step of a definition, at any depth. */
export type PlacedStep = StepPlace & {
  /** The id; of a step that stands in no block, the name under which its holder has it. */
  readonly id: StepId;
  readonly step: Step;
  /** How it stands in its holder. */
  readonly role: "step" | "branch" | "agent" | InnerName;
  /** The step around it; null at the top. */
  readonly holder: PlacedStep | null;
  /** How many steps are around it. */
  readonly depth: number;
};

/** The block of inner steps that a step holds; null when it holds none. */
export function innerBlockOf(step: Step): InnerBlock | null {
  switch (step.kind) {
    case "parallel":
      return { kind: "branches", steps: step.branches, keys: ["parallel", "branches"] };
    case "group":
      return { kind: "group", steps: step.steps, keys: ["steps"] };
    case "loop":
      return { kind: "loop", steps: step.steps, keys: ["loop", "steps"] };
    case "handoff":
      return { kind: "agents", steps: step.agents, keys: ["handoff", "agents"] };
    case "delegate":
    case "plan":
    case "approval":
    case "aggregate":
    case "wait":
    case "set":
      return null;
  }
}

/** The steps that a step holds outside of any block, in the order of the file format. */
export function innerStepsOf(step: Step): readonly InnerStep[] {
  const inner: InnerStep[] = [];
  if (step.kind === "plan") {
    inner.push({ name: "makePlan", step: step.planner });
    if (step.approve !== undefined) inner.push({ name: "approvePlan", step: step.approve });
  }
  if (step.handlers !== undefined) {
    for (const name of HANDLER_NAMES) {
      const handler = step.handlers[name];
      if (handler !== undefined) inner.push({ name, step: handler });
    }
  }
  if (step.compensate !== undefined) inner.push({ name: "compensate", step: step.compensate });
  return inner;
}

/** The place of a step whose own keys stand at this path. */
export function placeOf(step: Step, path: DocumentPath): StepPlace {
  const isAlone = step.kind === "delegate" || step.kind === "group" || step.kind === "set" || step.kind === "wait";
  return { path, kindPath: isAlone ? path : [...path, step.kind] };
}

/** The place of a step that stands in no block. A planner is written as the plan itself. */
export function innerPlaceOf(inner: InnerStep, holder: StepPlace): StepPlace {
  if (inner.name === "makePlan") return { path: holder.path, kindPath: holder.kindPath };
  if (inner.name === "approvePlan") {
    const path = [...holder.kindPath, "approve"];
    return { path, kindPath: path };
  }
  return placeOf(inner.step, [...holder.path, inner.name]);
}

/**
 * Every step of a definition, inner ones included: a holder before what it holds, otherwise in the
 * order of the definition. It stops at `limit` steps, and goes no deeper than `deepest`.
 */
export function eachStep(definition: Pick<Definition, "steps">, { limit = Infinity, deepest = Infinity } = {}): readonly PlacedStep[] {
  const found: PlacedStep[] = [];
  // A stack of our own, with the next step on top: a definition may be nested as deep as memory.
  const left = placedSteps(definition.steps, { keys: ["steps"], role: "step", holder: null }).toReversed();
  for (let next = left.pop(); next !== undefined && found.length < limit; next = left.pop()) {
    found.push(next);
    if (next.depth < deepest) left.push(...heldBy(next).toReversed());
  }
  return found;
}

/** The steps directly inside a step: those of its block, then the others. */
export function heldBy(holder: PlacedStep): readonly PlacedStep[] {
  const block = innerBlockOf(holder.step);
  const role = block?.kind === "branches" ? "branch" : block?.kind === "agents" ? "agent" : "step";
  const inner = innerStepsOf(holder.step).map((each): PlacedStep => {
    return { id: each.name, step: each.step, role: each.name, holder, depth: holder.depth + 1, ...innerPlaceOf(each, holder) };
  });
  return block === null ? inner : [...placedSteps(block.steps, { keys: block.keys, role, holder }), ...inner];
}

type Holding = { readonly keys: DocumentPath; readonly role: PlacedStep["role"]; readonly holder: PlacedStep | null };

function placedSteps(steps: Steps, { keys, role, holder }: Holding): readonly PlacedStep[] {
  const depth = holder === null ? 0 : holder.depth + 1;
  const above = [...(holder?.path ?? []), ...keys];
  return Object.entries(steps).map(([id, step]) => ({ id, step, role, holder, depth, ...placeOf(step, [...above, id]) }));
}

/** What a step is called among all steps of a definition: `draft/write`. */
export function longNameOf({ id, holder }: PlacedStep): string {
  return holder === null ? id : `${longNameOf(holder)}/${id}`;
}

/** Makes another step of the same kind. `name` and `inBlock` say how it stands in its holder. */
export type StepChange = <Kind extends Step>(step: Kind, name: StepId, inBlock: boolean) => Kind;

/** The same definition with every step, at any depth, changed: inner steps before those that hold them. */
export function mapSteps(definition: Definition, change: StepChange): Definition {
  const deep: StepChange = (step, name, inBlock) => change(mapHeld(step, deep), name, inBlock);
  return { ...definition, steps: mapBlock(definition.steps, deep) };
}

/** The same step with the steps directly inside it changed. */
export function mapHeld<Kind extends Step>(step: Kind, change: StepChange): Kind {
  const held = mapInnerSteps(step, change);
  switch (held.kind) {
    case "parallel":
      return { ...held, branches: mapBlock(held.branches, change) };
    case "group":
    case "loop":
      return { ...held, steps: mapBlock(held.steps, change) };
    case "handoff":
      return { ...held, agents: mapBlock(held.agents, change) };
    case "plan": {
      const planned = { ...held, planner: change(held.planner, "makePlan", false) };
      return held.approve === undefined ? planned : { ...planned, approve: change(held.approve, "approvePlan", false) };
    }
    case "delegate":
    case "approval":
    case "aggregate":
    case "wait":
    case "set":
      return held;
  }
}

function mapInnerSteps<Kind extends Step>(step: Kind, change: StepChange): Kind {
  let mapped = step;
  if (step.handlers !== undefined) {
    const handlers = Object.entries(step.handlers).map(([name, handler]) => [name, change(handler, name, false)] as const);
    mapped = { ...mapped, handlers: Object.fromEntries(handlers) };
  }
  if (step.compensate !== undefined) mapped = { ...mapped, compensate: change(step.compensate, "compensate", false) };
  return mapped;
}

/** Changes the steps of one block. */
export function mapBlock<Kind extends Step>(steps: { readonly [id: StepId]: Kind }, change: StepChange): { readonly [id: StepId]: Kind } {
  return Object.fromEntries(Object.entries(steps).map(([id, step]) => [id, change(step, id, true)]));
}
