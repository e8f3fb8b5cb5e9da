/**
 * The simulated world: one process at a time on a durable store, agents beyond a network, and a clock
 * that stands still until nothing is left to do.
 *
 * 1. Time moves only when nothing is to be done at this instant, and then to the next instant that
 *    somebody waits for. Nothing waits for real time, and nothing leaves the event loop's turn.
 * 2. What survives a process is the store, the agents, the network and the people outside.
 * 3. Nothing here is random but by the seed and the names of things (random.ts).
 */
import type { RunRef } from "../base/ids.ts";
import { TuttiError } from "../base/errors.ts";
import { MAX_SIMULATED_MOVES } from "../base/limits.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import { type Fact, nextWakeAt } from "../scheduler/index.ts";
import { VirtualClock } from "../testing/virtual-clock.ts";
import { Chronicle } from "./chronicle.ts";
import { Crew } from "./crew.ts";
import type { FaultName, FaultSource, Place, Schedule, Strike } from "./faults.ts";
import { Life } from "./life.ts";
import { Network } from "./network.ts";
import { Random } from "./random.ts";
import type { CastMember } from "./random-agents.ts";
import type { React } from "./reactions.ts";
import { SimulatedStore } from "./simulated-store.ts";
import { Replay, Swarm } from "./swarm.ts";
import { nameOfRun } from "./tenants.ts";

export type WorldOptions = {
  readonly seed: string;
  readonly cast: readonly CastMember[];
  readonly react?: React | undefined;
  /** These faults and no others; else the seed chooses. */
  readonly faults?: readonly FaultName[] | undefined;
  /** The faults among which the seed chooses. */
  readonly among?: readonly FaultName[] | undefined;
  /** Exactly what strikes; then the seed chooses none. */
  readonly schedule?: Schedule | undefined;
};

/** Monday, 5 January 2026, 08:00 UTC. */
const START_AT = Date.UTC(2026, 0, 5, 8);
/** How long faults strike. */
const ACTIVE_MS = [5_000, 3_600_000] as const;

export class SimulatedWorld {
  readonly seed: string;
  readonly clock = new VirtualClock(START_AT);
  readonly chronicle = new Chronicle(this.clock);
  readonly store: SimulatedStore;
  readonly network: Network;
  readonly faults: FaultSource & { readonly schedule: Schedule };
  /** From here on no fault strikes. */
  readonly calmAt: number;
  /** When each fact became durable. */
  readonly orders = new Map<Fact, number>();
  readonly openRuns = new Map<string, RunRef>();
  /** When the process did nothing. */
  readonly pauses: { readonly from: number; readonly until: number }[] = [];
  /** Called with every fact when it is durable. */
  readonly listeners: ((run: RunRef, fact: Fact) => void)[] = [];
  life: Life | null = null;
  gaveUp = false;
  readonly #crew: Crew;
  readonly #jitter: Random;
  #turns: (() => void)[] = [];
  #isPaused = false;

  constructor({ seed, cast, react, faults, among, schedule }: WorldOptions) {
    this.seed = seed;
    this.calmAt = START_AT + new Random(seed, "active").spread(...ACTIVE_MS);
    this.#jitter = new Random(seed, "jitter");
    const { clock, chronicle } = this;
    this.faults =
      schedule === undefined ? new Swarm({ seed, faults, among, isActive: () => clock.now() < this.calmAt }) : new Replay(schedule);
    const crash = (downMs: number) => this.#crash(downMs);
    this.network = new Network({ seed, clock, chronicle, faults: this.faults, crash });
    const pause = (delayMs: number) => this.#pause(delayMs);
    const setBack = (byMs: number) => this.life?.clock.setBack(byMs);
    this.store = new SimulatedStore({ chronicle, faults: this.faults, crash, pause, setBack });
    this.store.onFact = (run, fact) => this.#hear(run, fact);
    const push = (url: string, token: string, body: string) => this.#push(url, token, body);
    this.#crew = new Crew({ seed, cast, react, clock, chronicle, network: this.network, push });
    this.store.keepSecret(new Random(seed, "secret").next().toString(36).padEnd(43, "a").slice(0, 43));
    this.#begin();
  }

  get isCalm(): boolean {
    return this.clock.now() >= this.calmAt;
  }

  /** Asks the process; rejects with T5008 while there is none, and when it dies over it. */
  async ask<Value>(work: (orchestrator: Orchestrator) => Promise<Value>): Promise<Value> {
    if (this.#isPaused) await new Promise<void>((resolve) => void this.#turns.push(resolve));
    if (this.life === null) throw new TuttiError("T5008", "There is no process.", { retryable: true });
    return this.life.ask(work);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => void this.clock.schedule(delayMs, resolve));
  }

  strikeAt(place: Place, name: string): Strike | null {
    return this.network.strikeAt(place, name);
  }

  /** Lets everything happen that is going to. */
  async run(): Promise<void> {
    for (let moves = 0; moves < MAX_SIMULATED_MOVES; moves += 1) {
      await this.#settle();
      const nextAt = this.#nextAt();
      if (nextAt === Number.POSITIVE_INFINITY) return;
      this.clock.moveTo(nextAt);
    }
    this.gaveUp = true;
  }

  /** Does what is to be done at this instant. */
  async #settle(): Promise<void> {
    for (;;) {
      await untilIdle();
      const turns = this.#turns;
      this.#turns = [];
      for (const turn of turns) turn();
      if (turns.length === 0 && !this.clock.moveTo(this.clock.now())) return;
    }
  }

  /** The next instant that somebody waits for. */
  #nextAt(): number {
    const now = this.clock.now();
    let nextAt = this.clock.nextAt() ?? Number.POSITIVE_INFINITY;
    if (this.life === null) return nextAt;
    for (const run of this.openRuns.values()) {
      const at = this.#wakeAt(run, this.life);
      // One that is overdue was not woken, or could not be written: the host comes back to it when it will.
      if (at !== null) nextAt = Math.min(nextAt, at > now ? at : (this.clock.nextChoreAt() ?? nextAt));
    }
    return nextAt;
  }

  #wakeAt(run: RunRef, { host }: Life): number | null {
    const state = host.mailbox.residents.get(run)?.state ?? null;
    return state === null ? (this.store.find(run)?.wakeAt ?? null) : nextWakeAt(state);
  }

  #hear(run: RunRef, fact: Fact): void {
    const name = nameOfRun(run);
    this.orders.set(fact, this.chronicle.note(name, `${fact.kind} ${"path" in fact ? fact.path : ""}`));
    if (fact.kind === "runStarted") this.openRuns.set(name, run);
    if (fact.kind === "runCompleted" || fact.kind === "runFailed" || fact.kind === "runCanceled") this.openRuns.delete(name);
    for (const listen of this.listeners) listen(run, fact);
  }

  #begin(): void {
    this.chronicle.begin();
    const { clock, store, network, chronicle } = this;
    this.life = new Life({
      clock,
      store,
      network,
      log: chronicle.log,
      random: () => this.#jitter.next(),
      defer: (callback) => void this.#turns.push(callback),
      agents: (life) => this.#crew.agentsFor(life),
      url: "http://tutti.sim.invalid",
    });
  }

  #crash(downMs: number): void {
    if (this.life === null) return;
    this.chronicle.end(`and is away for ${downMs} ms`);
    this.life.kill();
    this.life = null;
    this.clock.schedule(downMs, () => this.#begin());
  }

  #pause(delayMs: number): void {
    if (this.life === null) return;
    this.#isPaused = true;
    const from = this.clock.now();
    this.#turns.push(...this.life.clock.sleepThrough(delayMs));
    this.pauses.push({ from, until: this.clock.now() });
    this.#isPaused = false;
  }

  #push(url: string, token: string, body: string): void {
    this.#turns.push(() => {
      const { life } = this;
      if (life?.wakeUps == null) return;
      const request = new Request(url, { method: "POST", headers: { authorization: `Bearer ${token}` }, body });
      void life.wakeUps.handle(request).then(
        ({ status }) => this.chronicle.note("network", `push is answered ${status}`),
        (error: unknown) => this.chronicle.note("network", `push fails: ${String(error)}`),
      );
    });
  }
}

/**
 * Until no promise has anything to do any more. Node runs all microtasks before the next tick, so this
 * costs no turn of the event loop.
 */
function untilIdle(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
