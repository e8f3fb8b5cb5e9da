/**
 * Circuit breakers of remote agents: an agent that cannot be reached, or has no room, is left alone
 * for a while (requirements R024). One for each agent's address.
 *
 * closed → (failures in a row reach the threshold) → open → (its time is over, and somebody asks)
 * → probing: one may try → closed again, or open for twice as long.
 *
 * It owns these states, in memory: a process that begins anew believes in every agent.
 *
 * 1. Only failures of transport and overload count. Whatever else an agent answers, it is there.
 * 2. While open, nobody is let through; while probing, one is. A probe that nobody hears of again
 *    gives its place away after a while.
 * 3. The same answer never counts twice as a reason: a failure that comes late, while it is open,
 *    makes it open no longer than it asks for itself.
 */
import { BREAKER_COOL_DOWN_MS, BREAKER_MAX_COOL_DOWN_MS, BREAKER_THRESHOLD, MAX_ORIGINS, REQUEST_TIMEOUT_MS } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";

type State =
  | { readonly kind: "closed"; readonly failureCount: number }
  | { readonly kind: "open"; readonly until: number; readonly coolDownMs: number }
  | { readonly kind: "probing"; readonly until: number; readonly coolDownMs: number };

/** A breaker as others see it. */
export type BreakerView = { readonly agent: string; readonly state: "closed" | "open" | "halfOpen"; readonly retryAfterMs: number };

export type BreakersOptions = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly threshold?: number;
  readonly coolDownMs?: number;
};

export class Breakers {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #log: Log;
  readonly #threshold: number;
  readonly #coolDownMs: number;
  /** Only agents that have failed lately; the one that failed longest ago is first. */
  readonly #states = new Map<string, State>();

  constructor(options: BreakersOptions) {
    this.#clock = options.clock;
    this.#random = options.random;
    this.#log = options.log;
    this.#threshold = options.threshold ?? BREAKER_THRESHOLD;
    this.#coolDownMs = options.coolDownMs ?? BREAKER_COOL_DOWN_MS;
  }

  /** Whether an agent should be chosen when there are others. Changes nothing. */
  isAvailable(agent: string): boolean {
    if (this.#states.size === 0) return true;
    const state = this.#states.get(agent);
    return state === undefined || state.kind === "closed" || this.#clock.monotonic() >= state.until;
  }

  /** Lets an attempt through (null), perhaps as the probe, or says for how long it should wait. */
  admit(agent: string): number | null {
    if (this.#states.size === 0) return null;
    const state = this.#states.get(agent);
    if (state === undefined || state.kind === "closed") return null;
    const leftMs = state.until - this.#clock.monotonic();
    if (leftMs <= 0) {
      this.#set(agent, { kind: "probing", until: this.#clock.monotonic() + REQUEST_TIMEOUT_MS, coolDownMs: state.coolDownMs });
      return null;
    }
    // Later than the probe, and not all at the same instant.
    return Math.ceil((state.kind === "probing" ? Math.min(leftMs, this.#coolDownMs) : leftMs) * (1 + 0.2 * this.#random()));
  }

  succeeded(agent: string): void {
    if (this.#states.size === 0) return;
    const state = this.#states.get(agent);
    if (state === undefined) return;
    this.#states.delete(agent);
    if (state.kind !== "closed") this.#log("info", "breaker_closed", { agent });
  }

  /** `retryAfterMs`: what the agent itself asked for. */
  failed(agent: string, retryAfterMs = 0): void {
    const state = this.#states.get(agent) ?? { kind: "closed", failureCount: 0 };
    switch (state.kind) {
      case "closed": {
        const failureCount = state.failureCount + 1;
        if (failureCount < this.#threshold) return this.#set(agent, { kind: "closed", failureCount });
        return this.#open(agent, this.#coolDownMs, retryAfterMs);
      }
      case "probing":
        return this.#open(agent, Math.min(BREAKER_MAX_COOL_DOWN_MS, state.coolDownMs * 2), retryAfterMs);
      case "open":
        return this.#set(agent, { ...state, until: Math.max(state.until, this.#clock.monotonic() + retryAfterMs) });
    }
  }

  /** Every agent that has failed lately. */
  views(): readonly BreakerView[] {
    const now = this.#clock.monotonic();
    return [...this.#states].map(([agent, state]) => {
      const leftMs = state.kind === "closed" ? 0 : Math.max(0, Math.ceil(state.until - now));
      const isHalfOpen = state.kind === "probing" || (state.kind === "open" && leftMs === 0);
      return { agent, state: isHalfOpen ? "halfOpen" : state.kind === "closed" ? "closed" : "open", retryAfterMs: leftMs };
    });
  }

  #open(agent: string, coolDownMs: number, retryAfterMs: number): void {
    // Half of it to all of it, so that the processes of one system do not all come back at once.
    const jitteredMs = coolDownMs * (0.5 + 0.5 * this.#random());
    const waitMs = Math.max(jitteredMs, retryAfterMs);
    this.#log("warn", "breaker_opened", { agent, retry_after_ms: Math.ceil(waitMs) });
    this.#set(agent, { kind: "open", until: this.#clock.monotonic() + waitMs, coolDownMs });
  }

  #set(agent: string, state: State): void {
    this.#states.delete(agent);
    this.#states.set(agent, state);
    const [oldest] = this.#states.keys();
    if (this.#states.size > MAX_ORIGINS && oldest !== undefined) this.#states.delete(oldest);
  }
}
