/** How a task begins: the caller's message, what is known of the task from it, and that it is accepted. */
import { type Message, Role } from "@a2a-js/sdk";

import { formatDuration } from "../../base/duration.ts";
import type { JsonObject } from "../../base/json.ts";
import type { Fact } from "../../scheduler/fact.ts";
import { messageFromJson } from "../wire/message-json.ts";
import { dataPart, jsonFromWire, message as makeMessage, metadataText, textPart } from "../wire/wire.ts";
import type { TaskShape } from "./task-event.ts";
import { isoTime, type Words } from "./words.ts";

type Started = Extract<Fact, { kind: "runStarted" }>;

/** What a caller may say of its task in the metadata of its message (requirements L013, L014, L018). */
const DESCRIBING_KEYS = [
  "task_type",
  "priority",
  "complexity",
  "expected_duration",
  "estimated_duration",
  "required_resources",
  "deliverables",
] as const;

/** The message that asked for the run; of a run that nobody asked for over A2A, its input as one (requirements L012, X043). */
export function firstMessage(fact: Started, taskId: string): Message {
  if (fact.origin !== undefined) return receivedMessage(fact.origin.message, { taskId, contextId: fact.origin.context });
  return makeMessage({
    id: `msg_start_${taskId}`,
    role: Role.ROLE_USER,
    parts: [dataPart(fact.input)],
    contextId: taskId,
    taskId,
    metadata: { task_type: fact.workflow, submitted_by: fact.by },
  });
}

/** A caller's message, out of the history. */
export function receivedMessage(json: JsonObject, place: { readonly taskId: string; readonly contextId: string }): Message {
  return { ...messageFromJson(json), ...place };
}

/** Who a message says has submitted its task, as an address for answers; empty when it does not say. */
export function submitterOf({ metadata }: Message): string {
  return metadataText(metadata, "submitted_by") ?? "";
}

/** Requirements L011 to L014: what the caller says of the task stays, and what we know comes beside it (X042). */
export function taskMetadata(fact: Started, shape: TaskShape, first: Message): JsonObject {
  const said = DESCRIBING_KEYS.flatMap((key): readonly (readonly [string, JsonObject[string]])[] => {
    const value: unknown = first.metadata?.[key];
    return value === undefined ? [] : [[key, jsonFromWire(value)]];
  });
  return {
    task_type: shape.name,
    ...(shape.kind === "workflow" ? { expected_duration: formatDuration(fact.deadlineAt - fact.at), workflow_version: fact.version } : {}),
    submitted_by: metadataText(first.metadata, "submitted_by") ?? fact.origin?.caller ?? fact.by,
    ...Object.fromEntries(said),
    created_at: isoTime(fact.at),
  };
}

/** Requirements L020 to L023. A workflow says in its definition by when it is over; of an agent nobody knows. */
export function acceptance(fact: Started, shape: TaskShape): Words {
  return {
    kind: "accept",
    parts: [textPart(`Task accepted by agent ${shape.name}. Beginning processing.`)],
    metadata: {
      accepting_agent: shape.name,
      ...(shape.kind === "workflow" ? { estimated_completion: isoTime(fact.deadlineAt) } : {}),
    },
  };
}
