/**
 * One life of the process: the real host, effects and orchestrator on the world's store, as
 * `openOrchestrator` puts them together.
 *
 * 1. A life that is over does nothing any more: its timers never ring, its requests are never
 *    answered, what it logs is not heard, and its host takes nothing.
 * 2. Whoever had asked it something learns that it is gone, and not what it would have said.
 */
import { createAgentFactory } from "../agents/agent-factory.ts";
import { WakeUps } from "../a2a/push/wake-ups.ts";
import { TuttiError } from "../base/errors.ts";
import type { MailboxHost } from "../hosts/mailbox/mailbox-host.ts";
import { openMemory } from "../hosts/memory/open-memory.ts";
import type { MemoryStore } from "../hosts/memory/memory-store.ts";
import type { Agent } from "../ports/agents.ts";
import type { Log } from "../ports/log.ts";
import { Effects } from "../runtime/effects/effects.ts";
import { Orchestrator } from "../runtime/orchestrator.ts";
import { Registry } from "../runtime/registry/registry.ts";
import { LifeClock } from "./life-clock.ts";
import type { Caller, Network } from "./network.ts";
import type { VirtualClock } from "../testing/virtual-clock.ts";

/** Histories are short here; with what they are in use, none would ever have a snapshot. */
const SNAPSHOT_TAIL_BYTES = 1_000;

export type LifeParts = {
  readonly clock: VirtualClock;
  readonly store: MemoryStore;
  readonly network: Network;
  readonly log: Log;
  readonly random: () => number;
  /** Runs a callback when everything of this moment has been done. */
  readonly defer: (callback: () => void) => void;
  /** The agents that this life has at hand, with what remote ones can do. */
  readonly agents: (life: Life) => readonly { readonly agent: Agent; readonly capabilities: readonly string[] }[];
  /** Where the process can be reached. */
  readonly url: string;
};

export class Life implements Caller {
  readonly clock: LifeClock;
  readonly host: MailboxHost;
  readonly orchestrator: Orchestrator;
  readonly egress: ReturnType<Network["egressOf"]>;
  readonly random: () => number;
  readonly log: Log;
  wakeUps: WakeUps | null = null;
  isAlive = true;
  readonly #death = Promise.withResolvers<never>();

  constructor(parts: LifeParts) {
    this.clock = new LifeClock(parts.clock);
    this.egress = parts.network.egressOf(this);
    this.random = parts.random;
    this.log = (...line) => (this.isAlive ? parts.log(...line) : undefined);
    this.#death.promise.catch(() => undefined);
    const registry = new Registry(createAgentFactory(() => undefined));
    for (const { agent, capabilities } of parts.agents(this)) {
      registry.register(agent);
      if (agent.kind === "remote") for (const capability of capabilities) registry.provide(capability, agent);
    }
    const { clock, egress, random, log } = this;
    const effects: Effects = new Effects({ registry, host: () => host, clock, log, random, egress });
    const defer = (callback: () => void) => parts.defer(() => (this.isAlive ? callback() : undefined));
    const { store } = parts;
    const host = openMemory({ store, performer: effects, clock: clock.housekeeping, log, defer, snapshotTailBytes: SNAPSHOT_TAIL_BYTES });
    this.host = host;
    this.orchestrator = new Orchestrator({ host, registry, close: () => host.close() });
    host.recover();
    effects.takeUpOrphans();
    this.#openWakeUps(registry, parts.url).catch(() => undefined);
  }

  /** Asks the process something. Rejects with T5008 when it dies before it has answered. */
  async ask<Value>(work: (orchestrator: Orchestrator) => Promise<Value>): Promise<Value> {
    const answer = work(this.orchestrator);
    const value = await Promise.race([answer, this.#death.promise]);
    // It may have answered in the very moment of its death; nobody has heard it.
    if (!this.isAlive) throw gone();
    return value;
  }

  kill(): void {
    this.isAlive = false;
    this.clock.kill();
    this.host.mailbox.close();
    this.#death.reject(gone());
  }

  async #openWakeUps(registry: Registry, url: string): Promise<void> {
    this.wakeUps = await WakeUps.open({ host: this.host, url, clock: this.clock });
    registry.wakeUps = this.wakeUps;
  }
}

function gone(): TuttiError {
  return new TuttiError("T5008", "The process is gone.", { retryable: true });
}
