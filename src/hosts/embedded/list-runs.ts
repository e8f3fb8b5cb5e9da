import type { DatabaseSync } from "node:sqlite";

import { RUNS_PER_LOOK } from "../../base/limits.ts";
import type { RunFilter } from "../../ports/host.ts";
import type { RunStatus } from "../../scheduler/index.ts";
import { readRunCursor, runCursorOf, type RunPlace } from "../mailbox/page.ts";
import type { Row } from "./sqlite-store.ts";

/** Runs with a label are fetched one by one when they are fewer than this; else all runs are gone through in their order. */
const FEW_RUNS = 1_000;

const OVER: ReadonlySet<RunStatus> = new Set(["completed", "failed", "canceled"]);

type Which = Omit<RunFilter, "limit">;
type Parameter = string | number;
/** Where the runs come from, and what is true of those that are wanted. */
type Selection = { readonly from: string; readonly texts: string[]; readonly parameters: Parameter[] };

/** What runs go by, and the index that has a tenant's runs in that order: of the last change, only those with labels. */
const ORDERS = {
  created: { column: "created_at", from: "run indexed by run_by_age", isThere: "run.tenant = ?" },
  updated: { column: "updated_at", from: "run indexed by run_by_change", isThere: "run.tenant = ? and run.labels is not null" },
} as const;

/** The next runs of a list, newest first; `goOn`: where to look further. */
export function listRuns(database: DatabaseSync, filter: RunFilter): { rows: Row[]; goOn: string | null } {
  const { column } = ORDERS[filter.order ?? "created"];
  const { from, texts, parameters, goOn } = lookAt(database, filter);
  const text = `select run.* from ${from} where ${texts.join(" and ")} order by run.${column} desc, run.run desc limit ?`;
  return { rows: database.prepare(text).all(...parameters, filter.limit), goOn };
}

export function countRuns(database: DatabaseSync, filter: Omit<Which, "order">): { count: number; goOn: string | null } {
  // The order is that in which there is least to look at.
  const { from, texts, parameters, goOn } = lookAt(database, {
    ...filter,
    order: filter.updatedSince === undefined ? "created" : "updated",
  });
  const row = database.prepare(`select count(*) as count from ${from} where ${texts.join(" and ")}`).get(...parameters);
  return { count: Number(row?.["count"]), goOn };
}

/** What a filter selects, from its cursor on, to where one look ends. */
function lookAt(database: DatabaseSync, filter: Which): Selection & { readonly goOn: string | null } {
  const { from, texts, parameters } = selectionOf(database, filter);
  const { column, from: inOrder } = ORDERS[filter.order ?? "created"];
  addBegin({ texts, parameters }, filter);
  const end = from === inOrder ? endOfLook(database, filter) : null;
  if (end !== null) {
    texts.push(`(run.${column}, run.run) >= (?, ?)`);
    parameters.push(end.at, end.id);
  }
  // An index is searched by one lower bound; that of the look is the nearer one.
  if (filter.updatedSince !== undefined && (end === null || column !== "updated_at")) {
    texts.push("run.updated_at >= ?");
    parameters.push(filter.updatedSince);
  }
  return { from, texts, parameters, goOn: end === null ? null : runCursorOf(end) };
}

/** Behind the place that a cursor says. */
function addBegin({ texts, parameters }: Omit<Selection, "from">, { cursor, order = "created" }: Which): void {
  if (cursor === undefined) return;
  const { at, id } = readRunCursor(cursor);
  texts.push(`(run.${ORDERS[order].column}, run.run) < (?, ?)`);
  parameters.push(at, id);
}

/** The last run of a look at runs in their order; null when there are no more than one may look at. */
function endOfLook(database: DatabaseSync, filter: Which): RunPlace | null {
  const { tenant, order = "created", updatedSince = 0 } = filter;
  const { column, from, isThere } = ORDERS[order];
  const texts: string[] = [isThere];
  const parameters: Parameter[] = [tenant];
  addBegin({ texts, parameters }, filter);
  if (order === "updated") {
    texts.push("run.updated_at >= ?");
    parameters.push(updatedSince);
  }
  const text = `select run.${column} as at, run.run as id from ${from} where ${texts.join(" and ")}
    order by run.${column} desc, run.run desc limit 1 offset ?`;
  const row = database.prepare(text).get(...parameters, RUNS_PER_LOOK - 1);
  return row === undefined ? null : { at: Number(row["at"]), id: String(row["id"]) };
}

function selectionOf(database: DatabaseSync, filter: Which): Selection {
  const { tenant, status = [], workflow, parent, labels = {}, asks } = filter;
  const selection = chooseSource(database, filter);
  const add = (text: string, ...values: readonly Parameter[]): void => {
    selection.texts.push(text);
    selection.parameters.push(...values);
  };
  add("run.tenant = ?", tenant);
  if (status.length > 0) add(`run.status in (${status.map(() => "?").join(", ")})`, ...status);
  if (workflow !== undefined) {
    const names = [workflow].flat();
    add(`run.workflow in (${names.map(() => "?").join(", ")})`, ...names);
  }
  if (parent !== undefined) add("run.parent = ?", parent);
  if (asks === "none") add("run.asks is null");
  else if (asks !== undefined) add("run.asks = ?", asks);
  const named = Object.entries(labels);
  // Says that the index of runs with labels is enough.
  if (named.length > 0) add("run.labels is not null");
  // One run at a time: as a list, SQLite would gather the label's runs anew for each of them.
  for (const [name, value] of named)
    add(
      "exists (select 1 from label as said where said.tenant = run.tenant and said.name = ? and said.value = ? and said.run = run.run)",
      name,
      value,
    );
  return selection;
}

/** SQLite does not know what is rare, and would go through all runs of a tenant to find the three of one conversation. */
function chooseSource(database: DatabaseSync, filter: Which): Selection {
  const { tenant, labels = {}, parent, status = [], order = "created", updatedSince } = filter;
  if (parent !== undefined) return { from: "run indexed by run_by_parent", texts: [], parameters: [] };
  const few = Object.entries(labels).map(([name, value]) => ({ name, value, count: countUpToFew(database, [tenant, name, value]) }));
  const [rarest] = few.toSorted((left, right) => left.count - right.count);
  if (rarest !== undefined && rarest.count < FEW_RUNS) {
    return {
      from: "label as rare cross join run on run.tenant = rare.tenant and run.run = rare.run",
      texts: ["rare.tenant = ? and rare.name = ? and rare.value = ?"],
      parameters: [tenant, rarest.name, rarest.value],
    };
  }
  // Few of the runs of a database are open.
  const areOpen = status.length > 0 && !status.some((each) => OVER.has(each));
  if (areOpen) return { from: "run indexed by run_by_end", texts: ["run.ended_at is null"], parameters: [] };
  // Without labels there is no index by the last change: all are sorted.
  if (rarest === undefined) return { from: order === "created" ? ORDERS.created.from : "run", texts: [], parameters: [] };
  // Few have changed since.
  const isByChange = order === "updated" || updatedSince !== undefined;
  return { from: isByChange ? ORDERS.updated.from : ORDERS.created.from, texts: [], parameters: [] };
}

function countUpToFew(database: DatabaseSync, label: readonly [tenant: string, name: string, value: string]): number {
  const some = "select count(*) as count from (select 1 from label where tenant = ? and name = ? and value = ? limit ?)";
  return Number(database.prepare(some).get(...label, FEW_RUNS)?.["count"]);
}
