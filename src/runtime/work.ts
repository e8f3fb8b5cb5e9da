import { given } from "../base/given.ts";
import type { RunRef } from "../base/ids.ts";
import type { Definition, UsageKeys } from "../definition/definition.ts";
import type { Json, JsonObject } from "../base/json.ts";
import type { Agent, AssignmentMetadata, KeepFile, Work, WorkFile } from "../ports/agents.ts";
import type { PlacedCommand } from "../ports/host.ts";
import type { Assignment } from "../scheduler/index.ts";
import type { Repair } from "../scheduler/fact.ts";
import type { Intent, RemoteTask } from "../scheduler/input.ts";
import type { Exchange } from "../scheduler/outcome.ts";
import { coordinationOf } from "./coordination.ts";
import { keyOfEffect, messageIdOf } from "./effects/effect-keys.ts";
import { traceOf } from "./effects/trace.ts";

/** How long a message may lie unaccepted, unless the step says so (design.md, Defaults). */
const MESSAGE_TTL_MS = 30_000;

/** A command as the work that an agent gets. What not every agent reads is made when it is read. */
export class AssignedWork implements Work {
  readonly capability: string;
  /** Set when they have been loaded, before anyone gets the work. */
  files: readonly WorkFile[] | undefined;
  keep: KeepFile | undefined;
  readonly #placed: PlacedCommand;
  readonly #assignment: Assignment & { readonly intent?: Intent };
  readonly #receiver: string;
  readonly #now: number;

  constructor(placed: PlacedCommand, assignment: Assignment & { readonly intent?: Intent }, agent: Agent, now: number) {
    this.#placed = placed;
    this.#assignment = assignment;
    this.#receiver = agent.name;
    this.#now = now;
    this.capability = capabilityOf(assignment, agent);
  }

  get key(): string {
    return keyOfEffect(this.#placed.run, this.#assignment);
  }

  get input(): Json {
    return this.#assignment.input;
  }

  get text(): string | null {
    return this.#assignment.text;
  }

  get exchanges(): readonly Exchange[] {
    return this.#assignment.exchanges;
  }

  get task(): RemoteTask | null {
    return this.#assignment.task;
  }

  get context(): JsonObject | undefined {
    return this.#assignment.context;
  }

  get repair(): Repair | undefined {
    return this.#assignment.repair;
  }

  get usage(): UsageKeys | undefined {
    return this.#placed.definition.usage;
  }

  get assignment(): AssignmentMetadata {
    const { run, workflow, definition, hops } = this.#placed;
    const { path, attempt, ttlMs, context, intent } = this.#assignment;
    return {
      sender: `orchestrator/${workflow}/${versionOf(definition)}`,
      receiver: this.#receiver,
      workflow_id: run.id,
      workflow_type: workflow,
      subtask_id: path,
      attempt,
      correlation_id: intent?.messageId ?? messageIdOf(run, this.#assignment),
      ttl_ms: ttlMs ?? MESSAGE_TTL_MS,
      operation: this.capability,
      timestamp: new Date(this.#now).toISOString(),
      hop_count: (hops ?? 0) + 1,
      ...(intent?.traceparent === undefined ? traceOf(this.#placed, this.#assignment) : given(intent, "traceparent", "tracestate")),
      ...(context === undefined ? {} : { context_ref: contextRefOf(run) }),
      ...coordinationOf(this.#placed, this.#assignment),
    };
  }
}

function versionOf(definition: Definition): string {
  return definition.version ?? "unversioned";
}

/** The name of a run's context (requirement W080). What of it an agent may read is in the assignment. */
function contextRefOf({ id }: RunRef): string {
  return `tutti://run/${id}/context`;
}

/** The capability named by the step; else the agent's only one, which a remote agent knows itself. */
function capabilityOf({ target }: Assignment, agent: Agent): string {
  switch (target.kind) {
    case "capability":
      return target.capability;
    case "agent":
      if (target.skill !== null) return target.skill;
      return agent.kind === "local" && agent.capabilities.length === 1 ? (agent.capabilities[0]?.name ?? "") : "";
    case "workflow":
    case "sink":
      // Neither is an agent: they never get work of this shape.
      return "";
  }
}
