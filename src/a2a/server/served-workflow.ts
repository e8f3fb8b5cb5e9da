import type { Definition } from "../../definition/definition.ts";
import type { GivenWorkflow } from "../../runtime/workflows/versions.ts";
import { inputModesOf, takesFiles } from "../wire/input-modes.ts";
import { messageToInput } from "./message-to-input.ts";
import type { ServedThing } from "./served-thing.ts";

/** A workflow as callers over A2A have it: a skill of its name, and a run for each task. */
export function servedWorkflow(definition: Definition, children: readonly GivenWorkflow[] = []): ServedThing {
  return {
    shape: { kind: "workflow", name: definition.name, steps: Object.keys(definition.steps).length },
    definition,
    children,
    skills: [definition.name],
    inputModes: inputModesOf({ files: takesFiles(definition.input) }),
    toInput: (message, intake) => messageToInput(definition, message, intake),
  };
}
