/**
 * What the auditor looks at: a database read with plain SQL and JSON, and the agents' journals. No
 * code of the engine is used, so that a mistake there cannot hide itself here.
 */
import { DatabaseSync } from "node:sqlite";

import type { StoredFact } from "../../src/simulation/evidence.ts";
import type { Entry } from "./world/journal.ts";
import type { StartedRun } from "./world/orchestrate.ts";
import type { Acknowledgement } from "./world/outside.ts";

export type { StoredFact };

export type StoredRun = {
  readonly status: string;
  /** The run that it is inside of, when it is a workflow below. */
  readonly parent: string | null;
  readonly endedAt: number | null;
  readonly facts: readonly StoredFact[];
  readonly leftovers: readonly string[];
};

/** A database at one moment. */
export type Picture = { readonly integrity: string; readonly runs: ReadonlyMap<string, StoredRun> };

/** One crash and what came after it. */
export type Evidence = {
  readonly runs: readonly StartedRun[];
  /** What was acknowledged before the crash. */
  readonly acknowledged: readonly Acknowledgement[];
  readonly atCrash: Picture;
  readonly atEnd: Picture;
  /** What the agents wrote down until the crash, and afterwards. */
  readonly before: readonly Entry[];
  readonly after: readonly Entry[];
};

export function factsIn(picture: Picture, run: string): readonly StoredFact[] {
  return picture.runs.get(run)?.facts ?? [];
}

/** Reads a database that nobody owns. One that was never made has no runs. */
export function takePicture(path: string): Picture {
  const runs = new Map<string, StoredRun>();
  let database: DatabaseSync;
  try {
    database = new DatabaseSync(path, { readOnly: true });
  } catch (error) {
    // The process died before it made the file.
    return { integrity: error instanceof Error && /unable to open/.test(error.message) ? "ok" : String(error), runs };
  }
  try {
    const integrity = String(database.prepare("pragma integrity_check").get()?.["integrity_check"]);
    const tables = database.prepare("select name from sqlite_master where type = 'table'").all();
    if (tables.length === 0) return { integrity, runs };
    // A process may have died while it made the tables.
    if (!tables.some(({ name }) => name === "run")) return { integrity, runs };
    for (const row of database.prepare("select * from run").all()) {
      const id = String(row["run"]);
      const endedAt = row["ended_at"] === null ? null : Number(row["ended_at"]);
      const parent = row["parent"] == null ? null : String(row["parent"]);
      runs.set(id, {
        status: String(row["status"]),
        parent,
        endedAt,
        facts: readFacts(database, id),
        leftovers: readLeftovers(database, id),
      });
    }
    return { integrity, runs };
  } finally {
    database.close();
  }
}

function readFacts(database: DatabaseSync, run: string): readonly StoredFact[] {
  const rows = database.prepare("select seq, body, payloads from fact where run = ? order by seq").all(run);
  return rows.map((row) => {
    const payloads = row["payloads"] === null ? {} : (JSON.parse(String(row["payloads"])) as { readonly [field: string]: string });
    const fields = Object.entries(payloads).map(([field, hash]) => [field, readPayload(database, hash)]);
    return { ...(JSON.parse(String(row["body"])) as object), ...Object.fromEntries(fields), seq: Number(row["seq"]) } as StoredFact;
  });
}

function readPayload(database: DatabaseSync, hash: string): unknown {
  const content = database.prepare("select content from payload where hash = ?").get(hash)?.["content"];
  return content instanceof Uint8Array ? (JSON.parse(Buffer.from(content).toString("utf8")) as unknown) : `payload ${hash} is missing`;
}

/** Rows that say that a run still wants something. */
function readLeftovers(database: DatabaseSync, run: string): readonly string[] {
  const tables = ["timer", "stalled_input"].filter(
    (table) => database.prepare(`select 1 from ${table} where run = ? limit 1`).get(run) !== undefined,
  );
  const owes = database.prepare("select owes from run where run = ?").get(run)?.["owes"] === 1;
  return owes ? [...tables, "a mark that it owes commands"] : tables;
}
