/**
 * One config's life: its events go to its receiver one after the other, until the task is over.
 *
 * States: resting (nothing new in the history, or a pause after a failure) → in turn (it reads, and
 * sends) → keeping (the next place is made durable) → in turn or resting → … → ended.
 *
 * 1. In order: an event is posted after the one before it was delivered, and that is durable.
 * 2. At least once: a place is made durable after the receiver has said yes. A crash in between sends
 *    the same event again, under the same id.
 * 3. What rests holds no turn, no connection and no event: only a watch of the run, or a timer.
 * 4. After `stop` nothing is written: whoever stopped it decides what is kept.
 */
import { failpoint } from "../../base/failpoint.ts";
import { MAX_RETRY_AFTER_MS } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Host } from "../../ports/host.ts";
import type { Log } from "../../ports/log.ts";
import type { Fetch, Trust } from "../../runtime/egress/egress.ts";
import type { TaskFiles } from "../files/task-files.ts";
import type { PushAddresses } from "./push-addresses.ts";
import type { PushFeeds, Reading, ToldEvent } from "./push-feed.ts";
import { pushRequest, type PushSigner } from "./push-request.ts";
import { FRESH, keyOf, type Place, type PushRef, type PushRow, writeRow } from "./push-row.ts";
import { type PushTarget, withoutSecrets } from "./push-target.ts";
import type { PushTurns } from "./push-turns.ts";
import { standingAfter, type Verdict, verdictOf, verdictOfError } from "./push-verdict.ts";

/** What all deliveries of a process share. */
export type DeliveryParts = {
  readonly host: Host;
  readonly feeds: PushFeeds;
  readonly turns: PushTurns;
  readonly addresses: PushAddresses;
  readonly fetches: { readonly [trust in Trust]: Fetch };
  readonly signer: PushSigner | null;
  /** Brings the files of a task along. */
  readonly files: TaskFiles | null;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
};

/** What a turn was used for. */
type Attempt = Exclude<Reading, { kind: "event" }> | { readonly kind: "event"; readonly next: Place; readonly verdict: Verdict };

/** The pause after a failed write: the database is ours, and is mended soon or by a person. */
const WRITE_PAUSE_MS = 1_000;

export class PushDelivery {
  readonly ref: PushRef;
  readonly #key: string;
  readonly #parts: DeliveryParts;
  readonly #stopper = new AbortController();
  #row: PushRow;
  /** The fact up to which all is told; null: there may be more at once. */
  #caughtUpAt: number | null;
  /** The run has no facts beyond those that it has now. */
  #hasEnded = false;
  #endPause: () => void = () => undefined;

  constructor(ref: PushRef, row: PushRow, parts: DeliveryParts) {
    this.ref = ref;
    this.#key = keyOf(ref);
    this.#row = row;
    this.#parts = parts;
    this.#caughtUpAt = row.from.n === 0 ? row.from.seq - 1 : null;
  }

  get row(): PushRow {
    return this.#row;
  }

  /** From now on it goes there, and what failed before does not count. */
  async retarget(target: PushTarget): Promise<void> {
    this.#row = { ...this.#row, target, standing: FRESH };
    this.#endPause();
    await writeRow(this.#parts.host, this.ref, this.#row);
  }

  stop(): void {
    this.#stopper.abort();
  }

  /** Resolves when there is nothing to deliver any more, or it was stopped. It never rejects. */
  async run(): Promise<void> {
    while (this.#isOpen) {
      try {
        await this.#rest();
        if (this.#isOpen) await this.#goOn();
      } catch (error) {
        if (!this.#isOpen) break;
        this.#parts.feeds.forget(this.#key);
        this.#parts.log("error", "push_interrupted", { ...this.#names(), error });
        await this.#fail({ kind: "failed", reason: "The task could not be read.", retryAfterMs: 0 });
      }
    }
    this.#parts.feeds.forget(this.#key);
  }

  get #isOpen(): boolean {
    return !this.#stopper.signal.aborted && this.#row.standing.kind === "open";
  }

  /** Waits until the next attempt is due, or there is something new. */
  async #rest(): Promise<void> {
    const { standing, tellsEnd } = this.#row;
    if (standing.kind === "open" && standing.retryAt !== null) await this.#pause(standing.retryAt - this.#parts.clock.now());
    else if (this.#caughtUpAt !== null && !tellsEnd) await this.#news(this.#caughtUpAt + 1);
  }

  /** Waits for a fact from a number on, or for the run's end. */
  async #news(fromSeq: number): Promise<void> {
    const { host } = this.#parts;
    // A run that was swept away is never heard of again.
    if ((await host.get(this.ref.run)) === null) return;
    const watch = host.watch(this.ref.run, fromSeq, this.#stopper.signal)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await watch.next();
        if (next.done === true) this.#hasEnded = true;
        if (next.done === true || next.value.kind === "fact") return;
      }
    } finally {
      await watch.return?.();
    }
  }

  /** Reads what comes next and sends it when it is this config's turn, and keeps what came of it. */
  async #goOn(): Promise<void> {
    const { turns, host } = this.#parts;
    const turn = await turns.take(new URL(this.#row.target.url).origin, this.ref.run.tenant, this.#stopper.signal);
    if (turn === null) return;
    const attempt = await this.#attempt().finally(() => turn.release());
    switch (attempt.kind) {
      case "event":
        return this.#settle(attempt.verdict, attempt.next);
      case "caughtUp":
        this.#caughtUpAt = attempt.seq;
        return this.#hasEnded ? this.#end() : undefined;
      case "over":
        return this.#end();
      case "noRun":
        this.stop();
        return writeRow(host, this.ref, null);
    }
  }

  async #attempt(): Promise<Attempt> {
    const reading = await this.#read();
    return reading.kind === "event" ? { kind: "event", next: reading.next, verdict: await this.#post(reading.told) } : reading;
  }

  async #read(): Promise<Reading> {
    const { feeds } = this.#parts;
    const { from, tellsEnd } = this.#row;
    if (!tellsEnd) return feeds.read(this.#key, this.ref.run, from);
    const at = await feeds.readTask(this.ref.run);
    if (at === null) return { kind: "noRun" };
    const event = { payload: { $case: "task", value: at.task } } as const;
    return { kind: "event", told: { id: `${at.seq}.task`, event, task: () => at.task, trace: at.trace }, next: from };
  }

  async #settle(verdict: Verdict, next: Place): Promise<void> {
    failpoint("push.posted");
    if (verdict.kind !== "delivered") return this.#fail(verdict);
    if (this.#row.tellsEnd) return this.#end();
    this.#row = { ...this.#row, from: next, standing: FRESH };
    this.#caughtUpAt = null;
    return this.#keep();
  }

  async #post(told: ToldEvent): Promise<Verdict> {
    const { addresses, fetches, signer, clock } = this.#parts;
    const { target } = this.#row;
    const url = new URL(target.url);
    const request = await pushRequest({ run: this.ref.run, target, told: await this.#filled(told), signer, now: clock.now() });
    try {
      const send = fetches[addresses.trustOf(url)];
      const { status } = await send(url, { method: "POST", ...request, signal: this.#stopper.signal });
      return verdictOf({ status, host: url.host });
    } catch (error) {
      return verdictOfError(error);
    }
  }

  async #filled(told: ToldEvent): Promise<ToldEvent> {
    const { files } = this.#parts;
    const { tenant } = this.ref.run;
    if (files === null) return told;
    if (this.#row.target.version === undefined) return { ...told, event: await files.event(tenant, told.event) };
    const task = await files.task(tenant, told.task());
    return { ...told, task: () => task };
  }

  async #fail(verdict: Exclude<Verdict, { kind: "delivered" }>): Promise<void> {
    const { clock, random, log } = this.#parts;
    const { standing } = this.#row;
    if (standing.kind !== "open" || this.#stopper.signal.aborted) return;
    const after = standingAfter(standing, verdict, { now: clock.now(), random: random() });
    this.#row = { ...this.#row, standing: after };
    if (after.kind === "dead") log("error", "push_given_up", { ...this.#names(), reason: verdict.reason, attempts: after.failureCount });
    else log("warn", "push_failed", { ...this.#names(), reason: verdict.reason });
    await this.#keep();
  }

  async #end(): Promise<void> {
    const standing = { kind: "done", at: this.#parts.clock.now() } as const;
    this.#row = { ...this.#row, target: withoutSecrets(this.#row.target), standing };
    await this.#keep();
  }

  /** Nothing goes on before it is durable how far this is. */
  async #keep(): Promise<void> {
    while (!this.#stopper.signal.aborted) {
      try {
        await writeRow(this.#parts.host, this.ref, this.#row);
        return failpoint("push.kept");
      } catch (error) {
        this.#parts.log("error", "push_not_kept", { ...this.#names(), error });
        await this.#pause(WRITE_PAUSE_MS);
      }
    }
  }

  /** Ends early when it is stopped, or goes to another receiver. No clock that was set back makes it long. */
  async #pause(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { signal } = this.#stopper;
    const cancel = this.#parts.clock.schedule(Math.min(MAX_RETRY_AFTER_MS, Math.max(0, delayMs)), resolve);
    this.#endPause = resolve;
    signal.addEventListener("abort", this.#endPause);
    if (!signal.aborted) await promise;
    signal.removeEventListener("abort", this.#endPause);
    cancel();
  }

  #names() {
    const { run, id } = this.ref;
    return { workflow_id: run.id, tenant: run.tenant, push_config: id, origin: new URL(this.#row.target.url).origin };
  }
}
