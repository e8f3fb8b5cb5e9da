/**
 * The floor: what `node:sqlite` alone does with the same rows, bytes and commits, in a table of the
 * same shape, with the same settings, one transaction an event-loop turn.
 */
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";

import { openDatabase } from "../src/hosts/embedded/open-database.ts";
import type { CommitRows } from "./engine.ts";

/** Writes the commits and returns how long it took, in milliseconds. */
export async function writeFloor(directory: string, commits: readonly CommitRows[]): Promise<number> {
  const database = openDatabase({ path: join(directory, "floor.db") });
  try {
    const insert = database.prepare("insert into fact (tenant, run, seq, version, body, payloads) values (?, ?, ?, ?, ?, ?)");
    const startedAt = performance.now();
    for (const rows of commits) {
      await turn();
      database.exec("begin immediate");
      for (const row of rows) insert.run(...row);
      database.exec("commit");
    }
    return performance.now() - startedAt;
  } finally {
    database.close();
  }
}
