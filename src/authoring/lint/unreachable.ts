/** T1410: steps that can never run, because of their own `if` or because of what they read. */
import type { StepId } from "../../definition/definition.ts";
import { problem, type Problem } from "../../definition/problem.ts";
import { innerBlockOf, type PlacedStep } from "../../definition/walk.ts";
import { labelOf, type Linting } from "./linting.ts";
import { placedExpression } from "./placed.ts";
import { isNever, pathsIn } from "./paths.ts";
import { expressionsOf } from "./sources.ts";

export function unreachableProblems({ steps }: Linting): readonly Problem[] {
  const left = steps.filter(({ step }) => step.if !== null && isNever(placedExpression(step.if, [])));
  if (left.length === 0) return [];
  const readers = readersById(steps);
  const dead = new Map<PlacedStep, string>(left.map((place) => [place, "its `if` is false"]));
  for (let next = left.pop(); next !== undefined; next = left.pop()) {
    for (const reader of readers.get(next.id) ?? []) {
      if (dead.has(reader) || blockOf(next.id, reader) !== next.holder) continue;
      dead.set(reader, `it reads "${next.id}", which never runs`);
      left.push(reader);
    }
  }
  return steps.flatMap((place) => {
    const reason = dead.get(place);
    if (reason === undefined || isInside(place, dead)) return [];
    const message = `Step "${labelOf(place)}" can never run: ${reason}.`;
    return [
      problem({ code: "T1410", severity: "warning", message, help: "Take it out, or guard what it reads.", path: place.path, at: "key" }),
    ];
  });
}

/** A step inside of one that never runs needs no word of its own. */
function isInside({ holder }: PlacedStep, dead: ReadonlyMap<PlacedStep, string>): boolean {
  return holder !== null && (dead.has(holder) || isInside(holder, dead));
}

/** The fields that a skipped step has as well. */
const ALWAYS_THERE: ReadonlySet<string> = new Set(["status", "attempts", "errors"]);

/** Steps by the ids that they cannot do without: they read an output, and nothing guards the reading. */
function readersById(steps: readonly PlacedStep[]): ReadonlyMap<StepId, readonly PlacedStep[]> {
  const readers = new Map<StepId, PlacedStep[]>();
  for (const place of steps) {
    for (const { keys, isGuarded } of expressionsOf(place).flatMap(pathsIn)) {
      const [root, id, field] = keys;
      if (root !== "steps" || id === undefined || field === undefined || isGuarded || ALWAYS_THERE.has(field)) continue;
      const known = readers.get(id);
      if (known === undefined) readers.set(id, [place]);
      else known.push(place);
    }
  }
  return readers;
}

/** The holder of the block in which an id is found from a place: the same id may stand in several blocks. */
function blockOf(id: StepId, place: PlacedStep): PlacedStep | null {
  for (let at: PlacedStep | null = place; at !== null; at = at.holder) {
    if (at.holder !== null && Object.hasOwn(innerBlockOf(at.holder.step)?.steps ?? {}, id)) return at.holder;
  }
  return null;
}
