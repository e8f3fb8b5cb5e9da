import type { DatabaseSync } from "node:sqlite";

import type { Page, RunFilter, RunRecord } from "../../ports/host.ts";
import type { RunStatus } from "../../scheduler/index.ts";
import { pageOf } from "../mailbox/page.ts";
import type { Row } from "./sqlite-store.ts";

/** Runs with a label are fetched one by one when they are fewer than this; else all runs are gone through in their order. */
const FEW_RUNS = 1_000;

const OVER: ReadonlySet<RunStatus> = new Set(["completed", "failed", "canceled"]);

type Which = Omit<RunFilter, "limit" | "cursor">;
type Parameter = string | number;
/** Where the runs come from, and what is true of those that are wanted. */
type Selection = { readonly from: string; readonly texts: string[]; readonly parameters: Parameter[] };

/** A page of runs, newest first. The cursor is the place of the page's last run. */
export function listRuns(database: DatabaseSync, filter: RunFilter, recordOf: (row: Row) => RunRecord): Page<RunRecord> {
  const { from, texts, parameters } = selectionOf(database, filter);
  const isByUpdate = filter.order === "updated";
  const column = isByUpdate ? "run.updated_at" : "run.created_at";
  if (filter.cursor !== undefined) {
    const [at = "", ...id] = filter.cursor.split("/");
    texts.push(`(${column}, run.run) < (?, ?)`);
    parameters.push(Number(at), id.join("/"));
  }
  const text = `select run.* from ${from} where ${texts.join(" and ")} order by ${column} desc, run.run desc limit ?`;
  const items = database
    .prepare(text)
    .all(...parameters, filter.limit + 1)
    .map(recordOf);
  return pageOf(items, filter.limit, ({ createdAt, updatedAt, run }) => `${isByUpdate ? updatedAt : createdAt}/${run.id}`);
}

export function countRuns(database: DatabaseSync, filter: Which): number {
  const { from, texts, parameters } = selectionOf(database, filter);
  return Number(database.prepare(`select count(*) as count from ${from} where ${texts.join(" and ")}`).get(...parameters)?.["count"]);
}

function selectionOf(database: DatabaseSync, filter: Which): Selection {
  const { tenant, status = [], workflow, parent, labels = {}, asks, updatedSince } = filter;
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
  if (updatedSince !== undefined) add("run.updated_at >= ?", updatedSince);
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
function chooseSource(database: DatabaseSync, { tenant, labels = {}, parent, status = [] }: Which): Selection {
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
  return { from: "run", texts: [], parameters: [] };
}

function countUpToFew(database: DatabaseSync, label: readonly [tenant: string, name: string, value: string]): number {
  const some = "select count(*) as count from (select 1 from label where tenant = ? and name = ? and value = ? limit ?)";
  return Number(database.prepare(some).get(...label, FEW_RUNS)?.["count"]);
}
