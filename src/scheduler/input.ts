import type { Json, JsonObject } from "../base/json.ts";
import type { StepId } from "../definition/definition.ts";
import type { StepResult } from "../definition/program.ts";
import type { Outcome } from "./outcome.ts";

/** Milliseconds since 1970, UTC. */
export type Instant = number;

/** A place in a run: `step`, `step[3]`, `step#2/inner`, `step/inner` (design.md, Words). */
export type Path = string;

/** Which piece of work an input or a command speaks of. Late and duplicate inputs are told by it. */
export type EffectId = { readonly path: Path; readonly attempt: number; readonly turn: number };

/** A message to a remote agent that is about to be sent: the first half of the send ledger. */
export type Intent = {
  readonly agent: string;
  /** The interface that was chosen, so that the task can be found there after a crash. */
  readonly url: string;
  readonly binding: string;
  /** The tenant that the card names for this interface; empty when it names none. */
  readonly tenant: string;
  /** UUIDv5 of the effect's key: the same in every re-send. */
  readonly messageId: string;
  /** Null when the agent does not take ours. */
  readonly contextId: string | null;
} & Spoken;

/** How an interface is spoken to. */
type Spoken = {
  /** The version of A2A that is spoken there; absent: 1.0. */
  readonly version?: string;
  /** W3C `traceparent` of the work, which goes with every request about it. */
  readonly traceparent?: string;
  /** W3C `tracestate`, as it came with the run. */
  readonly tracestate?: string;
};

/** A task at a remote agent: the second half of the send ledger. */
export type RemoteTask = {
  readonly agent: string;
  /** The interface that accepted it. The task stays there, whatever the card says later. */
  readonly url: string;
  readonly binding: string;
  readonly tenant: string;
  readonly taskId: string;
  readonly contextId: string;
} & Spoken;

/** What the world says. It carries its instant: the scheduler has no clock. */
export type Input = { readonly at: Instant } & (
  | StartInput
  /** A remote agent was chosen; the message may be sent once this is durable. */
  | ({ readonly kind: "intended"; readonly intent: Intent } & EffectId)
  /** The work waits for its turn under a `limit` of its step or its agent; it begins with `intended` or `accepted`. */
  | ({ readonly kind: "queued" } & EffectId)
  /** The agent has the work; for a remote one, as this task. */
  | ({ readonly kind: "accepted"; readonly agent: string; readonly task?: RemoteTask } & EffectId)
  | ({ readonly kind: "progressed"; readonly progress: Progress } & EffectId)
  | Answered
  /** A process goes on with the run that another one left, and has told the agents again what is to stop. */
  | { readonly kind: "takenUp" }
  /** The earliest timer of the run is due. */
  | { readonly kind: "timerDue" }
  /** To an agent's question, or to one of the run's own: an approval, a budget, a compensation. */
  | {
      readonly kind: "questionAnswered";
      readonly question: string;
      readonly answer: Json;
      readonly by: string;
      /** The A2A message that brought the answer, as ProtoJSON. */
      readonly message?: JsonObject;
    }
  /** What a `wait` with this name waits for, or a later one will. */
  | { readonly kind: "signaled"; readonly name: string; readonly payload: Json; readonly by: string }
  | { readonly kind: "cancelRequested"; readonly reason: string; readonly by: string }
  | { readonly kind: "pauseRequested"; readonly by: string }
  | { readonly kind: "resumeRequested"; readonly by: string }
);

export type Answered = {
  readonly kind: "answered";
  readonly outcome: Outcome;
  readonly agent: string;
  /** Who is behind the agent: two names of one principal have one vote (requirement W160). Absent: the agent's name. */
  readonly principal?: string;
  readonly task?: RemoteTask;
} & EffectId;

export type StartInput = {
  readonly kind: "start";
  readonly run: string;
  readonly tenant: string;
  /** Jitter and ids derive from it. */
  readonly seed: string;
  readonly workflow: string;
  readonly version: string;
  readonly fingerprint: string;
  readonly input: Json;
  readonly by: string;
  readonly labels?: Labels;
  /** Where logical agents lead for this run; recorded because it is not a part of the definition. */
  readonly bindings?: JsonObject;
  readonly parent?: { readonly run: string; readonly effect: string };
  /** The versions of sub-workflows for this run, by `name@range`. */
  readonly workflows?: { readonly [reference: string]: WorkflowVersion };
  /** How many runs are above this one. */
  readonly depth?: number;
  /** How many orchestrators the request has passed. */
  readonly hops?: number;
  /** The request over A2A that asked for the run. */
  readonly origin?: Origin;
  /** W3C `traceparent` of whoever asked for the run. */
  readonly trace?: string;
  /** W3C `tracestate` that came with it. */
  readonly tracestate?: string;
  /** The parent's deadline, if it comes before the run's own. */
  readonly endBy?: Instant;
  /** The run whose results this one begins with. */
  readonly forkedFrom?: { readonly run: string; readonly steps: readonly string[] };
  /** Those results, by step; the steps are over from the beginning. */
  readonly given?: {
    readonly steps: { readonly [id: StepId]: StepResult };
    readonly context: JsonObject;
    /** What that context is made of; absent in old histories, and where nothing was written. */
    readonly writes?: readonly { readonly rank: readonly number[]; readonly path: string; readonly value: Json }[];
    /** What those steps have left to undo; only in old histories: a run undoes what it did itself. */
    readonly compensations?: readonly { readonly path: Path; readonly input: Json; readonly text: string | null }[];
  };
};

/** A request over A2A, as it came: the task that its caller sees is made of it (requirement X043). */
export type Origin = {
  readonly caller: string;
  /** The A2A context of the task. */
  readonly context: string;
  /** The message, as ProtoJSON. */
  readonly message: JsonObject;
  /** By which the same request, when it comes again, finds the run (look-up `message`). */
  readonly key?: string;
};

export type WorkflowVersion = { readonly name: string; readonly version: string; readonly fingerprint: string };

/** Names and values that runs are found by. */
export type Labels = { readonly [name: string]: string };

/** How far an agent says it is. */
export type Progress = { readonly percent?: number; readonly phase?: string; readonly note?: string };
