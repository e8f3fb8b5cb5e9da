import { PROGRESS_INTERVAL_MS } from "../../base/limits.ts";
import type { PlacedCommand } from "../../ports/host.ts";
import type { Command } from "../../scheduler/index.ts";
import type { Courier } from "./courier.ts";
import type { Permit, Withdraw } from "../permits/limiter.ts";

/** A command of one kind. */
export type CommandOf<Kind extends Command["kind"]> = Extract<Command, { kind: Kind }>;

/** Most effects have nothing to wait for: one promise does for all of them. */
const OVER = Promise.resolve();

/** Why a signal is aborted; one for all, since to make such an exception costs more than most effects. */
const STOPPED = new DOMException("Tutti stopped this work: its run needs it no more, or the process ends.", "AbortError");

/** An effect at work in this process: it can be stopped, and it counts as the same command when given again. */
export class Flight {
  readonly placed: PlacedCommand;
  /** When it began; of one that had to wait for a permit, when that came. */
  begunAt: number;
  localAgent: string | null = null;
  isAnnounced = false;
  isStopped = false;
  /** Nobody waits for it any more: what is on its way may go through, nothing new is begun. */
  isWindingDown = false;
  /** Its answer is on its way to the host: the same command, given again, is a new one. */
  isConcluded = false;
  /** Something may have reached the agent. */
  mayHaveLeft = false;
  /** It counts against the limit of work in this process. */
  hasPlace = false;
  /** Another effect of the same work is about to come: it takes over what this one holds. */
  isHandedOn = false;
  /** What it holds of the limits of its step and of its agent (permits.ts). */
  stepPermit: Permit | null = null;
  agentPermit: Permit | null = null;
  /** It waits for a permit. */
  withdraw: Withdraw | null = null;
  /** It had to, and its run knows. */
  hasQueued = false;
  /** Settles when the effect has ended, however it did. */
  done: Promise<void> = OVER;
  #controller: AbortController | null = null;
  #progressAt = Number.NEGATIVE_INFINITY;

  constructor(placed: PlacedCommand, now: number) {
    this.placed = placed;
    this.begunAt = now;
  }

  get isGoingOn(): boolean {
    return !this.isStopped && !this.isWindingDown;
  }

  isSame(command: Command): boolean {
    const own = this.placed.command;
    if (own.kind !== command.kind || own.attempt !== command.attempt || own.turn !== command.turn) return false;
    // A cancel that has learnt of the task is another one than the cancel that had to look for it.
    return own.kind !== "abort" || command.kind !== "abort" || (own.task === null) === (command.task === null);
  }

  /** The same attempt and turn: perhaps another effect of it. */
  isSameWork({ path, attempt, turn }: Command): boolean {
    const own = this.placed.command;
    return own.path === path && own.attempt === attempt && own.turn === turn;
  }

  /** Made when it is first read: most handlers never look at it, and it costs more than they do. */
  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.isStopped) this.#controller.abort(STOPPED);
    return this.#controller.signal;
  }

  stop(): void {
    this.isStopped = true;
    this.withdraw?.();
    this.#controller?.abort(STOPPED);
  }

  /** Takes over the permits of an earlier effect of the same work. */
  takePermits(earlier: { stepPermit: Permit | null; agentPermit: Permit | null }): void {
    this.stepPermit = earlier.stepPermit;
    this.agentPermit = earlier.agentPermit;
    earlier.stepPermit = null;
    earlier.agentPermit = null;
  }

  releasePermits(): void {
    this.stepPermit?.release();
    this.agentPermit?.release();
  }

  announce(courier: Courier): void {
    if (this.isAnnounced || this.localAgent === null) return;
    this.isAnnounced = true;
    const { path, attempt, turn } = this.placed.command;
    courier.deliver(this.placed.run, { kind: "accepted", path, attempt, turn, agent: this.localAgent });
  }

  /** True when enough time has gone by to record progress again (requirements W175). */
  mayReport(now: number): boolean {
    if (this.isStopped || now - this.#progressAt < PROGRESS_INTERVAL_MS) return false;
    this.#progressAt = now;
    return true;
  }
}
