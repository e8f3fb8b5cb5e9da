import type { Json, JsonObject } from "../base/json.ts";
import type { StepId } from "../definition/definition.ts";
import type { Frame } from "./state.ts";

/**
 * What a step with inner steps gives: their outputs by id, in declared order, whoever was first; null
 * for what was skipped, tolerated or not waited for.
 */
export function outputsOf(ids: readonly StepId[], steps: Frame["steps"]): JsonObject {
  return Object.fromEntries(ids.map((id): [StepId, Json] => [id, steps[id]?.output ?? null]));
}
