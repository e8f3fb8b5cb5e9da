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
import { FACTS_PER_COMMIT, IDLE_RUN_MS, INPUTS_PER_TURN, RECOVERIES_PER_TURN } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Performer, PostReceipt } from "../../ports/host.ts";
import type { Log } from "../../ports/log.ts";
import { hasOutstanding, isOver, nextWakeAt, outstanding, type Command } from "../../scheduler/index.ts";
import type { Input } from "../../scheduler/input.ts";
import { Alarm } from "./alarm.ts";
import { addStanding } from "./batch-writer.ts";
import { decideInput, newWork, type Work } from "./decide-input.ts";
import { closedError } from "./closed-error.ts";
import { Programs } from "./programs.ts";
import { IdleRuns } from "./idle-runs.ts";
import { loadResident, newResident, type Envelope, type Resident } from "./resident.ts";
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

/** When what failed at the disk is tried again. */
const RETRY_MS = 1_000;
/** When a run is looked at again that cannot go on in this process as it is. */
const UNBOUND_RETRY_MS = 30_000;

export class Mailbox {
  readonly #options: MailboxOptions;
  readonly programs: Programs;
  readonly watchers = new Watchers();
  readonly #residents = new Map<string, Resident>();
  readonly #queue = new RunQueue<Resident>();
  readonly #idle = new IdleRuns();
  readonly #wakes = new Wakes();
  readonly #alarm: Alarm;
  #riders: Rider[] = [];
  #recovering: RunRef[] = [];
  #takenUp: Resident[] = [];
  #isScheduled = false;
  #retryAt = Number.POSITIVE_INFINITY;
  #now = 0;
  #ticks = 0;
  #isClosed = false;

  constructor(options: MailboxOptions) {
    this.#options = options;
    this.#ticks = options.clock.monotonic();
    this.#alarm = new Alarm(options.clock, () => {
      this.evictIdle();
      this.#schedule();
    });
    this.programs = new Programs(options.store);
  }

  /** Takes up every run that owes commands, some in each turn, and arms the timers. */
  recover(): void {
    this.#recovering = [...this.#options.store.owing()];
    this.#extendWakes(this.now());
    this.#schedule();
  }

  now(): number {
    const { clock } = this.#options;
    const ticks = clock.monotonic();
    // After the wall clock was set back, time goes on from where it was: it neither turns nor stands.
    this.#now = Math.max(clock.now(), this.#now + Math.floor(ticks - this.#ticks));
    this.#ticks = ticks;
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

  /** The run in memory; from the store if need be; null when it does not exist or is over. */
  load(run: RunRef, notBefore = 0): Resident | null {
    const present = this.resident(run);
    if (present !== undefined) return present;
    const stored = this.#options.store.find(run);
    // A run that is over has no place in memory: nothing would ever take it out again.
    if (stored === null || stored.record.endedAt !== null) return null;
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
    this.#alarm.stop();
    const refusal = closedError();
    for (const resident of this.#queue.takeAll()) for (const envelope of resident.inbox) envelope.refuse?.(refusal);
    for (const rider of this.#riders) rider.refuse(refusal);
    this.#residents.clear();
    this.watchers.wakeAll();
  }

  /** Forgets runs that wait for something outside; the store has them. */
  evictIdle(idleMs: number = IDLE_RUN_MS): void {
    for (const resident of this.#idle.takeOut(this.now(), idleMs)) if (resident.inbox.length === 0) this.#forget(resident);
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
    this.#commit(batch, works, riders);
    this.#performTakenUp();
    this.#setAlarm();
    if (!this.#queue.isEmpty || this.#recovering.length > 0) this.#schedule();
  }

  #commit(batch: Batch, works: readonly Work[], riders: readonly Rider[]): void {
    try {
      for (const { resident } of works) addStanding(batch, resident, this.#now);
      if (!isEmptyBatch(batch)) this.#options.store.commit(batch);
    } catch (error) {
      const isOfDisk = error instanceof TuttiError && error.retryable;
      const isMixed = works.length + riders.length > 1;
      return isMixed && !isOfDisk ? this.#commitOneByOne(works, riders) : this.#undo(works, riders, error);
    }
    for (const rider of riders) rider.done();
    for (const work of works) this.#publish(work);
  }

  /** Something in the batch cannot be written at all: whatever it is, it must not take the others with it (law 8). */
  #commitOneByOne(works: readonly Work[], riders: readonly Rider[]): void {
    for (const rider of riders) {
      const batch = emptyBatch();
      rider.add(batch);
      this.#commit(batch, [], [rider]);
    }
    for (const { resident, envelopes } of works) {
      const again = this.#takeBack(resident) ?? this.adopt(newResident(resident.run, resident.program, resident.inputHash));
      const work = newWork(again);
      const batch = emptyBatch();
      for (const envelope of envelopes) decideInput(batch, work, envelope, { now: this.#now, log: this.#options.log });
      this.#commit(batch, [work], []);
    }
  }

  #wakeDueRuns(): void {
    const now = this.now();
    this.#extendWakes(now);
    for (const run of this.#wakes.takeDue(now)) {
      failpoint("wake.due");
      // Its wake is this one: armed again while it is overdue, it would come at once, and for ever.
      const resident = this.#loadOrReport(run, Number.POSITIVE_INFINITY);
      if (resident === null) continue;
      if (resident.state === null || resident.status === "quarantined") this.#settleResident(resident);
      else if (this.#mayGoOn(resident)) this.#push(resident, { kind: "timerDue" });
    }
  }

  #extendWakes(now: number): void {
    try {
      this.#wakes.extend(now, this.#options.store, this.#residents.values());
    } catch (error) {
      this.#options.log("error", "timers_not_readable", { error });
      this.#retryAt = now + RETRY_MS;
    }
  }

  #push(resident: Resident, input: Envelope["input"]): void {
    resident.inbox.push({ input, settle: null, refuse: null });
    this.#enqueue(resident);
  }

  #recoverSome(): void {
    for (const run of this.#recovering.splice(0, RECOVERIES_PER_TURN)) {
      failpoint("recover.loading");
      const resident = this.#loadOrReport(run);
      if (resident?.status === "quarantined") this.#settleResident(resident);
    }
  }

  #performTakenUp(): void {
    const takenUp = this.#takenUp;
    this.#takenUp = [];
    for (const resident of takenUp) {
      failpoint("recover.performing");
      if (resident.state !== null && this.#mayGoOn(resident)) this.#perform(resident, outstanding(resident.state, resident.program), true);
    }
  }

  /** A run whose agents are not here leaves memory, and is looked at again later: they may have come. */
  #mayGoOn(resident: Resident): boolean {
    const { program, state, run } = resident;
    const reason = this.#options.performer.cannotRecover(program.definition, state?.bindings ?? null);
    if (reason === null) return true;
    this.#options.log("warn", "workflow_not_recovered", { workflow_id: run.id, reason });
    this.#forget(resident);
    this.#wakes.arm(run, this.#now + UNBOUND_RETRY_MS);
    return false;
  }

  #loadOrReport(run: RunRef, notBefore = 0): Resident | null {
    try {
      return this.load(run, notBefore);
    } catch (error) {
      this.#options.log("error", "workflow_not_readable", { workflow_id: run.id, error });
      // A history of a newer version, or a damaged one, stays as it is; anything else may pass.
      const isLasting = error instanceof TuttiError && !error.retryable;
      this.#wakes.arm(run, this.#now + (isLasting ? UNBOUND_RETRY_MS : RETRY_MS));
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
      for (const envelope of envelopes) envelope.refuse?.(error);
      const again = this.#takeBack(resident, error);
      if (again !== null && (again.state === null || !hasOutstanding(again.state))) this.#forget(again);
    }
    for (const rider of riders) rider.refuse(error);
    this.#options.log("error", "commit_failed", { error, runs: works.length });
  }

  /** Takes a run back to what is durable of it; its timers wait a moment, so that a full disk is not asked without end. */
  #takeBack(
    undone: Resident,
    error: unknown = new TuttiError("T5005", "The turn could not be written.", { retryable: true }),
  ): Resident | null {
    const wasTakenUp = this.#takenUp.includes(undone);
    this.#forget(undone);
    this.#takenUp = this.#takenUp.filter((resident) => resident !== undone);
    for (const envelope of undone.inbox.splice(0)) envelope.refuse?.(error);
    undone.state = null;
    const again = this.#loadOrReport(undone.run, this.#now + RETRY_MS);
    // What this process has begun, it goes on with.
    if (!wasTakenUp) this.#takenUp = this.#takenUp.filter((resident) => resident !== again);
    return again;
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
    const isClosed = resident.status === "quarantined" || (state !== null && isOver(state));
    // A quarantined run is not over, but whoever waits for its end must hear of it.
    if (isClosed) this.watchers.notifyOver(resident.key);
    if (isClosed || state === null) return this.#forget(resident);
    this.#armWake(resident, nextWakeAt(state));
    this.#idle.remove(resident);
    if (hasOutstanding(state) || resident.inbox.length > 0) return;
    this.#idle.add(resident, this.#now);
  }

  /** One wake a run, unless a nearer one is wanted: an early wake is harmless, a thousand are not. */
  #armWake(resident: Resident, wakeAt: number | null): void {
    if (wakeAt === null || (resident.armedAt !== null && resident.armedAt > this.#now && resident.armedAt <= wakeAt)) return;
    resident.armedAt = wakeAt;
    this.#wakes.arm(resident.run, wakeAt);
  }

  #forget(resident: Resident): void {
    this.#idle.remove(resident);
    if (this.#residents.get(resident.key) === resident) this.#residents.delete(resident.key);
  }

  #perform(resident: Resident, commands: readonly Command[], recovered: boolean): void {
    const { run, key: runKey, program, state } = resident;
    const { definition } = program;
    const { bindings, hops } = state ?? { bindings: null, hops: 0 };
    for (const command of commands) {
      this.#options.performer.perform({ run, runKey, workflow: definition.name, definition, bindings, command, recovered, hops });
    }
  }

  /** For the next wake, for the eviction of idle runs, and for what could not be read. */
  #setAlarm(): void {
    const idleAt = this.#idle.size > 0 ? this.#now + IDLE_RUN_MS : Number.POSITIVE_INFINITY;
    const nextAt = Math.min(this.#wakes.nextAt(this.#now), idleAt, this.#retryAt);
    this.#retryAt = Number.POSITIVE_INFINITY;
    this.#alarm.setFor(nextAt, nextAt - this.now());
  }
}
