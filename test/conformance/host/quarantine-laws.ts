import { expect, it } from "vitest";

import type { RunRef } from "../../../src/base/ids.ts";
import type { Reply } from "../../../src/scheduler/outcome.ts";
import { chain, diamond, single } from "./workflows.ts";
import { refOf, soon, type OpenWorld, type World } from "./world.ts";

export function quarantineLaws(open: OpenWorld): void {
  it("quarantines a run whose decision throws, with the reason, and all others go on", async () => {
    const world = await open();
    await world.start("bad", diamond);
    await world.start("good", diamond);
    const bad = answerThatThrows(world, refOf("bad"));
    const good = world.answer(refOf("good"), { path: "left" });
    expect(await bad).toEqual({ applied: false });
    expect(await good).toEqual({ applied: true });
    expect(await world.host.get(refOf("bad"))).toMatchObject({
      status: "quarantined",
      endedAt: null,
      error: { code: "T5007", message: "a bug" },
    });
    await world.answer(refOf("good"), { path: "right" });
    await world.answer(refOf("good"), { path: "join" });
    expect(await world.status(refOf("good"))).toBe("completed");
  });

  it("keeps the facts before the bad input, and records nothing more while the run is quarantined", async () => {
    const world = await open();
    const run = refOf("held");
    await world.start("held", diamond);
    await world.answer(run, { path: "left" });
    const before = await world.entries(run);
    const state = await world.state(run);
    await answerThatThrows(world, run, "right");
    await world.open();
    expect(await world.answer(run, { path: "right", output: "too soon" })).toEqual({ applied: false });
    await world.advance(48 * 3_600_000);
    expect(await world.entries(run)).toEqual(before);
    expect(await world.state(run)).toEqual(state);
    expect(await world.host.get(run)).toMatchObject({ status: "quarantined", error: { code: "T5007" } });
    expect(world.performer.of(run)).toEqual([]);
  });
}

export function quarantineWaitLaws(open: OpenWorld): void {
  it("tells those who wait for the end that the run is quarantined, whether they came before it or after", async () => {
    const world = await open();
    const run = refOf("waited");
    await world.start("waited", chain);
    const before = world.host.whenOver(run);
    await world.settle();
    await answerThatThrows(world, run);
    const quarantined = { run, status: "quarantined", endedAt: null };
    expect(await soon(world, before)).toMatchObject(quarantined);
    expect(await soon(world, world.host.whenOver(run))).toMatchObject(quarantined);
    await world.open();
    expect(await soon(world, world.host.whenOver(run))).toMatchObject(quarantined);
    world.harness.failCommits(1);
    await expect(world.answer(run, { path: "a" })).rejects.toMatchObject({ retryable: true });
    expect(await soon(world, world.host.whenOver(run))).toMatchObject(quarantined);
  });
}

export function releaseLaws(open: OpenWorld): void {
  it("gives a released run its kept inputs again, in their order", async () => {
    const world = await open();
    const run = refOf("released");
    await world.start("released", chain);
    await answerThatThrows(world, run);
    await world.answer(run, { path: "b", output: "second" });
    await world.open();
    await world.host.release(run);
    expect(await world.kinds(run)).toEqual([
      "runStarted",
      "subtaskAssigned",
      "subtaskCompleted",
      "subtaskAssigned",
      "subtaskCompleted",
      "subtaskAssigned",
    ]);
    expect(await world.host.get(run)).toMatchObject({ status: "running", error: null });
    expect(world.performer.of(run).at(-1)).toBe("delegate c/1/1");
    await world.answer(run, { path: "c", output: "third" });
    expect(await world.status(run)).toBe("completed");
  });

  it("decides a released input now: what it begins has all of its time, however long the run was held", async () => {
    const world = await open();
    const run = refOf("held-long");
    await world.start("held-long", chain);
    await answerThatThrows(world, run);
    await world.advance(3_600_000);
    await world.host.release(run);
    expect((await world.facts(run)).at(-1)).toMatchObject({ kind: "subtaskAssigned", path: "b", at: world.clock.now() });
    await world.advance(60_000);
    expect(await world.kinds(run)).not.toContain("attemptFailed");
    expect(await world.answer(run, { path: "b" })).toEqual({ applied: true });
  });

  it("quarantines a released run again when its input is still bad, and still keeps it", async () => {
    const world = await open();
    const run = refOf("stubborn");
    await world.start("stubborn", single);
    // This answer throws from its JSON too: it has no reply.
    await world.answer(run, { path: "a", outcome: { kind: "completed", reply: null as unknown as Reply } });
    await world.answer(run, { path: "a", output: "kept behind it" });
    for (let release = 0; release < 2; release += 1) {
      await world.host.release(run);
      expect(await world.status(run)).toBe("quarantined");
    }
    expect(await world.kinds(run)).toEqual(["runStarted", "subtaskAssigned"]);
  });

  it("performs nothing for a run in the turn that quarantines it, and all of it after the release", async () => {
    const world = await open();
    const run = refOf("one-turn");
    await world.start("one-turn", chain);
    const good = world.answer(run, { path: "a", output: 1 });
    const bad = answerThatThrows(world, run, "b");
    expect(await Promise.all([good, bad])).toEqual([{ applied: true }, { applied: false }]);
    expect(world.performer.of(run)).toEqual(["delegate a/1/1"]);
    await world.host.release(run);
    await world.settle();
    expect(world.performer.of(run).at(-1)).toBe("delegate c/1/1");
    expect(await world.status(run)).toBe("running");
  });
}

export function refusedStartLaws(open: OpenWorld): void {
  it("refuses a start whose decision throws, and keeps nothing of it", async () => {
    const world = await open();
    const labels = {
      get broken(): never {
        throw new Error("a bug");
      },
    };
    await expect(world.start("never", single, { labels })).rejects.toThrow("a bug");
    expect(await world.host.get(refOf("never"))).toBeNull();
    expect(await world.start("never", single)).toMatchObject({ created: true });
  });

  it("keeps the inputs when the commit of their release fails", async () => {
    const world = await open();
    const run = refOf("kept");
    await world.start("kept", chain);
    await answerThatThrows(world, run);
    world.harness.failCommits(1);
    await expect(world.host.release(run)).rejects.toMatchObject({ retryable: true });
    expect(await world.status(run)).toBe("quarantined");
    await world.open();
    await world.host.release(run);
    expect(await world.kinds(run)).toEqual(["runStarted", "subtaskAssigned", "subtaskCompleted", "subtaskAssigned"]);
  });

  it("releases a run that is not quarantined without any change, and knows no others (T4001)", async () => {
    const world = await open();
    const run = refOf("healthy");
    await world.start("healthy", single);
    const before = await world.host.get(run);
    await world.host.release(run);
    expect(await world.host.get(run)).toEqual(before);
    await expect(world.host.release(refOf("nobody"))).rejects.toMatchObject({ code: "T4001" });
  });
}

/** An answer on which deciding throws as a bug would, once: its JSON, which is what is kept, is sound. */
function answerThatThrows(world: World, run: RunRef, path = run.id === "bad" ? "left" : "a") {
  const reply: Reply = { text: "sound" };
  Object.defineProperty(reply, "data", {
    enumerable: false,
    get() {
      throw new Error("a bug");
    },
  });
  return world.answer(run, { path, outcome: { kind: "completed", reply } });
}
