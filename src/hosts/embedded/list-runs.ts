import type { DatabaseSync } from "node:sqlite";

import type { Page, RunFilter, RunRecord } from "../../ports/host.ts";
import { pageOf } from "../mailbox/page.ts";
import type { Row } from "./sqlite-store.ts";

type Which = Omit<RunFilter, "limit" | "cursor">;
type Conditions = { readonly texts: string[]; readonly parameters: (string | number)[] };

/** A page of runs, newest first. The cursor is the place of the page's last run. */
export function listRuns(database: DatabaseSync, filter: RunFilter, recordOf: (row: Row) => RunRecord): Page<RunRecord> {
  const { texts, parameters } = conditionsOf(filter);
  const isByUpdate = filter.order === "updated";
  const column = isByUpdate ? "updated_at" : "created_at";
  if (filter.cursor !== undefined) {
    const [at = "", ...id] = filter.cursor.split("/");
    texts.push(`(${column}, run) < (?, ?)`);
    parameters.push(Number(at), id.join("/"));
  }
  const text = `select * from run where ${texts.join(" and ")} order by ${column} desc, run desc limit ?`;
  const items = database
    .prepare(text)
    .all(...parameters, filter.limit + 1)
    .map(recordOf);
  return pageOf(items, filter.limit, ({ createdAt, updatedAt, run }) => `${isByUpdate ? updatedAt : createdAt}/${run.id}`);
}

export function countRuns(database: DatabaseSync, filter: Which): number {
  const { texts, parameters } = conditionsOf(filter);
  return Number(database.prepare(`select count(*) as count from run where ${texts.join(" and ")}`).get(...parameters)?.["count"]);
}

function conditionsOf(filter: Which): Conditions {
  const { tenant, status = [], workflow, parent, labels = {}, asks, updatedSince } = filter;
  const texts = ["tenant = ?"];
  const parameters: (string | number)[] = [tenant];
  const add = (text: string, ...values: readonly (string | number)[]): void => {
    texts.push(text);
    parameters.push(...values);
  };
  if (status.length > 0) add(`status in (${status.map(() => "?").join(", ")})`, ...status);
  if (workflow !== undefined) {
    const names = [workflow].flat();
    add(`workflow in (${names.map(() => "?").join(", ")})`, ...names);
  }
  if (parent !== undefined) add("parent = ?", parent);
  if (asks === "none") add("asks is null");
  else if (asks !== undefined) add("asks = ?", asks);
  if (updatedSince !== undefined) add("updated_at >= ?", updatedSince);
  const named = Object.entries(labels);
  // Says that the index of runs with labels is enough.
  if (named.length > 0) add("labels is not null");
  for (const [name, value] of named)
    add("run in (select run from label where label.tenant = run.tenant and name = ? and value = ?)", name, value);
  return { texts, parameters };
}
