/** What is read of requests and messages on the simulated wire. */
import { canonicalJson, isJsonObject, type JsonObject } from "../base/json.ts";
import type { FarTask } from "./agent-tasks.ts";
import type { WorkSeen } from "./reactions.ts";
import { whoseIn } from "./tenants.ts";

/** The text under a key; empty when there is none. */
export function textIn(object: { readonly [key: string]: unknown }, key: string): string {
  const value = object[key];
  return typeof value === "string" ? value : "";
}

export function objectIn(object: { readonly [key: string]: unknown }, key: string): JsonObject {
  const value = object[key];
  return isJsonObject(value) ? value : {};
}

/** The work that a message is about, by its assignment. */
export function workIn(message: JsonObject, task: FarTask): WorkSeen {
  const metadata = objectIn(message, "metadata");
  const repeated = task.messageIds.indexOf(textIn(message, "messageId"));
  return {
    agent: task.agent,
    run: textIn(metadata, "workflow_id"),
    workflow: textIn(metadata, "workflow_type"),
    path: textIn(metadata, "subtask_id"),
    attempt: Number(metadata["attempt"]),
    turn: repeated === -1 ? task.turn : repeated + 1,
    content: canonicalJson(message["parts"] ?? []),
    whose: whoseIn(metadata),
  };
}
