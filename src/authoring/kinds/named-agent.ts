import type { StepId, Target } from "../../definition/definition.ts";

/** The id that an agent gets where it is only named, as in `agents: [writer, fact-checker]`. */
export function idOfName(name: string): StepId {
  return name.toLowerCase().replaceAll(/[-.]/g, "_");
}

/** The same for whoever does the work. */
export function idOfTarget(target: Target): StepId {
  switch (target.kind) {
    case "agent":
      return idOfName(target.agent);
    case "capability":
      return idOfName(target.capability);
    case "workflow":
      return idOfName(target.name);
    case "sink":
      return idOfName(target.event);
  }
}
