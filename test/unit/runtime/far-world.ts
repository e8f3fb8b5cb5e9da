/** The real performer, on a host in memory whose clock the test moves; the agents are the test's. */
import { createAgentFactory } from "../../../src/agents/agent-factory.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import { MemoryStore } from "../../../src/hosts/memory/memory-store.ts";
import { openMemory } from "../../../src/hosts/memory/open-memory.ts";
import type { Agent, RemoteAgent, Sent } from "../../../src/ports/agents.ts";
import { Effects } from "../../../src/runtime/effects/effects.ts";
import { Orchestrator, type RunHandle } from "../../../src/runtime/orchestrator.ts";
import { Registry } from "../../../src/runtime/registry/registry.ts";
import type { Fact } from "../../../src/scheduler/index.ts";
import type { Intent, RemoteTask } from "../../../src/scheduler/input.ts";
import { ManualClock } from "../../support/manual-clock.ts";

export const TASK: RemoteTask = { agent: "far", url: "http://far.test", binding: "JSONRPC", tenant: "", taskId: "t-1", contextId: "c-1" };
export const AMBIGUOUS: Sent = { kind: "ambiguous", message: "the connection broke" };
export const DONE: Sent = { kind: "answer", outcome: { kind: "completed", reply: { text: "done" } } };

const STEP_MS = 100;

export class FarWorld {
  readonly clock = new ManualClock();
  readonly store: MemoryStore;
  #effects: Effects | undefined;

  constructor(store = new MemoryStore()) {
    this.store = store;
  }

  /** Opens the product on the store; again, as another process after this one has gone. */
  async open(agents: readonly Agent[]): Promise<Orchestrator> {
    this.#effects?.close();
    this.clock.forgetTimers();
    const registry = new Registry(createAgentFactory(() => undefined));
    for (const agent of agents) registry.register(agent);
    const effects: Effects = new Effects({ registry, host: () => host, clock: this.clock, log: () => undefined, random: () => 0.5 });
    const host = openMemory({ store: this.store, performer: effects, clock: this.clock });
    this.#effects = effects;
    host.recover();
    effects.takeUpOrphans();
    return new Orchestrator({ host, registry, close: () => host.close() });
  }

  /** The process ends as it should; its timers are its own to take back. */
  close(): void {
    this.#effects?.close();
  }

  /** Time goes by in small steps, each with turns of the event loop for all that it brings about. */
  async pass(durationMs: number): Promise<void> {
    for (let passedMs = 0; passedMs < durationMs; passedMs += STEP_MS) {
      this.clock.advance(STEP_MS);
      await turns(5);
    }
  }
}

export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

export async function startedWith(orchestrator: Orchestrator, definition: Definition): Promise<RunHandle> {
  const handle = await orchestrator.start(definition, {});
  await turns(5);
  return handle;
}

export async function factsOf(orchestrator: Orchestrator, handle: RunHandle): Promise<readonly Fact[]> {
  return (await orchestrator.host.history(handle.run, 1, 10_000)).map(({ fact }) => fact);
}

/** An agent that answers each send as it is told, and cannot say what it has taken. */
export function farAgent(sends: readonly Sent[], parts: Partial<RemoteAgent> = {}) {
  const intents: Intent[] = [];
  const identity = { url: TASK.url, binding: "JSONRPC", tenant: "", protocolVersion: "1.0", agentVersion: "1", capabilities: [] };
  const agent: RemoteAgent = {
    kind: "remote",
    name: "far",
    url: TASK.url,
    describe: async () => ({ ok: true, identity: { ...identity, takesContextId: true, dedupes: false } }),
    async send(_work, intent) {
      intents.push(intent);
      return sends[intents.length - 1] ?? DONE;
    },
    find: async () => ({ kind: "unknowable", message: "it keeps no list" }),
    attend: async () => ({ kind: "completed", reply: { text: "done" } }),
    cancel: async () => ({ kind: "canceled" }),
    ...parts,
  };
  return { agent, intents };
}
