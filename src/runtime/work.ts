import type { RunRef } from "../base/ids.ts";
import type { Definition } from "../definition/definition.ts";
import type { Json } from "../base/json.ts";
import type { Agent, AssignmentMetadata, Work } from "../ports/agents.ts";
import type { PlacedCommand } from "../ports/host.ts";
import type { Assignment } from "../scheduler/index.ts";
import type { RemoteTask } from "../scheduler/input.ts";
import type { Exchange } from "../scheduler/outcome.ts";
import { keyOfEffect, messageIdOf } from "./effect-keys.ts";

/** How long a message may lie unaccepted (design.md, Defaults). */
const MESSAGE_TTL_MS = 30_000;

/** A command as the work that an agent gets. What not every agent reads is made when it is read. */
export class AssignedWork implements Work {
  readonly capability: string;
  readonly #run: RunRef;
  readonly #workflow: string;
  readonly #assignment: Assignment;
  readonly #definition: Definition;
  readonly #receiver: string;
  readonly #now: number;

  constructor(placed: PlacedCommand, assignment: Assignment, agent: Agent, now: number) {
    this.#run = placed.run;
    this.#workflow = placed.workflow;
    this.#assignment = assignment;
    this.#definition = placed.definition;
    this.#receiver = agent.name;
    this.#now = now;
    this.capability = capabilityOf(assignment, agent);
  }

  get key(): string {
    return keyOfEffect(this.#run, this.#assignment);
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

  get assignment(): AssignmentMetadata {
    return {
      sender: `orchestrator/${this.#workflow}/${this.#definition.version ?? "unversioned"}`,
      receiver: this.#receiver,
      workflow_id: this.#run.id,
      workflow_type: this.#workflow,
      subtask_id: this.#assignment.path,
      attempt: this.#assignment.attempt,
      correlation_id: messageIdOf(this.#run, this.#assignment),
      ttl_ms: MESSAGE_TTL_MS,
      operation: this.capability,
      timestamp: new Date(this.#now).toISOString(),
    };
  }
}

/** The capability named by the step; else the agent's only one, which a remote agent knows itself. */
function capabilityOf({ target }: Assignment, agent: Agent): string {
  if (target.kind === "capability") return target.capability;
  if (target.skill !== null) return target.skill;
  return agent.kind === "local" && agent.capabilities.length === 1 ? (agent.capabilities[0]?.name ?? "") : "";
}
