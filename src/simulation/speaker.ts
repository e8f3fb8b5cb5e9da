/** How somebody of a tenant asks the process, and writes down what they are told. Whatever they say bears the tenant's word. */
import { TuttiError } from "../base/errors.ts";
import { MAX_SIMULATED_TRIES } from "../base/limits.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import type { Told } from "./evidence.ts";
import { nameOfRun, signedText, type SimulatedTenant } from "./tenants.ts";
import type { SimulatedWorld } from "./world.ts";

type Without<Entry, Keys extends PropertyKey> = Entry extends unknown ? Omit<Entry, Keys> : never;
/** What somebody was told, before it is known when, and in which tenant. */
export type Untold = Without<Told, "order" | "at" | "life" | "tenant">;

const AGAIN_MS = 1_000;

export class Speaker {
  readonly world: SimulatedWorld;
  readonly tenant: SimulatedTenant;

  constructor(world: SimulatedWorld, tenant: SimulatedTenant) {
    this.world = world;
    this.tenant = tenant;
  }

  /** How a run of the tenant is called in this world. */
  nameOf(id: string): string {
    return nameOfRun({ tenant: this.tenant.tenant, id });
  }

  /** Words of somebody of the tenant. */
  says(words: string): string {
    return signedText(words, this.tenant.word);
  }

  tell(entry: Untold): void {
    this.world.chronicle.tell({ tenant: this.tenant.tenant, ...entry });
  }

  /** Does something after a while; what fails is written down. */
  later(delayMs: number, act: () => Promise<void>): void {
    const { clock, chronicle } = this.world;
    clock.schedule(delayMs, () => {
      act().catch((error: unknown) => chronicle.note("outside", `gives up: ${String(error)}`));
    });
  }

  askOnce<Value>(work: (orchestrator: Orchestrator) => Promise<Value>): Promise<Value> {
    return this.world.ask((orchestrator) => work(orchestrator.forTenant(this.tenant.tenant)));
  }

  /** Until the process has said yes or no; the refusal is thrown. */
  async ask<Value>(work: (orchestrator: Orchestrator) => Promise<Value>): Promise<Value> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.askOnce(work);
      } catch (error) {
        if (tries >= MAX_SIMULATED_TRIES || !(error instanceof TuttiError) || !error.retryable) throw error;
        await this.again();
      }
    }
  }

  /** A while, after which one tries again. */
  again(): Promise<void> {
    return this.world.sleep(AGAIN_MS);
  }
}
