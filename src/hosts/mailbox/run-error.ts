import { isJsonObject } from "../../base/json.ts";
import type { RunError } from "../../ports/host.ts";
import type { FailureReason } from "../../scheduler/fact.ts";
import type { RunState } from "../../scheduler/index.ts";
import type { Failure } from "../../scheduler/outcome.ts";

/** What a run's row says of its end; null when that was none of the kind, or there was none yet. */
export function runErrorOf({ end }: Pick<RunState, "end">): RunError | null {
  if (end?.kind === "failed") return { code: end.failure.code, message: end.failure.message, ...reasonOf(end.failure) };
  return end?.kind === "canceled" ? { code: "T4003", message: `Canceled by ${end.by}: ${end.reason}` } : null;
}

/** What the failure of a critical step says of it. */
function reasonOf({ code, details }: Failure): Pick<RunError, "reason"> {
  const reason = code === "T4108" && isJsonObject(details) ? details["reason"] : undefined;
  // Written by the scheduler, which has made the failure.
  return typeof reason === "string" ? { reason: reason as FailureReason } : {};
}
