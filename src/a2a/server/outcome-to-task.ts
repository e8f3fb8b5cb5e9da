import { type Artifact, type Part, TaskState } from "@a2a-js/sdk";

import type { JsonObject } from "../../base/json.ts";
import type { Progress } from "../../scheduler/input.ts";
import type { ArtifactRecord, Failure, Outcome, Question, Reply } from "../../scheduler/outcome.ts";
import { dataPart, REPLY_ARTIFACT, textPart } from "../wire/wire.ts";

/** What a status says: the state, and the agent's message if there is one. */
export type StatusWords = { readonly state: TaskState; readonly parts: readonly Part[]; readonly metadata?: JsonObject };

/** A handler's error belongs in the log: its words may hold secrets (a2a.md, 3.3, row 5). */
const HIDDEN_ERROR = "The agent failed because of an error of its own.";

/** The state that tells an outcome, with its message (requirements L033 to L039). */
export function outcomeToStatus(outcome: Outcome): StatusWords {
  switch (outcome.kind) {
    case "completed":
      return { state: TaskState.TASK_STATE_COMPLETED, parts: [] };
    case "failed":
    case "unknown":
      return failureWords(outcome.failure);
    case "rejected":
      return { state: TaskState.TASK_STATE_REJECTED, parts: [textPart(outcome.failure.message)] };
    case "canceled":
      return { state: TaskState.TASK_STATE_CANCELED, parts: [textPart(outcome.failure.message)] };
    case "inputRequired":
      return questionWords(TaskState.TASK_STATE_INPUT_REQUIRED, outcome.question);
    case "authRequired":
      return questionWords(TaskState.TASK_STATE_AUTH_REQUIRED, outcome.question);
  }
}

function failureWords(failure: Failure): StatusWords {
  const message = failure.code === "AGENT_ERROR" ? HIDDEN_ERROR : failure.message;
  const data = {
    error_code: failure.code,
    error_message: message,
    retry_possible: failure.retryable,
    ...(failure.retryAfterMs === undefined ? {} : { retry_after_ms: failure.retryAfterMs }),
    ...(failure.details === undefined ? {} : { error_details: failure.details }),
  };
  const metadata = { failure_type: "processing_error", error_code: failure.code, retry_possible: failure.retryable };
  return { state: TaskState.TASK_STATE_FAILED, parts: [textPart(message), dataPart(data)], metadata };
}

function questionWords(state: TaskState, question: Question): StatusWords {
  const parts = [textPart(question.prompt), ...(question.data === undefined ? [] : [dataPart(question.data)])];
  return question.schema === undefined ? { state, parts } : { state, parts, metadata: { answer_schema: question.schema } };
}

/** Work that goes on, and how far it is (requirements L025 to L027). */
export function progressToStatus(progress: Progress): StatusWords {
  const { percent, phase, note } = progress;
  const data: JsonObject = {
    ...(percent === undefined ? {} : { progress_percentage: percent }),
    ...(phase === undefined ? {} : { current_phase: phase }),
    ...(note === undefined ? {} : { details: note }),
  };
  const metadata: JsonObject = {
    update_type: "progress",
    ...(percent === undefined ? {} : { progress_percentage: percent }),
    ...(phase === undefined ? {} : { phase }),
  };
  return { state: TaskState.TASK_STATE_WORKING, parts: [textPart(note ?? phase ?? `${percent ?? 0}% complete`), dataPart(data)], metadata };
}

/** The parts of a result: the text, then the data. */
export function replyParts(reply: Reply): Part[] {
  return [...(reply.text === undefined ? [] : [textPart(reply.text)]), ...(reply.data ?? []).map(dataPart)];
}

/** A result as artifacts: the reply itself, then those that the agent named. */
export function replyToArtifacts(reply: Reply): Artifact[] {
  const parts = replyParts(reply);
  const main =
    parts.length === 0
      ? []
      : [artifact({ id: REPLY_ARTIFACT, name: "", parts, ...(reply.usage === undefined ? {} : { metadata: { usage: reply.usage } }) })];
  return [
    ...main,
    ...(reply.artifacts ?? []).map((record, index) =>
      artifact({ id: `artifact-${index + 1}`, name: record.name, parts: [recordToPart(record)] }),
    ),
  ];
}

export function artifact(fields: {
  readonly id: string;
  readonly name: string;
  readonly parts: readonly Part[];
  readonly metadata?: JsonObject;
}): Artifact {
  return {
    artifactId: fields.id,
    name: fields.name,
    description: "",
    parts: [...fields.parts],
    metadata: fields.metadata === undefined ? undefined : { ...fields.metadata },
    extensions: [],
  };
}

function recordToPart(record: ArtifactRecord): Part {
  return {
    content: recordContent(record),
    metadata: undefined,
    filename: record.url === undefined && record.bytes === undefined ? "" : record.name,
    mediaType: record.mediaType,
  };
}

function recordContent(record: ArtifactRecord): Part["content"] {
  if (record.url !== undefined) return { $case: "url", value: record.url };
  if (record.bytes !== undefined) return { $case: "raw", value: Buffer.from(record.bytes, "base64") };
  return record.text === undefined ? { $case: "data", value: record.data ?? null } : { $case: "text", value: record.text };
}
