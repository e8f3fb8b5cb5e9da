/**
 * Who can do what. The registry is asked anew at every attempt (requirements W108), so that another
 * instance may answer a retry.
 *
 * 1. A named agent is what the run binds to the name.
 * 2. A capability is looked for under its own name among the run's agents, then by what these can do,
 *    then among the registered ones; of several that have it, the attempts take turns, and those that
 *    are left alone for now (breaker.ts) are asked only when there is no other.
 */
import { TuttiError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import type { Definition, StepLimit, Target } from "../../definition/definition.ts";
import { eachStep, longNameOf } from "../../definition/walk.ts";
import type { Agent, RemoteAgent, WakeUpSource } from "../../ports/agents.ts";
import type { PlacedCommand } from "../../ports/host.ts";
import { renamed } from "../workflows/built-workflow.ts";
import { Fallbacks } from "./fallbacks.ts";
import { Binder, bindingOf, ownNames, unboundError, type AgentFactory } from "./binder.ts";

/** A target that is an agent: the others are the runtime's own. */
export type AgentTarget = Extract<Target, { kind: "agent" | "capability" }>;

export type Asking = Pick<PlacedCommand, "definition" | "bindings"> & {
  readonly target: AgentTarget;
  readonly attempt: number;
  /** Whether an agent should be chosen while there are others; absent: all are. */
  readonly prefers?: (agent: Agent) => boolean;
};

export type RegisterOptions = {
  /** What the agent takes at once, and a second, from all runs of this process together. Wins over its own. */
  readonly limit?: StepLimit;
};

export class Registry {
  readonly #agents = new Map<string, Agent>();
  readonly #byCapability = new Map<string, Agent[]>();
  readonly #limits = new WeakMap<Agent, StepLimit>();
  /** Brought along by workflows: known by name, and not asked for their capabilities. */
  readonly #lent = new Map<string, Agent>();
  readonly #binder: Binder;
  readonly fallbacks = new Fallbacks();
  /** Where remote agents may push their news to; null while none of them can reach this process. */
  wakeUps: WakeUpSource | null = null;

  constructor(factory: AgentFactory) {
    this.#binder = new Binder(factory, this.#agents);
  }

  /** Makes an agent known to every run, under its name and its capabilities (requirements W042). */
  register(agent: Agent, options: RegisterOptions = {}): void {
    this.#agents.set(agent.name, agent);
    if (options.limit !== undefined) this.#limits.set(agent, options.limit);
    if (agent.kind === "local") for (const { name } of agent.capabilities) this.provide(name, agent);
  }

  /**
   * Makes an agent known that a workflow brought along as an object, under the workflow's name for it.
   * One that is registered under that name goes before it, so that a test or an operator can replace it.
   */
  lend(name: string, agent: Agent): void {
    if (agent.kind === "remote") return this.#binder.lend(renamed(agent, name), name);
    const lent = this.#lent.get(agent.name);
    if (lent !== undefined && lent !== agent) {
      throw new TuttiError("T2105", `Two workflows bring along different function agents called "${agent.name}".`, {
        help: "Give them different names: an open run would otherwise go on with the wrong one.",
      });
    }
    if (this.#agents.has(agent.name)) return;
    this.#lent.set(agent.name, agent);
    this.#agents.set(agent.name, agent);
  }

  /** Says that an agent has a capability; a remote one's card may not be at hand. */
  provide(capability: string, agent: Agent): void {
    this.#byCapability.set(capability, [...(this.#byCapability.get(capability) ?? []).filter((other) => other.name !== agent.name), agent]);
  }

  /** Who is asked when the attempts for a capability are used up: another capability, or an agent. */
  setFallback(capability: string, fallback: string | Agent): void {
    if (typeof fallback === "string") return this.fallbacks.set(capability, { kind: "capability", capability: fallback });
    // Only as a fallback: an agent that is registered would be asked for its capabilities at once.
    this.#agents.set(fallback.name, fallback);
    this.fallbacks.set(capability, { kind: "agent", agent: fallback.name, skill: capability });
  }

  /** What an agent takes from all runs together; undefined: as much as there is. */
  limitOf(agent: Agent): StepLimit | undefined {
    return this.#limits.get(agent) ?? agent.limit;
  }

  agents(): readonly Agent[] {
    return [...this.#agents.values()];
  }

  /** Why a run with these agents cannot go on in this process, as a sentence; null when it can. */
  cannotBind(definition: Definition, bindings: JsonObject | null): string | null {
    const unbound = this.#binder.cannotBind(definition, bindings);
    if (unbound !== null) return unbound;
    for (const { name, target } of targetsOf(definition)) {
      const reason = this.#cannotResolve(target, definition, bindings);
      if (reason !== null) return `step ${name} needs ${reason}`;
    }
    return null;
  }

  /** Loads the modules of a run's agents, so that a broken one is told before anything has begun. Rejects with T4115. */
  async load(definition: Definition, bindings: JsonObject | null): Promise<void> {
    for (const name of ownNames(definition, bindings)) {
      const binding = bindingOf(definition, bindings, name);
      if (binding?.kind === "module") await this.#binder.bind(binding, name);
    }
  }

  #cannotResolve(target: Target, definition: Definition, bindings: JsonObject | null): string | null {
    // Events need no agent, and a sub-workflow's own agents are looked for when it begins.
    if (target.kind === "sink" || target.kind === "workflow") return null;
    if (target.kind === "agent") {
      const binding = bindingOf(definition, bindings, target.agent);
      const isKnown = binding !== null || this.#agents.has(target.agent);
      if (binding?.kind !== "capability") return isKnown ? null : `agent "${target.agent}", which is not bound to anything`;
      return this.#cannotResolve({ kind: "capability", capability: binding.capability }, definition, bindings);
    }
    const { capability } = target;
    if (this.#byCapability.has(capability) || this.#remoteAgents().length > 0) return null;
    const own = ownNames(definition, bindings).map((name) => bindingOf(definition, bindings, name));
    // What cards and modules can do is known only when they are read.
    if (own.some((binding) => binding?.kind === "card" || binding?.kind === "module")) return null;
    return `the capability "${capability}", which no agent of this process has`;
  }

  #remoteAgents(): RemoteAgent[] {
    return [...this.#agents.values()].filter((agent): agent is RemoteAgent => agent.kind === "remote");
  }

  /** The agent for an attempt: at once when it is at hand. Throws or rejects with T4115. */
  resolve(asking: Asking): Agent | Promise<Agent> {
    const { target } = asking;
    if (target.kind === "capability") return this.#byCapabilityOf(target.capability, asking);
    return this.#byName(target.agent, asking);
  }

  /** The remote agent that has a task or a message, by the name under which it was recorded. */
  async resolveByName(name: string, placed: Pick<PlacedCommand, "definition" | "bindings">): Promise<RemoteAgent | null> {
    const binding = bindingOf(placed.definition, placed.bindings, name);
    const agent = (binding === null ? null : await this.#binder.bind(binding, name)) ?? this.#agents.get(name);
    return agent?.kind === "remote" ? agent : null;
  }

  #byName(name: string, asking: Asking): Agent | Promise<Agent> {
    const binding = bindingOf(asking.definition, asking.bindings, name);
    if (binding?.kind === "capability") return this.#byCapabilityOf(binding.capability, asking);
    const agent = binding === null ? (this.#agents.get(name) ?? null) : this.#binder.bind(binding, name);
    if (agent === null) throw unboundError(name);
    return agent;
  }

  #byCapabilityOf(capability: string, asking: Asking): Agent | Promise<Agent> {
    const own = ownNames(asking.definition, asking.bindings);
    const registered = this.#byCapability.get(capability);
    // Bound under the capability's own name: the operator's word, whatever the agent's card says.
    const bound = bindingOf(asking.definition, asking.bindings, capability);
    if (bound !== null && bound.kind !== "capability")
      return this.#binder.bind(bound, capability) ?? this.#pick(registered ?? [], capability, asking);
    if (own.length > 0) return this.#amongOwn(own, capability, asking);
    if (registered === undefined && this.#remoteAgents().length > 0) return this.#amongRemote(capability, asking);
    return this.#pick(registered ?? [], capability, asking);
  }

  async #amongOwn(names: readonly string[], capability: string, asking: Asking): Promise<Agent> {
    const candidates: Agent[] = [];
    for (const name of names) {
      const binding = bindingOf(asking.definition, asking.bindings, name);
      const agent = binding === null ? null : await this.#binder.bind(binding, name);
      if (agent !== null && (await hasCapability(agent, capability))) candidates.push(agent);
    }
    const registered = this.#byCapability.get(capability);
    if (candidates.length === 0 && registered === undefined) return this.#amongRemote(capability, asking);
    return this.#pick(candidates.length > 0 ? candidates : (registered ?? []), capability, asking);
  }

  /** Registered remote agents whose cards have the capability. Cards are cached by the agents. */
  async #amongRemote(capability: string, asking: Asking): Promise<Agent> {
    const agents = this.#remoteAgents();
    const have = await Promise.all(agents.map((agent) => hasCapability(agent, capability)));
    return this.#pick(
      agents.filter((_agent, index) => have[index]),
      capability,
      asking,
    );
  }

  #pick(candidates: readonly Agent[], capability: string, { attempt, prefers }: Asking): Agent {
    const preferred = prefers === undefined || candidates.length < 2 ? candidates : candidates.filter(prefers);
    const chosen = preferred.length === 0 ? candidates : preferred;
    const agent = chosen[(attempt - 1) % chosen.length];
    if (agent !== undefined) return agent;
    throw new TuttiError("T4115", `No agent has the capability "${capability}".`, {
      help: "Register an agent that has it, or bind one in the file or in tutti.config.ts.",
      retryable: true,
    });
  }
}

type NamedTarget = { readonly name: string; readonly target: Target };

/** Definitions never change, so each is walked once. */
const targetsByDefinition = new WeakMap<Definition, readonly NamedTarget[]>();

/** Who does the work of each step, at any depth. */
function targetsOf(definition: Definition): readonly NamedTarget[] {
  let targets = targetsByDefinition.get(definition);
  if (targets === undefined) {
    targets = eachStep(definition).flatMap((placed) =>
      placed.step.kind === "delegate" ? [{ name: longNameOf(placed), target: placed.step.target }] : [],
    );
    targetsByDefinition.set(definition, targets);
  }
  return targets;
}

const DESCRIBE_TIMEOUT_MS = 10_000;

async function hasCapability(agent: Agent, capability: string): Promise<boolean> {
  if (agent.kind === "local") return agent.capabilities.some(({ name }) => name === capability);
  const described = await agent.describe(AbortSignal.timeout(DESCRIBE_TIMEOUT_MS));
  return described.ok && described.identity.capabilities.some(({ name }) => name === capability);
}
