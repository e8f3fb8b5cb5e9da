import type { Json, JsonObject } from "../base/json.ts";
import type { HandlerName, StepId, Target } from "../definition/definition.ts";
import type { EffectId, Instant, Intent, Path, Progress, RemoteTask, StartInput } from "./input.ts";
import type { ArtifactRecord, Failure, Question } from "./outcome.ts";
import type { ItemsByPath } from "./state.ts";

/** The version of the facts below. A host stores it beside each fact. */
export const FACT_VERSION = 2;

/**
 * What became true. The facts of a run, in order, are its history; they alone make its state again.
 * Each holds every value that the decision behind it used, so that no replay decides anew.
 */
export type Fact = { readonly at: Instant } & (
  | ({ readonly deadlineAt: Instant } & Omit<StartInput, "kind"> & { readonly kind: "runStarted" })
  | { readonly kind: "stepSkipped"; readonly step: Path; readonly reason: SkipReason }
  /** The list of an `each`. */
  | { readonly kind: "stepExpanded"; readonly step: Path; readonly items: readonly Json[]; readonly deadlineAt?: Instant }
  /** The items of an `each` are over, or as many as its `succeed` wants. */
  | { readonly kind: "stepCompleted"; readonly step: Path; readonly agreed?: Json; readonly vote?: VoteCast; readonly principal?: string }
  | ScopeOpened
  /** A handler has answered its agent's question; the subtask goes on. */
  | { readonly kind: "scopeClosed"; readonly path: Path }
  /** The next iteration of a loop, or turn of a handoff. `note`: why the last was not enough. */
  | {
      readonly kind: "iterationStarted";
      readonly path: Path;
      readonly iteration: number;
      readonly agent?: StepId;
      readonly score?: number;
      /** The output of the last iteration, when its score is the best so far. */
      readonly best?: Json;
      readonly note?: string;
    }
  /** The planner's subtasks, checked: from now on they are steps of the run. */
  | { readonly kind: "planAccepted"; readonly path: Path; readonly subtasks: readonly PlannedSubtask[] }
  | WaitStarted
  | {
      readonly kind: "approvalReminded";
      readonly path: Path;
      readonly to: readonly string[];
      readonly escalated: boolean;
      readonly remindAt: Instant | null;
    }
  /** The first decision stands. `by` is null when its time ran out. */
  | ({
      readonly kind: "approvalDecided";
      readonly path: Path;
      readonly question: string;
      readonly output: JsonObject;
      readonly by: string | null;
    } & LeftBehind)
  /** A caller's further message, before what its answer causes (requirement L056). */
  | { readonly kind: "messageReceived"; readonly message: JsonObject; readonly by: string }
  | { readonly kind: "signalReceived"; readonly name: string; readonly payload: Json; readonly by: string }
  /** Run context written by a `set` or by an agent's delta. `lost`: paths where a later step has already written (requirement X026). */
  | {
      readonly kind: "contextChanged";
      readonly path: Path;
      readonly rank: readonly number[];
      readonly changes: readonly ContextChange[];
      readonly lost?: readonly string[];
    }
  /** A limit of the run's budget is reached. `question`: a person may grant the same again; until then nothing begins. */
  | {
      readonly kind: "budgetExceeded";
      readonly path: Path;
      readonly limit: BudgetName;
      readonly spent: number;
      readonly allowed: number;
      readonly question?: string;
    }
  | { readonly kind: "budgetGranted"; readonly question: string; readonly by: string }
  | SubtaskAssigned
  /** The attempt waits for its turn under a `limit`: its clocks stand still until it is intended or accepted. */
  | ({ readonly kind: "subtaskQueued" } & EffectId)
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
  /** Its agent asked, and nobody answers: its remote task, which would wait for ever, is canceled before anything else happens. */
  | {
      readonly kind: "attemptRefused";
      readonly path: Path;
      readonly attempt: number;
      readonly failure: Failure;
      readonly patienceAt: Instant;
      readonly question?: string;
    }
  /** Nobody knows what became of the message, or the agent has lost its task; the step says to send it again. */
  | ({ readonly kind: "messageResent"; readonly deadlineAt?: Instant; readonly acceptBy?: Instant } & EffectId)
  /** The work is not wanted any more. `aborting`: a remote agent has yet to be told. */
  | {
      readonly kind: "subtaskCanceled";
      readonly path: Path;
      readonly attempt: number;
      readonly aborting: boolean;
      /** While the run goes on: when we stop waiting for the agent. */
      readonly patienceAt?: Instant;
      /** The question that nobody needs to answer any more. */
      readonly question?: string;
      /** Of a step that can be undone: the items that it is about, which may be over before its agent answers. */
      readonly items?: ItemsByPath;
    }
  /** `compensation`: the work is known to be done, and this undoes it. */
  | ({ readonly kind: "taskReleased"; readonly path: Path; readonly attempt: number; readonly note: string } & Pick<
      LeftBehind,
      "compensation"
    >)
  | { readonly kind: "runPaused"; readonly by: string }
  /** `question`: the one about the budget, which nobody needs to answer any more. */
  | { readonly kind: "runResumed"; readonly by: string; readonly question?: string }
  /** The run is about to end; what is in flight is canceled first. */
  | { readonly kind: "runEnding"; readonly ending: Ending; readonly patienceAt: Instant; readonly question?: string }
  /** Completed steps are undone, the last first, before the run ends. */
  | { readonly kind: "runCompensating"; readonly deadlineAt: Instant }
  /** A compensation is over: done, or given up by a person or because its time ran out. */
  | {
      readonly kind: "compensationEnded";
      readonly path: Path;
      readonly outcome: "completed" | "skipped" | "timedOut";
      readonly question?: string;
    }
  /** A compensation failed: a person decides whether it is tried again or left. */
  | {
      readonly kind: "compensationFailed";
      readonly path: Path;
      readonly attempt: number;
      readonly failure: Failure;
      readonly question: string;
      /** The question that its agent asked, and nobody needs to answer any more. */
      readonly asked?: string;
    }
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
  readonly files?: Json;
  readonly deadlineAt: Instant;
  /** Of all attempts. */
  readonly stopAt?: Instant;
  /** Of the time without progress, in milliseconds. */
  readonly idleMs?: number;
  /** Until the agent accepts. */
  readonly acceptBy?: Instant;
  /** The key of the A2A context that its messages belong to; absent: its own. */
  readonly conversation?: string;
  /** The last output broke its contract: the agent is told why, in the context of that task. */
  readonly repair?: Repair;
  /** The question about a compensation that this attempt answers. */
  readonly question?: string;
};

export type Repair = { readonly problems: readonly string[]; readonly task: RemoteTask | null };

/** A step with inner steps has begun. */
export type ScopeOpened = {
  readonly kind: "scopeOpened";
  readonly at: Instant;
  readonly path: Path;
  readonly scope: "parallel" | "group" | "loop" | "handoff" | "plan" | "handler";
  readonly deadlineAt?: Instant;
  /** `handoff`: who begins. */
  readonly agent?: StepId;
  /** `handler`: which, and the failure that it stands in for. */
  readonly handler?: HandlerName;
  /** Of a handler of questions, which may be asked more than once. */
  readonly iteration?: number;
  readonly attempt?: number;
  readonly reason?: FailureReason;
  readonly failure?: Failure;
  readonly usage?: JsonObject;
  /** The question that nobody needs to answer any more. */
  readonly question?: string;
};

/** A subtask that an agent planned. */
export type PlannedSubtask = {
  readonly id: StepId;
  readonly capability: string;
  readonly needs: readonly StepId[];
  readonly text?: string;
  readonly with?: JsonObject;
  /** False: the plan goes on without it. */
  readonly critical?: boolean;
  /** The agent plans again: its answer is a plan of its own. */
  readonly plan?: boolean;
};

export type WaitStarted = {
  readonly kind: "waitStarted";
  readonly at: Instant;
  readonly path: Path;
} & (
  | { readonly wait: "time"; readonly until: Instant }
  | { readonly wait: "signal"; readonly name: string; readonly until: Instant | null }
  | {
      readonly wait: "approval";
      readonly id: string;
      readonly question: Question;
      readonly to: readonly string[];
      readonly until: Instant | null;
      readonly remindAt: Instant | null;
      readonly escalateAt: Instant | null;
    }
);

export type ContextChange = { readonly path: string; readonly value: Json };

export type BudgetName = "attempts" | "subtasks" | "wallMs" | "tokens" | "cost" | "depth";

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
  /** Of a step with inner steps: the value that a quorum agreed upon. */
  readonly agreed?: Json;
  /** The signal that it waited for and took. */
  readonly signal?: string;
} & LeftBehind;

/** What only some subtasks leave when they complete. */
export type LeftBehind = {
  /** In a quorum. */
  readonly vote?: VoteCast;
  /** Deeper inside a quorum: whose work it is. A step that holds it votes in that name. */
  readonly principal?: string;
  /** What undoes it, with its expressions evaluated. */
  readonly compensation?: { readonly input?: Json; readonly text?: string };
};

/** What a subtask votes for, and as whom. */
export type VoteCast = { readonly on: Json; readonly principal: string };

/** Why an attempt, or a subtask, did not complete. */
export type FailureReason =
  | "failed"
  | "rejected"
  | "canceled"
  | "timedOut"
  | "invalid"
  | "unknown"
  | "expression"
  /** The votes cannot reach the quorum any more, or too many have failed. */
  | "disagreed"
  /** A loop or handoff has used up its turns. */
  | "exhausted";

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
  /** The next attempt is a repair of this one's output. */
  readonly repair?: Repair;
  readonly usage?: JsonObject;
  /** The question that nobody needs to answer any more. */
  readonly question?: string;
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
  readonly usage?: JsonObject;
  /** The question that nobody needs to answer any more. */
  readonly question?: string;
};

export type QuestionAsked = {
  readonly kind: "questionAsked";
  readonly at: Instant;
  /** `unknown`: nobody knows whether the agent did the work, and a person decides (`onUnknown: ask`). */
  readonly asks: "input" | "auth" | "unknown";
  readonly id: string;
  readonly question: Question;
  readonly agent: string;
  /** The handler that answers instead of people. */
  readonly handler?: HandlerName;
  readonly task?: RemoteTask;
} & EffectId;

export type Ending =
  | { readonly kind: "failed"; readonly failure: Failure }
  | { readonly kind: "canceled"; readonly reason: string; readonly by: string };
