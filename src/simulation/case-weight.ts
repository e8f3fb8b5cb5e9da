/** How much there is to do in a random case, by its text alone: about how many subtasks a run of it comes to. */
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { textIn } from "./messages.ts";
import type { RandomCase } from "./random-definitions.ts";

type Known = { readonly items: number; readonly children: ReadonlyMap<string, number> };

export function weightOf({ workflow, children, input }: RandomCase): number {
  const items = Array.isArray(input["items"]) ? input["items"].length : 1;
  const weights = new Map<string, number>();
  for (const child of children) weights.set(textIn(child, "name"), ofSteps(child["steps"], { items, children: weights }));
  return ofSteps(workflow["steps"], { items, children: weights });
}

function ofSteps(steps: Json | undefined, known: Known): number {
  if (!isJsonObject(steps)) return 0;
  return Object.values(steps).reduce((sum: number, step) => sum + (isJsonObject(step) ? ofStep(step, known) : 0), 0);
}

/** Handlers, retries and compensations are left out: few of them come to pass. */
function ofStep(step: JsonObject, known: Known): number {
  return timesOf(step["each"], known) * (1 + insideOf(step, known));
}

function timesOf(each: Json | undefined, { items }: Known): number {
  if (each === undefined) return 1;
  // A list that an agent made is short.
  return Array.isArray(each) ? each.length : each === "${{ input.items }}" ? items : 3;
}

function insideOf(step: JsonObject, known: Known): number {
  const { loop, parallel, plan, handoff, workflow } = step;
  const child = typeof workflow === "string" ? workflow : textIn(isJsonObject(step["with"]) ? step["with"] : {}, "workflow");
  return (
    ofSteps(step["steps"], known) +
    (isJsonObject(loop) ? numberIn(loop, "max") * ofSteps(loop["steps"], known) : 0) +
    (isJsonObject(parallel)
      ? ofSteps(parallel["branches"], known) + (Array.isArray(parallel["agents"]) ? parallel["agents"].length : 0)
      : 0) +
    (isJsonObject(plan) ? numberIn(plan, "maxSubtasks") * Math.max(1, numberIn(plan, "maxDepth")) : 0) +
    (isJsonObject(handoff) ? numberIn(handoff, "max") : 0) +
    // Its own start and end, and what is in it: `child_1@^1`.
    (child === "" ? 0 : 2 + (known.children.get(child.replace(/@.*/, "")) ?? 0))
  );
}

function numberIn(object: JsonObject, key: string): number {
  const value = object[key];
  return typeof value === "number" ? value : 0;
}
