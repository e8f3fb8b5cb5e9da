import type { Message } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";

import type { Json } from "../../base/json.ts";
import type { AssignmentMetadata, Capability, Work } from "../../ports/agents.ts";
import type { Outcome } from "../../scheduler/outcome.ts";
import { filesOf } from "../wire/file-part.ts";
import { isRepairPart, repairOf } from "../wire/repair.ts";
import { dataOf, metadataNumber, metadataObject, metadataText, metadataTexts, textOf } from "../wire/wire.ts";

/**
 * The work in a message: the first data part is the input, the text parts are the instruction, and
 * the metadata names the capability. Throws `RequestMalformedError` when it names none that exists, or the
 * message has expired.
 */
export function messageToWork(message: Message, capabilities: readonly Capability[], receivedAt: number): Work {
  refuseExpired(message, receivedAt);
  const capability = chooseCapability(message, capabilities);
  const { metadata, parts } = message;
  const files = filesOf(parts);
  const context = metadataObject(metadata, "context");
  const repair = repairOf(metadata);
  return {
    key: message.messageId,
    capability,
    input: dataOf(parts)[0] ?? null,
    // The problems are told apart from the instruction, as to an agent in the orchestrator's process.
    text: textOf(repair === undefined ? parts : parts.filter((part) => !isRepairPart(part))) ?? null,
    exchanges: [],
    task: null,
    assignment: toAssignment(message, capability, receivedAt),
    ...(files.length === 0 ? {} : { files }),
    ...(context === undefined ? {} : { context }),
    ...(repair === undefined ? {} : { repair }),
  };
}

/** A message that lay somewhere for too long is not carried out any more (requirements W082). */
function refuseExpired({ metadata }: Message, receivedAt: number): void {
  const ttlMs = metadataNumber(metadata, "ttl_ms") ?? 0;
  const sent = metadataText(metadata, "timestamp") ?? "";
  const expiresAt = Date.parse(sent) + ttlMs;
  if (ttlMs <= 0 || Number.isNaN(expiresAt) || receivedAt <= expiresAt) return;
  const now = new Date(receivedAt).toISOString();
  throw new RequestMalformedError(
    `The message of ${sent} was to live for ${ttlMs} ms, and here it is ${now}; send it anew, or set the clocks.`,
  );
}

/** The next turn of the same work: the agent's question, and what this message answers. */
export function nextTurn(work: Work, asked: Outcome, message: Message): Work {
  if (asked.kind !== "inputRequired" && asked.kind !== "authRequired") return work;
  const answer: Json = dataOf(message.parts)[0] ?? textOf(message.parts) ?? null;
  return { ...work, key: message.messageId, exchanges: [...work.exchanges, { question: asked.question, answer }] };
}

function chooseCapability(message: Message, capabilities: readonly Capability[]): string {
  const named = metadataText(message.metadata, "operation", "skill", "skill_id", "skillId");
  const names = capabilities.map(({ name }) => name);
  if (named !== undefined && names.includes(named)) return named;
  const [only] = names;
  if (named === undefined && names.length === 1 && only !== undefined) return only;
  const problem = named === undefined ? "The message does not say which skill it wants" : `There is no skill "${named}"`;
  throw new RequestMalformedError(`${problem}; put one of ${names.join(", ")} in message.metadata.operation.`);
}

function toAssignment(message: Message, operation: string, receivedAt: number): AssignmentMetadata {
  const { metadata, messageId } = message;
  const contextRef = metadataText(metadata, "context_ref");
  return {
    sender: metadataText(metadata, "sender") ?? "",
    receiver: metadataText(metadata, "receiver") ?? "",
    workflow_id: metadataText(metadata, "workflow_id") ?? "",
    workflow_type: metadataText(metadata, "workflow_type") ?? "",
    subtask_id: metadataText(metadata, "subtask_id") ?? "",
    attempt: metadataNumber(metadata, "attempt") ?? 1,
    correlation_id: metadataText(metadata, "correlation_id") ?? messageId,
    ttl_ms: metadataNumber(metadata, "ttl_ms") ?? 0,
    operation,
    timestamp: metadataText(metadata, "timestamp") ?? new Date(receivedAt).toISOString(),
    hop_count: metadataNumber(metadata, "hop_count") ?? 0,
    ...(contextRef === undefined ? {} : { context_ref: contextRef }),
    ...toCoordination(metadata),
  };
}

function toCoordination(metadata: Message["metadata"]): Partial<AssignmentMetadata> {
  const numbers = ["workflow_step", "total_steps", "batch_size"].flatMap((key) => {
    const value = metadataNumber(metadata, key);
    return value === undefined ? [] : [[key, value] as const];
  });
  const dependsOn = metadataTexts(metadata, "depends_on");
  const batchId = metadataText(metadata, "batch_id");
  return {
    ...Object.fromEntries(numbers),
    ...(dependsOn === undefined ? {} : { depends_on: dependsOn }),
    ...(batchId === undefined ? {} : { execution_mode: "parallel", batch_id: batchId }),
  };
}
