import type { Definition, Step, StepId } from "../../definition/definition.ts";
import { withInferredNeeds } from "../../definition/infer-needs.ts";
import { mapSteps } from "../../definition/walk.ts";

/** The same definition with only the needs that no expression implies: those that a file must write. */
export function withWrittenNeeds(definition: Definition): Definition {
  // All three walks meet the same steps in the same order, because the shape is the same.
  const impliedInOrder: (readonly StepId[])[] = [];
  mapSteps(withInferredNeeds(withNeeds(definition, () => [])), (step) => {
    impliedInOrder.push(step.needs);
    return step;
  });
  let position = 0;
  return withNeeds(definition, ({ needs }) => {
    const implied = new Set(impliedInOrder[position]);
    position += 1;
    return needs.filter((need) => !implied.has(need));
  });
}

function withNeeds(definition: Definition, needsOf: (step: Step) => readonly StepId[]): Definition {
  return mapSteps(definition, (step) => ({ ...step, needs: needsOf(step) }));
}
