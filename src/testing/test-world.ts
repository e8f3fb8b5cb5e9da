/**
 * The product in a box: the real scheduler, host and effects on a store in memory, with a clock that
 * stands still until nothing is at work any more, and agents that never touch the network.
 *
 * 1. Time moves only when nothing is at work: no turn of the host is due and no agent is busy.
 * 2. It moves to the next instant that somebody waits for, however far away: no real time is slept.
 * 3. Nothing here is random. The same seed and the same scripts give the same history.
 */
import { TuttiError } from "../base/errors.ts";
import type { RunRef } from "../base/ids.ts";
import { MAX_TEST_MOVES } from "../base/limits.ts";
import { createAgentFactory } from "../agents/agent-factory.ts";
import type { MailboxHost } from "../hosts/mailbox/mailbox-host.ts";
import { openMemory } from "../hosts/memory/open-memory.ts";
import type { Agent, RemoteAgent } from "../ports/agents.ts";
import { silentLog, type Log } from "../ports/log.ts";
import type { AgentFactory } from "../runtime/registry/binder.ts";
import { Effects } from "../runtime/effects/effects.ts";
import { Egress, type Fetch } from "../runtime/egress/egress.ts";
import { Orchestrator } from "../runtime/orchestrator.ts";
import { Registry } from "../runtime/registry/registry.ts";
import { type Fact, nextWakeAt } from "../scheduler/index.ts";
import { Busy } from "./busy.ts";
import { Openings } from "./openings.ts";
import type { ScriptedAgent } from "./scripted.ts";
import { turnOf, type Stage, type StandIn } from "./stage.ts";
import { standIn } from "./stand-in.ts";
import { watched } from "./watched-agent.ts";
import { VirtualClock } from "./virtual-clock.ts";
import { WatchedStore } from "./watched-store.ts";

/** An agent of a test: a script, or one of the real kind. */
export type TestAgent = ScriptedAgent | Agent;

export type WorldOptions = {
  readonly agents: readonly TestAgent[];
  /** Agents that a workflow of the builder brings along, by its names for them. */
  readonly lent?: readonly (readonly [name: string, agent: Agent])[];
  /** The modules of the workflow, by the logical names of their agents. */
  readonly modules?: { readonly [name: string]: string };
  readonly log?: Log;
  readonly startAt?: number;
};

/** Monday, 5 January 2026, 08:00 UTC: an instant that no test has to remember. */
const START_AT = Date.UTC(2026, 0, 5, 8);

type Appointment = { readonly at: number; readonly callback: () => void };

export class TestWorld {
  readonly clock: VirtualClock;
  readonly store = new WatchedStore();
  readonly standIns = new Map<string, StandIn>();
  readonly #openings = new Openings();
  orchestrator: Orchestrator;
  /** Called with every fact when it is durable, before anything is done about it. */
  onFact: (run: RunRef, fact: Fact) => void = () => undefined;
  readonly #agents: readonly Agent[];
  readonly #lent: readonly (readonly [string, Agent])[];
  readonly #busy: Busy;
  readonly #log: Log;
  readonly #modules: { readonly [name: string]: string };
  readonly #startAt: number;
  #appointments: Appointment[] = [];
  #turnCount = 0;
  #effects: Effects;
  #host: MailboxHost;

  constructor({ agents, lent = [], modules = {}, log = silentLog, startAt = START_AT }: WorldOptions) {
    this.clock = new VirtualClock(startAt);
    this.#startAt = startAt;
    this.#log = log;
    this.#modules = modules;
    this.#busy = new Busy();
    this.#agents = agents.map((agent) => this.#place(agent));
    this.#lent = lent.map(([name, agent]) => [name, agent.kind === "remote" ? outOfReach(name, agent.url) : this.#place(agent)]);
    this.store.onFact = (run, fact) => {
      this.#openings.apply(run.id, fact);
      this.onFact(run, fact);
    };
    ({ effects: this.#effects, host: this.#host, orchestrator: this.orchestrator } = this.#open());
  }

  get elapsedMs(): number {
    return this.clock.now() - this.#startAt;
  }

  /** True when nothing happens any more unless somebody acts, or a time limit runs out. */
  get isUpToOthers(): boolean {
    return this.#appointments.length === 0 && this.#openings.isUpToOthers;
  }

  /** As when the process dies and another takes its runs up; agents behind A2A live on. */
  restart(): void {
    this.#effects.close();
    this.#host.mailbox.close();
    this.clock.forgetTimers();
    ({ effects: this.#effects, host: this.#host, orchestrator: this.orchestrator } = this.#open());
  }

  async close(): Promise<void> {
    this.#effects.close();
    await this.#host.close();
  }

  /** Calls back when some time has gone by, also after a restart. */
  callAfter(delayMs: number, callback: () => void): void {
    this.#appointments.push({ at: this.clock.now() + delayMs, callback });
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let quietTurns = 0; quietTurns < 2; quietTurns += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      const isDue = this.clock.moveTo(this.clock.now());
      if (isDue || this.#turnCount > 0 || this.#keepAppointments()) quietTurns = -1;
      if (!this.#busy.isAny) continue;
      await this.#busy.change();
      quietTurns = -1;
    }
  }

  /** Lets time go by until something holds, until an instant, or until there is nothing to wait for. */
  async drive(isEnough: () => boolean, untilAt: number = Number.POSITIVE_INFINITY): Promise<void> {
    for (let moves = 0; moves < MAX_TEST_MOVES; moves += 1) {
      await this.settle();
      if (isEnough()) return;
      const nextAt = this.#nextAt();
      if (nextAt > untilAt || nextAt === Number.POSITIVE_INFINITY) {
        if (untilAt !== Number.POSITIVE_INFINITY) this.clock.moveTo(untilAt);
        return;
      }
      this.clock.moveTo(nextAt);
    }
    throw new TuttiError("T2204", `After ${MAX_TEST_MOVES} moves of virtual time the run has not come to an end.`, {
      help: "Bound what repeats, or look at run.history to see what does.",
    });
  }

  /** The next instant that somebody waits for. */
  #nextAt(): number {
    const now = this.clock.now();
    const wakes = this.store.runs.map((run) => this.#wakeAt(run)).filter((at) => at > now);
    return Math.min(this.clock.nextAt() ?? Number.POSITIVE_INFINITY, ...this.#appointments.map(({ at }) => at), ...wakes);
  }

  #wakeAt(run: RunRef): number {
    const state = this.#host.mailbox.residents.get(run)?.state ?? null;
    const stored = this.store.find(run);
    const at = state === null ? (stored?.record.endedAt === null ? stored.wakeAt : null) : nextWakeAt(state);
    return at ?? Number.POSITIVE_INFINITY;
  }

  #keepAppointments(): boolean {
    const due = this.#appointments.filter(({ at }) => at <= this.clock.now());
    this.#appointments = this.#appointments.filter((appointment) => !due.includes(appointment));
    for (const { callback } of due.toSorted((left, right) => left.at - right.at)) callback();
    return due.length > 0;
  }

  #open(): { readonly effects: Effects; readonly host: MailboxHost; readonly orchestrator: Orchestrator } {
    const { clock } = this;
    const registry = new Registry(this.#factory());
    for (const agent of this.#agents) registry.register(agent);
    for (const [name, agent] of this.#lent) registry.lend(name, agent);
    const parts = { registry, host: () => host, clock, log: this.#log, random: () => 0.5, egress: new ClosedEgress() };
    const effects: Effects = new Effects(parts);
    const defer = (callback: () => void) => this.#defer(callback);
    const host = openMemory({ store: this.store, performer: effects, clock: clock.housekeeping, log: this.#log, defer });
    host.recover();
    return { effects, host, orchestrator: new Orchestrator({ host, registry, close: () => this.close() }) };
  }

  /** Modules are real agents; addresses lead nowhere. */
  #factory(): AgentFactory {
    const files = createAgentFactory(() => undefined);
    return {
      cannotLoad: (specifier) => files.cannotLoad(specifier),
      card: ({ url }, name) => outOfReach(name, url),
      module: async (specifier) => this.#placeModule(specifier, await this.#busy.during(specifier, files.module(specifier))),
    };
  }

  /** An agent from a file, found under its own name and under those that the workflow has for it. */
  #placeModule(specifier: string, agent: Agent): Agent {
    const placed = this.#place(agent);
    const made = this.standIns.get(agent.name);
    for (const [name, other] of Object.entries(this.#modules)) {
      if (other === specifier && made !== undefined && !this.#agents.some((own) => own.name === name)) this.standIns.set(name, made);
    }
    return placed;
  }

  #defer(callback: () => void): void {
    this.#turnCount += 1;
    setImmediate(() => {
      this.#turnCount -= 1;
      callback();
    });
  }

  #place(agent: TestAgent): Agent {
    if (agent.kind === "remote") return agent;
    const earlier = this.standIns.get(agent.name)?.calls ?? (() => []);
    const made = agent.kind === "local" ? watched(agent, this.#busy, this.#stage(), earlier()) : standIn(agent, this.#stage());
    this.standIns.set(agent.name, made);
    return made.agent;
  }

  #stage(): Stage {
    return {
      clock: this.clock,
      elapsedMs: () => this.elapsedMs,
      sayAgain: (work, agent, outcome) => {
        const { workflow_id: run, subtask_id: path, attempt } = work.assignment;
        const again = { kind: "answered", path, attempt, turn: turnOf(work), agent, outcome } as const;
        this.#defer(() => void this.#host.post(this.orchestrator.ref(run), again).catch(() => undefined));
      },
    };
  }
}

/** The way out of a test: what is published is taken, and goes nowhere. */
class ClosedEgress extends Egress {
  override fetch(): Fetch {
    return async () => new Response(null, { status: 202 });
  }
}

/** What stands for an agent with an address that no script stands in for: a test uses no network. */
function outOfReach(name: string, url: string): RemoteAgent {
  const message = `Agent "${name}" (${url}) is behind the network, which a test does not use: give it a script.`;
  const failed = { kind: "failed", failure: { code: "T2203", message, retryable: false } } as const;
  return {
    kind: "remote",
    name,
    url,
    describe: async () => ({ ok: false, outcome: failed }),
    send: async () => ({ kind: "notSent", outcome: failed }),
    find: async () => ({ kind: "unknowable", message }),
    attend: async () => failed,
    cancel: async () => ({ kind: "unreachable", message }),
  };
}
