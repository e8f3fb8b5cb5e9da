/** Databases from before versions had one meaning, and runs that belong to others. */
import { copyFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { describe, expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import { RETENTION_MS } from "../../../src/base/limits.ts";
import { openGuest } from "../../../src/hosts/embedded/guest-host.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { single } from "../../conformance/host/workflows.ts";
import { DatabaseFolder, finishSingle, runOf, startSingle } from "./database-folder.ts";

const FIRST_VERSION = join(import.meta.dirname, "../../fixtures/databases/v1.db");

describe("a database of the first version", () => {
  it("keeps all its definitions: of several under one version the oldest has it, the others become drafts", async () => {
    await using folder = new DatabaseFolder();
    copyFileSync(FIRST_VERSION, folder.file());
    const database = new DatabaseSync(folder.file());
    const add = database.prepare(
      "insert into definition (tenant, fingerprint, name, version, body) values ('default', ?, 'report', ?, '{}')",
    );
    for (const letter of ["c", "a", "b"]) add.run(letter.repeat(64), "1.0.0");
    add.run("d".repeat(64), "1.0.0+mine");
    add.run("e".repeat(64), "1.0.0+mine");
    add.run("f".repeat(64), null);
    const start =
      database.prepare(`insert into run (tenant, run, workflow, version, fingerprint, status, input_hash, created_at, updated_at, ended_at)
      values ('default', ?, 'report', '1.0.0', ?, 'completed', '', ?, 0, 9999999999999)`);
    for (const [index, letter] of ["c", "b", "a"].entries()) start.run(`run-${letter}`, letter.repeat(64), 1_000 + index);
    database.close();
    const host = await folder.openOwner({ clock: new ManualClock() });
    const { items } = await host.definitions(DEFAULT_TENANT, { name: "report", limit: 10 });
    expect(items.map(({ version, storedAt, fingerprint }) => [fingerprint[0], version, storedAt])).toEqual([
      ["a", "1.0.0+aaaaaaaaaaaa", 1_002],
      ["b", "1.0.0+bbbbbbbbbbbb", 1_001],
      ["c", "1.0.0", 1_000],
      ["d", "1.0.0+mine", 0],
      ["e", "1.0.0+mine.eeeeeeeeeeee", 0],
      ["f", "0.0.0+ffffffffffff", 0],
    ]);
    expect((await host.definitions(DEFAULT_TENANT, { limit: 100 })).items.length).toBeGreaterThan(6);
  });
});

describe("versions through another process", () => {
  it("are refused and kept as drafts by the owner, and read from the file", async () => {
    await using folder = new DatabaseFolder();
    const owner = await folder.openOwner();
    const guest = folder.keep(openGuest(folder.file()));
    await owner.define(DEFAULT_TENANT, { ...single, version: "1.0.0" });
    const other = { ...single, version: "1.0.0", description: "another" };
    await expect(guest.define(DEFAULT_TENANT, other)).rejects.toMatchObject({
      code: "T1501",
      message: expect.stringContaining("description"),
    });
    const fingerprint = await guest.define(DEFAULT_TENANT, other, { draft: true });
    const { items } = await guest.definitions(DEFAULT_TENANT, { fingerprint, limit: 1 });
    expect(items).toMatchObject([{ name: "single", version: `1.0.0+${fingerprint.slice(0, 12)}` }]);
  });
});

describe("the sweep", () => {
  it("keeps a sub-workflow that ended long ago while the run above it is open: its end may be news there", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    await startSingle(host, "above");
    const { record } = await startSingle(host, "alone");
    const common = { seed: "s", workflow: "single", version: "1.0.0", fingerprint: record.fingerprint, input: {}, by: "run:above" };
    await host.start({ run: runOf("below"), ...common, parent: { run: "above", effect: "default/above/a/1/1" } });
    for (const id of ["below", "alone"]) await finishSingle(host, id);
    clock.jump(RETENTION_MS + 1);
    expect(host.sweep().count).toBe(1);
    expect(await host.get(runOf("below"))).toMatchObject({ status: "completed", parent: "above" });
    await finishSingle(host, "above");
    expect(host.sweep().count).toBe(1);
    expect(await host.get(runOf("below"))).toBeNull();
  });
});
