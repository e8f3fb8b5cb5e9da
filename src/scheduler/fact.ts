import type { Json, JsonObject } from "../base/json.ts";
import type { StepId, Target } from "../definition/definition.ts";
import type { EffectId, Instant, Intent, Path, Progress, RemoteTask, StartInput } from "./input.ts";
import type { ArtifactRecord, Failure, Question } from "./outcome.ts";

/** The version of the facts below. A host stores it beside each fact. */
export const FACT_VERSION = 1;

/**
 * What became true. The facts of a run, in order, are its history; they alone make its state again.
 * Each holds every value that the decision behind it used, so that no replay decides anew.
 */
export type Fact = { readonly at: Instant } & (
  | ({ readonly deadlineAt: Instant } & Omit<StartInput, "kind"> & { readonly kind: "runStarted" })
  | { readonly kind: "stepSkipped"; readonly step: StepId; readonly reason: SkipReason }
  /** The list of an `each`. */
  | { readonly kind: "stepExpanded"; readonly step: StepId; readonly items: readonly Json[] }
  /** All items of an `each` are over. */
  | { readonly kind: "stepCompleted"; readonly step: StepId }
  | SubtaskAssigned
  | ({ readonly kind: "messageIntended"; readonly intent: Intent } & EffectId)
  | ({ readonly kind: "subtaskAccepted"; readonly agent: string; readonly task?: RemoteTask } & EffectId)
  | { readonly kind: "subtaskProgressed"; readonly path: Path; readonly attempt: number; readonly progress: Progress }
  | SubtaskCompleted
  | AttemptFailed
  | SubtaskFailed
  | QuestionAsked
  | ({
      readonly kind: "questionAnswered";
      readonly question: string;
      readonly answer: Json;
      readonly by: string;
      readonly deadlineAt: Instant;
    } & EffectId)
  /** The attempt's time is up; its remote task is canceled before anything else happens. */
  | { readonly kind: "attemptTimedOut"; readonly path: Path; readonly attempt: number; readonly patienceAt: Instant }
  /** Nobody knows what became of the message, or the agent has lost its task; the step says to send it again. */
  | ({ readonly kind: "messageResent" } & EffectId)
  /** The work is not wanted any more. `aborting`: a remote agent has yet to be told. */
  | { readonly kind: "subtaskCanceled"; readonly path: Path; readonly attempt: number; readonly aborting: boolean }
  | { readonly kind: "taskReleased"; readonly path: Path; readonly attempt: number; readonly note: string }
  | { readonly kind: "runPaused"; readonly by: string }
  | { readonly kind: "runResumed"; readonly by: string }
  /** The run is about to end; what is in flight is canceled first. */
  | { readonly kind: "runEnding"; readonly ending: Ending; readonly patienceAt: Instant }
  | { readonly kind: "runCompleted"; readonly output: Json }
  | { readonly kind: "runFailed"; readonly failure: Failure }
  | { readonly kind: "runCanceled"; readonly reason: string; readonly by: string }
);

export type SkipReason =
  | { readonly kind: "condition"; readonly source: string }
  /** It reads the output of a step that was skipped. */
  | { readonly kind: "upstream"; readonly source: string; readonly steps: readonly StepId[] };

export type SubtaskAssigned = {
  readonly kind: "subtaskAssigned";
  readonly at: Instant;
  readonly path: Path;
  readonly attempt: number;
  readonly target: Target;
  /** The place in the step's fallbacks; absent for its own target. */
  readonly fallback?: number;
  readonly input?: Json;
  readonly text?: string;
  readonly deadlineAt: Instant;
};

export type SubtaskCompleted = {
  readonly kind: "subtaskCompleted";
  readonly at: Instant;
  readonly path: Path;
  readonly attempt: number;
  readonly agent: string;
  readonly output: Json;
  /** These three only where they are not simply the output. */
  readonly text?: string;
  readonly data?: readonly Json[];
  readonly artifacts?: readonly ArtifactRecord[];
  readonly usage?: JsonObject;
  readonly task?: RemoteTask;
};

/** Why an attempt, or a subtask, did not complete. */
export type FailureReason = "failed" | "rejected" | "canceled" | "timedOut" | "invalid" | "unknown" | "expression";

/** One attempt failed and another will follow. */
export type AttemptFailed = {
  readonly kind: "attemptFailed";
  readonly at: Instant;
  readonly path: Path;
  readonly attempt: number;
  readonly agent?: string;
  readonly reason: FailureReason;
  readonly failure: Failure;
  readonly retryAt: Instant;
  /** The next attempt goes to this fallback of the step. */
  readonly fallback?: number;
  readonly task?: RemoteTask;
};

/** No attempt is left. `tolerated`: the step is not critical, so the run goes on without it. */
export type SubtaskFailed = {
  readonly kind: "subtaskFailed";
  readonly at: Instant;
  readonly path: Path;
  readonly attempt: number;
  readonly agent?: string;
  readonly reason: FailureReason;
  readonly failure: Failure;
  readonly tolerated: boolean;
  readonly task?: RemoteTask;
};

export type QuestionAsked = {
  readonly kind: "questionAsked";
  readonly at: Instant;
  readonly asks: "input" | "auth";
  readonly id: string;
  readonly question: Question;
  readonly agent: string;
  readonly task?: RemoteTask;
} & EffectId;

export type Ending =
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "canceled"; readonly reason: string; readonly by: string };
