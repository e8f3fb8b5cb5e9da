/**
 * How much of one thing is at work at once, and how often it is begun, across all runs of this
 * process: of a capability, of an agent (requirements W193).
 *
 * It owns the permits that are out and what waits for one, by subject. It is memory only: after a
 * restart the work itself comes again, and what was at work elsewhere all the time counts at once.
 *
 * 1. Each waiter is held to its own limit: two steps may ask for one subject and say different numbers.
 * 2. Runs take turns; within a run the order is kept.
 * 3. What waits holds nothing else, and can be withdrawn at any moment.
 * 4. While anything waits for a subject, a permit of it is out, a timer is set or all is held: nothing is forgotten.
 * 5. A permit is given back once, however often it is released.
 */
import { MAX_LIMITED_SUBJECTS, RATE_BURST_MS } from "../../base/limits.ts";
import type { StepLimit } from "../../definition/definition.ts";
import type { Clock } from "../../ports/clock.ts";

export type Permit = { release(): void };

export type Waiter = {
  readonly subject: string;
  readonly run: string;
  readonly limit: StepLimit;
  readonly begin: (permit: Permit) => void;
};

/** Takes a waiter out of its queue; does nothing once it has begun. */
export type Withdraw = () => void;

type Subject = {
  readonly name: string;
  /** Permits that are out. */
  count: number;
  /** When the next start would be exactly on time; earlier than now when the rate is not used up. */
  dueAt: number;
  /** Waiters by run; the lanes are in the order of their last turn. */
  readonly lanes: Map<string, Set<Waiter>>;
  cancelTimer: (() => void) | null;
  isFilling: boolean;
};

export class Limiter {
  readonly #clock: Clock;
  readonly #subjects = new Map<string, Subject>();
  #isHeld = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Begins at once if the limit has room, else when it has and it is this run's turn. */
  enter(waiter: Waiter): Withdraw {
    const subject = this.#subject(waiter.subject);
    const lane = subject.lanes.get(waiter.run);
    const isAlone = subject.lanes.size === 0;
    if (lane === undefined) subject.lanes.set(waiter.run, new Set([waiter]));
    else lane.add(waiter);
    if (isAlone) this.#fill(subject);
    return () => withdraw(subject, waiter);
  }

  /** A permit for work that is going on already, whatever the limit says. */
  adopt(name: string): Permit {
    return this.#permit(this.#subject(name));
  }

  /** Nothing begins while it is held: work that goes on already has yet to be counted. */
  hold(isHeld: boolean): void {
    this.#isHeld = isHeld;
    if (isHeld) return;
    for (const subject of this.#subjects.values()) if (subject.lanes.size > 0) this.#fill(subject);
  }

  /** What waits and what is out, for those who look into the process. */
  get waitingCount(): number {
    let count = 0;
    for (const { lanes } of this.#subjects.values()) for (const lane of lanes.values()) count += lane.size;
    return count;
  }

  /** Nothing begins any more. */
  close(): void {
    for (const subject of this.#subjects.values()) {
      subject.cancelTimer?.();
      subject.lanes.clear();
    }
    this.#subjects.clear();
  }

  #subject(name: string): Subject {
    const known = this.#subjects.get(name);
    if (known !== undefined) return known;
    if (this.#subjects.size >= MAX_LIMITED_SUBJECTS) this.#forgetIdle();
    const subject: Subject = { name, count: 0, dueAt: 0, lanes: new Map(), cancelTimer: null, isFilling: false };
    this.#subjects.set(name, subject);
    return subject;
  }

  #forgetIdle(): void {
    const now = this.#clock.monotonic();
    for (const [name, { count, lanes, dueAt }] of this.#subjects) {
      if (count === 0 && lanes.size === 0 && dueAt <= now) this.#subjects.delete(name);
    }
  }

  /** A loop, because what begins may end at once, and thousands of nested calls would end the process. */
  #fill(subject: Subject): void {
    if (subject.isFilling || this.#isHeld) return;
    subject.isFilling = true;
    try {
      while (subject.lanes.size > 0 && this.#beginNext(subject)) continue;
    } finally {
      subject.isFilling = false;
      this.#setTimer(subject);
    }
  }

  #beginNext(subject: Subject): boolean {
    const now = this.#clock.monotonic();
    for (const [run, lane] of subject.lanes) {
      const [waiter] = lane;
      if (waiter === undefined || !hasRoom(subject, waiter) || waitOf(subject, waiter, now) > 0) continue;
      lane.delete(waiter);
      subject.lanes.delete(run);
      if (lane.size > 0) subject.lanes.set(run, lane);
      const intervalMs = intervalOf(waiter.limit);
      if (intervalMs > 0) subject.dueAt = Math.max(subject.dueAt, now) + intervalMs;
      waiter.begin(this.#permit(subject));
      return true;
    }
    return false;
  }

  #permit(subject: Subject): Permit {
    subject.count += 1;
    let isOut = true;
    return {
      release: () => {
        if (!isOut) return;
        isOut = false;
        subject.count -= 1;
        if (subject.lanes.size > 0) this.#fill(subject);
      },
    };
  }

  /** For the first in a lane that only the rate holds up; the others are woken by a release. */
  #setTimer(subject: Subject): void {
    subject.cancelTimer?.();
    subject.cancelTimer = null;
    const now = this.#clock.monotonic();
    let soonestMs = Number.POSITIVE_INFINITY;
    for (const lane of subject.lanes.values()) {
      const [waiter] = lane;
      if (waiter !== undefined && hasRoom(subject, waiter)) soonestMs = Math.min(soonestMs, waitOf(subject, waiter, now));
    }
    if (soonestMs === Number.POSITIVE_INFINITY) return;
    subject.cancelTimer = this.#clock.schedule(Math.max(1, Math.ceil(soonestMs)), () => {
      subject.cancelTimer = null;
      this.#fill(subject);
    });
  }
}

function hasRoom(subject: Subject, { limit }: Waiter): boolean {
  return limit.concurrency === undefined || subject.count < limit.concurrency;
}

/** How long the rate still holds a waiter up. Starts are spread evenly, but for what a timer's grain needs. */
function waitOf(subject: Subject, { limit }: Waiter, now: number): number {
  const intervalMs = intervalOf(limit);
  if (intervalMs === 0) return 0;
  return Math.max(0, subject.dueAt - now - Math.max(0, RATE_BURST_MS - intervalMs));
}

function intervalOf({ perSecond }: StepLimit): number {
  return perSecond === undefined ? 0 : 1_000 / perSecond;
}

function withdraw(subject: Subject, waiter: Waiter): void {
  const lane = subject.lanes.get(waiter.run);
  if (lane?.delete(waiter) === true && lane.size === 0) subject.lanes.delete(waiter.run);
}
