/** The agents of a world: those beyond the network, which outlive every process, and those of the process. */
import { remoteAgent } from "../agents/remote-agent.ts";
import type { JsonObject } from "../base/json.ts";
import { eachStep } from "../definition/walk.ts";
import type { Definition } from "../definition/definition.ts";
import type { Agent } from "../ports/agents.ts";
import type { Clock } from "../ports/clock.ts";
import type { FarTask } from "./agent-tasks.ts";
import type { Chronicle } from "./chronicle.ts";
import { type Character, FarAgent } from "./far-agent.ts";
import type { Life } from "./life.ts";
import { nearAgent } from "./near-agent.ts";
import type { Network } from "./network.ts";
import { Random } from "./random.ts";
import type { CastMember } from "./random-agents.ts";
import { type React, reactionsOf, rightAnswersOf } from "./reactions.ts";

export type CrewParts = {
  readonly seed: string;
  readonly cast: readonly CastMember[];
  readonly react?: React | undefined;
  readonly clock: Clock;
  readonly chronicle: Chronicle;
  readonly network: Network;
  readonly push: (url: string, token: string, body: string) => void;
};

/** What an agent lets one know who does not know what became of a message. */
export const CHARACTERS = {
  lists: { takesContext: true, lists: true, dedupes: false },
  takesContext: { takesContext: true, lists: false, dedupes: false },
  dedupes: { takesContext: false, lists: false, dedupes: true },
  plain: { takesContext: false, lists: false, dedupes: false },
} as const satisfies { readonly [name: string]: Partial<Character> };

/** Beside the words of a secret there is nothing like it in a world. */
export function canaryOf(seed: string): string {
  return `canary-${new Random(seed, "canary").next().toString(36).slice(2)}`;
}

export class Crew {
  readonly #parts: CrewParts;
  readonly #react: React;
  #nearCount = 0;

  constructor(parts: CrewParts) {
    this.#parts = parts;
    const askers = new Set(parts.cast.filter(({ asks }) => asks).map(({ name }) => name));
    this.#react = parts.react ?? reactionsOf(parts.seed, rightAnswersOf(parts.cast), (agent) => askers.has(agent));
    const principals = new Set(parts.cast.filter(({ place }) => place === "remote").map(({ principal }) => principal));
    for (const principal of principals) parts.network.add(urlOf(principal), this.#far(principal));
  }

  /** The agents as one life of the process has them. */
  agentsFor(life: Life): readonly { readonly agent: Agent; readonly capabilities: readonly string[] }[] {
    return this.#parts.cast.map((member) => ({ agent: this.#agentFor(life, member), capabilities: member.capabilities }));
  }

  #agentFor(life: Life, { name, place, principal, capabilities }: CastMember): Agent {
    const { clock, log, random, egress } = life;
    if (place === "remote") return remoteAgent(urlOf(principal), { name, clock, log, random, egress, secret: canaryOf(this.#parts.seed) });
    const { chronicle } = this.#parts;
    const nextNumber = () => (this.#nearCount += 1);
    return nearAgent({ name, capabilities, life, chronicle, react: this.#react, nextNumber });
  }

  #far(name: string): FarAgent {
    const { seed, cast, clock, chronicle, network } = this.#parts;
    const skills = cast.filter(({ principal }) => principal === name).flatMap(({ capabilities }) => capabilities);
    const push = (task: FarTask, event: JsonObject) => {
      const { webhook } = task;
      const strike = network.strikeAt("push", `${name}:push`);
      if (webhook === null || strike?.fault === "dropPush") return;
      const times = strike?.fault === "duplicatePush" ? 1 + (strike.amount ?? 1) : 1;
      for (let time = 1; time <= times; time += 1)
        clock.schedule(10 * time, () => this.#parts.push(webhook.url, webhook.token, JSON.stringify(event)));
    };
    return new FarAgent({ name, url: urlOf(name), skills, character: characterOf(seed, name), clock, chronicle, react: this.#react, push });
  }
}

/** How an agent of a world is, by its name. */
export function characterOf(seed: string, name: string): Character {
  const random = new Random(seed, `character of ${name}`);
  const kinds = Object.values(CHARACTERS);
  const kind = kinds[random.below(kinds.length)] ?? CHARACTERS.lists;
  return { ...kind, streams: random.hits(0.5), pushes: random.hits(0.5), isDirect: random.hits(0.2) };
}

function urlOf(principal: string): string {
  return `http://${principal.replaceAll("_", "-")}.sim.invalid/`;
}

/** A cast for workflows that bring none: everyone whom their steps name, each somewhere by the seed. */
export function castFor(seed: string, definitions: readonly Definition[]): readonly CastMember[] {
  const names = new Set<string>();
  for (const definition of definitions)
    for (const { step } of eachStep(definition)) {
      if (step.kind !== "delegate") continue;
      for (const target of [step.target, ...step.fallback]) {
        if (target.kind === "agent") names.add(target.agent);
        if (target.kind === "capability") names.add(target.capability);
      }
    }
  return [...names].map((name) => ({
    name,
    place: new Random(seed, `place of ${name}`).hits(0.3) ? "local" : "remote",
    capabilities: [name],
    says: { kind: "anything" },
    principal: name,
    asks: true,
  }));
}
