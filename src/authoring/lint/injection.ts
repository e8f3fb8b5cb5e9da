/** T1402: texts of agents that become instructions for other agents (OWASP Agentic 2026, ASI01). */
import type { Json } from "../../base/json.ts";
import type { Step, Steps } from "../../definition/definition.ts";
import { problem, type Problem } from "../../definition/problem.ts";
import { innerBlockOf, type PlacedStep } from "../../definition/walk.ts";
import { shapeOfExpression } from "./expression-shapes.ts";
import { labelOf, type Linting, stepInReach } from "./linting.ts";
import { namesAt } from "./names-at.ts";
import { expressionsIn, type Placed } from "./placed.ts";
import { pathsIn } from "./paths.ts";
import { constantsOf, typesOf } from "./schema-facts.ts";

export function injectionProblems(linting: Linting): readonly Problem[] {
  return linting.steps.flatMap((place) => {
    if (place.step.kind !== "delegate" || place.step.text === null) return [];
    const sources = sourcesOf(place, linting);
    if (sources.length === 0) return [];
    return [
      problem({
        code: "T1402",
        severity: "warning",
        message: `What ${sources.map((source) => `"${source}"`).join(" and ")} answered becomes an instruction for "${labelOf(place)}".`,
        help: "An answer can hold instructions of its own: give it under `with`, as data, and write the instruction yourself.",
        path: [...place.path, "text"],
      }),
    ];
  });
}

/** The steps whose answers reach the text of a step, by themselves or as the item of an `each`. */
function sourcesOf(place: PlacedStep, linting: Linting): readonly string[] {
  const text = place.step.kind === "delegate" ? place.step.text : null;
  const names = namesAt(place, "item", linting);
  const sources = expressionsIn(text, place.path).flatMap((expression) =>
    canBeText(shapeOfExpression(expression, names, [])) ? stepsBehind(expression, place, linting) : [],
  );
  return [...new Set(sources)].toSorted();
}

/** A number, a yes or a word from a list is no instruction. */
function canBeText(shape: Json): boolean {
  const types = typesOf(shape);
  if (constantsOf(shape) !== null) return false;
  return types === null || types.has("string") || types.has("array") || types.has("object");
}

const HARMLESS: ReadonlySet<string> = new Set(["status", "attempts", "agent", "usage"]);

function stepsBehind(expression: Placed, place: PlacedStep, linting: Linting): readonly string[] {
  return pathsIn(expression).flatMap(({ keys: [root = "", first, second] }) => {
    if (root === "steps" && first !== undefined) return isHarmless(first, second, { place, linting }) ? [] : [first];
    if (root === "iter" && first === "prev") return second === undefined ? [] : [second];
    return itemSources(root, place, linting);
  });
}

type At = { readonly place: PlacedStep; readonly linting: Linting };

function isHarmless(id: string, field: string | undefined, { place, linting }: At): boolean {
  const step = stepInReach(id, place, linting);
  return (field !== undefined && HARMLESS.has(field)) || (step !== null && !holdsAgent(step));
}

/** Whether an agent's words can be in the result of a step. */
function holdsAgent(step: Step): boolean {
  switch (step.kind) {
    case "delegate":
      return step.target.kind !== "sink";
    case "handoff":
    case "plan":
    case "aggregate":
      return true;
    case "parallel":
    case "group":
    case "loop": {
      const inner: Steps = innerBlockOf(step)?.steps ?? {};
      return Object.values(inner).some(holdsAgent);
    }
    // People, the clock and the workflow itself.
    case "approval":
    case "wait":
    case "set":
      return false;
  }
}

/** The steps behind the list whose item a name is. */
function itemSources(name: string, place: PlacedStep, linting: Linting): readonly string[] {
  for (let at: PlacedStep | null = place; at !== null; at = at.holder) {
    if (at.step.each?.as !== name) continue;
    const around = at;
    return expressionsIn(at.step.each.items, at.path).flatMap((expression) => stepsBehind(expression, around, linting));
  }
  return [];
}
