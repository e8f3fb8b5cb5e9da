import { TuttiError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import type { AgentBinding, Definition } from "../../definition/definition.ts";
import type { Agent, RemoteAgent } from "../../ports/agents.ts";
import { renamed } from "../workflows/built-workflow.ts";
import { isForBelow } from "../workflows/child-bindings.ts";

/** How bindings become agents. Given from outside: the runtime knows agents only by their port. */
export type AgentFactory = {
  /** A remote agent behind a card. */
  card(binding: Extract<AgentBinding, { kind: "card" }>, name: string): Agent | Promise<Agent>;
  /** A function agent from a file; `specifier` is an absolute path, with `#export` if need be. */
  module(specifier: string): Promise<Agent>;
  /** Why a module cannot be loaded here, as a sentence; null when it can. */
  cannotLoad(specifier: string): string | null;
};

/** Where the logical agents of a run lead: what was recorded at its start, else its definition. */
export function bindingOf(definition: Definition, bindings: JsonObject | null, name: string): AgentBinding | null {
  const recorded = bindings?.[name];
  // Recorded by `start` from a checked binding; nothing else writes there.
  return (recorded as AgentBinding | undefined) ?? definition.agents[name] ?? null;
}

/** The names of a run's own agents: those of its definition, and those that were recorded at its start. */
export function ownNames(definition: Definition, bindings: JsonObject | null): readonly string[] {
  const declared = Object.keys(definition.agents);
  if (bindings === null) return declared;
  const recorded = Object.keys(bindings).filter((name) => !isForBelow(name));
  return [...new Set([...declared, ...recorded])];
}

/** Makes each binding an agent once, and keeps it. */
export class Binder {
  readonly #factory: AgentFactory;
  readonly #local: ReadonlyMap<string, Agent>;
  readonly #bound = new Map<string, Agent | Promise<Agent>>();

  constructor(factory: AgentFactory, local: ReadonlyMap<string, Agent>) {
    this.#factory = factory;
    this.#local = local;
  }

  /** The agent; a promise while it is loading; null when nothing is bound under the name. */
  bind(binding: AgentBinding, name: string): Agent | Promise<Agent> | null {
    switch (binding.kind) {
      case "local":
        return this.#local.get(binding.name) ?? null;
      case "card":
        return this.#once(cardKey(binding, name), () => this.#factory.card(binding, name));
      case "module":
        return this.#once(`module ${name} ${binding.specifier}`, () => this.#load(binding.specifier, name));
      case "capability":
        return null;
    }
  }

  /** Why a run with these agents cannot go on here; null when it can. */
  cannotBind(definition: Definition, bindings: JsonObject | null): string | null {
    for (const name of ownNames(definition, bindings)) {
      const binding = bindingOf(definition, bindings, name);
      if (binding?.kind === "local" && !this.#local.has(binding.name)) {
        return `agent "${name}" is the function agent "${binding.name}", which this process has not registered`;
      }
      const problem = binding?.kind === "module" ? this.#factory.cannotLoad(binding.specifier) : null;
      if (problem !== null) return `agent "${name}": ${problem}`;
    }
    return null;
  }

  /** An agent that is at hand for a card: it may carry credentials that no definition names. */
  lend(agent: RemoteAgent, name: string): void {
    this.#bound.set(cardKey({ kind: "card", url: agent.url, secret: null }, name), agent);
  }

  /** A remote agent's tasks are found again by the name that it is bound to, so it goes by that. */
  async #load(specifier: string, name: string): Promise<Agent> {
    const agent = await this.#factory.module(specifier);
    return agent.kind === "remote" ? renamed(agent, name) : agent;
  }

  #once(key: string, make: () => Agent | Promise<Agent>): Agent | Promise<Agent> {
    const known = this.#bound.get(key);
    if (known !== undefined) return known;
    const made = make();
    this.#bound.set(key, made);
    if (made instanceof Promise) {
      made.then(
        (agent) => this.#bound.set(key, agent),
        // A module that failed to load may be mended: the next attempt tries again.
        () => this.#bound.delete(key),
      );
    }
    return made;
  }
}

function cardKey({ url, secret }: Extract<AgentBinding, { kind: "card" }>, name: string): string {
  return `card ${name} ${url} ${secret ?? ""}`;
}

export function unboundError(name: string): TuttiError {
  return new TuttiError("T4115", `Nothing is bound to agent "${name}".`, {
    help: `Bind it in the file, in tutti.config.ts, or with --agent ${name}=URL.`,
    retryable: true,
  });
}
