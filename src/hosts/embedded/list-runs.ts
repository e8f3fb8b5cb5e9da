import type { DatabaseSync } from "node:sqlite";

import type { Page, RunFilter, RunRecord } from "../../ports/host.ts";
import { pageOf } from "../mailbox/page.ts";
import type { Row } from "./sqlite-store.ts";

/** A page of runs, newest first. The cursor is the place of the page's last run. */
export function listRuns(database: DatabaseSync, filter: RunFilter, recordOf: (row: Row) => RunRecord): Page<RunRecord> {
  const conditions = ["tenant = ?"];
  const parameters: (string | number)[] = [filter.tenant];
  if (filter.status !== undefined && filter.status.length > 0) {
    conditions.push(`status in (${filter.status.map(() => "?").join(", ")})`);
    parameters.push(...filter.status);
  }
  if (filter.workflow !== undefined) {
    conditions.push("workflow = ?");
    parameters.push(filter.workflow);
  }
  if (filter.parent !== undefined) {
    conditions.push("parent = ?");
    parameters.push(filter.parent);
  }
  for (const [name, value] of Object.entries(filter.labels ?? {})) {
    conditions.push("run in (select run from label where label.tenant = run.tenant and name = ? and value = ?)");
    parameters.push(name, value);
  }
  if (filter.cursor !== undefined) {
    const [createdAt = "", ...id] = filter.cursor.split("/");
    conditions.push("(created_at, run) < (?, ?)");
    parameters.push(Number(createdAt), id.join("/"));
  }
  const text = `select * from run where ${conditions.join(" and ")} order by created_at desc, run desc limit ?`;
  const items = database
    .prepare(text)
    .all(...parameters, filter.limit + 1)
    .map(recordOf);
  return pageOf(items, filter.limit, ({ createdAt, run }) => `${createdAt}/${run.id}`);
}
