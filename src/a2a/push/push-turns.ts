import { setImmediate } from "node:timers/promises";

import type { Tenant } from "../../base/ids.ts";
import { MAX_PUSHES, MAX_PUSHES_PER_ORIGIN } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import { Limiter, type Permit } from "../../runtime/permits/limiter.ts";

/**
 * Who may read a task and send a notification now: few at once to one origin, so that a dead receiver
 * holds nobody else up, and not too many in all. Tenants take turns.
 */
export class PushTurns {
  readonly #limiter: Limiter;

  constructor(clock: Clock) {
    this.#limiter = new Limiter(clock);
  }

  /** Resolves with the turn, or with null when the signal aborts first. */
  async take(origin: string, tenant: Tenant, signal: AbortSignal): Promise<Permit | null> {
    const ofOrigin = await this.#enter(`origin ${origin}`, { tenant, count: MAX_PUSHES_PER_ORIGIN, signal });
    const ofAll = ofOrigin === null ? null : await this.#enter("all", { tenant, count: MAX_PUSHES, signal });
    if (ofAll === null) {
      ofOrigin?.release();
      return null;
    }
    // Turns that end at once must leave the event loop to others in between.
    await setImmediate();
    return {
      release: () => {
        ofAll.release();
        ofOrigin?.release();
      },
    };
  }

  close(): void {
    this.#limiter.close();
  }

  #enter(subject: string, of: { readonly tenant: Tenant; readonly count: number; readonly signal: AbortSignal }): Promise<Permit | null> {
    const { tenant, count, signal } = of;
    return new Promise((resolve) => {
      if (signal.aborted) {
        resolve(null);
        return;
      }
      const onAbort = (): void => {
        withdraw();
        resolve(null);
      };
      signal.addEventListener("abort", onAbort, { once: true });
      const withdraw = this.#limiter.enter({
        subject,
        run: tenant,
        limit: { concurrency: count },
        begin: (permit) => {
          signal.removeEventListener("abort", onAbort);
          resolve(permit);
        },
      });
    });
  }
}
