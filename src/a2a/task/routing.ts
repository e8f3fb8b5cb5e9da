/**
 * What a task's updates say of their way, for a hub that hands them on (requirements L041 to L043). The
 * hub of a task is its history: whoever streams, subscribes or is pushed to gets each update.
 *
 * A priority says what a receiver may look at first, and no more: the updates of a task come in the order
 * in which they became true, whatever theirs is.
 */
import { TaskState } from "@a2a-js/sdk";

import type { JsonObject } from "../../base/json.ts";

type Way = {
  readonly state: TaskState;
  /** What is served. */
  readonly from: string;
  /** Who has submitted the task, by its own name; empty: everyone who follows it. */
  readonly to: string;
};

export function routingOf({ state, from, to }: Way): JsonObject {
  return { from_agent_id: from, to_agent_id: to, event_type: `task.${TaskState[state]}`, priority: priorityOf(state) };
}

/** Requirement L043. */
function priorityOf(state: TaskState): "HIGH" | "MEDIUM" | "LOW" {
  if (state === TaskState.TASK_STATE_FAILED) return "HIGH";
  return state === TaskState.TASK_STATE_WORKING ? "LOW" : "MEDIUM";
}
