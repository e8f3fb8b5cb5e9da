import type { RunRef } from "../../base/ids.ts";
import type { Host } from "../../ports/host.ts";
import type { AgentDesk } from "./agent-desk.ts";
import { OverloadError } from "./handler.ts";
import type { ServedThing } from "./served-thing.ts";

export type RoomLimits = {
  /** Tasks at work at once. */
  readonly working: number;
  /** Tasks that are not over, where they take up memory. */
  readonly open: number;
};

/**
 * Whether one more task may begin. Of agents, the handlers at work are counted, whoever may still want
 * what they do; of workflows, the runs at work: one that waits for somebody costs nothing.
 */
export class Room {
  readonly #host: Host;
  readonly #desk: AgentDesk;
  readonly #limits: RoomLimits;
  /** Tasks that are just being begun. */
  #beginning = 0;
  /** Runs that began here and are not over; no more of them than this are at work. */
  #open = 0;
  /** Tasks that an earlier process left at work: no more of them than this still are. Null until they could be counted. */
  #left: number | null = null;

  constructor(host: Host, desk: AgentDesk, limits: RoomLimits) {
    this.#host = host;
    this.#desk = desk;
    this.#limits = limits;
  }

  /** Begins a task if there is room for it. Rejects with `OverloadError`. */
  async begin<Begun extends { readonly run: RunRef; readonly isNew: boolean }>(
    thing: ServedThing,
    begin: () => Promise<Begun>,
  ): Promise<Begun> {
    const ahead = this.#beginning;
    if (this.#open + ahead >= this.#limits.open) throw new OverloadError("All tasks that can be remembered are still open.");
    // Before anything is waited for, so that of many at once each sees those ahead of it.
    this.#beginning += 1;
    try {
      const atWork = ahead + (await this.#atWork(thing));
      if (atWork >= this.#limits.working) throw new OverloadError("Too many tasks are being worked on.");
      const begun = await begin();
      if (begun.isNew && this.#counts(thing)) this.#count(begun.run);
      return begun;
    } finally {
      this.#beginning -= 1;
    }
  }

  async #atWork({ shape }: ServedThing): Promise<number> {
    if (shape.kind === "agent") return this.#desk.atWork;
    const { working } = this.#limits;
    this.#left ??= await this.#countAtWork();
    // Counting them is for when it may matter.
    return this.#open + this.#beginning + this.#left <= working ? 0 : this.#countAtWork();
  }

  /** All of them, whosever they are: who may choose a tenant has no more room for that. */
  async #countAtWork(): Promise<number> {
    return (await this.#host.tasksAtWork(this.#limits.working)).length;
  }

  /** Agents are known by their handlers, where open tasks are not limited. */
  #counts({ shape }: ServedThing): boolean {
    return shape.kind === "workflow" || this.#limits.open !== Number.POSITIVE_INFINITY;
  }

  #count(run: RunRef): void {
    this.#open += 1;
    const leave = (): void => {
      this.#open -= 1;
    };
    // It rejects when the host is being closed, or has forgotten the run: then it is open no more.
    this.#host.over(run).then(leave, leave);
  }
}
