import type { Message } from "@a2a-js/sdk";

import type { Json, JsonObject } from "../../base/json.ts";
import { MAX_TRACESTATE_CHARACTERS } from "../../base/limits.ts";
import type { AssignmentMetadata, Capability } from "../../ports/agents.ts";
import { isRepairPart, repairOf } from "../wire/repair.ts";
import { dataOf, metadataNumber, metadataObject, metadataText, metadataTexts, oneOf, textOf } from "../wire/wire.ts";
import { refuseSkill, SKILL_KEYS } from "./served-thing.ts";

/** Work as its caller describes it, before anything has come of it. Plain JSON: it is the input of a run. */
export type AskedWork = {
  readonly capability: string;
  readonly input: Json;
  readonly text: string | null;
  /** What its message says of it: the rest is `assignmentOf`'s. */
  readonly assignment: SaidAssignment;
  readonly context?: JsonObject;
  readonly repair?: { readonly problems: readonly string[] };
};

/** Most callers say little, and what they leave out need not be kept with each of their tasks. */
type SaidAssignment = Partial<AssignmentMetadata> & Pick<AssignmentMetadata, "correlation_id" | "timestamp">;
const UNSAID = { sender: "", receiver: "", workflow_id: "", workflow_type: "", subtask_id: "", attempt: 1, ttl_ms: 0, hop_count: 0 };
const TEXTS = ["sender", "receiver", "workflow_id", "workflow_type", "subtask_id"] as const;
const NUMBERS = ["attempt", "ttl_ms", "hop_count"] as const;

/** The work's metadata as its agent gets them. */
export function assignmentOf({ capability, assignment }: AskedWork): AssignmentMetadata {
  return { ...UNSAID, operation: capability, ...assignment };
}

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
    input: oneOf(dataOf(parts)) ?? null,
    // The problems are told apart from the instruction, as to an agent in the orchestrator's process.
    text: textOf(repair === undefined ? parts : parts.filter((part) => !isRepairPart(part))) ?? null,
    assignment: toAssignment(message, receivedAt),
    ...(context === undefined ? {} : { context }),
    ...(repair === undefined ? {} : { repair: { problems: repair.problems } }),
  };
}

/** Among other agents, one that can do one thing goes by its own name too. */
function chooseCapability(message: Message, { name: own, capabilities }: Addressed): string {
  const named = metadataText(message.metadata, ...SKILL_KEYS);
  const names = capabilities.map(({ name }) => name);
  if (named !== undefined && names.includes(named)) return named;
  const [only] = names;
  return (named === undefined || named === own) && names.length === 1 && only !== undefined ? only : refuseSkill(named, names);
}

function toAssignment(message: Message, receivedAt: number): SaidAssignment {
  const { metadata, messageId } = message;
  const contextRef = metadataText(metadata, "context_ref");
  const traceparent = metadataText(metadata, "traceparent");
  const tracestate = traceparent === undefined ? undefined : metadataText(metadata, "tracestate");
  return {
    ...said(TEXTS, (key) => metadataText(metadata, key)),
    ...said(NUMBERS, (key) => metadataNumber(metadata, key)),
    correlation_id: metadataText(metadata, "correlation_id") ?? messageId,
    timestamp: metadataText(metadata, "timestamp") ?? new Date(receivedAt).toISOString(),
    ...(traceparent === undefined ? {} : { traceparent }),
    ...(tracestate === undefined || tracestate.length > MAX_TRACESTATE_CHARACTERS ? {} : { tracestate }),
    ...(contextRef === undefined ? {} : { context_ref: contextRef }),
    ...toCoordination(metadata),
  };
}

function toCoordination(metadata: Message["metadata"]): Partial<AssignmentMetadata> {
  const dependsOn = metadataTexts(metadata, "depends_on");
  const batchId = metadataText(metadata, "batch_id");
  return {
    ...said(["workflow_step", "total_steps", "batch_size"], (key) => metadataNumber(metadata, key)),
    ...(dependsOn === undefined ? {} : { depends_on: dependsOn }),
    ...(batchId === undefined ? {} : { execution_mode: "parallel", batch_id: batchId }),
  };
}

/** Those of the fields that the message has. */
function said<Key extends string, Value>(keys: readonly Key[], read: (key: Key) => Value | undefined): { [Name in Key]?: Value } {
  const fields: { [Name in Key]?: Value } = {};
  for (const key of keys) {
    const value = read(key);
    if (value !== undefined) fields[key] = value;
  }
  return fields;
}
