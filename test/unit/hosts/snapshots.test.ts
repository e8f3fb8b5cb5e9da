import { DatabaseSync } from "node:sqlite";

import { describe, expect, it } from "vitest";

import { SNAPSHOT_TAIL_BYTES } from "../../../src/base/limits.ts";
import type { Host } from "../../../src/ports/host.ts";
import { DatabaseFolder, finishSingle, runOf, startSingle } from "./database-folder.ts";

const NOTE = "n".repeat(2_000);
const NOTES_PER_SNAPSHOT = Math.ceil(SNAPSHOT_TAIL_BYTES / NOTE.length);

describe("snapshots", () => {
  it("are not written for short runs", async () => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner();
    await startSingle(host, "short");
    await finishSingle(host, "short");
    expect(query(folder, "select seq from snapshot")).toEqual([]);
  });

  it("follow the size of what came since the last one, one a run, and spare the reading of all before", async () => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner({ synchronous: "normal" });
    await startSingle(host, "long");
    const seqs = new Set<unknown>();
    for (let index = 0; index < 3.5 * NOTES_PER_SNAPSHOT; index += 1) {
      await note(host, index);
      if (index % 10 === 0) for (const row of query(folder, "select seq from snapshot")) seqs.add(row["seq"]);
    }
    expect(seqs.size).toBeGreaterThanOrEqual(2);
    expect(seqs.size).toBeLessThanOrEqual(4);
    expect(query(folder, "select seq from snapshot")).toHaveLength(1);
    const before = await host.inspect(runOf("long"));
    await host.close();
    // What the snapshot holds is not read again: it need not even be there.
    query(folder, "delete from fact where seq <= (select seq from snapshot) returning seq", { write: true });
    const again = await folder.openOwner();
    expect(await again.inspect(runOf("long"))).toEqual(before);
    expect(await finishSingle(again, "long")).toEqual({ applied: true });
  });
});

describe("kept inputs", () => {
  it("leave the store with the commit of their release", async () => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner();
    await startSingle(host, "bad");
    const reply = { text: "sound when it is read again" };
    Object.defineProperty(reply, "data", {
      get() {
        throw new Error("a bug");
      },
    });
    await host.post(runOf("bad"), {
      kind: "answered",
      path: "a",
      attempt: 1,
      turn: 1,
      agent: "tester",
      outcome: { kind: "completed", reply },
    });
    expect(query(folder, "select run, place from stalled_input")).toEqual([{ run: "bad", place: 1 }]);
    await host.release(runOf("bad"));
    expect(query(folder, "select * from stalled_input")).toEqual([]);
    expect(await host.get(runOf("bad"))).toMatchObject({ status: "completed" });
  });
});

async function note(host: Host, index: number): Promise<void> {
  await host.post(runOf("long"), { kind: "progressed", path: "a", attempt: 1, turn: 1, progress: { note: `${index} ${NOTE}` } });
}

function query(folder: DatabaseFolder, text: string, { write = false } = {}) {
  const database = new DatabaseSync(folder.file(), { readOnly: !write });
  try {
    return database
      .prepare(text)
      .all()
      .map((row) => ({ ...row }));
  } finally {
    database.close();
  }
}
