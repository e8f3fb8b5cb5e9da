/** What is asked of a message before anything is done about it. */
import { hash } from "node:crypto";

import { Message, Role, type Task } from "@a2a-js/sdk";
import { ContentTypeNotSupportedError, RequestMalformedError } from "@a2a-js/sdk/errors";

import { canonicalJson, isSound, isUnicode, type Json } from "../../base/json.ts";
import { MAX_PROTOCOL_ID_LENGTH, MAX_REFERENCED_TASKS } from "../../base/limits.ts";
import { metadataNumber, metadataText, OUTPUT_MODES } from "../wire/wire.ts";
import { SKILL_KEYS } from "./served-thing.ts";

/** A message that can be taken; anything else is refused in the words of the protocol. */
export function checkedMessage(message: Message | undefined): Message {
  if (message === undefined) throw new RequestMalformedError("The request has no message.");
  if (message.messageId === "") throw new RequestMalformedError("The message has no messageId.");
  if (message.role !== Role.ROLE_USER) throw new RequestMalformedError("The role of a message to an agent is ROLE_USER.");
  if (message.parts.length === 0) throw new RequestMalformedError("The message has no parts.");
  if (message.parts.some(({ content }) => content === undefined))
    throw new RequestMalformedError("A part of the message is none of text, raw, url and data.");
  for (const [name, id] of [
    ["messageId", message.messageId],
    ["contextId", message.contextId],
  ] as const)
    if (id.length > MAX_PROTOCOL_ID_LENGTH)
      throw new RequestMalformedError(`The ${name} has ${id.length} characters; it may have ${MAX_PROTOCOL_ID_LENGTH}.`);
  if (message.referenceTaskIds.length > MAX_REFERENCED_TASKS)
    throw new RequestMalformedError(
      `The message refers to ${message.referenceTaskIds.length} tasks; it may refer to ${MAX_REFERENCED_TASKS}.`,
    );
  // What JSON cannot write again, such as 1e999, could not be kept.
  const written = Message.toJSON(message);
  if (!isSound(written)) throw new RequestMalformedError("A number in the message is too large for JSON.");
  if (!isUnicode(written)) throw new RequestMalformedError("A text of the message is not Unicode: it has half of a surrogate pair.");
  return message;
}

/** A message that lay somewhere for too long is not carried out any more (requirement W082). */
export function refuseExpired({ metadata }: Message, receivedAt: number): void {
  const ttlMs = metadataNumber(metadata, "ttl_ms") ?? 0;
  const sent = metadataText(metadata, "timestamp") ?? "";
  const expiresAt = Date.parse(sent) + ttlMs;
  if (ttlMs <= 0 || Number.isNaN(expiresAt) || receivedAt <= expiresAt) return;
  const now = new Date(receivedAt).toISOString();
  throw new RequestMalformedError(
    `The message of ${sent} was to live for ${ttlMs} ms, and here it is ${now}; send it anew, or set the clocks.`,
  );
}

/**
 * Parts say their media type or not; those that do must be of one that is taken (A2A 3.3.2). Words such
 * as `text`, which older clients send, are no types.
 */
export function refuseOtherTypes({ parts }: Message, inputModes: readonly string[]): void {
  for (const { mediaType } of parts) {
    const type = typeOf(mediaType);
    if (type.includes("/") && !inputModes.some((mode) => covers(mode, asJson(type)))) {
      throw new ContentTypeNotSupportedError({
        message: `A part of the message is ${type.slice(0, 100)}; taken are ${inputModes.join(", ")}.`,
        metadata: { input_modes: inputModes.join(", ") },
      });
    }
  }
}

/**
 * A caller that accepts nothing of what the card says can come is told before anything is begun (A2A
 * 3.3.2). Of several types one is enough. Words such as `text`, which older clients send, are no types.
 */
export function refuseOtherOutputs(accepted: readonly string[]): void {
  const types = accepted.map(typeOf).filter((mode) => mode.includes("/"));
  if (types.length === 0 || types.some((mode) => OUTPUT_MODES.some((type) => covers(mode, type)))) return;
  throw new ContentTypeNotSupportedError({
    message: `You accept ${types.join(", ").slice(0, 200)}; results come as ${OUTPUT_MODES.join(", ")}.`,
    metadata: { output_modes: OUTPUT_MODES.join(", ") },
  });
}

function typeOf(mediaType: string): string {
  return mediaType.split(";")[0]?.trim().toLowerCase() ?? "";
}

/** What is made of JSON is JSON (RFC 6839, 3.1). */
function asJson(type: string): string {
  return type.endsWith("+json") ? "application/json" : type;
}

function covers(mode: string, type: string): boolean {
  return mode === type || mode === "*/*" || (mode.endsWith("/*") && type.startsWith(mode.slice(0, -1)));
}

/** A message to a task is in the task's context, or names none (A2A 3.4.1). */
export function refuseOtherContext(message: Message, task: Task): void {
  if (message.contextId === "" || message.contextId === task.contextId) return;
  throw new RequestMalformedError(`Task ${task.id} is in another context than "${message.contextId}".`);
}

/** The history that a caller asked for: all, none, or at most so many messages (A2A 3.2.4). */
export function withHistory(task: Task, keep: number | undefined): Task {
  if (keep === undefined) return task;
  if (!Number.isInteger(keep) || keep < 0) throw new RequestMalformedError("historyLength must be 0 or more.");
  if (keep >= task.history.length) return task;
  return { ...task, history: keep === 0 ? [] : task.history.slice(-keep) };
}

/** The same check before anything is done, so that a refusal has no effect. */
export function checkHistoryLength(keep: number | undefined): void {
  if (keep !== undefined && (!Number.isInteger(keep) || keep < 0)) throw new RequestMalformedError("historyLength must be 0 or more.");
}

/** What makes two messages with one id the same. Metadata such as the time of sending may differ. */
export function contentOf(message: Message): string {
  const { parts } = Message.toJSON(message) as { parts?: Json };
  const { metadata } = message;
  const about = [metadataText(metadata, ...SKILL_KEYS) ?? "", metadataText(metadata, "question_id") ?? ""];
  return hash("sha256", canonicalJson([parts ?? null, ...about]));
}
