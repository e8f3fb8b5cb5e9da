/**
 * The performer: turns commands into inputs.
 *
 * 1. One effect at a time for a subtask. A command whose effect is at work already is the same
 *    command again (a host may give it twice) and is ignored; a newer attempt or turn replaces it.
 * 2. Every effect ends in an input, or in the knowledge that nobody wants it any more.
 * 3. Nothing here decides what an outcome means; that is the scheduler's.
 */
import { failpoint } from "../base/failpoint.ts";
import type { JsonObject } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import type { Agent } from "../ports/agents.ts";
import type { Clock } from "../ports/clock.ts";
import type { Host, Performer, PlacedCommand } from "../ports/host.ts";
import type { Log } from "../ports/log.ts";
import type { Assignment, Command } from "../scheduler/index.ts";
import type { EffectId } from "../scheduler/input.ts";
import type { Failure, Outcome } from "../scheduler/outcome.ts";
import { Courier } from "./courier.ts";
import { describeFailure } from "./failures.ts";
import { FlightTable } from "./flight-table.ts";
import { Flight } from "./flight.ts";
import { Gate } from "./gate.ts";
import { performLocally } from "./local-effect.ts";
import { Pacer } from "./pacer.ts";
import type { Registry } from "./registry.ts";
import { abortRemotely, attendRemotely, delegateRemotely, sendRemotely } from "./remote-effect.ts";

export type EffectsOptions = {
  readonly registry: Registry;
  readonly host: () => Host;
  readonly clock: Clock;
  readonly log: Log;
  readonly random: () => number;
  /** How long "the agent has no such task" proves nothing after a message was cut off. */
  readonly reconcileMs?: number;
};

/** What every kind of effect uses. */
export type EffectContext = EffectsOptions & {
  readonly courier: Courier;
  readonly gate: Gate;
  readonly pacer: Pacer;
  readonly flights: FlightTable;
};

const ACCEPT_AFTER_MS = 50;

export class Effects implements Performer {
  readonly #context: EffectContext;
  #isSweeping = false;
  #isClosed = false;

  constructor(options: EffectsOptions) {
    const courier = new Courier(options.host, options.clock, options.log);
    const pacer = new Pacer(options.clock, options.random);
    this.#context = { ...options, courier, gate: new Gate(), pacer, flights: new FlightTable() };
  }

  cannotRecover(definition: Definition, bindings: JsonObject | null): string | null {
    return this.#context.registry.cannotBind(definition, bindings);
  }

  /** How many effects are at work. */
  get count(): number {
    return this.#context.flights.size;
  }

  perform(placed: PlacedCommand): void {
    if (this.#isClosed) return;
    const { command, runKey } = placed;
    if (command.kind === "abort") return this.#abort(placed, command);
    const earlier = this.#context.flights.get(runKey, command.path);
    if (earlier !== undefined) {
      if (earlier.isSame(command) && !earlier.isConcluded) return;
      this.#replace(earlier);
    }
    const flight = new Flight(placed, this.#context.clock.now());
    this.#context.flights.set(flight);
    this.#begin(flight, command);
  }

  /** Stops everything in this process; remote tasks go on and are taken up again after a restart. */
  close(): void {
    this.#isClosed = true;
    for (const flight of this.#context.flights.all()) flight.stop();
  }

  #begin(flight: Flight, command: Exclude<Command, { kind: "abort" }>): void {
    switch (command.kind) {
      case "delegate":
        return this.#context.gate.enter(flight.placed.runKey, () => {
          flight.hasPlace = true;
          this.#delegate(flight, command);
        });
      case "send":
        return this.#inBackground(flight, sendRemotely(this.#context, flight, command));
      case "attend":
        return this.#inBackground(flight, attendRemotely(this.#context, flight, command));
    }
  }

  #delegate(flight: Flight, command: Assignment): void {
    if (flight.isStopped) return this.#end(flight);
    try {
      const { definition, bindings } = flight.placed;
      const agent = this.#context.registry.resolve({ target: command.target, definition, bindings, attempt: command.attempt });
      if (agent instanceof Promise) {
        agent.then(
          (resolved) => this.#give(resolved, flight, command),
          (error: unknown) => this.#refuse(flight, command, error),
        );
      } else {
        this.#give(agent, flight, command);
      }
    } catch (error) {
      this.#refuse(flight, command, error);
    }
  }

  #give(agent: Agent, flight: Flight, command: Assignment): void {
    if (flight.isStopped) return this.#end(flight);
    if (agent.kind === "remote") return this.#inBackground(flight, delegateRemotely(this.#context, flight, command, agent));
    this.#announceSlowOnes();
    failpoint("local.begun");
    performLocally(this.#context, agent, flight, command).then(
      (outcome) => this.#answer(flight, command, agent.name, outcome),
      (error: unknown) => this.#refuse(flight, command, error),
    );
  }

  #answer(flight: Flight, command: EffectId, agent: string, outcome: Outcome): void {
    failpoint("local.over");
    this.#end(flight);
    if (flight.isStopped) return;
    const { path, attempt, turn } = command;
    this.#context.courier.deliver(flight.placed.run, { kind: "answered", path, attempt, turn, agent, outcome });
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
    this.#leave(earlier);
  }

  #abort(placed: PlacedCommand, command: Extract<Command, { kind: "abort" }>): void {
    const earlier = this.#context.flights.get(placed.runKey, command.path);
    if (earlier !== undefined && (earlier.isSame(command) || earlier.placed.command.attempt > command.attempt)) return;
    // A message that is on its way is let go through: cut off, nobody would know what became of it.
    const isSending = earlier?.placed.command.kind === "send" && command.task === null;
    if (earlier !== undefined && isSending) {
      earlier.isWindingDown = true;
      this.#context.flights.remove(earlier);
    } else if (earlier !== undefined) {
      this.#replace(earlier);
    }
    if (command.task === null && command.intent === null) return;
    const flight = new Flight(placed, this.#context.clock.now());
    this.#context.flights.set(flight);
    const ready = isSending && earlier !== undefined ? earlier.done : Promise.resolve();
    this.#inBackground(
      flight,
      ready.then(() => abortRemotely(this.#context, flight, command, isSending && earlier !== undefined && !earlier.mayHaveLeft)),
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
