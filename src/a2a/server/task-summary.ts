/** A run as the task that its caller sees, in short (requirement L047). */
import { TaskState } from "@a2a-js/sdk";

import type { RunRef } from "../../base/ids.ts";
import type { Definition } from "../../definition/definition.ts";
import type { Host } from "../../ports/host.ts";
import type { TaskShape } from "../task/task-event.ts";
import { agentServedBy } from "./served-agent.ts";
import { servedWorkflow } from "./served-workflow.ts";
import { FollowedTask } from "./task-views.ts";

export type TaskSummary = {
  /** As A2A names it, such as `TASK_STATE_WORKING`. */
  readonly state: string;
  /** The first text of the last update; null when it has none. */
  readonly said: string | null;
  readonly historyLength: number;
  readonly artifactCount: number;
};

/** The task that a run is, as of its last fact. */
export async function summaryOfTask(host: Host, run: RunRef, definition: Definition): Promise<TaskSummary> {
  const followed = new FollowedTask(run, shapeOf(definition));
  await followed.catchUp(host);
  const { status, history, artifacts } = followed.at.task;
  const texts = status?.message?.parts.flatMap(({ content }) => (content?.$case === "text" ? [content.value] : [])) ?? [];
  return {
    state: TaskState[status?.state ?? TaskState.TASK_STATE_UNSPECIFIED],
    said: texts[0] ?? null,
    historyLength: history.length,
    artifactCount: artifacts.length,
  };
}

function shapeOf(definition: Definition): TaskShape {
  const agent = agentServedBy(definition.name);
  return agent === null ? servedWorkflow(definition).shape : { kind: "agent", name: agent };
}
