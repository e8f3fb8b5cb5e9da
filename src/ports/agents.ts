/**
 * The port to agents. The scheduler never sees it; the runtime does, and cannot tell what kind of
 * agent is behind it except by `kind`, which decides how work survives a crash:
 *
 * 1. A *local* agent lives in this process. A crash ends its work, so the work is given again under
 *    the same key.
 * 2. A *remote* agent outlives us. So the intent to send is durable before `send`, the task is
 *    durable before `attend`, and after an ambiguous send `find` comes before any second `send`.
 */
import type { Json, JsonObject } from "../base/json.ts";
import type { StepLimit, UsageKeys } from "../definition/definition.ts";
import type { Repair } from "../scheduler/fact.ts";
import type { Intent, Progress, RemoteTask } from "../scheduler/input.ts";
import type { Exchange, Outcome } from "../scheduler/outcome.ts";
import type { Log } from "./log.ts";

/** Who does work: a function in this process, or an agent behind A2A. */
export type Agent = LocalAgent | RemoteAgent;

/** Something an agent can do; a skill in A2A's words. */
export type Capability = {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly inputSchema: JsonObject | null;
  readonly outputSchema: JsonObject | null;
};

/** One piece of work, as an agent gets it. */
export type Work = {
  /** The idempotency key: the same whenever the same work is given again. */
  readonly key: string;
  readonly capability: string;
  readonly input: Json;
  readonly text: string | null;
  readonly exchanges: readonly Exchange[];
  /** The task at the agent that this continues, after a question. */
  readonly task: RemoteTask | null;
  readonly assignment: AssignmentMetadata;
  /** The rest is there only where the step says so. */
  readonly files?: readonly WorkFile[] | undefined;
  /** The parts of the run context that the agent may read, as they are now (requirement W095). */
  readonly context?: JsonObject | undefined;
  /** The output of an earlier attempt broke its contract: what was wrong with it. */
  readonly repair?: Repair | undefined;
  /** Where the agent's metadata says what it has used. */
  readonly usage?: UsageKeys | undefined;
  /** Where the files of an answer go that are too large for a history. */
  readonly keep?: KeepFile | undefined;
};

/** Keeps the content of a file, and gives the name by which the host finds it again. */
export type KeepFile = (content: Uint8Array) => Promise<string>;

/** A file that goes with the work: where it is, or what is in it. */
export type WorkFile = { readonly name: string; readonly mediaType: string } & (
  | { readonly kind: "url"; readonly url: string }
  | { readonly kind: "bytes"; readonly bytes: Uint8Array }
);

/** What travels in `message.metadata` (requirements W.g). */
export type AssignmentMetadata = {
  /** Who gives the work: `orchestrator/` and the workflow with its version. */
  readonly sender: string;
  /** The name of the agent that gets it. */
  readonly receiver: string;
  readonly workflow_id: string;
  readonly workflow_type: string;
  readonly subtask_id: string;
  readonly attempt: number;
  readonly correlation_id: string;
  readonly ttl_ms: number;
  readonly operation: string;
  readonly timestamp: string;
  /** How many orchestrators the request has passed, the one that gives the work included. */
  readonly hop_count: number;
  /** The name of the run context, where the agent may read parts of it (requirement W080). */
  readonly context_ref?: string;
  /** The place of the step among those beside it, from 1, and how many there are (requirement L051). */
  readonly workflow_step?: number;
  readonly total_steps?: number;
  /** The subtasks whose end this one has waited for; left out when they are very many. */
  readonly depends_on?: readonly string[];
  /** W3C `traceparent` of the work, for an agent that hands it on (requirement X035). */
  readonly traceparent?: string;
  /** W3C `tracestate`, to be handed on with it as it is. */
  readonly tracestate?: string;
  /** Items of one list, or branches of one step: the same batch for all of them (requirement L052). */
  readonly execution_mode?: "parallel";
  readonly batch_id?: string;
  readonly batch_size?: number;
};

/** An agent in this process. `perform` never throws: what goes wrong is an outcome. */
export type LocalAgent = {
  readonly kind: "local";
  readonly name: string;
  readonly description: string;
  readonly version: string;
  readonly capabilities: readonly Capability[];
  /** What it takes at once, and a second, from all runs of this process together. */
  readonly limit?: StepLimit;
  perform(work: Work, watch: Watch): Promise<Outcome>;
};

/** How the one who gave the work follows it, and stops it. */
export type Watch = {
  readonly signal: AbortSignal;
  progress(progress: Progress): void;
  /** A piece of a streamed answer: shown, never recorded. */
  chunk(text: string): void;
  /** Where the lines go that a handler logs; without it, to standard error. */
  readonly log?: Log;
  /** Where the agent's metadata says what it has used. */
  readonly usage?: UsageKeys | undefined;
  /** Where the files of an answer go that are too large for a history. */
  readonly keep?: KeepFile | undefined;
  /** Where the agent may push its news; null while it cannot reach this process. */
  readonly wakeUps?: WakeUpSource | null | undefined;
};

/** Webhooks of remote tasks (A2A 4.3.3). What comes there only ever says that it is time to ask. */
export type WakeUpSource = {
  /** The same for the same task, also after a restart. */
  webhookFor(task: RemoteTask): Webhook;
  /** Resolves when there is news of the task, or the signal aborts. */
  next(task: RemoteTask, signal: AbortSignal): Promise<void>;
};

/** `token`: what must come along for a push to be believed. */
export type Webhook = { readonly id: string; readonly url: string; readonly token: string };

/** What an agent told of its tasks and nobody believed: for metrics, since process start. */
export type IgnoredUpdates = {
  /** Told before. */
  readonly duplicate: number;
  /** Older than something that was told before. */
  readonly late: number;
  /** A state that a task cannot go back to. */
  readonly backwards: number;
  /** A piece of an artifact that nobody has heard of, or a second artifact of the same id. */
  readonly misplaced: number;
};

/** An agent behind A2A. No method throws except for a bug: what goes wrong is in the result. */
export type RemoteAgent = {
  readonly kind: "remote";
  readonly name: string;
  readonly url: string;
  /** What it takes at once, and a second, from all runs of this process together. */
  readonly limit?: StepLimit;
  readonly ignored?: IgnoredUpdates;
  /** Reads the card (cached by HTTP rules) and says which interface will be used. */
  describe(signal: AbortSignal): Promise<Described>;
  /** The same, when the card need not be asked for: nothing has to be waited for, or given up. Null when it must be. */
  describeNow?(): Described | null;
  /** Sends one message, and returns as soon as the agent has it. */
  send(work: Work, intent: Intent, signal: AbortSignal): Promise<Sent>;
  /** Looks for the task that an earlier send of this message may have made. */
  find(work: Work, intent: Intent, signal: AbortSignal): Promise<Found>;
  /** Waits until the task is over or asks something: by stream, else by polling. */
  attend(task: RemoteTask, watch: Watch): Promise<Outcome>;
  /** Cancels the task; what it had come to, if it was over before, read as `reading` says. */
  cancel(task: RemoteTask, reason: string, signal: AbortSignal, reading?: Pick<Watch, "usage" | "keep">): Promise<CancelResult>;
};

/** An interface of an agent, as it is recorded with a message. */
export type AgentAddress = Pick<Intent, "url" | "binding" | "tenant" | "version">;

export type AgentIdentity = AgentAddress & {
  readonly protocolVersion: string;
  readonly agentVersion: string;
  /** True: the agent promises to ignore a second message with the same id. */
  readonly dedupes: boolean;
  /** False: the agent has rejected context ids of ours. */
  readonly takesContextId: boolean;
  readonly capabilities: readonly Capability[];
};

export type Described = { readonly ok: true; readonly identity: AgentIdentity } | { readonly ok: false; readonly outcome: Outcome };

export type Sent =
  /** The agent made, or already had, this task. */
  | { readonly kind: "task"; readonly task: RemoteTask; readonly over: Outcome | null }
  /** The agent answered directly, without a task. */
  | { readonly kind: "answer"; readonly outcome: Outcome }
  /**
   * It certainly did not take the work: refused, unreachable, or an error of the protocol. `instead`:
   * there is nobody at that interface, and the agent has another one that is worth a try.
   */
  | { readonly kind: "notSent"; readonly outcome: Outcome; readonly instead?: AgentAddress }
  /** It certainly did not take the work, because of our context id: send once more without. */
  | { readonly kind: "contextRefused" }
  /** The request left, and no answer came. */
  | { readonly kind: "ambiguous"; readonly message: string };

export type Found =
  | { readonly kind: "task"; readonly task: RemoteTask }
  /** The agent lists its tasks, and there is none. */
  | { readonly kind: "none" }
  /** The agent cannot be asked: not at all, or, when it `isAway`, not now. */
  | { readonly kind: "unknowable"; readonly message: string; readonly isAway?: boolean };

export type CancelResult =
  /** The agent acknowledged, or does not know the task any more. */
  | { readonly kind: "canceled" }
  /** The task had ended before; this is its true outcome. */
  | { readonly kind: "over"; readonly outcome: Outcome }
  | { readonly kind: "unreachable"; readonly message: string };
