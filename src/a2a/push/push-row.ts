/**
 * A push config as it is kept: one durable cursor for each, named `push/<task>/<config>`.
 *
 * 1. `from` only grows while a config is open: what comes before it has been delivered.
 * 2. A config that is over keeps no secrets.
 */
import type { RunId, RunRef, Tenant } from "../../base/ids.ts";
import { isJsonObject, type Json } from "../../base/json.ts";
import type { Cursor, Host } from "../../ports/host.ts";
import type { PushTarget } from "./push-target.ts";

/** The config of that id, of the task that is that run. */
export type PushRef = { readonly run: RunRef; readonly id: string };

/** The `n`-th event of the fact with that number. */
export type Place = { readonly seq: number; readonly n: number };

export type PushStanding =
  | {
      readonly kind: "open";
      /** Failures, and among them refusals, since the last delivery. */
      readonly failureCount: number;
      readonly refusalCount: number;
      /** When the next attempt is due; null: at once. */
      readonly retryAt: number | null;
    }
  /** The task is over, and its last event is delivered. */
  | { readonly kind: "done"; readonly at: number }
  /** The receiver did not take an event in all its attempts. It can be given a new chance. */
  | { readonly kind: "dead"; readonly at: number; readonly reason: string; readonly failureCount: number };

export type PushRow = {
  readonly target: PushTarget;
  /** The first event that is still to be delivered. */
  readonly from: Place;
  /** The config was made when the task was over: what it has come to is the only event. */
  readonly tellsEnd: boolean;
  readonly standing: PushStanding;
};

export const FRESH: PushStanding = { kind: "open", failureCount: 0, refusalCount: 0, retryAt: null };

const PREFIX = "push/";
/** Of the rows below. Other versions are left alone. */
const VERSION = 1;

export function keyOf({ run, id }: PushRef): string {
  return `${run.tenant}/${nameOf(run, id)}`;
}

export function nameOf(run: RunRef, id: string): string {
  return `${PREFIX}${run.id}/${encodeURIComponent(id)}`;
}

/** The rows of a tenant, or of one task, a page at a time. */
export async function readRows(host: Host, of: { readonly tenant: Tenant; readonly run?: RunRef }, page: RowPage): Promise<RowsRead> {
  const prefix = of.run === undefined ? PREFIX : nameOf(of.run, "");
  // One more than fits on the page tells that others follow.
  const found = await host.cursors(of.tenant, prefix, page.limit + 1, page.after ?? undefined);
  const cursors = found.slice(0, page.limit);
  const rows = cursors.flatMap((cursor) => rowOf(of.tenant, cursor));
  return { rows, next: found.length > cursors.length ? (cursors.at(-1)?.name ?? null) : null };
}

export type RowPage = { readonly limit: number; readonly after: string | null };
export type RowsRead = {
  readonly rows: readonly { readonly ref: PushRef; readonly row: PushRow }[];
  /** What the next page begins after; null: there is none. */
  readonly next: string | null;
};

export async function readRow(host: Host, { run, id }: PushRef): Promise<PushRow | null> {
  return decode(await host.cursor(run.tenant, nameOf(run, id)));
}

export async function writeRow(host: Host, { run, id }: PushRef, row: PushRow | null): Promise<void> {
  await host.moveCursor(run.tenant, nameOf(run, id), row === null ? null : { version: VERSION, ...row });
}

function rowOf(tenant: Tenant, { name, position }: Cursor): RowsRead["rows"] {
  const [, run = "", id = ""] = name.split("/");
  const row = decode(position);
  return row === null ? [] : [{ ref: { run: { tenant, id: run as RunId }, id: decodeURIComponent(id) }, row }];
}

function decode(position: Json | null): PushRow | null {
  if (!isJsonObject(position) || position["version"] !== VERSION) return null;
  const { version: _, ...row } = position;
  return row as unknown as PushRow;
}
