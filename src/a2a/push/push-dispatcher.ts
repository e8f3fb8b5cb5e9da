/**
 * Delivers push notifications (A2A 4.3.3): one delivery for each config that is not over.
 *
 * It owns the deliveries of this process, and the rows of the configs in the host.
 *
 * 1. A config has at most one delivery, and only the dispatcher writes its row.
 * 2. After `start` every open config of every tenant has a delivery, whoever made it.
 * 3. A config that is over stays readable for a while: what was given up as long as its run.
 */
import { setImmediate } from "node:timers/promises";

import { failpoint } from "../../base/failpoint.ts";
import { DEFAULT_TENANT, type Tenant } from "../../base/ids.ts";
import { PUSH_TIMEOUT_MS } from "../../base/limits.ts";
import { type Clock, systemClock } from "../../ports/clock.ts";
import type { Host } from "../../ports/host.ts";
import { type Log, silentLog } from "../../ports/log.ts";
import type { Egress } from "../../runtime/egress/egress.ts";
import type { TaskFiles } from "../files/task-files.ts";
import { EndedPushes } from "./ended-pushes.ts";
import { PushAddresses } from "./push-addresses.ts";
import { type DeliveryParts, PushDelivery } from "./push-delivery.ts";
import { PushFeeds, type ViewOf } from "./push-feed.ts";
import type { PushSigner } from "./push-request.ts";
import { FRESH, keyOf, type PushRef, type PushRow, readRow, readRows, writeRow } from "./push-row.ts";
import type { PushTarget } from "./push-target.ts";
import { PushTurns } from "./push-turns.ts";
import { forgetRevival, revivalsOf } from "./revive-pushes.ts";

export type PushOptions = {
  readonly host: Host;
  readonly viewOf: ViewOf;
  readonly egress: Egress;
  /** Origins that webhooks may have although they are private or use http: `http://hooks.internal:8080`, or `:*` for any port. */
  readonly allow?: readonly string[];
  readonly signer?: PushSigner;
  readonly files?: TaskFiles;
  readonly timeoutMs?: number;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly log?: Log;
};

const ROWS_PER_PAGE = 500;
/** Each takes some 50 microseconds, and others wait for so many at most. */
const STOPPED_AT_ONCE = 100;
const SWEEP_MS = 60_000;
/** Of the default tenant: the names of the tenants that have had a config. */
const TENANT_PREFIX = "push-tenant/";

type Live = { readonly delivery: PushDelivery; readonly ended: Promise<void> };

export class PushDispatcher {
  readonly host: Host;
  readonly addresses: PushAddresses;
  readonly feeds: PushFeeds;
  readonly #parts: DeliveryParts;
  readonly #live = new Map<string, Live>();
  readonly #ended = new EndedPushes();
  readonly #tenants = new Set<Tenant>([DEFAULT_TENANT]);
  #cancelSweep: () => void = () => undefined;
  #isClosed = false;

  constructor(options: PushOptions) {
    const { host, egress, allow = [], timeoutMs = PUSH_TIMEOUT_MS, clock = systemClock } = options;
    this.host = host;
    this.addresses = new PushAddresses(allow);
    this.feeds = new PushFeeds(host, options.viewOf);
    const fetchOf = (trust: "operator" | "network") => egress.fetch({ trust, timeoutMs, dropsBody: true });
    this.#parts = {
      host,
      feeds: this.feeds,
      turns: new PushTurns(clock),
      addresses: this.addresses,
      fetches: { operator: fetchOf("operator"), network: fetchOf("network") },
      signer: options.signer ?? null,
      files: options.files ?? null,
      clock,
      random: options.random ?? Math.random,
      log: options.log ?? silentLog,
    };
  }

  /** Takes up what an earlier process left. */
  async start(): Promise<void> {
    this.#sweepLater();
    for (const tenant of await this.#readTenants()) {
      this.#tenants.add(tenant);
      await this.#reviveWanted(tenant);
      for (let after: string | null = null; !this.#isClosed;) {
        const { rows, next } = await readRows(this.host, { tenant }, { limit: ROWS_PER_PAGE, after });
        for (const { ref, row } of rows) this.#take(ref, row);
        if (next === null) break;
        after = next;
        await setImmediate();
      }
    }
  }

  /** A config as it is now; null when there is none. */
  async find(ref: PushRef): Promise<PushRow | null> {
    return this.#live.get(keyOf(ref))?.delivery.row ?? readRow(this.host, ref);
  }

  /** Keeps a config, in place of what was under its id, and begins to deliver. Resolves when it is durable. */
  async put(ref: PushRef, row: PushRow): Promise<void> {
    this.#forget(ref);
    await this.#rememberTenant(ref.run.tenant);
    await writeRow(this.host, ref, row);
    failpoint("push.attached");
    this.#take(ref, row);
  }

  /** Sends a config's notifications elsewhere; what was not delivered yet goes there too. */
  async retarget(ref: PushRef, row: PushRow, target: PushTarget): Promise<void> {
    const live = this.#live.get(keyOf(ref));
    await (live?.delivery.row.standing.kind === "open" ? live.delivery.retarget(target) : this.put(ref, { ...row, target }));
  }

  async remove(ref: PushRef): Promise<void> {
    this.#forget(ref);
    await writeRow(this.host, ref, null);
  }

  /** Gives a config that was given up a new chance, from the event that it has got stuck at. False when there is none. */
  async revive(ref: PushRef): Promise<boolean> {
    const row = await this.find(ref);
    if (row?.standing.kind !== "dead") return false;
    await this.put(ref, { ...row, standing: FRESH });
    return true;
  }

  /** Waits for no receiver; what is on its way is sent again after the next start. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelSweep();
    // Meanwhile some end by themselves, and none is added.
    const live = [...this.#live.values()];
    for (const [index, { delivery }] of live.entries()) {
      delivery.stop();
      if ((index + 1) % STOPPED_AT_ONCE === 0) await setImmediate();
    }
    await Promise.all(live.map(({ ended }) => ended));
    this.#parts.turns.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #forget(ref: PushRef): void {
    this.#live.get(keyOf(ref))?.delivery.stop();
    this.#live.delete(keyOf(ref));
    this.#ended.remove(ref);
  }

  #take(ref: PushRef, row: PushRow): void {
    const key = keyOf(ref);
    if (this.#isClosed || this.#live.has(key)) return;
    if (row.standing.kind !== "open") return this.#keepEnded(ref, row);
    const delivery = new PushDelivery(ref, row, this.#parts);
    this.#live.set(key, { delivery, ended: this.#untilEnded(delivery) });
  }

  async #untilEnded(delivery: PushDelivery): Promise<void> {
    const { ref } = delivery;
    await delivery.run();
    if (this.#live.get(keyOf(ref))?.delivery !== delivery) return;
    this.#live.delete(keyOf(ref));
    this.#keepEnded(ref, delivery.row);
  }

  #keepEnded(ref: PushRef, row: PushRow): void {
    this.#drop(this.#ended.add(ref, row));
  }

  #sweepLater(): void {
    this.#cancelSweep = this.#parts.clock.schedule(SWEEP_MS, () => {
      this.#drop(this.#ended.due(this.#parts.clock.now()));
      for (const tenant of this.#tenants) {
        this.#reviveWanted(tenant).catch((error: unknown) => this.#parts.log("warn", "push_not_revived", { tenant, error }));
      }
      this.#sweepLater();
    });
  }

  /** What another process has asked for. */
  async #reviveWanted(tenant: Tenant): Promise<void> {
    for (const ref of await revivalsOf(this.host, tenant)) {
      if (this.#isClosed) return;
      await this.revive(ref);
      await forgetRevival(this.host, ref);
    }
  }

  #drop(refs: readonly PushRef[]): void {
    for (const ref of refs) {
      this.remove(ref).catch((error: unknown) => this.#parts.log("warn", "push_not_removed", { push_config: ref.id, error }));
    }
  }

  async #readTenants(): Promise<readonly Tenant[]> {
    const tenants: Tenant[] = [DEFAULT_TENANT];
    for (let after: string | undefined; ;) {
      const cursors = await this.host.cursors(DEFAULT_TENANT, TENANT_PREFIX, ROWS_PER_PAGE, after);
      tenants.push(...cursors.map(({ name }) => name.slice(TENANT_PREFIX.length) as Tenant));
      if (cursors.length < ROWS_PER_PAGE) return tenants;
      after = cursors.at(-1)?.name;
    }
  }

  /** Before a tenant's first config, so that a restart finds it. */
  async #rememberTenant(tenant: Tenant): Promise<void> {
    if (this.#tenants.has(tenant)) return;
    await this.host.moveCursor(DEFAULT_TENANT, `${TENANT_PREFIX}${tenant}`, true);
    this.#tenants.add(tenant);
  }
}
