import { TuttiError } from "../../base/errors.ts";
import type { JsonObject } from "../../base/json.ts";
import type { AgentObject } from "./agent-types.ts";
import type { Buildable } from "./block-types.ts";
import { toPlain } from "./template.ts";

/** A logical name: where it leads, and the agent itself when it was given as an object. */
type Entry = { readonly place: JsonObject; readonly object: AgentObject | null };

/** The agents and sub-workflows that a workflow under construction knows. */
export class AgentBook {
  readonly #entries: Map<string, Entry>;
  readonly #children: Set<Buildable>;

  constructor(entries: Iterable<readonly [string, Entry]> = [], children: Iterable<Buildable> = []) {
    this.#entries = new Map(entries);
    this.#children = new Set(children);
  }

  copy(): AgentBook {
    return new AgentBook(this.#entries, this.#children);
  }

  bringAlong(child: Buildable): void {
    this.#children.add(child);
  }

  children(): readonly Buildable[] {
    return [...this.#children];
  }

  /** `agents({ … })`. */
  declare(name: string, declared: unknown): void {
    this.#add(
      name,
      isAgentObject(declared) ? entryOf(declared) : { place: toPlain(declared, `agents.${name}`) as JsonObject, object: null },
    );
  }

  /** The name of an agent that is given as an object; one that is new gets its own name. */
  nameOf(agent: AgentObject): string {
    for (const [name, { object }] of this.#entries) if (object === agent) return name;
    const name = logicalName(agent.name);
    this.#add(name, entryOf(agent));
    return name;
  }

  /** `agents` of the file format. */
  toFile(): JsonObject {
    return Object.fromEntries([...this.#entries].map(([name, { place }]) => [name, place]));
  }

  objects(): ReadonlyMap<string, AgentObject> {
    return new Map([...this.#entries].flatMap(([name, { object }]) => (object === null ? [] : [[name, object] as const])));
  }

  #add(name: string, entry: Entry): void {
    const known = this.#entries.get(name);
    if (known !== undefined && known.object !== entry.object) {
      throw new TuttiError("T1014", `Two agents are called "${name}".`, {
        help: "Declare them under names of their own: .agents({ first: one, second: another }).",
      });
    }
    this.#entries.set(name, entry);
  }
}

export function isAgentObject(value: unknown): value is AgentObject {
  if (typeof value !== "object" || value === null || !("kind" in value) || !("name" in value)) return false;
  return typeof value.name === "string" && (value.kind === "local" || (value.kind === "remote" && "url" in value));
}

function entryOf(agent: AgentObject): Entry {
  return { place: agent.kind === "local" ? { local: agent.name } : { card: agent.url }, object: agent };
}

/** An agent's own name may be an address; a logical name is letters, digits, "_" and "-", beginning with a letter. */
function logicalName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9_-]+/g, "_");
  return (/^[A-Za-z]/.test(plain) ? plain : `agent_${plain}`).slice(0, 64);
}
