/**
 * Runs as the tasks of their callers: finding them, following them, waiting for them.
 *
 * 1. A task is told to its caller alone: to others it does not exist, and nothing is said before that
 *    is known (A2A 13.1).
 * 2. A handler knows the tasks of what it serves, and no others.
 */
import type { Task } from "@a2a-js/sdk";
import { TaskNotFoundError } from "@a2a-js/sdk/errors";

import { parseRunId, type RunRef, type Tenant } from "../../base/ids.ts";
import { MAX_TENANTS_AT_HAND, QUICK_TASK_MS } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Host, RunRecord } from "../../ports/host.ts";
import type { Log } from "../../ports/log.ts";
import type { Orchestrator } from "../../runtime/orchestrator.ts";
import { CALLER_LABEL } from "../../runtime/task-labels.ts";
import type { TaskShape } from "../task/task-event.ts";
import { isTerminal } from "../wire/wire.ts";
import type { CallContext, Caller } from "./handler.ts";
import type { ServedThing } from "./served-thing.ts";
import { type FollowedTask, TaskViews } from "./task-views.ts";

/** A run that is a task of the one who asks. */
export type FoundTask = {
  readonly run: RunRef;
  readonly shape: TaskShape;
  /** Media types that messages to it may have. */
  readonly inputModes: readonly string[];
};

/** How long a caller waits at most. */
type Patience = { readonly limitMs: number } & Pick<CallContext, "gone">;

type TasksParts = {
  readonly orchestrator: Orchestrator;
  readonly things: readonly ServedThing[];
  readonly clock: Clock;
  readonly log: Log;
};

export class Tasks {
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Log;
  readonly #orchestrator: Orchestrator;
  readonly #byTenant = new Map<Tenant, Orchestrator>();
  readonly #thingByWorkflow: ReadonlyMap<string, ServedThing>;
  readonly #views: TaskViews;

  constructor({ orchestrator, things, clock, log }: TasksParts) {
    this.#orchestrator = orchestrator;
    this.host = orchestrator.host;
    this.clock = clock;
    this.log = log;
    this.#thingByWorkflow = new Map(things.map((thing) => [thing.definition.name, thing]));
    this.#views = new TaskViews(this.host);
  }

  /** The workflows whose runs are tasks here. */
  get workflows(): readonly string[] {
    return [...this.#thingByWorkflow.keys()];
  }

  orchestratorFor({ tenant }: Caller): Orchestrator {
    const known = this.#byTenant.get(tenant);
    if (known !== undefined) return known;
    const made = this.#orchestrator.forTenant(tenant);
    this.#byTenant.set(tenant, made);
    const [oldest] = this.#byTenant.keys();
    if (this.#byTenant.size > MAX_TENANTS_AT_HAND && oldest !== undefined) this.#byTenant.delete(oldest);
    return made;
  }

  /** A task of the caller's. Throws `TaskNotFoundError`, also when it is another caller's. */
  async find(id: string, caller: Caller): Promise<FoundTask> {
    const found = await this.look(id, caller);
    if (found === null)
      throw new TaskNotFoundError({ message: `There is no task ${id.slice(0, 200)}.`, metadata: { task_id: id.slice(0, 200) } });
    return found;
  }

  /** The same; null when there is none. */
  async look(id: string, caller: Caller): Promise<FoundTask | null> {
    const parsed = parseRunId(id);
    const record = parsed.ok ? await this.host.get({ tenant: caller.tenant, id: parsed.value }) : null;
    return record === null ? null : this.asTask(record, caller);
  }

  /** A run's record as a task; null when it is none of the caller's here. */
  asTask(record: RunRecord, caller: Caller): FoundTask | null {
    const thing = this.#thingByWorkflow.get(record.workflow);
    if (thing === undefined || record.labels[CALLER_LABEL] !== caller.name) return null;
    const { shape, inputModes } = thing;
    return { run: record.run, shape, inputModes };
  }

  /** The task as of its last fact. It goes on with the run as long as somebody asks. */
  follow(found: FoundTask): Promise<FollowedTask> {
    return this.#views.current(found);
  }

  /** One of the reader's own, as of a fact. */
  followFrom(found: FoundTask, untilSeq: number): Promise<FollowedTask> {
    return this.#views.asOf(found, untilSeq);
  }

  /** The task once it is as wanted; after a time, or when nobody waits any more, as it is then. */
  async waitFor(task: FoundTask, isWanted: (task: Task) => boolean, { limitMs, gone }: Patience): Promise<FollowedTask> {
    await this.#overSoon(task.run, Math.min(limitMs, QUICK_TASK_MS));
    const followed = await this.follow(task);
    if (isWanted(followed.at.task)) return followed;
    const limit = new AbortController();
    const cancel = this.clock.schedule(limitMs, () => limit.abort());
    const signal = gone === undefined ? limit.signal : AbortSignal.any([limit.signal, gone()]);
    try {
      for await (const entry of this.host.watch(task.run, followed.seq + 1, signal)) {
        if (entry.kind === "fact") followed.apply(entry);
        if (isWanted(followed.at.task)) break;
      }
    } finally {
      cancel();
    }
    // What was committed together is told together. Behind the end there is nothing.
    if (!isTerminal(followed.at.task.status?.state)) await followed.catchUp(this.host);
    return followed;
  }

  /** A moment for a run that is over at once: its history is then read one time, whole. */
  async #overSoon(run: RunRef, limitMs: number): Promise<void> {
    const limit = new AbortController();
    const cancel = this.clock.schedule(limitMs, () => limit.abort());
    await this.host.over(run, limit.signal).finally(cancel);
  }
}
