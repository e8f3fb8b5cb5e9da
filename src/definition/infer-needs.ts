import { present } from "../base/assert.ts";
import { type CompiledNode, compileSteps, shareCompiled } from "./compile-step.ts";
import type { Definition, Step, StepId } from "./definition.ts";
import { mapBlock, mapHeld } from "./walk.ts";

/**
 * Adds to each step's `needs` the steps beside it that expressions in it read, at any depth. What an
 * inner step reads or needs further out becomes a need of the step around it that stands beside the
 * one that is read, and leaves its own needs. Doing it twice changes nothing. Mistakes are left to
 * the check: a need that is no step anywhere stays where it is written.
 */
export function withInferredNeeds(definition: Definition): Definition {
  const compiled = compileSteps(definition);
  if (compiled === null) return definition;
  // Whatever is left at the top is no step: it has stayed in the needs where it was found.
  const lifted = new Set<StepId>();
  const steps = mapBlock(definition.steps, (step, id) => inferred(step, { node: compiled.nodeById.get(id), beside: compiled.ids, lifted }));
  const result = { ...definition, steps };
  shareCompiled(compiled, result);
  return result;
}

type Place = {
  readonly node: CompiledNode | undefined;
  /** The steps of its block; none for a step that stands in no block. */
  readonly beside: ReadonlySet<StepId>;
  /** Takes the needs that are further out. */
  readonly lifted: Set<StepId>;
};

const NONE: ReadonlySet<StepId> = new Set();

function inferred<Kind extends Step>(step: Kind, { node, beside, lifted }: Place): Kind {
  const { block, inner, names, reads } = present(node, "Every step of the definition was compiled.");
  const fromInside = new Set<StepId>();
  const held = mapHeld(step, (each, name, inBlock) =>
    inferred(each, {
      node: (inBlock ? block?.nodeById : inner)?.get(name),
      beside: inBlock && block !== null ? block.ids : NONE,
      lifted: fromInside,
    }),
  );
  const needs = new Set<StepId>();
  for (const need of step.needs) (beside.has(need) || !names.has(need) ? needs : lifted).add(need);
  for (const need of fromInside) (beside.has(need) ? needs : lifted).add(need);
  for (const read of reads) if (beside.has(read)) needs.add(read);
  return { ...held, needs: [...needs].toSorted() };
}
