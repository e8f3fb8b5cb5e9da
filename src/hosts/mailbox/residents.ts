/**
 * The runs in memory: how one gets there, how long it stays, and when it is woken.
 *
 * 1. A run that owes commands stays. So one that is read from the store, and owes some, comes from an
 *    earlier process, or from before a failed commit: it is taken up, which means that its commands
 *    are performed again, under the same keys.
 * 2. A run that waits stays for a while; the store has it. One that is over does not stay: nothing
 *    would ever take it out again.
 * 3. A run that cannot be read now, or cannot go on in this process, is looked at again later. What is
 *    wrong with it is reported, and stops nobody else.
 * 4. One wake a run, unless a nearer one is wanted: an early wake is harmless, a thousand are not.
 */
import { TuttiError } from "../../base/errors.ts";
import type { RunRef } from "../../base/ids.ts";
import { IDLE_RUN_MS, WAKES_PER_TURN } from "../../base/limits.ts";
import type { Log } from "../../ports/log.ts";
import { hasOutstanding, isOver, nextWakeAt, type RunState } from "../../scheduler/index.ts";
import { IdleRuns } from "./idle-runs.ts";
import type { Programs } from "./programs.ts";
import { loadResident, type Resident } from "./resident.ts";
import type { SteadyClock } from "./steady-clock.ts";
import { keyOf, type Store } from "./store.ts";
import { Wakes } from "./wakes.ts";
import type { Watchers } from "./watchers.ts";

/** When what failed at the disk is tried again. */
const RETRY_MS = 1_000;
/** When a run is looked at again that cannot go on in this process as it is. */
const UNBOUND_RETRY_MS = 30_000;

type ResidentsOptions = {
  readonly store: Store;
  readonly programs: Programs;
  readonly watchers: Watchers;
  readonly clock: SteadyClock;
  readonly log: Log;
  /** A run was taken up: a turn must follow, which performs its commands. */
  readonly onTakenUp: () => void;
};

export class Residents {
  readonly #options: ResidentsOptions;
  readonly #byKey = new Map<string, Resident>();
  readonly #idle = new IdleRuns();
  #areLeftDue = false;
  readonly #wakes = new Wakes();
  #takenUp: Resident[] = [];
  #retryAt = Number.POSITIVE_INFINITY;

  constructor(options: ResidentsOptions) {
    this.#options = options;
  }

  get count(): number {
    return this.#byKey.size;
  }

  get(run: RunRef): Resident | undefined {
    return this.#byKey.get(keyOf(run));
  }

  /** The run in memory; from the store if need be; null when it does not exist or is over. */
  load(run: RunRef, notBefore = 0): Resident | null {
    const present = this.get(run);
    if (present !== undefined) return present;
    const { store, programs } = this.#options;
    const stored = store.find(run);
    if (stored === null || stored.record.endedAt !== null) return null;
    const resident = this.adopt(loadResident(store, programs, stored));
    if (resident.state === null || resident.status === "quarantined") return resident;
    const wakeAt = this.#nextWakeOf(resident, resident.state);
    this.#armWake(resident, wakeAt === null ? null : Math.max(wakeAt, notBefore));
    if (hasOutstanding(resident.state)) this.takeUp(resident);
    return resident;
  }

  /** The same; null, too, for a run that cannot be read (invariant 3). */
  loadOrReport(run: RunRef, notBefore = 0): Resident | null {
    try {
      return this.load(run, notBefore);
    } catch (error) {
      this.#options.log("error", "workflow_not_readable", { workflow_id: run.id, error });
      // A history of a newer version, or a damaged one, stays as it is; anything else may pass.
      const isLasting = error instanceof TuttiError && !error.retryable;
      this.#wakes.arm(run, this.#options.clock.lastAt + (isLasting ? UNBOUND_RETRY_MS : RETRY_MS));
      return null;
    }
  }

  adopt(resident: Resident): Resident {
    this.#byKey.set(resident.key, resident);
    return resident;
  }

  forget(resident: Resident): void {
    this.#idle.remove(resident);
    if (this.#byKey.get(resident.key) === resident) this.#byKey.delete(resident.key);
  }

  /** Its commands are to be performed again. */
  takeUp(resident: Resident): void {
    this.#takenUp.push(resident);
    this.#options.onTakenUp();
  }

  /** Hands out the runs that were taken up, each once. */
  takeTakenUp(): readonly Resident[] {
    const takenUp = this.#takenUp;
    this.#takenUp = [];
    return takenUp;
  }

  /** Takes a run back to what is durable of it; its timers wait a moment, so that a full disk is not asked without end. */
  takeBack(
    undone: Resident,
    error: unknown = new TuttiError("T5005", "The turn could not be written.", { retryable: true }),
  ): Resident | null {
    const wasTakenUp = this.#takenUp.includes(undone);
    this.forget(undone);
    this.#takenUp = this.#takenUp.filter((resident) => resident !== undone);
    for (const envelope of undone.inbox.splice(0)) envelope.refuse?.(error);
    undone.state = null;
    const again = this.loadOrReport(undone.run, this.#options.clock.lastAt + RETRY_MS);
    // What this process has begun, it goes on with.
    if (!wasTakenUp) this.#takenUp = this.#takenUp.filter((resident) => resident !== again);
    return again;
  }

  /** Whether the store says that a run is over; false when it cannot be read. */
  isOver(run: RunRef): boolean {
    try {
      return (this.#options.store.find(run)?.record.endedAt ?? null) !== null;
    } catch {
      // What is wrong with it was reported when the run was to be read.
      return false;
    }
  }

  /** Keeps a run in memory while it has work, for a while when it waits, and not when it is over. */
  settle(resident: Resident): void {
    const { state } = resident;
    const isClosed = resident.status === "quarantined" || (state !== null && isOver(state));
    // A quarantined run is not over, but whoever waits for its end must hear of it.
    if (isClosed) this.#options.watchers.notifyOver(resident.key);
    if (isClosed || state === null) return this.forget(resident);
    this.#armWake(resident, this.#nextWakeOf(resident, state));
    this.#idle.remove(resident);
    if (hasOutstanding(state) || resident.inbox.length > 0) return;
    this.#idle.add(resident, this.#options.clock.lastAt);
  }

  /** Lets a run leave memory that cannot go on in this process; what it lacks may have come when it is looked at again. */
  layAside(resident: Resident): void {
    this.forget(resident);
    this.#wakes.arm(resident.run, this.#options.clock.lastAt + UNBOUND_RETRY_MS);
  }

  /** Forgets runs that wait for something outside. */
  evictIdle(idleMs: number = IDLE_RUN_MS): void {
    for (const resident of this.#idle.takeOut(this.#options.clock.now(), idleMs)) if (resident.inbox.length === 0) this.forget(resident);
  }

  /** Forgets all of them: the host is closing. */
  clear(): void {
    this.#byKey.clear();
  }

  /** Whether more runs may be due than were taken. */
  get areLeftDue(): boolean {
    return this.#areLeftDue;
  }

  /** Finds the wakes of the time that comes next. When the store cannot be read, it is asked again soon. */
  extendWakes(now: number): void {
    try {
      this.#wakes.extend(now, this.#options.store, this.#byKey.values());
    } catch (error) {
      this.#options.log("error", "timers_not_readable", { error });
      this.#retryAt = now + RETRY_MS;
    }
  }

  /** Some of the runs whose wake is due, each once. */
  takeDue(now: number): readonly RunRef[] {
    this.extendWakes(now);
    const due = this.#wakes.takeDue(now, WAKES_PER_TURN);
    this.#areLeftDue = due.length === WAKES_PER_TURN;
    return due;
  }

  /** When to look again: for the next wake, for the eviction of idle runs, and for what could not be read. */
  takeNextAt(): number {
    const { lastAt } = this.#options.clock;
    const idleAt = this.#idle.size > 0 ? lastAt + IDLE_RUN_MS : Number.POSITIVE_INFINITY;
    const nextAt = Math.min(this.#wakes.nextAt(lastAt), idleAt, this.#retryAt);
    this.#retryAt = Number.POSITIVE_INFINITY;
    return nextAt;
  }

  /**
   * When it has something to do; or its timer in the store, which may be earlier, and is moved when it comes.
   * Among the wakes there is one for each timer within the horizon: nobody else would find a run that has left
   * memory. One that is overdue could not be moved when it came, and is to be moved now.
   */
  #nextWakeOf({ wakeAt: storedAt }: Resident, state: RunState): number | null {
    const wakeAt = nextWakeAt(state);
    if (wakeAt === null || storedAt === null) return wakeAt;
    const isAhead = storedAt > this.#options.clock.lastAt;
    return isAhead || !hasOutstanding(state) ? Math.min(wakeAt, storedAt) : wakeAt;
  }

  #armWake(resident: Resident, wakeAt: number | null): void {
    const { armedAt } = resident;
    if (wakeAt === null || (armedAt !== null && armedAt > this.#options.clock.lastAt && armedAt <= wakeAt)) return;
    resident.armedAt = wakeAt;
    this.#wakes.arm(resident.run, wakeAt);
  }
}
