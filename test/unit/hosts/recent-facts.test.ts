import { describe, expect, it } from "vitest";

import { RECENT_FACT_LENGTH, RETENTION_MS } from "../../../src/base/limits.ts";
import { RecentFacts } from "../../../src/hosts/embedded/recent-facts.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { DatabaseFolder, finishSingle, runOf, startSingle } from "./database-folder.ts";

const fact = (run: ReturnType<typeof runOf>, seq: number, length = 10) => ({
  run,
  seq,
  version: 1,
  body: "x".repeat(length),
  payloads: null,
});
const HALF = RECENT_FACT_LENGTH / 2;

describe("facts of the last commits", () => {
  it("are read by number, and behind the last there is nothing", () => {
    const recent = new RecentFacts();
    const [run, other] = [runOf("r1"), runOf("r2")];
    recent.add([fact(run, 4), fact(run, 5), fact(other, 1)]);
    recent.add([fact(run, 6)]);
    const seqs = (fromSeq: number, limit = 10) => recent.read(run, fromSeq, limit)?.map(({ seq }) => seq);
    expect(seqs(4)).toEqual([4, 5, 6]);
    expect(seqs(5, 1)).toEqual([5]);
    expect(seqs(7)).toEqual([]);
    expect(recent.read(other, 1, 10)).toHaveLength(1);
  });

  it("say nothing of a run whose first facts, or all, they do not have", () => {
    const recent = new RecentFacts();
    recent.add([fact(runOf("r1"), 4)]);
    expect(recent.read(runOf("r1"), 3, 10)).toBeNull();
    expect(recent.read(runOf("r2"), 1, 10)).toBeNull();
  });

  it("are without gap across what was let go of, which is the oldest", () => {
    const recent = new RecentFacts();
    const run = runOf("r1");
    for (let seq = 1; seq <= 3; seq += 1) recent.add([fact(run, seq, HALF)]);
    expect(recent.read(run, 1, 10)).toHaveLength(3);
    for (let seq = 4; seq <= 5; seq += 1) recent.add([fact(run, seq, HALF)]);
    expect(recent.read(run, 1, 10)).toBeNull();
    expect(recent.read(run, 3, 10)?.map(({ seq }) => seq)).toEqual([3, 4, 5]);
  });

  it("of a commit of a crowd are not kept, nor what came before it", () => {
    const recent = new RecentFacts();
    const run = runOf("r1");
    recent.add([fact(run, 1)]);
    recent.add([fact(run, 2, HALF), fact(run, 3, HALF + 1)]);
    expect(recent.read(run, 1, 10)).toBeNull();
    expect(recent.last(run)).toBeUndefined();
    recent.add([fact(run, 4)]);
    expect(recent.read(run, 4, 10)).toHaveLength(1);
  });

  it("are gone with a run that is removed, so that another may have its id", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    await startSingle(host, "again");
    await finishSingle(host, "again");
    const before = await host.history(runOf("again"), 1, 10);
    clock.jump(RETENTION_MS + 1);
    expect(host.sweep().count).toBe(1);
    expect(await host.history(runOf("again"), 1, 10)).toEqual([]);
    await startSingle(host, "again", { other: true });
    const after = await host.history(runOf("again"), 1, 10);
    expect(after[0]?.fact).toMatchObject({ kind: "runStarted", input: { other: true } });
    expect(after.length).toBeLessThan(before.length);
  });
});
