import type { DatabaseSync } from "node:sqlite";

import type { Tenant } from "../../base/ids.ts";
import type { DefinitionFilter, DefinitionRecord, Page } from "../../ports/host.ts";
import { pageOf } from "../mailbox/page.ts";

/** A page of definitions, by name, and of one name the newest first. The cursor is the place of the page's last one. */
export function listDefinitions(database: DatabaseSync, tenant: Tenant, filter: DefinitionFilter): Page<DefinitionRecord> {
  const conditions = ["tenant = ?"];
  const parameters: (string | number)[] = [tenant];
  for (const column of ["name", "version", "fingerprint"] as const) {
    const wanted = filter[column];
    if (wanted === undefined) continue;
    conditions.push(`${column} = ?`);
    parameters.push(wanted);
  }
  if (filter.releases === true) conditions.push("instr(version, '+') = 0");
  if (filter.cursor !== undefined) {
    const [storedAt = "", fingerprint = "", ...name] = filter.cursor.split("/");
    conditions.push("(name, -stored_at, fingerprint) > (?, ?, ?)");
    parameters.push(name.join("/"), -Number(storedAt), fingerprint);
  }
  const text = `select name, version, fingerprint, stored_at from definition where ${conditions.join(" and ")}
    order by name, -stored_at, fingerprint limit ?`;
  const items = database
    .prepare(text)
    .all(...parameters, filter.limit + 1)
    .map(recordOf);
  return pageOf(items, filter.limit, ({ storedAt, fingerprint, name }) => `${storedAt}/${fingerprint}/${name}`);
}

function recordOf(row: { readonly [column: string]: unknown }): DefinitionRecord {
  return {
    name: String(row["name"]),
    version: String(row["version"]),
    fingerprint: String(row["fingerprint"]),
    storedAt: Number(row["stored_at"]),
  };
}
