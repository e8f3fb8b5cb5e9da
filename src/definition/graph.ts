/** The graph of a workflow's steps: an edge from each step to those that need it. */
import { err, ok, type Result } from "../base/result.ts";
import type { Definition, Step, StepId } from "./definition.ts";

export type Edge = { readonly source: StepId; readonly target: StepId };

type Steps = Definition["steps"];

/** Every edge, in the order of the definition; inferred ones are in `needs` as well. */
export function edgesOf(steps: Steps): readonly Edge[] {
  return Object.entries(steps).flatMap(([target, step]) => step.needs.map((source) => ({ source, target })));
}

/** Steps that no other step needs. */
export function leavesOf(steps: Steps): readonly StepId[] {
  const needed = new Set(Object.values(steps).flatMap((step) => step.needs));
  return Object.keys(steps).filter((id) => !needed.has(id));
}

/**
 * Dependencies before dependents, otherwise in the order of the definition; or a circle, as the ids
 * along it with the first one repeated at the end. Needs that are no steps are left out.
 */
export function orderOf(steps: Steps): Result<readonly StepId[], readonly StepId[]> {
  const order: StepId[] = [];
  const state = new Map<StepId, "open" | "done">();
  for (const id of Object.keys(steps)) {
    if (state.has(id)) continue;
    const circle = visit(id, { steps, order, state });
    if (circle !== null) return err(circle);
  }
  return ok(order);
}

type Visit = { readonly steps: Steps; readonly order: StepId[]; readonly state: Map<StepId, "open" | "done"> };

/** Depth first with a stack of our own: a chain may be longer than the machine's. */
function visit(start: StepId, { steps, order, state }: Visit): readonly StepId[] | null {
  const path: { readonly id: StepId; next: number }[] = [{ id: start, next: 0 }];
  state.set(start, "open");
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const need = stepAt(steps, top.id).needs[top.next];
    top.next += 1;
    if (need === undefined) {
      state.set(top.id, "done");
      order.push(top.id);
      path.pop();
    } else if (state.get(need) === "open") {
      const ids = path.map(({ id }) => id);
      // The path goes against the edges; people read a circle in the direction of the work.
      return [...ids.slice(ids.indexOf(need)), need].toReversed();
    } else if (!state.has(need) && Object.hasOwn(steps, need)) {
      state.set(need, "open");
      path.push({ id: need, next: 0 });
    }
  }
  return null;
}

function stepAt(steps: Steps, id: StepId): Step {
  return steps[id] as Step;
}
