import { expect, it } from "vitest";

import type { RunRef } from "../../../src/base/ids.ts";
import { CANCEL_PATIENCE_MS, SNAPSHOT_TAIL_BYTES } from "../../../src/base/limits.ts";
import { chain, diamond, fan, single, stubborn } from "./workflows.ts";
import { failure, refOf, type OpenWorld, type World } from "./world.ts";

export function recoveryLaws(open: OpenWorld): void {
  it("makes the state of every open run again, exactly, after a crash", async () => {
    const world = await open();
    const runs = await startOneOfEachKind(world);
    const before = await Promise.all(runs.map((run) => world.state(run)));
    await world.open();
    const after = await Promise.all(runs.map((run) => world.state(run)));
    expect(after).toEqual(before);
    const reader = await world.harness.reader();
    expect(await Promise.all(runs.map((run) => reader.inspect(run)))).toEqual(before);
  });

  it("makes the state of a long run again from its snapshot, exactly", async () => {
    const world = await open();
    const run = refOf("long");
    await world.start("long", fan, { input: { items: Array.from({ length: 100 }, (_, index) => index) } });
    const note = "n".repeat(1_000);
    const count = Math.ceil((1.5 * SNAPSHOT_TAIL_BYTES) / note.length);
    for (let index = 0; index < count; index += 1) await world.progress(run, `each_one[${index % 50}]`, `${index} ${note}`);
    for (let index = 0; index < 30; index += 1) await world.answer(run, { path: `each_one[${index}]`, output: { index } });
    const before = await world.state(run);
    const commands = world.performer.performed.length;
    await world.open();
    expect(await world.state(run)).toEqual(before);
    expect(world.performer.performed).toHaveLength(50);
    expect(commands).toBe(80);
    for (let index = 30; index < 100; index += 1) await world.answer(run, { path: `each_one[${index}]`, output: { index } });
    expect(await world.status(run)).toBe("completed");
  });

  it("goes on after a crash at every point of a run, as if there had been none", async () => {
    const world = await open();
    for (const id of ["calm", "stormy"]) {
      const run = refOf(id);
      await world.start(id, diamond);
      for (const path of ["left", "right", "join"]) {
        if (id === "stormy") await world.open();
        await world.answer(run, { path, output: path });
      }
    }
    const shape = async (id: string) => (await world.facts(refOf(id))).map((fact) => ({ ...fact, run: null, seed: null }));
    expect(await shape("stormy")).toEqual(await shape("calm"));
  });
}

export function takingUpLaws(open: OpenWorld): void {
  it("takes up many open runs, each with what it still owes", async () => {
    const world = await open();
    const ids = Array.from({ length: 1_000 }, (_, index) => `open-${index}`);
    await Promise.all(ids.map((id) => world.start(id, single)));
    await world.open();
    for (let turn = 0; turn < 10; turn += 1) await world.settle();
    expect(world.performer.performed.map(({ run }) => run.id).toSorted()).toEqual(ids.toSorted());
  });

  it("gives a state away as a copy: what a reader does to it changes nothing", async () => {
    const world = await open();
    const run = refOf("copied");
    await world.start("copied", single);
    const copy = await world.state(run);
    copy.flights = {};
    copy.flightCount = 0;
    expect((await world.state(run)).flightCount).toBe(1);
    expect(await world.answer(run, { path: "a" })).toEqual({ applied: true });
  });

  it("survives a restart of a restart, with nothing in between", async () => {
    const world = await open();
    const run = refOf("often");
    await world.start("often", chain);
    for (let crash = 0; crash < 5; crash += 1) await world.open();
    expect(world.performer.of(run)).toEqual(["delegate a/1/1"]);
    expect(await world.kinds(run)).toEqual(["runStarted", "subtaskAssigned"]);
  });
}

export function stoppingLaws(open: OpenWorld): void {
  it.each([
    ["just before", CANCEL_PATIENCE_MS - 1],
    ["just after", CANCEL_PATIENCE_MS + 1],
    ["long after", 3_600_000],
  ])(
    "tells agents again that are to stop, when it comes back %s patience with them has run out, and gives them their time",
    async (_when, absenceMs) => {
      const world = await open();
      const run = refOf("canceling");
      await world.start("canceling", single);
      await world.acceptRemotely(run, "a");
      await world.cancel(run);
      world.clock.forgetTimers();
      world.clock.advance(absenceMs);
      await world.open();
      expect(new Set(world.performer.of(run))).toEqual(new Set(["abort a/1/1"]));
      await world.advance(CANCEL_PATIENCE_MS - 1);
      expect(await world.status(run)).toBe("canceling");
      await world.advance(1);
      expect(await world.status(run)).toBe("canceled");
    },
  );
}

export function unboundLaws(open: OpenWorld): void {
  it("leaves a run whose agents are not there as it is, until a process that has them takes it up", async () => {
    const world = await open();
    await world.start("bound", single);
    await world.start("unbound", stubborn);
    await world.answer(refOf("unbound"), { path: "a", outcome: failure(true) });
    const before = await world.entries(refOf("unbound"));
    await world.open({ unbound: ["stubborn"] });
    await world.advance(86_400_000 - 3_600_000);
    expect(world.performer.of(refOf("unbound"))).toEqual([]);
    expect(world.performer.of(refOf("bound"))).toContain("delegate a/1/1");
    expect(await world.entries(refOf("unbound"))).toEqual(before);
    await world.open();
    expect(world.performer.of(refOf("unbound"))).toEqual(["delegate a/2/1"]);
  });

  it("looks again at runs whose agents were not there, and goes on when they have come", async () => {
    const world = await open();
    await world.start("owing", single);
    await world.start("retrying", stubborn);
    await world.answer(refOf("retrying"), { path: "a", outcome: failure(true) });
    await world.open({ unbound: ["single", "stubborn"] });
    await world.advance(600_000);
    expect(world.performer.performed).toEqual([]);
    world.performer.unbound.clear();
    await world.advance(30_000);
    expect(world.performer.of(refOf("owing"))).toContain("delegate a/1/1");
    expect(new Set(world.performer.of(refOf("retrying")))).toEqual(new Set(["delegate a/2/1"]));
    await world.advance(3_600_000);
    expect(await world.kinds(refOf("owing"))).toContain("attemptFailed");
  });

  it("looks again only now and then at a run whose agents are not there, though it is overdue", async () => {
    const world = await open();
    await world.start("overdue", stubborn);
    await world.answer(refOf("overdue"), { path: "a", outcome: failure(true) });
    await world.open({ unbound: ["stubborn"] });
    await world.advance(120_000);
    world.performer.lookCount = 0;
    for (let second = 0; second < 300; second += 1) await world.advance(1_000);
    expect(world.performer.lookCount).toBeGreaterThanOrEqual(10);
    expect(world.performer.lookCount).toBeLessThanOrEqual(30);
  });
}

/** Runs that are working, waiting, retrying, paused, canceling and over. */
async function startOneOfEachKind(world: World): Promise<RunRef[]> {
  const ids = ["working", "asking", "retrying", "pausing", "canceling", "over", "listing"];
  await world.start("working", diamond);
  await world.answer(refOf("working"), { path: "left", output: { text: "done" } });
  await world.start("asking", single);
  await world.answer(refOf("asking"), { path: "a", outcome: { kind: "inputRequired", question: { prompt: "Which?", data: [1, 2] } } });
  await world.start("retrying", stubborn);
  await world.answer(refOf("retrying"), { path: "a", outcome: failure(true) });
  await world.start("pausing", chain);
  await world.host.post(refOf("pausing"), { kind: "pauseRequested", by: "test" });
  await world.start("canceling", single);
  await world.acceptRemotely(refOf("canceling"), "a");
  await world.cancel(refOf("canceling"));
  await world.start("over", single);
  await world.answer(refOf("over"), { path: "a", output: "end" });
  await world.start("listing", fan, { input: { items: ["x", "y", "z"] } });
  await world.answer(refOf("listing"), { path: "each_one[1]", output: "Y" });
  return ids.map((id) => refOf(id));
}
