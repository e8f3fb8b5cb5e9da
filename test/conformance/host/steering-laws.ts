import { expect, it } from "vitest";

import { CANCEL_PATIENCE_MS } from "../../../src/base/limits.ts";
import { chain, diamond, single, stubborn } from "./workflows.ts";
import { failure, refOf, type OpenWorld } from "./world.ts";

const HOUR = 3_600_000;

export function pauseLaws(open: OpenWorld): void {
  it("assigns nothing new while a run is paused, and records what was in flight", async () => {
    const world = await open();
    const run = refOf("paused");
    await world.start("paused", chain);
    await world.host.post(run, { kind: "pauseRequested", by: "test" });
    expect(await world.answer(run, { path: "a", output: 1 })).toEqual({ applied: true });
    await world.advance(HOUR);
    expect(world.performer.of(run)).toEqual(["delegate a/1/1"]);
    expect(await world.status(run)).toBe("paused");
  });

  it("goes on where it stood after resume, also after a crash in between", async () => {
    const world = await open();
    const run = refOf("resumed");
    await world.start("resumed", chain);
    await world.host.post(run, { kind: "pauseRequested", by: "test" });
    await world.answer(run, { path: "a", output: 1 });
    await world.open();
    expect(await world.status(run)).toBe("paused");
    expect(world.performer.of(run)).toEqual([]);
    await world.host.post(run, { kind: "resumeRequested", by: "test" });
    expect(world.performer.of(run)).toEqual(["delegate b/1/1"]);
    expect(await world.status(run)).toBe("running");
  });

  it("stops the clocks of steps while paused: an attempt has the rest of its time after resume", async () => {
    const world = await open();
    const run = refOf("clock");
    await world.start("clock", single);
    await world.advance(HOUR / 2);
    await world.host.post(run, { kind: "pauseRequested", by: "test" });
    await world.advance(10 * HOUR);
    await world.host.post(run, { kind: "resumeRequested", by: "test" });
    await world.advance(HOUR / 2 - 1);
    expect(await world.kinds(run)).not.toContain("attemptFailed");
    await world.advance(1);
    expect(await world.kinds(run)).toContain("attemptFailed");
  });

  it("stops the delay before the next attempt while paused", async () => {
    const world = await open();
    const run = refOf("delay");
    await world.start("delay", stubborn);
    await world.answer(run, { path: "a", outcome: failure(true) });
    await world.advance(30_000);
    await world.host.post(run, { kind: "pauseRequested", by: "test" });
    await world.open();
    await world.advance(HOUR);
    await world.host.post(run, { kind: "resumeRequested", by: "test" });
    await world.advance(29_999);
    expect(world.performer.of(run)).toEqual([]);
    await world.advance(1);
    expect(world.performer.of(run)).toEqual(["delegate a/2/1"]);
  });
}

export function cancelLaws(open: OpenWorld): void {
  it("cancels local work at once and stays canceled", async () => {
    const world = await open();
    const run = refOf("canceled");
    await world.start("canceled", diamond);
    await world.cancel(run);
    expect(await world.status(run)).toBe("canceled");
    expect(world.performer.of(run).slice(2)).toEqual(["abort left/1/1", "abort right/1/1"]);
    const before = await world.entries(run);
    await world.answer(run, { path: "left" });
    await world.host.post(run, { kind: "resumeRequested", by: "test" });
    await world.open();
    expect(await world.cancel(run)).toEqual({ applied: false });
    expect(await world.entries(run)).toEqual(before);
    expect(await world.host.get(run)).toMatchObject({ status: "canceled", error: { code: "T4003" } });
  });

  it("is canceled only after the remote agent has acknowledged", async () => {
    const world = await open();
    const run = refOf("acknowledged");
    await world.start("acknowledged", single);
    const task = await world.acceptRemotely(run, "a");
    await world.cancel(run);
    expect(await world.status(run)).toBe("canceling");
    expect(world.performer.performed.at(-1)?.command).toMatchObject({ kind: "abort", path: "a", task });
    await world.answer(run, {
      path: "a",
      outcome: { kind: "canceled", failure: { code: "CANCELED", message: "Stopped.", retryable: false } },
    });
    expect(await world.status(run)).toBe("canceled");
    expect((await world.kinds(run)).slice(-2)).toEqual(["taskReleased", "runCanceled"]);
  });

  it("sends the cancel again after a crash, and ends without the agent when patience runs out", async () => {
    const world = await open();
    const run = refOf("patience");
    await world.start("patience", single);
    await world.acceptRemotely(run, "a");
    await world.cancel(run);
    await world.open();
    expect(world.performer.of(run)).toEqual(["abort a/1/1"]);
    await world.advance(CANCEL_PATIENCE_MS - 1);
    expect(await world.status(run)).toBe("canceling");
    await world.advance(1);
    expect(await world.status(run)).toBe("canceled");
  });

  it("cancels a paused run", async () => {
    const world = await open();
    const run = refOf("paused-canceled");
    await world.start("paused-canceled", single);
    await world.host.post(run, { kind: "pauseRequested", by: "test" });
    await world.cancel(run);
    expect(await world.status(run)).toBe("canceled");
  });

  it("changes nothing when a cancel comes twice at once", async () => {
    const world = await open();
    const run = refOf("twice");
    await world.start("twice", single);
    await world.acceptRemotely(run, "a");
    expect(await Promise.all([world.cancel(run), world.cancel(run)])).toEqual([{ applied: true }, { applied: false }]);
    expect((await world.kinds(run)).filter((kind) => kind === "runEnding")).toHaveLength(1);
  });
}
