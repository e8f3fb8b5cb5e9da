import type { DatabaseSync } from "node:sqlite";

import { assert } from "../../base/assert.ts";
import { RUNS_PER_LOOK } from "../../base/limits.ts";
import type { RunFilter, RunQuery } from "../../ports/host.ts";
import { readRunCursor, runCursorOf, type RunPlace } from "../mailbox/page.ts";
import type { LookPlace } from "../mailbox/store.ts";
import { endOfLookById, type Parameter, type Selection, shortestOf, waysOf } from "./run-ways.ts";
import type { Row } from "./sqlite-store.ts";
import { LAST_TEXT } from "./statements.ts";

/** Where a way leads to fewer runs than these, all of them are looked at, and put in order. */
const FEW_RUNS = 1_000;
/** And where it leads to fewer than these, when what is wanted is not among the newest of all runs. */
const SOME_RUNS = 20_000;

type Which = RunQuery & { readonly cursor?: string | undefined };

/** What runs go by, and the index that has a tenant's runs in that order: of the last change, only those with labels. */
const ORDERS = {
  created: { column: "created_at", from: "run indexed by run_by_age", isThere: "run.tenant = ?" },
  updated: { column: "updated_at", from: "run indexed by run_by_change", isThere: "run.tenant = ? and run.labels is not null" },
} as const;

/** The next runs of a list, newest first; `goOn`: where to look further. */
export function listRuns(database: DatabaseSync, filter: RunFilter, from?: LookPlace): { rows: Row[]; goOn: LookPlace | null } {
  const { column } = ORDERS[filter.order ?? "created"];
  const { selection, goOn } = lookAt(database, filter, placeToList(database, filter, from));
  const text = `select run.* from ${selection.from} where ${selection.texts.join(" and ")}
    order by run.${column} desc, run.run desc limit ?`;
  return { rows: database.prepare(text).all(...selection.parameters, filter.limit), goOn };
}

export function countRuns(
  database: DatabaseSync,
  filter: Omit<Which, "order">,
  from?: LookPlace,
): { count: number; goOn: LookPlace | null } {
  // The order is that in which there is least to look at.
  const which: Which = { ...filter, order: filter.updatedSince === undefined ? "created" : "updated" };
  const { selection, goOn } = lookAt(database, which, from ?? placeToCount(database, which));
  const text = `select count(*) as count from ${selection.from} where ${selection.texts.join(" and ")}`;
  return { count: Number(database.prepare(text).get(...selection.parameters)?.["count"]), goOn };
}

/** A few runs are put in order. Of more, what is wanted may be among the newest; if not, a shorter way is taken. */
function placeToList(database: DatabaseSync, filter: Which, from: LookPlace | undefined): LookPlace {
  if (from !== undefined && from.kind !== "newest") return from;
  const { cursor } = from ?? filter;
  const ways = waysOf(filter);
  const isFirst = from === undefined && hasOrder(filter);
  const way = shortestOf(database, ways, isFirst ? FEW_RUNS : SOME_RUNS);
  if (isFirst && way === null && ways.length > 0) return { kind: "newest", cursor };
  // Of all runs, those of the first ways are likely to be few.
  const isRare = ways[0]?.isRare === true;
  return way === null && !isRare ? { kind: "inOrder", cursor } : { kind: "byId", cursor, way: way ?? 0, before: LAST_TEXT };
}

/** In whatever order: the shortest way leads to no more runs than there are. */
function placeToCount(database: DatabaseSync, filter: Which): LookPlace {
  const ways = waysOf(filter);
  const few = shortestOf(database, ways, FEW_RUNS);
  const isSince = filter.updatedSince !== undefined && hasOrder(filter) && ways[0]?.isRare !== true;
  // Few have changed since.
  if (few === null && (isSince || ways.length === 0)) return { kind: "inOrder", cursor: undefined };
  return { kind: "byId", cursor: undefined, way: few ?? shortestOf(database, ways, SOME_RUNS) ?? 0, before: LAST_TEXT };
}

/** Whether an index has the runs in the order of the list: without labels there is none by the last change. */
function hasOrder({ order = "created", labels = {} }: Which): boolean {
  return order === "created" || Object.keys(labels).length > 0;
}

type Look = { readonly selection: Selection; readonly goOn: LookPlace | null };

/** What a filter selects, from a place on, to where one look ends. */
function lookAt(database: DatabaseSync, filter: Which, place: LookPlace): Look {
  return place.kind === "byId" ? lookById(database, filter, place) : lookInOrder(database, { ...filter, cursor: place.cursor }, place.kind);
}

function lookById(database: DatabaseSync, filter: Which, place: Extract<LookPlace, { kind: "byId" }>): Look {
  const { column } = ORDERS[filter.order ?? "created"];
  const way = waysOf(filter)[place.way];
  assert(way !== undefined, "The ways to the runs of a filter are always the same.");
  const end = endOfLookById(database, way, place.before);
  const selection = { from: way.from, texts: [...way.texts, `${way.id} < ?`], parameters: [...way.parameters, place.before] };
  if (end !== null) add(selection, `${way.id} >= ?`, end);
  addConditions(selection, filter);
  addBegin(selection, { ...filter, cursor: place.cursor });
  if (filter.updatedSince !== undefined) add(selection, "run.updated_at >= ?", filter.updatedSince);
  const { newerThan } = place;
  if (newerThan !== undefined) add(selection, `(run.${column}, run.run) > (?, ?)`, newerThan.at, newerThan.id);
  return { selection, goOn: end === null ? null : { ...place, before: end } };
}

function lookInOrder(database: DatabaseSync, filter: Which, kind: "newest" | "inOrder"): Look {
  const { column, from: inOrder } = ORDERS[filter.order ?? "created"];
  const selection: Selection = { from: sourceInOrder(filter), texts: [], parameters: [] };
  addConditions(selection, filter);
  addBegin(selection, filter);
  const end = selection.from === inOrder ? endOfLook(database, filter) : null;
  if (end !== null) add(selection, `(run.${column}, run.run) >= (?, ?)`, end.at, end.id);
  // An index is searched by one lower bound; that of the look is the nearer one.
  if (filter.updatedSince !== undefined && (end === null || column !== "updated_at"))
    add(selection, "run.updated_at >= ?", filter.updatedSince);
  return { selection, goOn: end === null ? null : { kind, cursor: runCursorOf(end) } };
}

/** The index that has all runs in their order; or where there is none, or few have changed since, what is sorted at once. */
function sourceInOrder(filter: Which): string {
  const { order = "created", labels = {}, updatedSince } = filter;
  if (!hasOrder(filter)) return "run";
  const isSince = updatedSince !== undefined && Object.keys(labels).length > 0;
  return isSince ? ORDERS.updated.from : ORDERS[order].from;
}

/** The last run of a look at runs in their order; null when there are no more than one may look at. */
function endOfLook(database: DatabaseSync, filter: Which): RunPlace | null {
  const { tenant, order = "created", updatedSince = 0 } = filter;
  const { column, from, isThere } = ORDERS[order];
  const selection: Selection = { from, texts: [isThere], parameters: [tenant] };
  addBegin(selection, filter);
  if (order === "updated") add(selection, "run.updated_at >= ?", updatedSince);
  const text = `select run.${column} as at, run.run as id from ${from} where ${selection.texts.join(" and ")}
    order by run.${column} desc, run.run desc limit 1 offset ?`;
  const row = database.prepare(text).get(...selection.parameters, RUNS_PER_LOOK - 1);
  return row === undefined ? null : { at: Number(row["at"]), id: String(row["id"]) };
}

function add(selection: Selection, text: string, ...values: readonly Parameter[]): void {
  selection.texts.push(text);
  selection.parameters.push(...values);
}

/** Behind the place that a cursor says. */
function addBegin(selection: Selection, { cursor, order = "created" }: Which): void {
  if (cursor === undefined) return;
  const { at, id } = readRunCursor(cursor);
  add(selection, `(run.${ORDERS[order].column}, run.run) < (?, ?)`, at, id);
}

function addConditions(selection: Selection, filter: Which): void {
  const { tenant, status = [], workflow, parent, labels = {}, asks } = filter;
  add(selection, "run.tenant = ?", tenant);
  if (status.length > 0) add(selection, `run.status in (${status.map(() => "?").join(", ")})`, ...status);
  if (workflow !== undefined) {
    const names = [workflow].flat();
    add(selection, `run.workflow in (${names.map(() => "?").join(", ")})`, ...names);
  }
  if (parent !== undefined) add(selection, "run.parent = ?", parent);
  if (asks === "none") add(selection, "run.asks is null");
  else if (asks !== undefined) add(selection, "run.asks = ?", asks);
  const named = Object.entries(labels);
  // Says that the index of runs with labels is enough.
  if (named.length > 0) add(selection, "run.labels is not null");
  // One run at a time: as a list, SQLite would gather the label's runs anew for each of them.
  for (const [name, value] of named)
    add(
      selection,
      "exists (select 1 from label as said where said.tenant = run.tenant and said.name = ? and said.value = ? and said.run = run.run)",
      name,
      value,
    );
}
