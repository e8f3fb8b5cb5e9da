/**
 * How any process asks for a new chance for configs that were given up: by a cursor beside theirs, which
 * the dispatcher, wherever it is, finds at its next look. So only the dispatcher writes their rows.
 */
import type { RunId, Tenant } from "../../base/ids.ts";
import type { Host } from "../../ports/host.ts";
import type { DeadPush } from "./push-configs.ts";
import type { PushRef } from "./push-row.ts";

const PREFIX = "push-revive/";
/** Requests that are carried out at one look. */
const AT_ONCE = 500;

/** Resolves when the request is durable. */
export async function askToRevive(host: Host, tenant: Tenant, { task, id }: Pick<DeadPush, "task" | "id">): Promise<void> {
  await host.moveCursor(tenant, nameOf(task, id), true);
}

/** What has been asked for in a tenant. */
export async function revivalsOf(host: Host, tenant: Tenant): Promise<readonly PushRef[]> {
  const cursors = await host.cursors(tenant, PREFIX, AT_ONCE);
  return cursors.map(({ name }) => {
    const [, run = "", id = ""] = name.split("/");
    return { run: { tenant, id: run as RunId }, id: decodeURIComponent(id) };
  });
}

/** A request has been carried out, or was for nothing. */
export async function forgetRevival(host: Host, { run, id }: PushRef): Promise<void> {
  await host.moveCursor(run.tenant, nameOf(run.id, id), null);
}

function nameOf(task: string, id: string): string {
  return `${PREFIX}${task}/${encodeURIComponent(id)}`;
}
