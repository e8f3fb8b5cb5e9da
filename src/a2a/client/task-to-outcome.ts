import { type Task, TaskState, type TaskStatus } from "@a2a-js/sdk";

import { MAX_RETRY_AFTER_MS } from "../../base/limits.ts";
import { isJsonObject, type Json } from "../../base/json.ts";
import type { Progress } from "../../scheduler/input.ts";
import type { Failure, Outcome, Question } from "../../scheduler/outcome.ts";
import { RETRYABLE_CODES } from "../wire/retryable-codes.ts";
import { dataOf, metadataNumber, metadataObject, metadataText, textOf } from "../wire/wire.ts";
import { type Reading, taskToReply } from "./task-to-reply.ts";

/**
 * What has become of a task: null while it is worked on. The states stay different (design.md,
 * fact 2): a failed, rejected or canceled task is never told as a result, and one in a state that
 * nobody knows is unknown.
 */
export function taskToOutcome(task: Task, reading: Reading = {}): Outcome | null {
  const status = task.status;
  switch (status?.state) {
    case TaskState.TASK_STATE_COMPLETED:
      return { kind: "completed", reply: taskToReply(task, reading) };
    case TaskState.TASK_STATE_FAILED:
      return {
        kind: "failed",
        failure: statusToFailure(status, { code: "AGENT_ERROR", message: "The agent failed and did not say why." }),
      };
    case TaskState.TASK_STATE_REJECTED:
      return {
        kind: "rejected",
        failure: {
          ...statusToFailure(status, { code: "T4105", message: "The agent rejected the task and did not say why." }),
          retryable: false,
        },
      };
    case TaskState.TASK_STATE_CANCELED:
      return {
        kind: "canceled",
        failure: { ...statusToFailure(status, { code: "T4106", message: "The task was canceled at the agent." }), retryable: false },
      };
    case TaskState.TASK_STATE_INPUT_REQUIRED:
      return { kind: "inputRequired", question: statusToQuestion(status, "The agent needs an answer before it can go on.") };
    case TaskState.TASK_STATE_AUTH_REQUIRED:
      return { kind: "authRequired", question: statusToQuestion(status, "The agent needs an authorisation before it can go on.") };
    case TaskState.TASK_STATE_SUBMITTED:
    case TaskState.TASK_STATE_WORKING:
      return null;
    case TaskState.TASK_STATE_UNSPECIFIED:
    case TaskState.UNRECOGNIZED:
    case undefined: {
      const message = `The agent says of task ${task.id} no state that A2A 1.0 knows.`;
      return { kind: "unknown", failure: { code: "T3021", message, retryable: false } };
    }
  }
}

/** The failure's data part or metadata says its code and whether to try again (requirements L034, L035). */
function statusToFailure(status: TaskStatus, otherwise: { readonly code: string; readonly message: string }): Failure {
  const message = status.message;
  const said = message === undefined ? undefined : dataOf(message.parts).find((value) => isJsonObject(value) && "error_code" in value);
  const data = isJsonObject(said) ? said : {};
  const metadata = message?.metadata;
  const code = asText(data["error_code"]) ?? metadataText(metadata, "error_code") ?? otherwise.code;
  const retryable = asFlag(data["retry_possible"]) ?? asFlag(metadata?.["retry_possible"]) ?? RETRYABLE_CODES.has(code);
  const retryAfterMs = asNumber(data["retry_after_ms"]) ?? metadataNumber(metadata, "retry_after_ms");
  const details = data["error_details"];
  return {
    code,
    message: asText(data["error_message"]) ?? textOf(message?.parts ?? []) ?? otherwise.message,
    retryable,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs: Math.min(MAX_RETRY_AFTER_MS, Math.max(0, retryAfterMs)) }),
    ...(details === undefined ? {} : { details }),
  };
}

function statusToQuestion(status: TaskStatus, otherwise: string): Question {
  const message = status.message;
  const data = message === undefined ? undefined : dataOf(message.parts)[0];
  const schema = metadataObject(message?.metadata, "answer_schema");
  return {
    prompt: textOf(message?.parts ?? []) ?? otherwise,
    ...(schema === undefined ? {} : { schema }),
    ...(data === undefined ? {} : { data }),
  };
}

/** How far an agent says it is (requirements L025 to L027); null when it says nothing. */
export function statusToProgress(status: TaskStatus | undefined): Progress | null {
  const message = status?.message;
  if (message === undefined) return null;
  const said = dataOf(message.parts).find((value) => isJsonObject(value) && ("progress_percentage" in value || "current_phase" in value));
  const data = isJsonObject(said) ? said : {};
  const percent = asNumber(data["progress_percentage"]) ?? metadataNumber(message.metadata, "progress_percentage");
  const phase = asText(data["current_phase"]) ?? metadataText(message.metadata, "phase");
  const note = asText(data["details"]) ?? textOf(message.parts);
  if (percent === undefined && phase === undefined && note === undefined) return null;
  return {
    ...(percent === undefined ? {} : { percent: Math.min(100, Math.max(0, percent)) }),
    ...(phase === undefined ? {} : { phase }),
    ...(note === undefined ? {} : { note }),
  };
}

function asText(value: Json | undefined): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function asNumber(value: Json | undefined): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

function asFlag(value: unknown): boolean | undefined {
  return typeof value === "boolean" ? value : undefined;
}
