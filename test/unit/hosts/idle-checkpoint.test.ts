import { copyFileSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

import { describe, expect, it } from "vitest";

import { CHECKPOINT_AFTER_COMMITS, CHECKPOINT_QUIET_MS } from "../../../src/base/limits.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { DatabaseFolder, startSingle } from "./database-folder.ts";

describe("the log of a database", () => {
  it("is moved into its file once nothing has been committed for a moment, and not before", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    const startSome = async (name: string): Promise<void> => {
      for (let index = 0; index < CHECKPOINT_AFTER_COMMITS; index += 1) await startSingle(host, `${name}-${index}`);
    };
    await startSome("first");
    clock.advance(CHECKPOINT_QUIET_MS / 2);
    await startSome("second");
    clock.advance(CHECKPOINT_QUIET_MS / 2);
    expect(runsInFile(folder)).toBe(0);

    clock.advance(CHECKPOINT_QUIET_MS);
    expect(runsInFile(folder)).toBe(2 * CHECKPOINT_AFTER_COMMITS);
  });

  it("begins anew in that moment, and not in the commit that comes next", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    const salts = [saltOf(folder)];
    for (let index = 0; index < CHECKPOINT_AFTER_COMMITS; index += 1) await startSingle(host, `run-${index}`);
    salts.push(saltOf(folder));
    clock.advance(2 * CHECKPOINT_QUIET_MS);
    salts.push(saltOf(folder));
    await startSingle(host, "next");
    salts.push(saltOf(folder));
    const [before, filled, after, next] = salts;
    expect(filled).toBe(before);
    expect(after).not.toBe(filled);
    expect(next).toBe(after);
  });

  it("stays where it is while it is short: a single commit costs one write", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    await startSingle(host, "only");
    clock.advance(60_000);
    expect(runsInFile(folder)).toBe(0);
  });
});

/** A number in the head of the log that is another one each time that it begins. */
function saltOf(folder: DatabaseFolder): number {
  return readFileSync(`${folder.file()}-wal`).readUInt32BE(16);
}

/** What the file has by itself, without its log. */
function runsInFile(folder: DatabaseFolder): number {
  copyFileSync(folder.file(), folder.file("alone.db"));
  using database = new DatabaseSync(folder.file("alone.db"));
  const tables = database.prepare("select count(*) as count from sqlite_master where name = 'run'").get()?.["count"];
  return tables === 0 ? 0 : Number(database.prepare("select count(*) as count from run").get()?.["count"]);
}
