import { expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import { FACTS_PER_COMMIT } from "../../../src/base/limits.ts";
import { chain, diamond, single, stubborn } from "./workflows.ts";
import { failure, refOf, soon, type OpenWorld } from "./world.ts";

const RETRYABLE = { retryable: true };

export function refusalLaws(open: OpenWorld): void {
  it("refuses what was not acknowledged with a retryable error, and loses nothing that was", async () => {
    const world = await open();
    const run = refOf("refused");
    await world.start("refused", chain);
    const before = await world.entries(run);
    world.harness.failCommits(1);
    await expect(world.answer(run, { path: "a", output: 1 })).rejects.toMatchObject(RETRYABLE);
    expect(await world.entries(run)).toEqual(before);
    expect(await world.answer(run, { path: "a", output: 1 })).toEqual({ applied: true });
    expect((await world.kinds(run)).slice(before.length)).toEqual(["subtaskCompleted", "subtaskAssigned"]);
  });
}

export function undoLaws(open: OpenWorld): void {
  it("performs no command of a commit that failed", async () => {
    const world = await open();
    const run = refOf("quiet");
    await world.start("quiet", chain);
    world.harness.failCommits(1);
    await expect(world.answer(run, { path: "a", output: 1 })).rejects.toMatchObject(RETRYABLE);
    await world.settle();
    expect(world.performer.of(run)).not.toContain("delegate b/1/1");
    await world.answer(run, { path: "a", output: 2 });
    expect(world.performer.performed.at(-1)?.command).toMatchObject({ path: "b", input: { from: 2 } });
  });

  it("performs no command of a commit that failed right after a restart", async () => {
    const world = await open();
    const run = refOf("restarted");
    await world.start("restarted", chain);
    // The answer comes before the host had a turn to take the run up: both happen in the commit that fails.
    await world.open({ settle: false });
    world.harness.failCommits(1);
    await expect(world.answer(run, { path: "a", output: 1 })).rejects.toMatchObject(RETRYABLE);
    await world.settle();
    expect(world.performer.of(run)).toEqual(["delegate a/1/1"]);
  });

  it("does not perform again, for a failed commit, what it has begun", async () => {
    const world = await open();
    const run = refOf("begun");
    await world.start("begun", diamond);
    world.harness.failCommits(1);
    await expect(world.answer(run, { path: "left" })).rejects.toMatchObject(RETRYABLE);
    await world.advance(10_000);
    await world.answer(run, { path: "left" });
    expect(world.performer.of(run)).toEqual(["delegate left/1/1", "delegate right/1/1"]);
  });

  it("keeps the deadline of a run whose commit failed, also when nobody speaks to it again", async () => {
    const world = await open();
    const run = refOf("forgotten");
    await world.start("forgotten", single);
    world.harness.failCommits(1);
    await expect(world.progress(run, "a", "half")).rejects.toMatchObject(RETRYABLE);
    await world.advance(3_600_000);
    expect(await world.kinds(run)).toContain("attemptFailed");
  });
}

export function failedCommitLaws(open: OpenWorld): void {
  it("refuses a start and a definition, and takes both later", async () => {
    const world = await open();
    world.harness.failCommits(1);
    await expect(world.host.define(DEFAULT_TENANT, single)).rejects.toMatchObject(RETRYABLE);
    await world.host.define(DEFAULT_TENANT, single);
    world.harness.failCommits(1);
    await expect(world.start("late", single)).rejects.toMatchObject(RETRYABLE);
    expect(await world.host.get(refOf("late"))).toBeNull();
    expect(await world.start("late", single)).toMatchObject({ created: true });
    await world.open();
    expect(world.performer.of(refOf("late"))).toEqual(["delegate a/1/1"]);
  });

  it("refuses everybody in the commit, and those outside it are untouched", async () => {
    const world = await open();
    for (const id of ["one", "two", "three"]) await world.start(id, diamond);
    world.harness.failCommits(1);
    const refused = await Promise.allSettled(["one", "two"].map((id) => world.answer(refOf(id), { path: "left" })));
    expect(refused.map((result) => result.status)).toEqual(["rejected", "rejected"]);
    for (const id of ["one", "two", "three"]) {
      for (const path of ["left", "right", "join"]) expect(await world.answer(refOf(id), { path })).toEqual({ applied: true });
      expect(await world.status(refOf(id))).toBe("completed");
    }
  });

  it("fires a timer by itself after the commit of its turn has failed several times", async () => {
    const world = await open();
    const run = refOf("timer");
    await world.start("timer", stubborn);
    await world.answer(run, { path: "a", outcome: failure(true) });
    world.harness.failCommits(3);
    world.clock.advance(60_000);
    for (let second = 0; second < 10; second += 1) {
      await new Promise((resolve) => setImmediate(resolve));
      world.clock.advance(1_000);
    }
    await world.settle();
    expect(world.performer.of(run).filter((command) => command === "delegate a/2/1")).toHaveLength(1);
  });
}

export function unwritableLaws(open: OpenWorld): void {
  it("refuses only the run of a fact that cannot be written, and keeps what others said in the same turn", async () => {
    const world = await open();
    for (const id of ["one", "bad", "two"]) await world.start(id, diamond);
    const before = await world.entries(refOf("bad"));
    world.harness.refuseFactsOf(refOf("bad"));
    const ids = ["one", "bad", "two", "one", "two"];
    const told = ids.map((id, index) => world.answer(refOf(id), { path: index < 3 ? "left" : "right", output: id }));
    const started = world.start("three", single);
    const results = await Promise.allSettled(told);
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled", "fulfilled", "fulfilled"]);
    expect(await started).toMatchObject({ created: true });
    for (const id of ["one", "two"]) {
      expect(world.performer.of(refOf(id))).toEqual(["delegate left/1/1", "delegate right/1/1", "delegate join/1/1"]);
      await world.answer(refOf(id), { path: "join" });
      expect(await world.status(refOf(id))).toBe("completed");
    }
    expect(await world.entries(refOf("bad"))).toEqual(before);
    expect(world.performer.of(refOf("bad"))).toEqual(["delegate left/1/1", "delegate right/1/1"]);
  });

  it("refuses a start that cannot be written, and whatever else is in its commit is durable", async () => {
    const world = await open();
    await world.start("good", chain);
    await world.host.define(DEFAULT_TENANT, single);
    world.harness.refuseFactsOf(refOf("bad"));
    const bad = world.start("bad", single);
    // The start is on its way one step of a promise later than an answer.
    await Promise.resolve();
    const good = world.answer(refOf("good"), { path: "a", output: 7 });
    const moved = world.host.moveCursor(DEFAULT_TENANT, "bills", 3);
    await expect(bad).rejects.toThrow("refused");
    expect(await good).toEqual({ applied: true });
    await moved;
    expect(await world.host.get(refOf("bad"))).toBeNull();
    await world.open();
    expect(await world.host.cursor(DEFAULT_TENANT, "bills")).toBe(3);
    expect(world.performer.of(refOf("good"))).toEqual(["delegate b/1/1"]);
  });
}

export function numberingLaws(open: OpenWorld): void {
  it("has, after a failed commit in a flood, exactly what it acknowledged", async () => {
    const world = await open();
    const run = refOf("flood");
    await world.start("flood", single);
    world.harness.failCommits(1);
    const count = FACTS_PER_COMMIT + 2_000;
    const results = await Promise.allSettled(Array.from({ length: count }, (_, index) => world.progress(run, "a", `note ${index}`)));
    await Promise.all(Array.from({ length: 3_000 }, (_, index) => world.progress(run, "a", `later ${index} ${"n".repeat(100)}`)));
    const acknowledged = results.filter((result) => result.status === "fulfilled").length;
    expect(acknowledged).toBeLessThan(count);
    expect((await world.kinds(run)).filter((kind) => kind === "subtaskProgressed")).toHaveLength(acknowledged + 3_000);
    const before = await world.state(run);
    await world.open();
    expect(await world.state(run)).toEqual(before);
  });

  it("does not tell those who wait for a run's end that it is there, after a failed commit in a flood", async () => {
    const world = await open();
    const run = refOf("still-open");
    await world.start("still-open", single);
    const over = world.host.whenOver(run);
    await world.settle();
    world.harness.failCommits(1);
    const count = FACTS_PER_COMMIT + 2_000;
    const told = await Promise.allSettled(Array.from({ length: count }, (_, index) => world.progress(run, "a", `note ${index}`)));
    expect(told.filter(({ status }) => status === "rejected").length).toBeGreaterThan(0);
    expect(await soon(world, over)).toBe("nothing yet");
    await world.answer(run, { path: "a" });
    expect(await over).toMatchObject({ status: "completed" });
  });

  it("numbers facts without gap across failed commits and crashes", async () => {
    const world = await open();
    const run = refOf("numbered");
    await world.start("numbered", chain);
    for (const path of ["a", "b", "c"]) {
      world.harness.failCommits(1);
      await expect(world.answer(run, { path })).rejects.toMatchObject(RETRYABLE);
      if (path === "b") await world.open();
      await world.answer(run, { path });
    }
    const entries = await world.entries(run);
    expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
    expect(await world.status(run)).toBe("completed");
  });
}
