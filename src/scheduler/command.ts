import type { Json, JsonObject } from "../base/json.ts";
import type { StepId, StepLimit, Target } from "../definition/definition.ts";
import type { Repair } from "./fact.ts";
import type { EffectId, Instant, Intent, RemoteTask, WorkflowVersion } from "./input.ts";
import type { Exchange } from "./outcome.ts";

/**
 * What must now be done. A command is performed at least once, each time under the same key
 * (`effectKey`), and answered by inputs that carry its effect id. Every command can be made again
 * from the state alone (`outstanding`), which is how a run goes on after a crash.
 */
export type Command =
  /** Find an agent and give it the work. */
  | ({ readonly kind: "delegate" } & Assignment)
  /**
   * Send the message that was intended. `again`: an earlier send may have left. `regardless`: the step
   * says to send it again even if nobody can know what became of that one.
   */
  | ({ readonly kind: "send"; readonly intent: Intent; readonly again: boolean; readonly regardless: boolean } & Assignment)
  /** Look after a task that a remote agent has accepted. */
  | ({ readonly kind: "attend"; readonly task: RemoteTask } & Assignment)
  /**
   * Stop the work: the handler in this process, or the task at the agent. A remote one is `answered`.
   * `lost`: an earlier task, of which nobody knew what had become of it. It is stopped by the way.
   */
  | ({ readonly kind: "abort"; readonly task: RemoteTask | null; readonly intent: Intent | null; readonly lost?: RemoteTask } & EffectId)
  /** Pause a sub-workflow with its parent, or let it go on. */
  | ({ readonly kind: "steer"; readonly paused: boolean } & EffectId);

export type Delegation = Extract<Command, { readonly kind: "delegate" }>;

/** Everything that an agent gets to know of its work (requirements W072–W079). */
export type Assignment = EffectId & {
  readonly target: Target;
  readonly input: Json;
  readonly text: string | null;
  readonly deadlineAt: Instant;
  /** Answers to the agent's earlier questions, oldest first. */
  readonly exchanges: readonly Exchange[];
  /** The task that asked them, when it is a remote one. */
  readonly task: RemoteTask | null;
  /** The rest is there only where the step says so. */
  readonly files?: Json;
  /** The key of the A2A context that the message belongs to; absent: a context of its own. */
  readonly conversation?: string;
  /** The output of an earlier attempt broke its contract. */
  readonly repair?: Repair;
  readonly limit?: StepLimit;
  readonly ttlMs?: number;
  readonly deliver?: "stream";
  /** The parts of the run context that the agent may read, as they are now. */
  readonly context?: JsonObject;
  /** Of an item: how many there are. */
  readonly batch?: number;
  /** Of a planned subtask: its place in the plan, from 1, and what it needs beside it. */
  readonly planned?: { readonly step: number; readonly of: number; readonly needs: readonly StepId[] };
  /** `workflow` targets: the version of this run, and how deep the new run is. */
  readonly workflow?: WorkflowVersion & { readonly depth: number; readonly endBy: Instant };
};

/** The idempotency key under which a command is performed. */
export function effectKey(tenant: string, run: string, effect: EffectId): string {
  return `${tenant}/${run}/${effect.path}/${effect.attempt}/${effect.turn}`;
}
