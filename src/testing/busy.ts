import { TuttiError } from "../base/errors.ts";

/** How long a real agent may work, in real time, before a test gives up. */
const PATIENCE_MS = 30_000;

/**
 * Which real agents are at work. While one is, virtual time stands: its work takes real time, and none
 * of the run's. Work that nobody wants any more is not waited for.
 */
export class Busy {
  readonly #names = new Map<symbol, string>();
  #changed = Promise.withResolvers<void>();

  get isAny(): boolean {
    return this.#names.size > 0;
  }

  /** Resolves when one of them is done. Rejects with T2205 when none is for a long time. */
  async change(): Promise<void> {
    const limit = Promise.withResolvers<never>();
    const timer = setTimeout(() => limit.reject(this.#tooSlow()), PATIENCE_MS);
    try {
      await Promise.race([this.#changed.promise, limit.promise]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Something is at work until a promise settles, or nobody wants it any more. */
  async during<Value>(name: string, work: Promise<Value>, signal?: AbortSignal): Promise<Value> {
    const token = Symbol(name);
    this.#names.set(token, name);
    const leave = () => this.#leave(token);
    signal?.addEventListener("abort", leave, { once: true });
    try {
      return await work;
    } finally {
      leave();
    }
  }

  #leave(token: symbol): void {
    if (!this.#names.delete(token)) return;
    const changed = this.#changed;
    this.#changed = Promise.withResolvers<void>();
    changed.resolve();
  }

  #tooSlow(): TuttiError {
    const names = [...new Set(this.#names.values())].join(", ");
    return new TuttiError("T2205", `The test has waited ${PATIENCE_MS / 1_000} s of real time for ${names}.`, {
      help: "Time stands while a real agent works, so it cannot time out. Give the agent a script that hangs.",
    });
  }
}
