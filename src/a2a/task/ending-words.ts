/** How a task ends, in words (requirements L030 to L040). */
import { type Artifact, TaskState } from "@a2a-js/sdk";

import { formatDuration } from "../../base/duration.ts";
import type { JsonObject } from "../../base/json.ts";
import { MAX_SUMMARY_CHARACTERS } from "../../base/limits.ts";
import type { Failure } from "../../scheduler/outcome.ts";
import { RETRYABLE_CODES } from "../wire/retryable-codes.ts";
import { textOf, textPart } from "../wire/wire.ts";
import { causeOf, publicFailure } from "./public-failure.ts";
import type { TaskShape } from "./task-event.ts";
import type { TaskTally } from "./task-tally.ts";
import { describedPart, shortened, type Words } from "./words.ts";

/** How a task ends: the state, and what is said. */
export type Ending = { readonly state: TaskState; readonly words: Words };

/** Requirements L030 to L032. The artifacts are the result; the message only says that there is one. */
export function completion(artifacts: readonly Artifact[], at: number, tally: TaskTally): Ending {
  const takenMs = tally.takenMs(at);
  const results = textOf(artifacts[0]?.parts ?? []);
  const count = `${artifacts.length} ${artifacts.length === 1 ? "artifact" : "artifacts"}`;
  const summary = results === undefined || results === "" ? `Results: ${count}.` : shortened(results, MAX_SUMMARY_CHARACTERS);
  return {
    state: TaskState.TASK_STATE_COMPLETED,
    words: {
      kind: "complete",
      parts: [textPart(`Task completed successfully. ${summary}`)],
      metadata: {
        completion_status: "success",
        processing_time: formatDuration(takenMs),
        processing_time_ms: takenMs,
        artifact_count: artifacts.length,
        ...tally.figures,
      },
    },
  };
}

/** Requirements L033 to L037. A served agent's failure is told as its own, a workflow's as that of the step at fault. */
export function failureEnding(failure: Failure, shape: TaskShape, tally: TaskTally, previous: TaskState): Ending {
  const own = shape.kind === "agent" ? tally.lastFailure : null;
  if (own === null) {
    const { path } = causeOf(failure);
    return failedWords(failure, path === null ? {} : { failure_phase: path });
  }
  switch (own.reason) {
    case "rejected":
      return rejectedWords(own.failure);
    case "canceled":
      return canceledByAgent(own.failure, shape.name, previous);
    case "failed":
    case "timedOut":
    case "invalid":
    case "unknown":
    case "expression":
    case "disagreed":
    case "exhausted":
      return failedWords(own.failure, tally.agentsPhase === null ? {} : { failure_phase: shortened(tally.agentsPhase) });
  }
}

/** Requirements L038 to L040. */
export function cancellation(reason: string, by: string, previous: TaskState): Ending {
  return canceledWords(reason, by, previous, {});
}

/** The name of a state, as it is on the wire. */
function nameOf(state: TaskState): string {
  return TaskState[state];
}

function failedWords(failure: Failure, phase: JsonObject): Ending {
  const { failure: cause, codes } = causeOf(failure);
  // The run as a whole is not tried again; whether its caller may is a matter of what went wrong (L036).
  const mayRetry = cause.retryable || codes.some((code) => RETRYABLE_CODES.has(code));
  const shown = publicFailure(failure);
  const data: JsonObject = {
    ...errorFields(shown),
    ...phase,
    retry_possible: mayRetry,
    ...(mayRetry ? { retry_strategy: "exponential_backoff" } : {}),
    ...(cause.retryAfterMs === undefined ? {} : { retry_after_ms: cause.retryAfterMs }),
  };
  return {
    state: TaskState.TASK_STATE_FAILED,
    words: {
      kind: "failure",
      parts: [textPart(`Task failed: ${shown.message} (Code: ${shown.code})`), errorPart(data)],
      metadata: { failure_type: "processing_error", error_code: shown.code, retry_possible: mayRetry },
    },
  };
}

function rejectedWords(failure: Failure): Ending {
  const shown = publicFailure(failure);
  return {
    state: TaskState.TASK_STATE_REJECTED,
    words: {
      kind: "failure",
      parts: [textPart(`Task rejected: ${shown.message}`), errorPart({ ...errorFields(shown), retry_possible: false })],
      metadata: { failure_type: "rejected", error_code: shown.code, retry_possible: false },
    },
  };
}

function canceledByAgent(failure: Failure, agent: string, previous: TaskState): Ending {
  const shown = publicFailure(failure);
  return canceledWords(shown.message, agent, previous, { ...errorFields(shown), retry_possible: false });
}

function canceledWords(reason: string, by: string, previous: TaskState, data: JsonObject): Ending {
  const text = textPart(`Task cancelled: ${reason}`);
  return {
    state: TaskState.TASK_STATE_CANCELED,
    words: {
      kind: "cancel",
      parts: Object.keys(data).length === 0 ? [text] : [text, errorPart(data)],
      metadata: { cancellation_reason: reason, cancelled_by: by, previous_state: nameOf(previous) },
    },
  };
}

function errorFields({ code, message, details }: Failure): JsonObject {
  return { error_code: code, error_message: message, ...(details === undefined ? {} : { error_details: details }) };
}

function errorPart(data: JsonObject): Words["parts"][number] {
  return describedPart(data, "Detailed error information and diagnostics");
}
