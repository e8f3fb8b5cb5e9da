import { type Message, Role, type SendMessageRequest } from "@a2a-js/sdk";

import type { JsonObject } from "../../base/json.ts";
import type { Work } from "../../ports/agents.ts";
import type { Intent } from "../../scheduler/input.ts";
import { fileToPart } from "../wire/file-part.ts";
import { repairedTask, repairMetadata, repairPart } from "../wire/repair.ts";
import { dataPart, message, textPart } from "../wire/wire.ts";

/**
 * The request that gives an agent its work, or its answer: a text part, a data part, file parts, in
 * that order, and the assignment in `message.metadata` (requirements W.g, workflow-language.md). It
 * asks to be answered at once: a connection never waits for the work itself.
 */
export function workToRequest(work: Work, intent: Intent): SendMessageRequest {
  return {
    tenant: "",
    message: workToMessage(work, intent),
    configuration: { acceptedOutputModes: [], taskPushNotificationConfig: undefined, historyLength: 0, returnImmediately: true },
    metadata: undefined,
  };
}

function workToMessage(work: Work, intent: Intent): Message {
  const { context, repair } = work;
  const metadata: JsonObject = {
    ...work.assignment,
    // Exactly the paths that the step names (requirement W095); others are for the context service.
    ...(context === undefined ? {} : { context }),
    ...(repair === undefined ? {} : { repair: repairMetadata(repair) }),
  };
  const common = {
    id: intent.messageId,
    role: Role.ROLE_USER,
    metadata,
    ...(repair === undefined ? {} : { referenceTaskIds: repairedTask(repair, intent) }),
  } as const;
  if (work.task !== null) {
    return message({ ...common, parts: answerParts(work), contextId: work.task.contextId, taskId: work.task.taskId });
  }
  return message({ ...common, parts: workParts(work), contextId: intent.contextId ?? "", taskId: "" });
}

function workParts(work: Work) {
  const parts = work.text === null ? [] : [textPart(work.text)];
  // A message has at least one part, so work without any input sends an empty object.
  if (work.input !== null || parts.length === 0) parts.push(dataPart(work.input ?? {}));
  if (work.files !== undefined) parts.push(...work.files.map(fileToPart));
  if (work.repair !== undefined) parts.push(repairPart(work.repair));
  return parts;
}

/** The task holds the conversation so far; it only lacks the last answer. */
function answerParts(work: Work) {
  const answer = work.exchanges.at(-1)?.answer ?? null;
  return [typeof answer === "string" ? textPart(answer) : dataPart(answer)];
}
