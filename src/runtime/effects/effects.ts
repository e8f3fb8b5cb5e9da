/**
 * The performer: turns commands into inputs.
 *
 * 1. One effect at a time for a subtask. A command whose effect is at work already is the same
 *    command again (a host may give it twice) and is ignored; a newer attempt or turn replaces it.
 * 2. Every effect ends in an input, or in the knowledge that nobody wants it any more.
 * 3. Nothing here decides what an outcome means; that is the scheduler's.
 */
import { failpoint } from "../../base/failpoint.ts";
import type { JsonObject } from "../../base/json.ts";
import type { Definition } from "../../definition/definition.ts";
import type { Agent } from "../../ports/agents.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Host, Performer, PlacedCommand } from "../../ports/host.ts";
import type { Log } from "../../ports/log.ts";
import type { Assignment, Command } from "../../scheduler/index.ts";
import type { Answered, EffectId } from "../../scheduler/input.ts";
import type { Failure, Outcome } from "../../scheduler/outcome.ts";
import { Breakers, type BreakerView } from "../permits/breaker.ts";
import { abortRemotely } from "./abort-effect.ts";
import { ChildRuns } from "./child-effect.ts";
import { Courier } from "./courier.ts";
import { Egress } from "../egress/egress.ts";
import { describeFailure } from "./failures.ts";
import { FlightTable } from "./flight-table.ts";
import { type CommandOf, Flight } from "./flight.ts";
import { Gate } from "../permits/gate.ts";
import { performLocally } from "./local-effect.ts";
import { Pacer } from "../permits/pacer.ts";
import { Permits } from "../permits/permits.ts";
import { localPrincipal, subjectOf } from "../permits/principal.ts";
import type { AgentTarget, Registry } from "../registry/registry.ts";
import { attendRemotely, delegateRemotely, sendRemotely } from "./remote-effect.ts";
import { Orphans } from "./orphans.ts";
import { nameOfSink, performSink, type SinkTarget } from "./sink-effect.ts";
import { referencesOf } from "../workflows/versions.ts";

export type EffectsOptions = {
  readonly registry: Registry;
  readonly host: () => Host;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** How long "the agent has no such task" proves nothing after a message was cut off. */
  readonly reconcileMs?: number;
  /** The way out for events; one is made when the first is sent. */
  readonly egress?: Egress;
};

/** What every kind of effect uses. */
export type EffectContext = EffectsOptions & {
  readonly courier: Courier;
  readonly gate: Gate;
  readonly pacer: Pacer;
  readonly flights: FlightTable;
  readonly permits: Permits;
  readonly breakers: Breakers;
  readonly orphans: Orphans;
};

const ACCEPT_AFTER_MS = 50;

export class Effects implements Performer {
  readonly #context: EffectContext;
  readonly #children: ChildRuns;
  #ownEgress: Egress | null = null;
  #isSweeping = false;
  #isClosed = false;

  constructor(options: EffectsOptions) {
    const courier = new Courier(options.host, options.clock, options.log);
    const pacer = new Pacer(options.clock, options.random);
    const limits = { permits: new Permits(options.clock, courier), breakers: new Breakers(options) };
    const orphans = new Orphans(options);
    this.#context = { ...options, ...limits, courier, gate: new Gate(), pacer, flights: new FlightTable(), orphans };
    this.#children = new ChildRuns(this.#context);
  }

  cannotRecover(definition: Definition, bindings: JsonObject | null): string | null {
    return this.#context.registry.cannotBind(definition, bindings);
  }

  takingUp(isGoingOn: boolean): void {
    this.#context.permits.hold(isGoingOn);
  }

  /** How many effects are at work. */
  get count(): number {
    return this.#context.flights.size;
  }

  /** Agents that have failed lately, and whether they are left alone. */
  breakers(): readonly BreakerView[] {
    return this.#context.breakers.views();
  }

  /** Cancels, by and by, what an earlier process could not. */
  takeUpOrphans(): void {
    this.#context.orphans.takeUp();
  }

  perform(placed: PlacedCommand): void {
    if (this.#isClosed) return;
    const { command, runKey } = placed;
    if (command.kind === "abort") return this.#abort(placed, command);
    if (command.kind === "steer") return this.#children.steer(placed, command);
    const earlier = this.#context.flights.get(runKey, command.path);
    if (earlier?.isSame(command) === true && !earlier.isConcluded) return;
    this.#begin(this.#takeOff(placed, earlier), command);
  }

  /** A new flight in the place of an earlier one, with the permits of the same work. */
  #takeOff(placed: PlacedCommand, earlier: Flight | undefined): Flight {
    const flight = new Flight(placed, this.#context.clock.now());
    if (earlier === undefined) {
      this.#context.permits.take(flight);
    } else {
      if (earlier.isSameWork(placed.command)) flight.takePermits(earlier);
      this.#replace(earlier);
    }
    this.#context.flights.set(flight);
    return flight;
  }

  /** Stops everything in this process; remote tasks go on and are taken up again after a restart. */
  close(): void {
    this.#isClosed = true;
    for (const flight of this.#context.flights.all()) flight.stop();
    this.#context.permits.close();
    this.#context.orphans.close();
    this.#ownEgress?.close().catch((error: unknown) => this.#context.log("warn", "egress_not_closed", { error }));
  }

  #begin(flight: Flight, command: Exclude<Command, { kind: "abort" | "steer" }>): void {
    switch (command.kind) {
      case "delegate":
        if (command.limit === undefined) return this.#delegate(flight, command);
        return this.#context.permits.forStep(flight, { target: command.target, limit: command.limit }, () =>
          this.#delegate(flight, command),
        );
      case "send":
        this.#context.permits.holdStep(flight, command);
        return this.#inBackground(flight, sendRemotely(this.#context, flight, command));
      case "attend":
        this.#context.permits.holdStep(flight, command);
        return this.#inBackground(flight, attendRemotely(this.#context, flight, command));
    }
  }

  #delegate(flight: Flight, command: Assignment): void {
    const { target } = command;
    switch (target.kind) {
      case "workflow":
        return this.#inBackground(flight, this.#children.perform(flight, command));
      case "sink":
        return this.#enter(flight, () => this.#publish(flight, command, target));
      case "agent":
      case "capability":
        return this.#enter(flight, () => this.#assign(flight, command, target));
    }
  }

  /** Begins when there is room in the process, if it is wanted then. */
  #enter(flight: Flight, begin: () => void): void {
    this.#context.gate.enter(flight.placed.runKey, () => {
      flight.hasPlace = true;
      if (flight.isStopped) this.#end(flight);
      else begin();
    });
  }

  #assign(flight: Flight, command: Assignment, target: AgentTarget): void {
    try {
      const agent = this.#choose(flight, command, target);
      if (agent instanceof Promise) {
        agent.then(
          (resolved) => this.#admit(resolved, flight, command),
          (error: unknown) => this.#refuse(flight, command, error),
        );
      } else {
        this.#admit(agent, flight, command);
      }
    } catch (error) {
      this.#refuse(flight, command, error);
    }
  }

  #choose(flight: Flight, { attempt, repair }: Assignment, target: AgentTarget): Agent | Promise<Agent> {
    const { registry } = this.#context;
    const { definition, bindings } = flight.placed;
    const asking = { target, definition, bindings, attempt, prefers: this.#prefers };
    const repaired = repair?.task?.agent;
    if (repaired === undefined) return registry.resolve(asking);
    // Only the agent that made an output knows the task in which it is to be mended.
    return registry.resolveByName(repaired, flight.placed).then((agent) => agent ?? registry.resolve(asking));
  }

  readonly #prefers = (agent: Agent): boolean => agent.kind === "local" || this.#context.breakers.isAvailable(subjectOf(agent));

  /** Waits for the agent's own limit, which is known only now, and has no place meanwhile. */
  #admit(agent: Agent, flight: Flight, command: Assignment): void {
    const limit = this.#context.registry.limitOf(agent);
    if (limit === undefined || flight.isStopped) return this.#give(agent, flight, command);
    this.#leave(flight);
    this.#context.permits.forAgent(flight, { agent, limit }, () => this.#enter(flight, () => this.#give(agent, flight, command)));
  }

  #publish(flight: Flight, command: Assignment, target: SinkTarget): void {
    if (flight.hasQueued) {
      flight.localAgent = nameOfSink(target);
      this.#announceSlowOnes();
    }
    const tools = { egress: () => this.#context.egress ?? (this.#ownEgress ??= new Egress()), log: this.#context.log };
    const emission = { placed: flight.placed, command, target, now: flight.begunAt, signal: flight.signal };
    performSink(tools, emission).then(
      (outcome) => this.#answer(flight, command, nameOfSink(target), outcome),
      (error: unknown) => this.#refuse(flight, command, error),
    );
  }

  #give(agent: Agent, flight: Flight, command: Assignment): void {
    if (flight.isStopped) return this.#end(flight);
    if (agent.kind === "remote") return this.#inBackground(flight, delegateRemotely(this.#context, flight, command, agent));
    this.#announceSlowOnes();
    failpoint("local.begun");
    performLocally(this.#context, agent, flight, command).then(
      (outcome) => this.#answer(flight, command, agent.name, outcome, localPrincipal(agent.name)),
      (error: unknown) => this.#refuse(flight, command, error),
    );
  }

  #answer(flight: Flight, { path, attempt, turn }: EffectId, agent: string, outcome: Outcome, principal?: string): void {
    failpoint("local.over");
    this.#end(flight);
    if (flight.isStopped) return;
    const answered: Omit<Answered, "at"> =
      principal === undefined
        ? { kind: "answered", path, attempt, turn, agent, outcome }
        : { kind: "answered", path, attempt, turn, agent, outcome, principal };
    this.#context.courier.deliver(flight.placed.run, answered);
  }

  /** No agent could be given the work. */
  #refuse(flight: Flight, command: EffectId, error: unknown): void {
    const failure: Failure = describeFailure(error);
    this.#answer(flight, command, "", { kind: "failed", failure });
  }

  #inBackground(flight: Flight, effect: Promise<void>): void {
    flight.done = effect.then(
      () => this.#end(flight),
      (error: unknown) => {
        this.#context.log("error", "effect_failed", { workflow_id: flight.placed.run.id, subtask_id: flight.placed.command.path, error });
        this.#end(flight);
      },
    );
  }

  #end(flight: Flight): void {
    this.#context.flights.remove(flight);
    if (flight.isHandedOn && flight.isGoingOn) this.#context.permits.keep(flight);
    else flight.releasePermits();
    this.#leave(flight);
  }

  /** A handler that does not listen goes on for nobody, and must not keep others from their place. */
  #leave(flight: Flight): void {
    if (!flight.hasPlace) return;
    flight.hasPlace = false;
    this.#context.gate.leave(flight.placed.runKey);
  }

  /** A newer effect takes the place of an earlier one. A cancel under way is let go on: it has its own end. */
  #replace(earlier: Flight): void {
    this.#context.flights.remove(earlier);
    if (earlier.placed.command.kind === "abort" && earlier.placed.command.task !== null) return;
    earlier.stop();
    // Others get what it held when all commands of this turn have been given: these may stop them, too.
    queueMicrotask(() => {
      earlier.releasePermits();
      this.#leave(earlier);
    });
  }

  #abort(placed: PlacedCommand, command: CommandOf<"abort">): void {
    const earlier = this.#context.flights.get(placed.runKey, command.path);
    if (earlier !== undefined && (earlier.isSame(command) || earlier.placed.command.attempt > command.attempt)) return;
    // A message that is on its way is let go through: cut off, nobody would know what became of it.
    const isSending = earlier?.placed.command.kind === "send" && command.task === null;
    const isRemote = command.task !== null || command.intent !== null;
    const flight = new Flight(placed, this.#context.clock.now());
    if (earlier === undefined) {
      this.#context.permits.take(flight);
    } else if (isSending) {
      earlier.isWindingDown = true;
      this.#context.flights.remove(earlier);
    } else {
      // The agent is at work until it has acknowledged the cancel.
      if (isRemote && earlier.isSameWork(command)) flight.takePermits(earlier);
      this.#replace(earlier);
    }
    if (!isRemote) {
      flight.releasePermits();
      if (isOfWorkflow(placed, earlier)) this.#abortChild(placed, command, earlier);
      return;
    }
    this.#context.flights.set(flight);
    const ready = isSending && earlier !== undefined ? earlier.done : Promise.resolve();
    this.#inBackground(
      flight,
      ready.then(() => abortRemotely(this.#context, flight, command, isSending && earlier !== undefined && !earlier.mayHaveLeft)),
    );
  }

  /** Whatever was on its way to start the run below is let through first, so that there is something to cancel. */
  #abortChild(placed: PlacedCommand, command: CommandOf<"abort">, earlier: Flight | undefined): void {
    const flight = new Flight(placed, this.#context.clock.now());
    this.#context.flights.set(flight);
    const ready = earlier === undefined ? Promise.resolve() : earlier.done;
    this.#inBackground(
      flight,
      ready.then(() => this.#children.abort(flight, command)),
    );
  }

  /**
   * Work in this process that is not over at once becomes `running`. Most of it is over at once, and
   * then the acknowledgement would be one more row for nothing.
   */
  #announceSlowOnes(): void {
    if (this.#isSweeping) return;
    this.#isSweeping = true;
    this.#context.clock.schedule(ACCEPT_AFTER_MS, () => {
      this.#isSweeping = false;
      if (this.#isClosed) return;
      let isAnyNew = false;
      const before = this.#context.clock.now() - ACCEPT_AFTER_MS;
      for (const flight of this.#context.flights.all()) {
        if (flight.localAgent === null || flight.isAnnounced) continue;
        if (flight.begunAt > before) isAnyNew = true;
        else flight.announce(this.#context.courier);
      }
      if (isAnyNew) this.#announceSlowOnes();
    });
  }
}

/** After a restart the command alone does not say; then the run below is looked for, if there can be one. */
function isOfWorkflow({ definition }: PlacedCommand, earlier: Flight | undefined): boolean {
  if (earlier === undefined) return referencesOf(definition).length > 0;
  const { command } = earlier.placed;
  return command.kind === "delegate" && command.target.kind === "workflow";
}
