import type { Json, JsonObject } from "../base/json.ts";
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
};

/** What the world says. It carries its instant: the scheduler has no clock. */
export type Input = { readonly at: Instant } & (
  | StartInput
  /** A remote agent was chosen; the message may be sent once this is durable. */
  | ({ readonly kind: "intended"; readonly intent: Intent } & EffectId)
  /** The agent has the work; for a remote one, as this task. */
  | ({ readonly kind: "accepted"; readonly agent: string; readonly task?: RemoteTask } & EffectId)
  | ({ readonly kind: "progressed"; readonly progress: Progress } & EffectId)
  | ({ readonly kind: "answered"; readonly outcome: Outcome; readonly agent: string; readonly task?: RemoteTask } & EffectId)
  /** The earliest timer of the run is due. */
  | { readonly kind: "timerDue" }
  | { readonly kind: "questionAnswered"; readonly question: string; readonly answer: Json; readonly by: string }
  | { readonly kind: "cancelRequested"; readonly reason: string; readonly by: string }
  | { readonly kind: "pauseRequested"; readonly by: string }
  | { readonly kind: "resumeRequested"; readonly by: string }
);

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
};

/** Names and values that runs are found by. */
export type Labels = { readonly [name: string]: string };

/** How far an agent says it is. */
export type Progress = { readonly percent?: number; readonly phase?: string; readonly note?: string };
