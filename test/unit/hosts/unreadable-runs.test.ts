import { DatabaseSync } from "node:sqlite";

import { describe, expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import type { Log } from "../../../src/ports/log.ts";
import { DatabaseFolder, finishSingle, recorder, runOf, startSingle } from "./database-folder.ts";

describe("a run that this program cannot read", () => {
  it.each([
    ["a newer program has written a fact of it", "T5006", "update fact set version = 99 where run = 'newer' and seq = 2"],
    [
      "a newer program has written its snapshot",
      "T5006",
      "insert into snapshot (tenant, run, seq, version, body) values ('default', 'newer', 2, 99, '{}')",
    ],
    ["content of it is missing", "T5010", "delete from payload"],
    ["its definition is missing", "T5009", "update run set fingerprint = 'gone' where run = 'newer'"],
  ])("waits unchanged when %s (%s), and all others go on", async (_what, code, change) => {
    await using folder = new DatabaseFolder();
    await prepare(folder, change);
    const before = rowsOf(folder);
    await expectUnreadable(folder, code);
    expect(rowsOf(folder)).toEqual(before);
  });
});

/** Two open runs, and then a change to one of them behind everybody's back. */
async function prepare(folder: DatabaseFolder, change: string): Promise<void> {
  const host = await folder.openOwner();
  await startSingle(host, "newer", "x".repeat(20_000));
  await startSingle(host, "sound");
  await host.close();
  execute(folder, change);
}

async function expectUnreadable(folder: DatabaseFolder, code: string): Promise<void> {
  const performer = recorder();
  const logged: unknown[] = [];
  const log: Log = (level, event, fields) => void logged.push({ level, event, run: fields["workflow_id"], error: fields["error"] });
  const host = await folder.openOwner({ performer, log });
  host.recover();
  await host.moveCursor(DEFAULT_TENANT, "barrier", 1);
  await expect(finishSingle(host, "newer")).rejects.toMatchObject({ code });
  await expect(host.inspect(runOf("newer"))).rejects.toMatchObject({ code });
  expect(logged).toContainEqual({ level: "error", event: "workflow_not_readable", run: "newer", error: expect.objectContaining({ code }) });
  expect(performer.performed.map(({ run }) => run.id)).toEqual(["sound"]);
  expect(await finishSingle(host, "sound")).toEqual({ applied: true });
  expect(await host.list({ tenant: DEFAULT_TENANT, limit: 10 })).toMatchObject({ items: [{ status: "completed" }, { status: "running" }] });
}

function execute(folder: DatabaseFolder, text: string): void {
  const database = new DatabaseSync(folder.file());
  database.exec(text);
  database.close();
}

function rowsOf(folder: DatabaseFolder): unknown {
  const database = new DatabaseSync(folder.file(), { readOnly: true });
  const tables = ["run", "fact", "snapshot", "timer", "stalled_input"];
  const rows = tables.map((table) => database.prepare(`select * from ${table} where run = 'newer'`).all());
  database.close();
  return rows;
}
