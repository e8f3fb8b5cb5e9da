import { DatabaseSync } from "node:sqlite";

import { describe, expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import { FACTS_PER_SWEEP, RETENTION_MS, RUNS_PER_SWEEP } from "../../../src/base/limits.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { relay } from "../../conformance/host/workflows.ts";
import { DatabaseFolder, finishSingle, runOf, startSingle } from "./database-folder.ts";

const LARGE = "x".repeat(50_000);

describe("the sweep", () => {
  it("removes runs that ended longer ago than the retention, with all that belongs to them, and no others", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    for (const id of ["old", "open"]) await startSingle(host, id, { id });
    await finishSingle(host, "old", LARGE);
    clock.jump(RETENTION_MS);
    await startSingle(host, "young");
    await finishSingle(host, "young");
    clock.jump(1_000);
    expect(host.sweep().count).toBe(1);
    expect(host.sweep().count).toBe(0);
    expect(await host.get(runOf("old"))).toBeNull();
    expect(await host.history(runOf("old"), 1, 10)).toEqual([]);
    expect(await host.get(runOf("open"))).toMatchObject({ status: "running" });
    expect(await host.get(runOf("young"))).toMatchObject({ status: "completed" });
    const left = rowsOf(folder.file());
    for (const [table, runs] of Object.entries(left)) expect([table, runs.includes("old")]).toEqual([table, false]);
  });

  it("keeps content while another run refers to it, and content that belongs to no run", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    const hash = await host.putPayload(DEFAULT_TENANT, Buffer.from("nobody's"));
    await startSingle(host, "first", LARGE);
    await startSingle(host, "second", LARGE);
    await finishSingle(host, "first", { only: LARGE });
    // The input of both, the output of the first (of its step and of the run), and nobody's.
    expect(payloadCount(folder.file())).toBe(3);
    clock.jump(RETENTION_MS + 1);
    expect(host.sweep().count).toBe(1);
    expect(payloadCount(folder.file())).toBe(2);
    expect((await host.history(runOf("second"), 1, 1))[0]?.fact).toMatchObject({ kind: "runStarted", input: LARGE });
    expect(await host.getPayload(DEFAULT_TENANT, hash)).not.toBeNull();
  });

  it("keeps files that a run names, in whatever fact, as long as one that names them", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    const keep = (text: string) => host.putPayload(DEFAULT_TENANT, Buffer.from(text));
    const [given, made, shared] = [await keep("given"), await keep("made"), await keep("shared")];
    const fileOf = (payload: string) => ({ payload, bytes: 5, mediaType: "text/plain", name: "a.txt" });
    await startSingle(host, "first", { files: [fileOf(given), fileOf(shared)], text: LARGE });
    await startSingle(host, "second", fileOf(shared));
    await finishSingle(host, "first", { report: fileOf(made), text: LARGE });
    const there = () => Promise.all([given, made, shared].map(async (hash) => (await host.getPayload(DEFAULT_TENANT, hash)) !== null));
    expect(await there()).toEqual([true, true, true]);
    clock.jump(RETENTION_MS + 1);
    expect(host.sweep().count).toBe(1);
    expect(await there()).toEqual([false, false, true]);
  });

  it("lets an id be used again once its run is gone", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    await startSingle(host, "again", { a: 1 });
    await finishSingle(host, "again");
    clock.jump(RETENTION_MS + 1);
    host.sweep();
    expect(await startSingle(host, "again", { a: 2 })).toMatchObject({ created: true });
  });

  it("comes by itself, hour by hour", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    await startSingle(host, "old");
    await finishSingle(host, "old");
    clock.advance(RETENTION_MS + 3_600_000);
    expect(await host.get(runOf("old"))).toBeNull();
  });
});

describe("a backlog of old runs", () => {
  it("is removed some runs at a time, fewer when they are large, until none is left", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    addFinished(folder.file(), "large", { runs: 3, facts: FACTS_PER_SWEEP });
    addFinished(folder.file(), "small", { runs: RUNS_PER_SWEEP, facts: 2 });
    const sweep = () => host.sweep();
    expect([sweep(), sweep(), sweep()]).toEqual(Array.from({ length: 3 }, () => ({ count: 1, isMore: true })));
    expect(sweep()).toEqual({ count: RUNS_PER_SWEEP, isMore: true });
    expect(sweep()).toEqual({ count: 0, isMore: false });
  });

  it("is worked off by itself within a moment, not a part of it an hour", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    addFinished(folder.file(), "large", { runs: 5, facts: FACTS_PER_SWEEP });
    clock.advance(3_600_000 + 1_000);
    expect(await host.count({ tenant: DEFAULT_TENANT })).toBe(0);
  });
});

/** Runs that ended in 1970, as rows: their facts need say nothing. */
function addFinished(file: string, name: string, { runs, facts }: { readonly runs: number; readonly facts: number }): void {
  using database = new DatabaseSync(file);
  const addRun = database.prepare(
    `insert into run (tenant, run, workflow, version, fingerprint, status, input_hash, created_at, updated_at, ended_at)
     values ('${DEFAULT_TENANT}', ?, 'work', '1.0.0', '', 'completed', '', 1, 1, 1)`,
  );
  const addFact = database.prepare(`insert into fact (tenant, run, seq, version, body) values ('${DEFAULT_TENANT}', ?, ?, 1, '{}')`);
  database.exec("begin");
  for (let index = 0; index < runs; index += 1) {
    const id = `${name}-${String(index).padStart(3, "0")}`;
    addRun.run(id);
    for (let seq = 1; seq <= facts; seq += 1) addFact.run(id, seq);
  }
  database.exec("commit");
}

describe("content", () => {
  it("is stored once, however many facts and runs of a tenant hold it", async () => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner();
    const fingerprint = await host.define(DEFAULT_TENANT, relay);
    for (const id of ["one", "two"]) {
      const run = runOf(id);
      await host.start({ run, seed: id, workflow: "relay", version: "1", fingerprint, input: {}, by: "test" });
      for (const path of ["a", "b"]) {
        const outcome = { kind: "completed", reply: { data: [{ text: LARGE }] } } as const;
        await host.post(run, { kind: "answered", path, attempt: 1, turn: 1, agent: "tester", outcome });
      }
      const holders = (await host.history(run, 1, 100)).filter(({ fact }) => JSON.stringify(fact).includes(LARGE));
      expect(holders.map(({ fact }) => fact.kind)).toEqual(["subtaskCompleted", "subtaskAssigned", "subtaskCompleted", "runCompleted"]);
    }
    expect(payloadCount(folder.file())).toBe(1);
  });
});

function rowsOf(path: string): { readonly [table: string]: readonly string[] } {
  const database = new DatabaseSync(path, { readOnly: true });
  const tables = database
    .prepare("select distinct m.name from sqlite_master m, pragma_table_info(m.name) c where m.type = 'table' and c.name = 'run'")
    .all();
  const rows = tables.map(({ name }) => [
    String(name),
    database
      .prepare(`select run from "${String(name)}"`)
      .all()
      .map((row) => String(row["run"])),
  ]);
  database.close();
  return Object.fromEntries(rows) as { [table: string]: readonly string[] };
}

function payloadCount(path: string): number {
  const database = new DatabaseSync(path, { readOnly: true });
  const count = Number(database.prepare("select count(*) as count from payload").get()?.["count"]);
  database.close();
  return count;
}
