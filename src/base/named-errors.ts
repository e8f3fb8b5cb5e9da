/** The errors that the guides name (requirements W118–W125), each with its code. */
import { TuttiError, type ErrorDetails } from "./errors.ts";
import { isJsonObject, type Json } from "./json.ts";

/** The run did not end within its own timeout. */
export class WorkflowTimeoutError extends TuttiError {
  override readonly name = "WorkflowTimeoutError";
  constructor(sentence: string, more?: ErrorDetails) {
    super("T4109", sentence, more);
  }
}

/** A critical step failed, and with it the run; `cause` says how the step failed. */
export class WorkflowExecutionError extends TuttiError {
  override readonly name = "WorkflowExecutionError";
  constructor(sentence: string, more?: ErrorDetails) {
    super("T4108", sentence, more);
  }
}

/** Steps wait for each other in a circle; the sentence has its path. */
export class CyclicDependencyError extends TuttiError {
  override readonly name = "CyclicDependencyError";
  constructor(sentence: string, more?: ErrorDetails) {
    super("T1303", sentence, more);
  }
}

/** A subtask used up its attempts and its fallbacks. */
export class WorkflowSubtaskFailedError extends TuttiError {
  override readonly name = "WorkflowSubtaskFailedError";
  readonly subtaskId: string;
  constructor(subtaskId: string, sentence: string, more?: ErrorDetails) {
    super("T4107", sentence, more);
    this.subtaskId = subtaskId;
  }
}

/** A worker's output breaks the step's schema or rules. */
export class InvalidWorkerOutputError extends TuttiError {
  override readonly name = "InvalidWorkerOutputError";
  constructor(sentence: string, more?: ErrorDetails) {
    super("T4102", sentence, more);
  }
}

/** A loop used up its iterations; `best` is the output of the best of them, and `quality` its score (requirement X025). */
export class MaxIterationsExceededError extends TuttiError {
  override readonly name = "MaxIterationsExceededError";
  readonly best: Json;
  /** Null where the loop has a condition instead of a score. */
  readonly quality: number | null;
  constructor(sentence: string, { best = null, quality = null }: { readonly best?: Json; readonly quality?: number | null } = {}) {
    super("T4117", sentence, { details: { best, quality } });
    this.best = best;
    this.quality = quality;
  }
}

/** No agent could be given the work. */
export class AgentUnavailableError extends TuttiError {
  override readonly name = "AgentUnavailableError";
  constructor(sentence: string, more?: ErrorDetails) {
    super("T4115", sentence, { retryable: true, ...more });
  }
}

/** The agent could not be reached over the network. */
export class NetworkError extends TuttiError {
  override readonly name = "NetworkError";
  constructor(sentence: string, more?: ErrorDetails) {
    super("T3001", sentence, { retryable: true, ...more });
  }
}

type FailureLike = { readonly code: string; readonly message: string; readonly details?: Json };

/** What a failed run throws at the library's edge: the guides' error for it. */
export function errorOfFailedRun(run: string, failure: FailureLike): TuttiError {
  const sentence = `Run ${run} failed: ${failure.message}`;
  if (failure.code === "T4109") return new WorkflowTimeoutError(sentence);
  if (failure.code !== "T4108") return new WorkflowExecutionError(sentence, { details: { code: failure.code } });
  const details = isJsonObject(failure.details) ? failure.details : {};
  const text = (name: string) => (typeof details[name] === "string" ? details[name] : "");
  const cause = errorOfStep(text("path"), { code: text("code"), message: text("message"), details: details["details"] ?? null });
  return new WorkflowExecutionError(sentence, { details: { code: text("code") }, cause });
}

function errorOfStep(path: string, { code, message, details }: Required<FailureLike>): TuttiError {
  if (code === "T4102") return new InvalidWorkerOutputError(message);
  if (code === "T4117") return errorOfLoop(message, details);
  if (code === "T4115" || code === "AGENT_UNAVAILABLE") return new AgentUnavailableError(message);
  // Failures of calls carry the word that the guides have for it on the wire.
  if (code === "T3001" || code === "NETWORK_ERROR") return new NetworkError(message);
  return new WorkflowSubtaskFailedError(path, message, { details: { code } });
}

function errorOfLoop(message: string, details: Json): TuttiError {
  const { best = null, quality = null } = isJsonObject(details) ? details : {};
  return new MaxIterationsExceededError(message, { best, quality: typeof quality === "number" ? quality : null });
}
