/**
 * Tasks at remote agents that nobody needs, and whose cancel did not get through.
 *
 * It owns the cursors of the host whose names begin with `orphan/`: one for each such task, with all
 * that is needed to cancel it when its run is long over. They are in one place for all tenants, so that
 * another process finds them. It owns no task that a run still waits for.
 *
 * 1. A task is remembered as soon as a first cancel was not answered, or not soon, so before anyone gives
 *    up on it, and before a crash can make us forget it.
 * 2. It is tried again with growing pauses, one at a time, until the agent has acknowledged the cancel,
 *    says that the task is over, or a day has gone by; then it is forgotten, and the log says so.
 * 3. A cancel may be sent twice: it is idempotent (A2A 3.1.5).
 */
import { fingerprintOf } from "../../base/hash.ts";
import { DEFAULT_TENANT, type RunRef, type Tenant } from "../../base/ids.ts";
import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_ORPHANS, ORPHAN_INITIAL_MS, ORPHAN_MAX_MS, ORPHAN_PATIENCE_MS, REQUEST_TIMEOUT_MS } from "../../base/limits.ts";
import type { RemoteAgent } from "../../ports/agents.ts";
import type { Cursor, PlacedCommand } from "../../ports/host.ts";
import type { RemoteTask } from "../../scheduler/input.ts";
import type { EffectsOptions } from "./effects.ts";

/** A task as it is remembered. */
type Orphan = {
  readonly task: RemoteTask;
  readonly tenant: Tenant;
  readonly run: string;
  /** What its agent's name means. */
  readonly fingerprint: string;
  readonly bindings: JsonObject | null;
  readonly since: number;
  readonly tries: number;
  readonly nextAt: number;
};

const PREFIX = "orphan/";
const PAGE = 100;
/** Why the agent is told. */
const REASON = "the orchestrator does not need the result any more";

export class Orphans {
  readonly #parts: Pick<EffectsOptions, "host" | "registry" | "clock" | "log" | "random">;
  #cancelTimer: (() => void) | null = null;
  /** Takes back what is still to be remembered. */
  readonly #retries = new Set<() => void>();
  readonly #stop = new AbortController();

  constructor(parts: Pick<EffectsOptions, "host" | "registry" | "clock" | "log" | "random">) {
    this.#parts = parts;
  }

  /** Remembers a task of a run whose cancel was not answered. Never throws: the run goes on without it. */
  async remember(placed: Pick<PlacedCommand, "run" | "bindings">, task: RemoteTask, since = this.#parts.clock.now()): Promise<void> {
    const { clock, log } = this.#parts;
    const { run, bindings } = placed;
    const host = this.#parts.host();
    try {
      const record = await host.get(run);
      if (record === null) return;
      const now = clock.now();
      const { fingerprint } = record;
      const { tenant, id } = run;
      await this.#write({ task, tenant, run: id, fingerprint, bindings, since, tries: 0, nextAt: now + ORPHAN_INITIAL_MS });
      this.#arm(ORPHAN_INITIAL_MS);
    } catch (error) {
      log("warn", "orphan_not_remembered", { workflow_id: run.id, agent: task.agent, task_id: task.taskId, error });
      if (clock.now() - since < ORPHAN_PATIENCE_MS) this.#rememberLater(placed, task, since);
    }
  }

  /** The disk may be well again by then; until it is, this process alone knows of the task. */
  #rememberLater(placed: Pick<PlacedCommand, "run" | "bindings">, task: RemoteTask, since: number): void {
    if (this.#stop.signal.aborted) return;
    const cancel = this.#parts.clock.schedule(ORPHAN_INITIAL_MS, () => {
      this.#retries.delete(cancel);
      this.remember(placed, task, since).catch((error: unknown) => this.#notSwept(error));
    });
    this.#retries.add(cancel);
  }

  /** The agent has answered after all. */
  async forget({ tenant, id }: RunRef, task: RemoteTask): Promise<void> {
    try {
      await this.#parts.host().moveCursor(DEFAULT_TENANT, nameOf({ tenant, task }), null);
    } catch (error) {
      this.#parts.log("warn", "orphan_not_forgotten", { workflow_id: id, agent: task.agent, task_id: task.taskId, error });
    }
  }

  /** Looks for what an earlier process has left, soon. */
  takeUp(): void {
    this.#arm(ORPHAN_INITIAL_MS * this.#parts.random());
  }

  close(): void {
    this.#stop.abort();
    this.#cancelTimer?.();
    this.#cancelTimer = null;
    for (const cancel of this.#retries) cancel();
    this.#retries.clear();
  }

  #arm(delayMs: number): void {
    if (this.#stop.signal.aborted || this.#cancelTimer !== null) return;
    this.#cancelTimer = this.#parts.clock.schedule(delayMs, () => {
      this.#cancelTimer = null;
      this.#sweep().catch((error: unknown) => this.#notSwept(error));
    });
  }

  #notSwept(error: unknown): void {
    if (this.#stop.signal.aborted) return;
    this.#parts.log("warn", "orphans_not_swept", { error });
    this.#arm(ORPHAN_INITIAL_MS);
  }

  /** Tries all that are due, and comes back as long as there are any. */
  async #sweep(): Promise<void> {
    let after: string | undefined;
    let isAnyLeft = false;
    for (let count = 0; count < MAX_ORPHANS && !this.#stop.signal.aborted; count += PAGE) {
      const page: readonly Cursor[] = await this.#parts.host().cursors(DEFAULT_TENANT, PREFIX, PAGE, after);
      for (const { name, position } of page) if (await this.#try(name, position)) isAnyLeft = true;
      after = page.at(-1)?.name;
      if (page.length < PAGE) break;
    }
    if (isAnyLeft) this.#arm(ORPHAN_INITIAL_MS);
  }

  /** True when the task is still to be canceled. */
  async #try(name: string, position: Json): Promise<boolean> {
    const orphan = readOrphan(position);
    const { clock } = this.#parts;
    if (this.#stop.signal.aborted || (orphan !== null && orphan.nextAt > clock.now())) return true;
    const agent = orphan === null ? null : await this.#agentOf(orphan);
    const outcome = orphan === null ? "it cannot be read" : await this.#cancel(agent, orphan.task);
    if (orphan === null || outcome === null || clock.now() - orphan.since > ORPHAN_PATIENCE_MS) {
      await this.#parts.host().moveCursor(DEFAULT_TENANT, name, null);
      this.#tell(orphan, outcome);
      return false;
    }
    const tries = orphan.tries + 1;
    const pauseMs = Math.min(ORPHAN_MAX_MS, ORPHAN_INITIAL_MS * 2 ** tries) * (0.8 + 0.4 * this.#parts.random());
    await this.#write({ ...orphan, tries, nextAt: clock.now() + pauseMs });
    return true;
  }

  /** Null when the agent has answered; else why it has not. */
  async #cancel(agent: RemoteAgent | null, task: RemoteTask): Promise<string | null> {
    if (agent === null) return `agent "${task.agent}" is not bound any more`;
    const signal = AbortSignal.any([this.#stop.signal, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]);
    const result = await agent.cancel(task, REASON, signal);
    return result.kind === "unreachable" ? result.message : null;
  }

  async #agentOf({ tenant, task, fingerprint, bindings }: Orphan): Promise<RemoteAgent | null> {
    const definition = await this.#parts.host().definition(tenant, fingerprint);
    return definition === null ? null : this.#parts.registry.resolveByName(task.agent, { definition, bindings });
  }

  #tell(orphan: Orphan | null, why: string | null): void {
    if (orphan === null) return this.#parts.log("warn", "orphan_given_up", { reason: why });
    const about = { workflow_id: orphan.run, agent: orphan.task.agent, task_id: orphan.task.taskId };
    if (why === null) this.#parts.log("info", "orphan_task_canceled", about);
    else this.#parts.log("warn", "orphan_given_up", { ...about, reason: why });
  }

  #write(orphan: Orphan): Promise<void> {
    return this.#parts.host().moveCursor(DEFAULT_TENANT, nameOf(orphan), orphan);
  }
}

function nameOf({ tenant, task }: Pick<Orphan, "tenant" | "task">): string {
  return `${PREFIX}${fingerprintOf([tenant, task.url, task.tenant, task.taskId]).slice(0, 32)}`;
}

/** What a cursor holds was written here, by this version or an earlier one. */
function readOrphan(position: Json): Orphan | null {
  const isOurs = isJsonObject(position) && isJsonObject(position["task"]) && typeof position["tenant"] === "string";
  return isOurs ? (position as unknown as Orphan) : null;
}
