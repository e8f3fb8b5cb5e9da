/** What every rule of the linter gets: the definition, all of its steps, and what is known from outside. */
import type { Definition, StepId, Target } from "../../definition/definition.ts";
import { bestVersion } from "../../definition/versions.ts";
import { eachStep, innerBlockOf, type PlacedStep } from "../../definition/walk.ts";
import { workBeside } from "../print/shared-work.ts";

export type Linting = {
  readonly definition: Definition;
  readonly steps: readonly PlacedStep[];
  /** Definitions of workflows that this one may run. */
  readonly workflows: readonly Definition[];
};

export function lintingOf(definition: Definition, workflows: readonly Definition[] = []): Linting {
  return { definition, steps: eachStep(definition), workflows };
}

/** The definition that a step would run; null when it is not known here. */
export function workflowOf(target: Target, { workflows }: Linting): Definition | null {
  if (target.kind !== "workflow") return null;
  const named = workflows.filter(({ name }) => name === target.name);
  const versioned = named.map((definition) => ({ definition, version: definition.version ?? "0.0.0+draft" }));
  // Without a version in its range, the only workflow of that name is most likely the one that is meant.
  return bestVersion(versioned, target.range)?.definition ?? (named.length === 1 && named[0]?.version === null ? named[0] : null);
}

/** A step that an expression at this place can read, by its id. `isInside`: from the steps that it holds. */
export function stepInReach(id: StepId, place: PlacedStep | null, linting: Linting, isInside = false): PlacedStep["step"] | null {
  const inner = place === null || !isInside ? null : innerBlockOf(place.step);
  if (inner !== null && Object.hasOwn(inner.steps, id)) return inner.steps[id] ?? null;
  for (let at = place; at !== null; at = at.holder) {
    if (at.holder === null) break;
    const beside =
      at.role === "step"
        ? (innerBlockOf(at.holder.step)?.steps ?? {})
        : at.role === "branch" || at.role === "agent"
          ? { [at.id]: at.step }
          : {};
    if (Object.hasOwn(beside, id)) return beside[id] ?? null;
  }
  return Object.hasOwn(linting.definition.steps, id) ? (linting.definition.steps[id] ?? null) : null;
}

/** What a person calls a step: agents that share the work of a step are that step. */
export function labelOf({ id, role, holder }: PlacedStep): string {
  if (holder === null) return id;
  const isShared = (role === "branch" || role === "agent") && workBeside(holder.step) !== null;
  if (role === "step" || ((role === "branch" || role === "agent") && !isShared)) return id;
  return isShared || role === "makePlan" ? labelOf(holder) : `${labelOf(holder)}/${id}`;
}
