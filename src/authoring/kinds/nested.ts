/** Steps inside of steps: of the workflow itself, of branches, groups and loops. */
import type { Step, Steps } from "../../definition/definition.ts";
import { isForbiddenName } from "../../definition/expression/value.ts";
import { type Place, type Reader, readObject, report } from "../file/reader.ts";
import { isTooDeep } from "./handlers.ts";
import type { StepSurroundings } from "./kind.ts";

/** Reads steps by id, each with the others in sight. Those that cannot be read are left out. */
export function readSteps(
  reader: Reader,
  place: Place,
  { surroundings, areBranches = false }: { readonly surroundings: StepSurroundings; readonly areBranches?: boolean },
): Steps | null {
  const object = readObject(reader, place, null);
  if (object === null) return null;
  const ids = Object.keys(object);
  const visible = { ids: new Set(ids), areBranches, outer: surroundings.visible };
  const steps: [string, Step][] = [];
  for (const id of ids) {
    const path = [...place.path, id];
    const step = isForbidden(reader, id, path) ? null : surroundings.readStep(reader, object[id], { ...surroundings, path, visible });
    if (step !== null) steps.push([id, step]);
  }
  return steps.length === ids.length ? Object.fromEntries(steps) : null;
}

/** The steps inside of a step; null when they cannot be read. */
export function readInnerSteps(
  reader: Reader,
  place: Place,
  options: { readonly surroundings: StepSurroundings; readonly areBranches?: boolean },
): Steps | null {
  const { surroundings } = options;
  if (isTooDeep(reader, place.path, surroundings)) return null;
  const steps = readSteps(reader, place, { ...options, surroundings: { ...surroundings, depth: surroundings.depth + 1 } });
  if (steps === null || Object.keys(steps).length > 0) return steps;
  report(reader, {
    code: "T1012",
    message: `There are no steps in \`${String(place.path.at(-1))}\`.`,
    help: "Give it at least one step.",
    path: place.path,
    at: "key",
  });
  return null;
}

function isForbidden(reader: Reader, id: string, path: Place["path"]): boolean {
  if (!isForbiddenName(id)) return false;
  report(reader, {
    code: "T1014",
    message: `"${id}" cannot be the id of a step.`,
    help: "It is a name of the language below; choose another.",
    path,
    at: "key",
  });
  return true;
}
