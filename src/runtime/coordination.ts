/**
 * Where a subtask stands among the others, as its agent is told (requirements L050–L052). All of it
 * follows from the definition and the path, except the size of a list and the place in a plan, which
 * an agent made.
 */
import type { RunRef } from "../base/ids.ts";
import { MAX_DEPENDS_ON } from "../base/limits.ts";
import { orderOf } from "../definition/graph.ts";
import type { Definition, Step, StepId, Steps } from "../definition/definition.ts";
import { type InnerBlock, innerBlockOf, innerStepsOf } from "../definition/walk.ts";
import type { AssignmentMetadata } from "../ports/agents.ts";
import type { Assignment } from "../scheduler/index.ts";
import { partsOf } from "./run-path.ts";

type Coordination = Pick<AssignmentMetadata, "workflow_step" | "total_steps" | "depends_on" | "execution_mode" | "batch_id" | "batch_size">;

type Placed = { readonly run: RunRef; readonly definition: Definition };

export function coordinationOf({ run, definition }: Placed, { path, batch, planned }: Assignment): Coordination {
  const frame = path.slice(0, path.lastIndexOf("/") + 1);
  const level = levelOf(definition, path);
  const place = planned ?? placeIn(level);
  return {
    ...(place === null ? {} : { workflow_step: place.step, total_steps: place.of, ...dependsOn(frame, place.needs) }),
    ...batchOf(run, path, batch ?? branchesOf(level)),
  };
}

/** Steps side by side, and which of them the path leads through. */
type Level = { readonly kind: InnerBlock["kind"] | "none"; readonly steps: Steps; readonly id: StepId };

/** Handlers, and what undoes a step, stand beside nothing. */
function levelOf({ steps }: Definition, path: string): Level {
  const [outermost, ...inner] = partsOf(path);
  const level: Level = { kind: "group", steps, id: outermost?.id ?? "" };
  return inner.reduce((outer, { id }) => innerLevel(stepIn(outer), id), level);
}

function innerLevel(holder: Step | undefined, id: StepId): Level {
  if (holder === undefined) return { kind: "none", steps: {}, id };
  const named = innerStepsOf(holder).find(({ name }) => name === id);
  if (named !== undefined) return { kind: "none", steps: { [id]: named.step }, id };
  const block = innerBlockOf(holder);
  return { kind: block?.kind ?? "none", steps: block?.steps ?? {}, id };
}

function stepIn({ steps, id }: Level): Step | undefined {
  return Object.hasOwn(steps, id) ? steps[id] : undefined;
}

type Place = NonNullable<Assignment["planned"]>;

function placeIn(level: Level): Place | null {
  const step = stepIn(level);
  if (step === undefined || (level.kind !== "group" && level.kind !== "loop")) return null;
  const places = placesOf(level.steps);
  return { step: places.get(level.id) ?? 0, of: places.size, needs: step.needs };
}

const placesBySteps = new WeakMap<Steps, ReadonlyMap<StepId, number>>();

/** From 1, dependencies before dependents. A definition is shared by all work of its runs. */
function placesOf(steps: Steps): ReadonlyMap<StepId, number> {
  const known = placesBySteps.get(steps);
  if (known !== undefined) return known;
  const order = orderOf(steps);
  const places = new Map((order.ok ? order.value : Object.keys(steps)).map((id, index) => [id, index + 1]));
  placesBySteps.set(steps, places);
  return places;
}

function dependsOn(frame: string, needs: readonly StepId[]): Coordination {
  return needs.length === 0 || needs.length > MAX_DEPENDS_ON ? {} : { depends_on: needs.map((need) => `${frame}${need}`) };
}

function branchesOf({ kind, steps }: Level): number | undefined {
  return kind === "branches" ? Object.keys(steps).length : undefined;
}

/** One id for all items of a list, and for all branches of a step: that of the run and of what holds them. */
function batchOf({ id }: RunRef, path: string, size: number | undefined): Coordination {
  if (size === undefined) return {};
  const holder = path.endsWith("]") ? path.slice(0, path.lastIndexOf("[")) : path.slice(0, path.lastIndexOf("/"));
  return { execution_mode: "parallel", batch_id: `${id}/${holder}`, batch_size: size };
}
