import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { describe, expect, it } from "vitest";

import { openGuest } from "../../../src/hosts/embedded/guest-host.ts";
import { MIGRATIONS } from "../../../src/hosts/embedded/migrations.ts";
import { isOldSqlite, openDatabase } from "../../../src/hosts/embedded/open-database.ts";
import { DatabaseFolder, finishSingle, runOf, startSingle } from "./database-folder.ts";
import { ended, startOther } from "./other-process.ts";

/** The tables of design.md, "A host", but for the one whose mark is in the run's row now (docs/decisions/0002). */
const TABLES = ["run", "fact", "snapshot", "timer", "payload_reference", "label", "look_up", "payload", "definition", "cursor"];

describe("the tables", () => {
  it("are all there from the first migration, and each key begins with the tenant", async () => {
    await using folder = new DatabaseFolder();
    await folder.openOwner();
    const database = new DatabaseSync(folder.file(), { readOnly: true });
    const names = database
      .prepare("select name from sqlite_master where type = 'table'")
      .all()
      .map((row) => String(row["name"]));
    expect(names).toEqual(expect.arrayContaining(TABLES));
    for (const name of names) {
      const columns = database.prepare("select name from pragma_table_info(?) where pk = 1").all(name);
      expect([name, ...columns.map((row) => row["name"])]).toEqual([name, "tenant"]);
    }
    database.close();
  });

  it("are brought up to date by numbered steps, the number of the last one in the file", async () => {
    await using folder = new DatabaseFolder();
    await folder.openOwner();
    const database = new DatabaseSync(folder.file(), { readOnly: true });
    expect(database.prepare("pragma user_version").get()).toEqual({ user_version: MIGRATIONS.length });
    expect(database.prepare("pragma journal_mode").get()).toEqual({ journal_mode: "wal" });
    database.close();
  });

  it("are written with full synchronisation unless told otherwise", async () => {
    await using folder = new DatabaseFolder();
    const full = openDatabase({ path: folder.file("full.db") });
    const normal = openDatabase({ path: folder.file("normal.db"), synchronous: "normal" });
    expect(full.prepare("pragma synchronous").get()).toEqual({ synchronous: 2 });
    expect(normal.prepare("pragma synchronous").get()).toEqual({ synchronous: 1 });
    full.close();
    normal.close();
  });

  it("make a directory that is missing, for this user only", async () => {
    await using folder = new DatabaseFolder();
    const path = join(folder.path, "deep", "er", "tutti.db");
    const host = await folder.openOwner({ path });
    expect(await startSingle(host, "deep")).toMatchObject({ created: true });
  });
});

describe("a file that cannot be used", () => {
  it("is left as it is when a newer version of Tutti has written it (T5003)", async () => {
    await using folder = new DatabaseFolder();
    await (await folder.openOwner()).close();
    const path = folder.file();
    exec(path, `pragma user_version = ${MIGRATIONS.length + 1}`);
    const before = readFileSync(path);
    await expect(folder.openOwner({ path })).rejects.toMatchObject({ code: "T5003" });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(() => openGuest(path)).toThrow(expect.objectContaining({ code: "T5003" }));
  });

  it("is left as it is when it is a database of another program (T5002)", async () => {
    await using folder = new DatabaseFolder();
    const path = folder.file("foreign.db");
    exec(path, "create table album (id integer primary key, title text); insert into album values (1, 'Tutti')");
    const before = readFileSync(path);
    await expect(folder.openOwner({ path })).rejects.toMatchObject({ code: "T5002" });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it("is left as it is when it is no database at all (T5002)", async () => {
    await using folder = new DatabaseFolder();
    const path = folder.file("notes.txt");
    writeFileSync(path, "These are my notes, and no database.\n".repeat(100));
    const before = readFileSync(path);
    await expect(folder.openOwner({ path })).rejects.toMatchObject({ code: "T5002" });
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(() => openGuest(path)).toThrow(expect.objectContaining({ code: "T5002" }));
  });

  it("is refused when it is a directory, or stands where there can be none (T5002)", async () => {
    await using folder = new DatabaseFolder();
    mkdirSync(folder.file("directory.db"));
    await expect(folder.openOwner({ path: folder.file("directory.db") })).rejects.toMatchObject({ code: "T5002" });
    writeFileSync(folder.file("file"), "");
    await expect(folder.openOwner({ path: folder.file("file/tutti.db") })).rejects.toMatchObject({ code: "T5002" });
  });

  it("is refused when its owner has not made the tables yet, and can be read a moment later (T5002, retryable)", async () => {
    await using folder = new DatabaseFolder();
    writeFileSync(folder.file(), "");
    expect(() => openGuest(folder.file())).toThrow(expect.objectContaining({ code: "T5002", retryable: true }));
    await folder.openOwner();
    expect(await folder.keep(openGuest(folder.file())).get(runOf("none"))).toBeNull();
  });

  it("can be owned by the next one once it is sound again", async () => {
    await using folder = new DatabaseFolder();
    writeFileSync(folder.file(), "no database");
    await expect(folder.openOwner()).rejects.toMatchObject({ code: "T5002" });
    writeFileSync(folder.file(), "");
    expect(await startSingle(await folder.openOwner(), "sound")).toMatchObject({ created: true });
  });

  it("is refused in a directory, or with a file, that cannot be written (T5002)", async () => {
    await using folder = new DatabaseFolder();
    await (await folder.openOwner()).close();
    chmodSync(folder.file(), 0o444);
    chmodSync(`${folder.file()}.lock`, 0o444);
    chmodSync(folder.path, 0o555);
    const onFile = await startOther(folder.file(), "try-as-nobody");
    const onDirectory = await startOther(folder.file("new.db"), "try-as-nobody");
    chmodSync(folder.path, 0o755);
    expect(onFile.said).toMatchObject({ code: "T5002", retryable: false });
    expect(onDirectory.said).toMatchObject({ code: "T5002", retryable: false });
  });
});

describe("a database that another program uses", () => {
  it("refuses a commit while the other's transaction is open (retryable), and goes on after it", async () => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner();
    await startSingle(host, "busy");
    const other = new DatabaseSync(folder.file());
    other.exec("begin immediate; delete from run");
    await expect(finishSingle(host, "busy")).rejects.toMatchObject({ code: "T5002", retryable: true });
    expect(await host.get(runOf("busy"))).toMatchObject({ status: "running" });
    other.exec("rollback");
    other.close();
    expect(await finishSingle(host, "busy")).toEqual({ applied: true });
  });

  it("opens while another program reads", async () => {
    await using folder = new DatabaseFolder();
    await (await folder.openOwner()).close();
    const other = new DatabaseSync(folder.file(), { readOnly: true });
    other.exec("begin");
    other.prepare("select * from run").all();
    expect(await startSingle(await folder.openOwner(), "beside")).toMatchObject({ created: true });
    other.close();
  });
});

describe("a disk that is full", () => {
  it("refuses what it cannot keep, and has kept everything it acknowledged", async () => {
    await using folder = new DatabaseFolder();
    const other = await startOther(folder.file(), "fill", 4_000);
    await ended(other);
    const { said } = other;
    expect(said).toMatchObject({ retryable: true });
    expect(["T5004", "T5005"]).toContain(said.code);
    const acknowledged = said.acknowledged ?? 0;
    expect(acknowledged).toBeGreaterThan(3);
    const host = await folder.openOwner();
    for (let count = 0; count < acknowledged; count += 1)
      expect(await host.get(runOf(`run-${count}`))).toMatchObject({ status: "completed" });
    await startSingle(host, `run-${acknowledged}`, "with room again");
  });
});

describe("the version of SQLite", () => {
  it("must be free of the bug that corrupts databases", () => {
    expect(["3.51.3", "3.51.4", "3.52.0", "4.0.0", "3.51.10"].filter(isOldSqlite)).toEqual([]);
    expect(["3.51.2", "3.50.9", "3.9.9", "2.99.99", "3.51"].filter((version) => !isOldSqlite(version))).toEqual([]);
  });
});

function exec(path: string, text: string): void {
  const database = new DatabaseSync(path);
  database.exec(text);
  database.close();
}
