/**
 * The push configs of tasks, as A2A's four operations see them (A2A 3.1.7 to 3.1.10). The caller's right
 * to the task is checked before.
 *
 * 1. Secrets go in and never come out: no answer, no error and no log line repeats them.
 * 2. What is done with the configs of one task is done one after the other.
 */
import { createHash, randomUUID } from "node:crypto";

import type { ListTaskPushNotificationConfigsResponse, TaskPushNotificationConfig } from "@a2a-js/sdk";
import { RequestMalformedError, TaskNotFoundError } from "@a2a-js/sdk/errors";

import type { RunRef, Tenant } from "../../base/ids.ts";
import { MAX_PUSH_CONFIGS, MAX_PUSH_ID_LENGTH } from "../../base/limits.ts";
import type { Host } from "../../ports/host.ts";
import { isTerminal } from "../wire/wire.ts";
import type { PushDispatcher } from "./push-dispatcher.ts";
import { FRESH, keyOf, nameOf, type PushRow, readRows, type RowPage } from "./push-row.ts";
import { type PushTarget, readTarget, toWireConfig } from "./push-target.ts";

export class PushConfigs {
  readonly #dispatcher: PushDispatcher;
  /** The last thing that is being done with the configs of a task. */
  readonly #lastByTask = new Map<string, Promise<unknown>>();

  constructor(dispatcher: PushDispatcher) {
    this.#dispatcher = dispatcher;
  }

  /** Throws `RequestMalformedError` when a config cannot be used: before a message that brings it starts anything. */
  check(config: TaskPushNotificationConfig): void {
    readTarget(config, this.#dispatcher.addresses);
    if (config.id !== "") checkId(config.id);
  }

  /** Throws `RequestMalformedError` when a task has no room for a config: before a message that brings it answers anything. */
  async expectRoom(run: RunRef, config: TaskPushNotificationConfig): Promise<void> {
    const ref = { run, id: config.id === "" ? derivedId(run, config) : config.id };
    if ((await this.#dispatcher.find(ref)) === null) await this.#refuseTooMany(run);
  }

  /**
   * Makes a config, or replaces the one with its id; then what was not delivered yet goes to the new
   * place. It gets what happens from now on, and of a task that is over, what it has come to.
   */
  create(run: RunRef, config: TaskPushNotificationConfig, version?: "0.3"): Promise<TaskPushNotificationConfig> {
    return this.#keep(run, config, { id: randomUUID, version, newRow: (target) => this.#rowFromNow(run, target), keepsEnded: false });
  }

  /**
   * Makes the config that came with a message: with a task's first it gets all of its events, with a later
   * one what happens from then on. The same message again, with the same config, changes nothing.
   */
  async attach(
    run: RunRef,
    config: TaskPushNotificationConfig,
    message: { readonly isFirst: boolean; readonly version?: "0.3" | undefined },
  ): Promise<void> {
    const newRow = message.isFirst ? rowFromStart : (target: PushTarget) => this.#rowFromNow(run, target);
    await this.#keep(run, config, { id: () => derivedId(run, config), version: message.version, newRow, keepsEnded: true });
  }

  async get(run: RunRef, id: string): Promise<TaskPushNotificationConfig> {
    const row = isId(id) ? await this.#dispatcher.find({ run, id }) : null;
    if (row === null) throw new TaskNotFoundError(`Task ${run.id} has no push notification config of that id.`);
    return toWireConfig(run.id, id, row.target);
  }

  async list(
    run: RunRef,
    page: { readonly pageSize: number; readonly pageToken: string },
  ): Promise<ListTaskPushNotificationConfigsResponse> {
    const { pageSize, pageToken } = page;
    if (!Number.isInteger(pageSize) || pageSize < 0) throw new RequestMalformedError("pageSize must be a whole number, and not below 0.");
    const limit = Math.min(pageSize === 0 ? MAX_PUSH_CONFIGS : pageSize, MAX_PUSH_CONFIGS);
    const after = pageToken === "" ? null : nameOf(run, idOf(pageToken));
    const { rows, next } = await readRows(this.#dispatcher.host, { tenant: run.tenant, run }, { limit, after });
    const last = rows.at(-1);
    return {
      configs: rows.map(({ ref, row }) => toWireConfig(run.id, ref.id, row.target)),
      nextPageToken: next === null || last === undefined ? "" : Buffer.from(last.ref.id).toString("base64url"),
    };
  }

  /** Deletes a config; nothing of it is sent any more. A config that is not there is deleted already. */
  async delete(run: RunRef, id: string): Promise<void> {
    if (isId(id)) await this.#inOrder(run, () => this.#dispatcher.remove({ run, id }));
  }

  #keep(run: RunRef, config: TaskPushNotificationConfig, how: HowToKeep): Promise<TaskPushNotificationConfig> {
    return this.#inOrder(run, async () => {
      const { version } = how;
      const target = { ...readTarget(config, this.#dispatcher.addresses), ...(version === undefined ? {} : { version }) };
      const ref = { run, id: config.id === "" ? how.id() : checkId(config.id) };
      const known = await this.#dispatcher.find(ref);
      if (known === null) await this.#refuseTooMany(run);
      if (known === null || (known.standing.kind === "done" && !how.keepsEnded)) {
        await this.#dispatcher.put(ref, await how.newRow(target));
      } else if (known.standing.kind !== "done" && !isSame(known, target)) {
        await this.#dispatcher.retarget(ref, { ...known, standing: FRESH }, target);
      }
      return toWireConfig(run.id, ref.id, target);
    });
  }

  async #rowFromNow(run: RunRef, target: PushTarget): Promise<PushRow> {
    const at = await this.#dispatcher.feeds.readTask(run);
    if (at === null) throw new TaskNotFoundError(`There is no task ${run.id}.`);
    return { target, from: { seq: at.seq + 1, n: 0 }, tellsEnd: isTerminal(at.task.status?.state), standing: FRESH };
  }

  async #refuseTooMany(run: RunRef): Promise<void> {
    const { rows } = await readRows(this.#dispatcher.host, { tenant: run.tenant, run }, { limit: MAX_PUSH_CONFIGS, after: null });
    if (rows.length < MAX_PUSH_CONFIGS) return;
    throw new RequestMalformedError(
      `Task ${run.id} has ${rows.length} push notification configs, which is the limit; delete one, or replace it under its id.`,
    );
  }

  async #inOrder<Value>(run: RunRef, work: () => Promise<Value>): Promise<Value> {
    const key = keyOf({ run, id: "" });
    const done = (this.#lastByTask.get(key) ?? Promise.resolve()).then(work);
    const settled = done.catch(() => undefined);
    this.#lastByTask.set(key, settled);
    try {
      return await done;
    } finally {
      if (this.#lastByTask.get(key) === settled) this.#lastByTask.delete(key);
    }
  }
}

type HowToKeep = {
  readonly version: "0.3" | undefined;
  /** For a config without one. */
  readonly id: () => string;
  readonly newRow: (target: PushTarget) => PushRow | Promise<PushRow>;
  /** A config that is over stays as it is; else it begins anew. */
  readonly keepsEnded: boolean;
};

/** A config that was given up: for `tutti doctor`. */
export type DeadPush = { readonly task: string; readonly id: string; readonly url: string; readonly reason: string; readonly at: number };

/** Configs of a tenant that were given up, of a page of all of them; read by any process that sees the database. */
export async function deadPushes(
  host: Host,
  tenant: Tenant,
  page: RowPage,
): Promise<{ readonly dead: readonly DeadPush[]; readonly next: string | null }> {
  const { rows, next } = await readRows(host, { tenant }, page);
  const dead = rows.flatMap(({ ref, row: { standing, target } }) =>
    standing.kind === "dead" ? [{ task: ref.run.id, id: ref.id, url: target.url, reason: standing.reason, at: standing.at }] : [],
  );
  return { dead, next };
}

function rowFromStart(target: PushTarget): PushRow {
  return { target, from: { seq: 1, n: 0 }, tellsEnd: false, standing: FRESH };
}

/** The same for the same message, so that sending it again makes no second config. */
function derivedId({ id }: RunRef, { url, token }: TaskPushNotificationConfig): string {
  return `push-${createHash("sha256")
    .update(JSON.stringify([id, url, token]))
    .digest("hex")
    .slice(0, 32)}`;
}

/** An open config that is sent again as it was goes on as it was, its pauses too. */
function isSame({ target, standing }: PushRow, other: PushTarget): boolean {
  return standing.kind === "open" && JSON.stringify(target) === JSON.stringify(other);
}

/** Any text can be an id, if it is short and can stand in an address. */
function isId(id: string): boolean {
  return id.length > 0 && id.length <= MAX_PUSH_ID_LENGTH && id.isWellFormed() && !/\p{Cc}/u.test(id);
}

function checkId(id: string): string {
  if (isId(id)) return id;
  throw new RequestMalformedError(
    `The id of a push notification config has 1 to ${MAX_PUSH_ID_LENGTH} characters, and none that cannot be seen.`,
  );
}

function idOf(pageToken: string): string {
  const id = Buffer.from(pageToken, "base64url").toString();
  if (!isId(id)) throw new RequestMalformedError("pageToken is not one of this server's.");
  return id;
}
