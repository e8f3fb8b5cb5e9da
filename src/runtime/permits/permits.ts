/**
 * The limits that a piece of work is under, and the permits that it has for as long as it is at work:
 * one for what its step says (`limit`), one for what its agent takes.
 *
 * Work at a remote agent is several effects, one after the other: it is given, sent and looked after.
 * The permits go from each to the next, and are given back when the last one ends.
 *
 * 1. Work that waits for a permit has no place in the gate.
 * 2. Between two effects permits are kept under the work's path, and no longer than its attempt lasts.
 * 3. Work that is at an agent already, as after a restart, waits for nothing, and counts at once.
 */
import { CANCEL_PATIENCE_MS } from "../../base/limits.ts";
import type { StepLimit, Target } from "../../definition/definition.ts";
import type { Agent } from "../../ports/agents.ts";
import type { Clock } from "../../ports/clock.ts";
import type { PlacedCommand } from "../../ports/host.ts";
import { bindingOf } from "../registry/binder.ts";
import type { Courier } from "../effects/courier.ts";
import type { Flight } from "../effects/flight.ts";
import { Limiter, type Permit } from "./limiter.ts";
import { principalOf, subjectOf } from "./principal.ts";

type Kept = {
  readonly attempt: number;
  readonly turn: number;
  stepPermit: Permit | null;
  agentPermit: Permit | null;
  readonly forget: () => void;
};

export class Permits {
  readonly #clock: Clock;
  readonly #limiter: Limiter;
  readonly #keptByPath = new Map<string, Kept>();
  readonly #courier: Courier;

  constructor(clock: Clock, courier: Courier) {
    this.#clock = clock;
    this.#courier = courier;
    this.#limiter = new Limiter(clock);
  }

  close(): void {
    for (const { forget } of this.#keptByPath.values()) forget();
    this.#keptByPath.clear();
    this.#limiter.close();
  }

  /** While runs are taken up, work that they have at agents is not counted yet: nothing limited begins. */
  hold(isHeld: boolean): void {
    this.#limiter.hold(isHeld);
  }

  /** Begins when the step's own limit has room. */
  forStep(flight: Flight, ask: { readonly target: Target; readonly limit: StepLimit }, begin: () => void): void {
    if (flight.stepPermit !== null) return begin();
    this.#enter(flight, stepSubject(ask.target, flight.placed), ask.limit, (permit) => {
      flight.stepPermit = permit;
      begin();
    });
  }

  /** Begins when the agent's limit has room. */
  forAgent(flight: Flight, ask: { readonly agent: Agent; readonly limit: StepLimit }, begin: () => void): void {
    this.#enter(flight, agentSubject(ask.agent), ask.limit, (permit) => {
      flight.agentPermit = permit;
      begin();
    });
  }

  /** The work goes on at an agent: under its step's limit. */
  holdStep(flight: Flight, ask: { readonly target: Target; readonly limit?: StepLimit }): void {
    if (ask.limit === undefined || flight.isStopped) return;
    flight.stepPermit ??= this.#limiter.adopt(stepSubject(ask.target, flight.placed));
  }

  /** The work goes on at an agent: under the agent's limit. */
  holdAgent(flight: Flight, agent: Agent): void {
    if (flight.isStopped) return;
    flight.agentPermit ??= this.#limiter.adopt(agentSubject(agent));
  }

  /** The effect is over, and the next one of the same work is about to come. */
  keep(flight: Flight): void {
    const { stepPermit, agentPermit } = flight;
    if (stepPermit === null && agentPermit === null) return;
    flight.stepPermit = null;
    flight.agentPermit = null;
    const { command } = flight.placed;
    const key = keyOf(flight);
    this.#drop(key);
    const waitMs = Math.max(0, "deadlineAt" in command ? command.deadlineAt - this.#clock.now() : 0) + CANCEL_PATIENCE_MS;
    const forget = this.#clock.schedule(waitMs, () => this.#drop(key));
    this.#keptByPath.set(key, { attempt: command.attempt, turn: command.turn, stepPermit, agentPermit, forget });
  }

  /** Takes over what an earlier effect of the same work has kept; of other work it is given back. */
  take(flight: Flight): void {
    if (this.#keptByPath.size === 0) return;
    const key = keyOf(flight);
    const kept = this.#keptByPath.get(key);
    if (kept === undefined) return;
    const { command } = flight.placed;
    if (kept.attempt !== command.attempt || kept.turn !== command.turn) return this.#drop(key);
    this.#keptByPath.delete(key);
    kept.forget();
    flight.takePermits(kept);
  }

  /** What waits says so, once: the clocks of its attempt stand still until it begins. */
  #enter(flight: Flight, subject: string, limit: StepLimit, begin: (permit: Permit) => void): void {
    const clock = this.#clock;
    let isWaiting = true;
    const withdraw = this.#limiter.enter({
      subject,
      run: flight.placed.runKey,
      limit,
      begin(permit) {
        if (flight.withdraw !== null) flight.begunAt = clock.now();
        isWaiting = false;
        flight.withdraw = null;
        begin(permit);
      },
    });
    if (!isWaiting) return;
    flight.withdraw = withdraw;
    if (flight.hasQueued) return;
    flight.hasQueued = true;
    const { path, attempt, turn } = flight.placed.command;
    this.#courier.deliver(flight.placed.run, { kind: "queued", path, attempt, turn });
  }

  #drop(key: string): void {
    const kept = this.#keptByPath.get(key);
    if (kept === undefined) return;
    this.#keptByPath.delete(key);
    kept.forget();
    kept.stepPermit?.release();
    kept.agentPermit?.release();
  }
}

function keyOf({ placed }: Flight): string {
  return `${placed.runKey} ${placed.command.path}`;
}

/** What the limit of a step is about: a capability, or an agent, whatever a definition calls it. */
function stepSubject(target: Target, placed: PlacedCommand): string {
  switch (target.kind) {
    case "capability":
      return `capability ${target.capability}`;
    case "workflow":
      return `workflow ${target.name}`;
    case "sink":
      return target.sink === "log" ? "sink log" : `sink ${target.url}`;
    case "agent": {
      const binding = bindingOf(placed.definition, placed.bindings, target.agent);
      switch (binding?.kind) {
        case undefined:
          return `to agent ${target.agent}`;
        case "card":
          return `to agent ${principalOf({ url: binding.url, tenant: "" })}`;
        case "module":
          return `to module ${binding.specifier}`;
        case "local":
          return `to agent ${binding.name}`;
        case "capability":
          return `capability ${binding.capability}`;
      }
    }
  }
}

function agentSubject(agent: Agent): string {
  return `agent ${subjectOf(agent)}`;
}
