/**
 * The turn loop of a host: inputs in, one commit, then everything that the commit allows.
 *
 * 1. All inputs of an event-loop turn are decided together and committed together (group commit).
 * 2. Nothing leaves a turn before its commit: no receipt, no fact to a watcher, no command.
 * 3. When a commit fails, every run of the turn is read from the store again (its state has run ahead
 *    of the disk), and every input of the turn is refused. Commands that this process has performed
 *    are not performed again for that. When the commit was written all the same, what it allows is done.
 * 4. A run whose deciding throws stops alone (decide-input.ts).
 * 5. Time never goes backwards (steady-clock.ts).
 *
 * Which runs are in memory, and when they are woken, is the business of residents.ts.
 */
import { TuttiError } from "../../base/errors.ts";
import { failpoint } from "../../base/failpoint.ts";
import type { RunRef } from "../../base/ids.ts";
import { FACTS_PER_COMMIT, INPUTS_PER_TURN, RECOVERIES_PER_TURN } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Performer, PostReceipt } from "../../ports/host.ts";
import type { Log } from "../../ports/log.ts";
import { hasOutstanding, outstanding, type Command } from "../../scheduler/index.ts";
import type { Input } from "../../scheduler/input.ts";
import { Alarm } from "./alarm.ts";
import { addStanding } from "./batch-writer.ts";
import { decideInput, newWork, type Work } from "./decide-input.ts";
import { closedError } from "./closed-error.ts";
import { Programs } from "./programs.ts";
import { newResident, type Envelope, type Resident } from "./resident.ts";
import { Residents } from "./residents.ts";
import { RunQueue } from "./run-queue.ts";
import { SteadyClock } from "./steady-clock.ts";
import { emptyBatch, isEmptyBatch, type Batch, type Store } from "./store.ts";
import { Watchers } from "./watchers.ts";

export type MailboxOptions = {
  readonly store: Store;
  readonly clock: Clock;
  readonly performer: Performer;
  readonly log: Log;
  /** Runs a callback at the end of the event-loop turn. */
  readonly defer: (callback: () => void) => void;
  /** A snapshot is made after so many bytes of facts. */
  readonly snapshotTailBytes: number;
};

/** A change that belongs to no run: it rides on the next commit. */
export type Rider = { readonly add: (batch: Batch) => void; readonly done: () => void; readonly refuse: (error: unknown) => void };

export class Mailbox {
  readonly #options: MailboxOptions;
  readonly programs: Programs;
  readonly watchers = new Watchers();
  readonly residents: Residents;
  readonly #queue = new RunQueue<Resident>();
  readonly #clock: SteadyClock;
  readonly #alarm: Alarm;
  #riders: Rider[] = [];
  #recovering: RunRef[] = [];
  #isTakingUp = false;
  /** What runs that were taken up have yet to give out, at the end of this turn. */
  readonly #toBegin: (() => void)[] = [];
  #isScheduled = false;
  #isClosed = false;

  constructor(options: MailboxOptions) {
    this.#options = options;
    const { store, log } = options;
    this.#clock = new SteadyClock(options.clock);
    this.programs = new Programs(store);
    const { programs, watchers } = this;
    this.residents = new Residents({ store, programs, watchers, clock: this.#clock, log, onTakenUp: () => this.#schedule() });
    this.#alarm = new Alarm(options.clock, () => {
      this.residents.evictIdle();
      this.#schedule();
    });
  }

  /** Takes up every run that owes commands, some in each turn, and arms the timers. */
  recover(): void {
    this.#recovering = [...this.#options.store.owing()];
    this.#tellTakingUp(this.#recovering.length > 0);
    this.residents.extendWakes(this.now());
    this.#schedule();
  }

  now(): number {
    return this.#clock.now();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Lets a quarantined run decide again: first on the inputs that were kept, all in the next commit. */
  readmit(run: RunRef, kept: readonly Input[]): void {
    const earlier = this.residents.get(run);
    if (earlier !== undefined) this.residents.forget(earlier);
    const resident = this.residents.load(run);
    if (resident?.state == null) return;
    resident.status = "running";
    if (hasOutstanding(resident.state)) this.residents.takeUp(resident);
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
    this.residents.clear();
    this.watchers.wakeAll();
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
    this.#attendTakenUp();
    this.#tellTakingUp(this.#recovering.length > 0);
    for (const begin of this.#toBegin.splice(0)) begin();
    this.#setAlarm();
    if (!this.#queue.isEmpty || this.#recovering.length > 0 || this.residents.areLeftDue) this.#schedule();
  }

  #commit(batch: Batch, works: readonly Work[], riders: readonly Rider[]): void {
    try {
      const { snapshotTailBytes } = this.#options;
      for (const { resident } of works) addStanding(batch, resident, { now: this.#clock.lastAt, snapshotTailBytes });
      if (!isEmptyBatch(batch)) this.#options.store.commit(batch);
    } catch (error) {
      const isOfDisk = error instanceof TuttiError && error.retryable;
      const isMixed = works.length + riders.length > 1;
      return isMixed && !isOfDisk ? this.#commitOneByOne(works, riders) : this.#undo(works, riders, error);
    }
    this.#attendTakenUp();
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
      const again =
        this.residents.takeBack(resident) ?? this.residents.adopt(newResident(resident.run, resident.program, resident.inputHash));
      const work = newWork(again);
      const batch = emptyBatch();
      for (const envelope of envelopes) decideInput(batch, work, envelope, { now: this.#clock.lastAt, log: this.#options.log });
      this.#commit(batch, [work], []);
    }
  }

  #wakeDueRuns(): void {
    for (const run of this.residents.takeDue(this.now())) {
      failpoint("wake.due");
      // Its wake is this one: armed again while it is overdue, it would come at once, and for ever.
      const resident = this.residents.loadOrReport(run, Number.POSITIVE_INFINITY);
      if (resident === null) continue;
      if (resident.state === null || resident.status === "quarantined") this.residents.settle(resident);
      else if (this.#mayGoOn(resident)) this.#push(resident, { kind: "timerDue" });
    }
  }

  #push(resident: Resident, input: Envelope["input"]): void {
    resident.inbox.push({ input, settle: null, refuse: null });
    this.#enqueue(resident);
  }

  #recoverSome(): void {
    for (const run of this.#recovering.splice(0, RECOVERIES_PER_TURN)) {
      failpoint("recover.loading");
      const resident = this.residents.loadOrReport(run);
      if (resident?.status === "quarantined") this.residents.settle(resident);
    }
  }

  #tellTakingUp(isGoingOn: boolean): void {
    if (this.#isTakingUp === isGoingOn) return;
    this.#isTakingUp = isGoingOn;
    this.#options.performer.takingUp?.(isGoingOn);
  }

  /** What is at agents already comes first: it counts against limits before anything new begins, of whatever run. */
  #attendTakenUp(): void {
    for (const resident of this.residents.takeTakenUp()) {
      failpoint("recover.performing");
      if (resident.state === null || !this.#mayGoOn(resident)) continue;
      const commands = outstanding(resident.state, resident.program);
      const [fresh, atWork] = [commands.filter(({ kind }) => kind === "delegate"), commands.filter(({ kind }) => kind !== "delegate")];
      this.#perform(resident, atWork, true);
      this.#toBegin.push(() => this.#perform(resident, fresh, true));
      if (commands.some(({ kind }) => kind === "abort")) this.#push(resident, { kind: "takenUp" });
    }
  }

  /** Whether its agents are here; if not, it is looked at again later: they may have come. */
  #mayGoOn(resident: Resident): boolean {
    const { program, state, run } = resident;
    const reason = this.#options.performer.cannotRecover(program.definition, state?.bindings ?? null);
    if (reason === null) return true;
    this.#options.log("warn", "workflow_not_recovered", { workflow_id: run.id, reason });
    this.residents.layAside(resident);
    return false;
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
    for (const envelope of envelopes) decideInput(batch, work, envelope, { now: this.#clock.lastAt, log: this.#options.log });
    if (resident.inbox.length > 0) this.#enqueue(resident);
  }

  #undo(works: readonly Work[], riders: readonly Rider[], error: unknown): void {
    for (const { resident, durableSeq, envelopes, commands } of works) {
      for (const envelope of envelopes) envelope.refuse?.(error);
      const again = this.residents.takeBack(resident, error);
      if (again === null) this.#tellWhenOver(resident);
      else if (again.state === null || !hasOutstanding(again.state)) this.residents.forget(again);
      else if (again.state.seq > durableSeq && again.status !== "quarantined") this.#perform(again, commands, false);
      this.watchers.notify(resident.key);
    }
    for (const rider of riders) rider.refuse(error);
    this.#options.log("error", "commit_failed", { error, runs: works.length });
  }

  /** A commit that ended the run may have been written all the same. */
  #tellWhenOver({ run, key }: Resident): void {
    if (this.residents.isOver(run)) this.watchers.notifyOver(key);
  }

  #publish({ resident, envelopes, receipts, commands, hasFacts }: Work): void {
    for (let index = 0; index < envelopes.length; index += 1) envelopes[index]?.settle?.(receipts[index] as PostReceipt);
    if (hasFacts) this.watchers.notify(resident.key);
    failpoint("turn.receipts");
    this.residents.settle(resident);
    if (commands.length > 0 && resident.status !== "quarantined") this.#perform(resident, commands, false);
  }

  #perform(resident: Resident, commands: readonly Command[], recovered: boolean): void {
    const { run, key: runKey, program, state } = resident;
    const { definition } = program;
    const { name: workflow } = definition;
    const { bindings, hops, trace, tracestate } = state ?? { bindings: null, hops: 0, trace: undefined, tracestate: undefined };
    for (const command of commands)
      this.#options.performer.perform({ run, runKey, workflow, definition, bindings, command, recovered, hops, trace, tracestate });
  }

  #setAlarm(): void {
    const nextAt = this.residents.takeNextAt();
    this.#alarm.setFor(nextAt, nextAt - this.now());
  }
}
