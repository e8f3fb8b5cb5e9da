import type { TaskPushNotificationConfig } from "@a2a-js/sdk";

import type { RunRef } from "../../../../src/base/ids.ts";
import { PushConfigs } from "../../../../src/a2a/push/push-configs.ts";
import { PushDispatcher, type PushOptions } from "../../../../src/a2a/push/push-dispatcher.ts";
import type { ViewOf } from "../../../../src/a2a/push/push-feed.ts";
import { type PushRow, readRow } from "../../../../src/a2a/push/push-row.ts";
import { TaskView } from "../../../../src/a2a/task/task-view.ts";
import { openMemory } from "../../../../src/hosts/memory/open-memory.ts";
import type { Host } from "../../../../src/ports/host.ts";
import { Egress } from "../../../../src/runtime/egress/egress.ts";
import { single } from "../../../conformance/host/workflows.ts";
import { finishSingle, idlePerformer, runOf } from "../../hosts/database-folder.ts";
import { until } from "./receiver.ts";

export type LogLine = { readonly level: string; readonly event: string; readonly fields: { readonly [name: string]: unknown } };

/** Tasks of a workflow with one step, on a host, and what delivers their notifications. */
export class PushWorld {
  readonly host: Host;
  readonly egress = new Egress();
  readonly dispatcher: PushDispatcher;
  readonly configs: PushConfigs;
  readonly lines: LogLine[] = [];

  constructor(options: Partial<PushOptions> = {}) {
    this.host = options.host ?? openMemory({ performer: idlePerformer });
    const log: PushOptions["log"] = (level, event, fields) => void this.lines.push({ level, event, fields });
    const all = { viewOf: viewOfSingle(this.host), egress: this.egress, allow: ["http://127.0.0.1:*"], log, ...options };
    this.dispatcher = new PushDispatcher({ ...all, host: this.host });
    this.configs = new PushConfigs(this.dispatcher);
  }

  start(id: string): Promise<RunRef> {
    return startTask(this.host, id);
  }

  finish(id: string): Promise<unknown> {
    return finishSingle(this.host, id, { n: 1 });
  }

  async row(run: RunRef, id: string): Promise<PushRow> {
    const row = await readRow(this.host, { run, id });
    if (row === null) throw new Error("There is no such config.");
    return row;
  }

  /** Resolves when a config is over. */
  async ended(run: RunRef, id: string): Promise<PushRow> {
    await until(async () => (await this.row(run, id)).standing.kind !== "open");
    return this.row(run, id);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispatcher.close();
    await this.egress.close();
    await this.host.close();
  }
}

export async function startTask(host: Host, id: string, run: RunRef = runOf(id)): Promise<RunRef> {
  const fingerprint = await host.define(run.tenant, single);
  const message = { messageId: `m-${id}`, role: "ROLE_USER", parts: [{ text: "Go." }], taskId: id, contextId: `c-${id}` };
  await host.start({
    run,
    seed: id,
    workflow: "single",
    version: "1.0.0",
    fingerprint,
    input: {},
    by: "ada",
    origin: { caller: "ada", context: `c-${id}`, message },
    trace: TRACE,
  });
  return run;
}

export const TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

export function viewOfSingle(host: Host): ViewOf {
  return async (run) => ((await host.get(run)) === null ? null : new TaskView({ kind: "workflow", name: "single" }, run));
}

export function config(url: string, more: Partial<TaskPushNotificationConfig> = {}): TaskPushNotificationConfig {
  return { tenant: "", id: "", taskId: "", url, token: "", authentication: undefined, ...more };
}

/** How a config comes with a task's first message. */
export const FIRST = { isFirst: true };
