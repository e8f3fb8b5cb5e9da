import { expect, it } from "vitest";

import { WAKES_PER_TURN } from "../../../src/base/limits.ts";
import { brief, single, slow, stubborn } from "./workflows.ts";
import { failure, refOf, soon, type OpenWorld } from "./world.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function timerLaws(open: OpenWorld): void {
  it("begins the next attempt at its instant, not a millisecond earlier", async () => {
    const world = await open();
    const run = refOf("retry");
    await world.start("retry", stubborn);
    await world.answer(run, { path: "a", outcome: failure(true) });
    await world.advance(MINUTE - 1);
    expect(world.performer.of(run)).toEqual(["delegate a/1/1"]);
    await world.advance(1);
    expect(world.performer.of(run)).toEqual(["delegate a/1/1", "delegate a/2/1"]);
  });

  it("waits 25 days for a timer of 25 days", async () => {
    const world = await open();
    const run = refOf("days");
    const { record } = await world.start("days", slow);
    await world.advance(25 * DAY - 1);
    expect(await world.kinds(run)).toEqual(["runStarted", "subtaskAssigned"]);
    await world.advance(1);
    const end = (await world.facts(run)).at(-1);
    expect(end).toMatchObject({ kind: "runFailed", at: record.createdAt + 25 * DAY });
    expect(await world.status(run)).toBe("failed");
  });

  it("waits day by day for a timer of 25 days, with a crash every five", async () => {
    const world = await open();
    const run = refOf("crashes");
    const { record } = await world.start("crashes", slow);
    for (let day = 1; day < 25; day += 1) {
      await world.advance(DAY);
      if (day % 5 === 0) await world.open();
    }
    expect(await world.status(run)).toBe("running");
    await world.advance(DAY - 1);
    expect(await world.status(run)).toBe("running");
    await world.advance(1);
    expect((await world.facts(run)).at(-1)).toMatchObject({ kind: "runFailed", at: record.createdAt + 25 * DAY });
  });

  it("fires what came due while nobody was there, after the restart", async () => {
    const world = await open();
    const run = refOf("absent");
    await world.start("absent", stubborn);
    await world.answer(run, { path: "a", outcome: failure(true) });
    world.clock.forgetTimers();
    world.clock.advance(10 * MINUTE);
    await world.open();
    expect(world.performer.of(run)).toContain("delegate a/2/1");
  });
}

export function wakeLaws(open: OpenWorld): void {
  it("does not bring back a run that is over by the time of its wake: its end is known at once", async () => {
    const world = await open();
    const run = refOf("woken");
    await world.start("woken", brief);
    await world.answer(run, { path: "a" });
    const facts = await world.facts(run);
    await world.advance(MINUTE);
    expect(await soon(world, world.host.whenOver(run))).toMatchObject({ status: "completed" });
    expect(await world.answer(run, { path: "a" })).toEqual({ applied: false });
    expect(await world.facts(run)).toEqual(facts);
  });

  it("wakes a thousand runs that are due at once, some in each turn, each of them once", async () => {
    const world = await open();
    const ids = Array.from({ length: 1_000 }, (_, index) => `sleeper-${index}`);
    await Promise.all(ids.map((id) => world.start(id, stubborn)));
    await Promise.all(ids.map((id) => world.answer(refOf(id), { path: "a", outcome: failure(true) })));
    world.performer.performed = [];
    await world.advance(MINUTE);
    for (let turn = 0; turn < 1_000 / WAKES_PER_TURN; turn += 1) await world.settle();
    expect(new Set(world.performer.performed.map(({ run }) => run.id)).size).toBe(1_000);
    expect(world.performer.performed).toHaveLength(1_000);
  });
}

export function clockLaws(open: OpenWorld): void {
  it("fires at the time that has really gone by when the clock jumps backwards: not early, and not hours late", async () => {
    const world = await open();
    const run = refOf("back");
    await world.start("back", single);
    await world.advance(30 * MINUTE);
    await world.progress(run, "a", "half");
    world.clock.jump(-2 * HOUR);
    await world.progress(run, "a", "in the past");
    await world.advance(30 * MINUTE - 1);
    expect(await world.kinds(run)).not.toContain("attemptFailed");
    await world.advance(1);
    expect(await world.kinds(run)).toContain("attemptFailed");
    const instants = (await world.facts(run)).map((fact) => fact.at);
    expect(instants).toEqual(instants.toSorted((left, right) => left - right));
  });

  it("begins the next attempt after its delay, though the clock was set back by hours meanwhile", async () => {
    const world = await open();
    const run = refOf("late");
    await world.start("late", stubborn);
    world.clock.jump(-2 * HOUR);
    await world.answer(run, { path: "a", outcome: failure(true) });
    await world.advance(MINUTE - 1);
    expect(world.performer.of(run)).toEqual(["delegate a/1/1"]);
    await world.advance(2);
    expect(world.performer.of(run)).toEqual(["delegate a/1/1", "delegate a/2/1"]);
  });

  it("never takes a run back in time, not even after a restart on an earlier clock", async () => {
    const world = await open();
    const run = refOf("earlier");
    await world.start("earlier", single);
    await world.advance(10 * MINUTE);
    await world.progress(run, "a", "one");
    world.clock.jump(-HOUR);
    await world.open();
    await world.progress(run, "a", "two");
    await world.host.post(run, { kind: "pauseRequested", by: "test" });
    await world.host.post(run, { kind: "resumeRequested", by: "test" });
    const instants = (await world.facts(run)).map((fact) => fact.at);
    expect(instants).toEqual(instants.toSorted((left, right) => left - right));
  });

  it("fires soon after the clock jumps forwards beyond a timer", async () => {
    const world = await open();
    const run = refOf("forwards");
    await world.start("forwards", slow);
    world.clock.jump(26 * DAY);
    await world.advance(MINUTE);
    expect(await world.status(run)).toBe("failed");
  });
}
