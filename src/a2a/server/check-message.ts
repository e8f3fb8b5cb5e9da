/** What is asked of a message before an agent of this process takes it. */
import { hash } from "node:crypto";

import { Message, Role, type Task } from "@a2a-js/sdk";
import { type A2AError, RequestMalformedError, UnsupportedOperationError } from "@a2a-js/sdk/errors";

import { isInterrupted, isTerminal, metadataText } from "../wire/wire.ts";

/** A message that an agent can take; anything else is refused in the words of the protocol. */
export function checkedMessage(message: Message | undefined): Message {
  if (message === undefined) throw new RequestMalformedError("The request has no message.");
  if (message.messageId === "") throw new RequestMalformedError("The message has no messageId.");
  if (message.role !== Role.ROLE_USER) throw new RequestMalformedError("The role of a message to an agent is ROLE_USER.");
  if (message.parts.length === 0) throw new RequestMalformedError("The message has no parts.");
  if (message.parts.some(({ content }) => content === undefined))
    throw new RequestMalformedError("A part of the message is none of text, raw, url and data.");
  return message;
}

/** A message to a task is in the task's context, or names none (A2A 3.4.1). */
export function contextOf(message: Message, task: Task): string {
  if (message.contextId === "" || message.contextId === task.contextId) return task.contextId;
  throw new RequestMalformedError(`Task ${task.id} is in another context than "${message.contextId}".`);
}

/** Why a task takes no message now; null when it does. */
export function refusalOf(task: Task): A2AError | null {
  const state = task.status?.state;
  if (isTerminal(state)) return new UnsupportedOperationError(`Task ${task.id} is over; send a new message without its id.`);
  if (isInterrupted(state)) return null;
  return new UnsupportedOperationError(`Task ${task.id} is being worked on; send the message when it asks for input.`);
}

/** What makes two messages with one id the same. Metadata such as the time of sending may differ. */
export function contentOf(message: Message): string {
  const { parts } = Message.toJSON(message) as { parts?: unknown };
  return hash(
    "sha256",
    JSON.stringify([parts, message.taskId, metadataText(message.metadata, "operation", "skill", "skill_id", "skillId") ?? ""]),
  );
}
