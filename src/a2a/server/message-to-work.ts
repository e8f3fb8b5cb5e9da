import type { Message } from "@a2a-js/sdk";

import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_TRACESTATE_CHARACTERS } from "../../base/limits.ts";
import type { AssignmentMetadata, Capability } from "../../ports/agents.ts";
import { isRepairPart, repairOf } from "../wire/repair.ts";
import { dataOf, metadataNumber, metadataObject, metadataText, metadataTexts, textOf } from "../wire/wire.ts";
import { refuseSkill, SKILL_KEYS } from "./served-thing.ts";

/** Work as its caller describes it, before anything has come of it. Plain JSON: it is the input of a run. */
export type AskedWork = {
  readonly capability: string;
  readonly input: Json;
  readonly text: string | null;
  readonly assignment: AssignmentMetadata;
  readonly context?: JsonObject;
  readonly repair?: { readonly problems: readonly string[] };
};

type Addressed = { readonly name: string; readonly capabilities: readonly Capability[] };

/**
 * The work in a message: the data parts are the input, the text parts are the instruction, and the
 * metadata names the capability. Throws `RequestMalformedError` when it names none that exists.
 */
export function messageToWork(message: Message, agent: Addressed, receivedAt: number): AskedWork {
  const capability = chooseCapability(message, agent);
  const { metadata, parts } = message;
  const context = metadataObject(metadata, "context");
  const repair = repairOf(metadata);
  return {
    capability,
    input: inputOf(dataOf(parts)),
    // The problems are told apart from the instruction, as to an agent in the orchestrator's process.
    text: textOf(repair === undefined ? parts : parts.filter((part) => !isRepairPart(part))) ?? null,
    assignment: toAssignment(message, capability, receivedAt),
    ...(context === undefined ? {} : { context }),
    ...(repair === undefined ? {} : { repair: { problems: repair.problems } }),
  };
}

/** Several data parts are put together, as a workflow takes them; those that cannot be one object are a list. */
function inputOf(data: readonly Json[]): Json {
  const [only = null] = data;
  if (data.length <= 1) return only;
  const entries = data.flatMap((value) => (isJsonObject(value) ? Object.entries(value) : []));
  const keys = new Set(entries.map(([key]) => key));
  return data.every(isJsonObject) && keys.size === entries.length ? Object.fromEntries(entries) : data;
}

/** Among other agents, one that can do one thing goes by its own name too. */
function chooseCapability(message: Message, { name: own, capabilities }: Addressed): string {
  const named = metadataText(message.metadata, ...SKILL_KEYS);
  const names = capabilities.map(({ name }) => name);
  if (named !== undefined && names.includes(named)) return named;
  const [only] = names;
  return (named === undefined || named === own) && names.length === 1 && only !== undefined ? only : refuseSkill(named, names);
}

function toAssignment(message: Message, operation: string, receivedAt: number): AssignmentMetadata {
  const { metadata, messageId } = message;
  const contextRef = metadataText(metadata, "context_ref");
  const traceparent = metadataText(metadata, "traceparent");
  const tracestate = traceparent === undefined ? undefined : metadataText(metadata, "tracestate");
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
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined || tracestate.length > MAX_TRACESTATE_CHARACTERS ? {} : { tracestate }),
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
