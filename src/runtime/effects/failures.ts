import { TuttiError } from "../../base/errors.ts";
import type { Failure } from "../../scheduler/outcome.ts";

/** An error of the runtime as the failure of an attempt. An agent that is not there may come back. */
export function describeFailure(error: unknown): Failure {
  if (error instanceof TuttiError) return { code: error.code, message: error.message, retryable: error.retryable };
  const message = error instanceof Error ? error.message : String(error);
  return { code: "T4115", message: `The agent could not be given the work: ${message}`, retryable: true };
}
