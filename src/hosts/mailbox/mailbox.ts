/**
 * The turn loop of a host: inputs in, one commit, then everything that the commit allows.
 *
 * 1. All inputs of an event-loop turn are decided together and committed together (group commit).
 * 2. Nothing leaves a turn before its commit: no receipt, no fact to a watcher, no command.
 * 3. When a commit fails, every run of the turn is read from the store again (its state has run ahead
 *    of the disk), and every input of the turn is refused. Commands that this process has performed
 *    are not performed again for that.
 * 4. A run whose deciding throws stops alone (decide-input.ts).
 * 5. Time never goes backwards, whatever the clock does.
 */
import { TuttiError } from "../../base/errors.ts";
import { failpoint } from "../../base/failpoint.ts";
import type { RunRef } from "../../base/ids.ts";
import { FACTS_PER_COMMIT, IDLE_RUN_MS, INPUTS_PER_TURN, MAX_IDLE_RUNS, RECOVERIES_PER_TURN } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Performer, PostReceipt } from "../../ports/host.ts";
import type { Log } from "../../ports/log.ts";
import { hasOutstanding, isOver, nextWakeAt, outstanding, type Command } from "../../scheduler/index.ts";
import type { Input } from "../../scheduler/input.ts";
import { addStanding } from "./batch-writer.ts";
import { decideInput, newWork, type Work } from "./decide-input.ts";
import { Programs } from "./programs.ts";
import { loadResident, type Envelope, type Resident } from "./resident.ts";
import { RunQueue } from "./run-queue.ts";
import { emptyBatch, isEmptyBatch, keyOf, type Batch, type Store } from "./store.ts";
import { Wakes } from "./wakes.ts";
import { Watchers } from "./watchers.ts";

export type MailboxOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly performer: Performer;
  readonly log: Log;
  /** Runs a callback at the end of the event-loop turn. */
  readonly defer: (callback: () => void) => void;
};

/** A change that belongs to no run: it rides on the next commit. */
export type Rider = { readonly add: (batch: Batch) => void; readonly done: () => void; readonly refuse: (error: unknown) => void };

/** How long after a failed commit a run's timers are tried again. */
const UNDONE_WAIT_MS = 1_000;

export class Mailbox {
  readonly #options: MailboxOptions;
  readonly programs: Programs;
  readonly watchers = new Watchers();
  readonly #residents = new Map<string, Resident>();
  readonly #queue = new RunQueue<Resident>();
  readonly #idle = new Set<Resident>();
  readonly #wakes = new Wakes();
  #riders: Rider[] = [];
  #recovering: RunRef[] = [];
  #takenUp: Resident[] = [];
  #isScheduled = false;
  #cancelAlarm: (() => void) | null = null;
  #alarmAt = Number.POSITIVE_INFINITY;
  #now = 0;
  #isClosed = false;

  constructor(options: MailboxOptions) {
    this.#options = options;
    this.programs = new Programs(options.store);
  }

  /** Takes up every run that owes commands, some in each turn, and arms the timers. */
  recover(): void {
    this.#recovering = [...this.#options.store.owing()];
    this.#wakes.extend(this.now(), this.#options.store, this.#residents.values());
    this.#schedule();
  }

  now(): number {
    this.#now = Math.max(this.#now, this.#options.clock.now());
    return this.#now;
  }

  get residentCount(): number {
    return this.#residents.size;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  resident(run: RunRef): Resident | undefined {
    return this.#residents.get(keyOf(run));
  }

  /** The run in memory; from the store if need be; null when it does not exist. */
  load(run: RunRef, notBefore = 0): Resident | null {
    const present = this.resident(run);
    if (present !== undefined) return present;
    const stored = this.#options.store.find(run);
    if (stored === null) return null;
    const resident = this.adopt(loadResident(this.#options.store, this.programs, stored));
    if (resident.state === null || resident.status === "quarantined") return resident;
    const wakeAt = nextWakeAt(resident.state);
    this.#armWake(resident, wakeAt === null ? null : Math.max(wakeAt, notBefore));
    // Runs that owe commands never leave memory, so this one comes from an earlier process, or from
    // before a failed commit: whoever performs its commands again does so under the same keys.
    if (hasOutstanding(resident.state)) {
      this.#takenUp.push(resident);
      this.#schedule();
    }
    return resident;
  }

  adopt(resident: Resident): Resident {
    this.#residents.set(resident.key, resident);
    return resident;
  }

  /** Lets a quarantined run decide again: first on the inputs that were kept, all in the next commit. */
  readmit(run: RunRef, kept: readonly Input[]): void {
    const earlier = this.resident(run);
    if (earlier !== undefined) this.#forget(earlier);
    const resident = this.load(run);
    if (resident?.state == null) return;
    resident.status = "running";
    if (hasOutstanding(resident.state)) this.#takenUp.push(resident);
    const waiting = earlier?.inbox.splice(0) ?? [];
    resident.inbox.push(...kept.map((input) => ({ input, settle: null, refuse: null })), ...waiting);
    this.#enqueue(resident);
  }

  /** Puts an input into a run's inbox; its receipt comes after the commit. */
  offer(resident: Resident, envelope: Envelope): void {
    this.#refuseWhenClosed();
    resident.inbox.push(envelope);
    this.#enqueue(resident);
  }

  ride(rider: Rider): void {
    this.#refuseWhenClosed();
    this.#riders.push(rider);
    this.#schedule();
  }

  /** Stops after the turn that is under way; inputs that wait are refused. */
  close(): void {
    this.#isClosed = true;
    this.#cancelAlarm?.();
    const refusal = closedError();
    for (const resident of this.#queue.takeAll()) for (const envelope of resident.inbox) envelope.refuse?.(refusal);
    for (const rider of this.#riders) rider.refuse(refusal);
    this.#residents.clear();
    this.watchers.wakeAll();
  }

  /** Forgets runs that wait for something outside; the store has them. */
  evictIdle(idleMs: number = IDLE_RUN_MS): void {
    const now = this.now();
    for (const resident of this.#idle) {
      const isOldest = this.#idle.size > MAX_IDLE_RUNS;
      if (!isOldest && now - (resident.idleSince ?? now) < idleMs) return;
      this.#idle.delete(resident);
      if (resident.inbox.length === 0) this.#residents.delete(resident.key);
    }
  }

  #refuseWhenClosed(): void {
    if (this.#isClosed) throw closedError();
  }

  #enqueue(resident: Resident): void {
    if (resident.isQueued) return;
    resident.isQueued = true;
    this.#queue.add(resident);
    this.#schedule();
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return;
    this.#isScheduled = true;
    this.#options.defer(() => this.#turn());
  }

  #turn(): void {
    this.#isScheduled = false;
    if (this.#isClosed) return;
    this.#wakeDueRuns();
    this.#recoverSome();
    const batch = emptyBatch();
    const riders = this.#riders;
    this.#riders = [];
    for (const rider of riders) rider.add(batch);
    const works = this.#decideAll(batch);
    try {
      for (const { resident } of works) addStanding(batch, resident, this.#now);
      if (!isEmptyBatch(batch)) this.#options.store.commit(batch);
    } catch (error) {
      return this.#undo(works, riders, error);
    }
    for (const rider of riders) rider.done();
    for (const work of works) this.#publish(work);
    this.#performTakenUp();
    this.#setAlarm();
    if (!this.#queue.isEmpty || this.#recovering.length > 0) this.#schedule();
  }

  #wakeDueRuns(): void {
    const now = this.now();
    this.#wakes.extend(now, this.#options.store, this.#residents.values());
    for (const run of this.#wakes.takeDue(now)) {
      failpoint("wake.due");
      const resident = this.#loadOrReport(run);
      if (resident?.state == null || isOver(resident.state) || resident.status === "quarantined" || !this.#mayGoOn(resident)) continue;
      resident.inbox.push({ input: { kind: "timerDue" }, settle: null, refuse: null });
      this.#enqueue(resident);
    }
  }

  #recoverSome(): void {
    for (const run of this.#recovering.splice(0, RECOVERIES_PER_TURN)) {
      failpoint("recover.loading");
      this.#loadOrReport(run);
    }
  }

  #performTakenUp(): void {
    const takenUp = this.#takenUp;
    this.#takenUp = [];
    for (const resident of takenUp) {
      failpoint("recover.performing");
      if (resident.state !== null && this.#mayGoOn(resident)) this.#perform(resident, outstanding(resident.state), true);
    }
  }

  #mayGoOn({ program, state, run }: Resident): boolean {
    const reason = this.#options.performer.cannotRecover(program.definition, state?.bindings ?? null);
    if (reason !== null) this.#options.log("warn", "workflow_not_recovered", { workflow_id: run.id, reason });
    return reason === null;
  }

  #loadOrReport(run: RunRef, notBefore = 0): Resident | null {
    try {
      return this.load(run, notBefore);
    } catch (error) {
      // The run waits as it is: what cannot be read must not be written to (T5006, T5010).
      this.#options.log("error", "workflow_not_readable", { workflow_id: run.id, error });
      return null;
    }
  }

  #decideAll(batch: Batch): Work[] {
    const works = new Map<Resident, Work>();
    while (!this.#queue.isEmpty && batch.facts.length < FACTS_PER_COMMIT) {
      for (const resident of this.#queue.takeAll()) {
        resident.isQueued = false;
        if (batch.facts.length >= FACTS_PER_COMMIT) this.#enqueue(resident);
        else this.#decideSome(batch, resident, works);
      }
    }
    return [...works.values()];
  }

  #decideSome(batch: Batch, resident: Resident, works: Map<Resident, Work>): void {
    const isAll = resident.inbox.length <= INPUTS_PER_TURN;
    const envelopes = isAll ? resident.inbox : resident.inbox.slice(0, INPUTS_PER_TURN);
    resident.inbox = isAll ? [] : resident.inbox.slice(INPUTS_PER_TURN);
    const work = works.get(resident) ?? newWork(resident);
    works.set(resident, work);
    for (const envelope of envelopes) decideInput(batch, work, envelope, { now: this.#now, log: this.#options.log });
    if (resident.inbox.length > 0) this.#enqueue(resident);
  }

  #undo(works: readonly Work[], riders: readonly Rider[], error: unknown): void {
    for (const { resident, envelopes } of works) {
      this.#forget(resident);
      for (const envelope of [...envelopes, ...resident.inbox]) envelope.refuse?.(error);
      resident.inbox = [];
      this.#loadUndone(resident);
    }
    for (const rider of riders) rider.refuse(error);
    this.#options.log("error", "commit_failed", { error, runs: works.length });
    this.#performTakenUp();
    this.#setAlarm();
    if (!this.#queue.isEmpty || this.#recovering.length > 0) this.#schedule();
  }

  /** Takes a run back to what is durable of it; its timers wait a moment, so that a full disk is not asked without end. */
  #loadUndone(undone: Resident): void {
    const wasTakenUp = this.#takenUp.includes(undone);
    this.#takenUp = this.#takenUp.filter((resident) => resident !== undone);
    undone.state = null;
    const resident = this.#loadOrReport(undone.run, this.#now + UNDONE_WAIT_MS);
    if (resident?.state == null) return;
    if (!hasOutstanding(resident.state)) this.#forget(resident);
    // What this process has begun, it goes on with.
    else if (!wasTakenUp) this.#takenUp = this.#takenUp.filter((other) => other !== resident);
  }

  #publish({ resident, envelopes, receipts, commands, hasFacts }: Work): void {
    for (let index = 0; index < envelopes.length; index += 1) envelopes[index]?.settle?.(receipts[index] as PostReceipt);
    if (hasFacts) this.watchers.notify(resident.key);
    failpoint("turn.receipts");
    this.#settleResident(resident);
    if (commands.length > 0 && resident.status !== "quarantined") this.#perform(resident, commands, false);
  }

  /** Keeps a run in memory while it has work, for a while when it waits, and not when it is over. */
  #settleResident(resident: Resident): void {
    const { state } = resident;
    if (state === null || isOver(state) || resident.status === "quarantined") {
      // A quarantined run is not over, but whoever waits for its end must hear of it.
      this.watchers.notifyOver(resident.key);
      return this.#forget(resident);
    }
    this.#armWake(resident, nextWakeAt(state));
    this.#idle.delete(resident);
    resident.idleSince = null;
    if (hasOutstanding(state) || resident.inbox.length > 0) return;
    resident.idleSince = this.#now;
    this.#idle.add(resident);
  }

  /** One wake a run, unless a nearer one is wanted: an early wake is harmless, a thousand are not. */
  #armWake(resident: Resident, wakeAt: number | null): void {
    if (wakeAt === null || (resident.armedAt !== null && resident.armedAt > this.#now && resident.armedAt <= wakeAt)) return;
    resident.armedAt = wakeAt;
    this.#wakes.arm(resident.run, wakeAt);
  }

  #forget(resident: Resident): void {
    this.#idle.delete(resident);
    if (this.#residents.get(resident.key) === resident) this.#residents.delete(resident.key);
  }

  #perform(resident: Resident, commands: readonly Command[], recovered: boolean): void {
    const { run, key: runKey, program, state } = resident;
    const { definition } = program;
    const bindings = state?.bindings ?? null;
    for (const command of commands) {
      this.#options.performer.perform({ run, runKey, workflow: definition.name, definition, bindings, command, recovered });
    }
  }

  /** One alarm for the next wake and for the eviction of idle runs. */
  #setAlarm(): void {
    const idleAt = this.#idle.size > 0 ? this.#now + IDLE_RUN_MS : Number.POSITIVE_INFINITY;
    const nextAt = Math.min(this.#wakes.nextAt(this.#now), idleAt);
    if (this.#isClosed || nextAt >= this.#alarmAt) return;
    this.#cancelAlarm?.();
    this.#alarmAt = nextAt;
    this.#cancelAlarm = this.#options.clock.schedule(Math.max(0, nextAt - this.#options.clock.now()), () => {
      this.#alarmAt = Number.POSITIVE_INFINITY;
      this.evictIdle();
      this.#schedule();
    });
  }
}

/** What a closed host says to everybody. */
export function closedError(): TuttiError {
  return new TuttiError("T5008", "The host is closed; the run goes on when a process opens the database again.", { retryable: true });
}
