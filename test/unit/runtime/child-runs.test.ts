/** Work whose target is a workflow: a run of its own, of which the run above learns what came. */
import { describe, expect, it, vi } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import { CANCEL_PATIENCE_MS } from "../../../src/base/limits.ts";
import type { Step } from "../../../src/definition/definition.ts";
import type { Fact } from "../../../src/scheduler/index.ts";
import { ABOVE, below, CHILD, ChildWorld, type HostKind } from "./child-world.ts";

const KINDS: readonly HostKind[] = ["memory", "embedded"];

async function opened(kind: HostKind): Promise<ChildWorld> {
  const world = await new ChildWorld(kind).open();
  await world.begin();
  return world;
}

/** Waits until the agent of the run below has its work. */
function working(world: ChildWorld, count = 1): Promise<void> {
  return world.until(() => world.worker.inputs.length === count);
}

async function endOf(world: ChildWorld): Promise<Fact | undefined> {
  await world.until(async () => ((await world.host.get(ABOVE))?.endedAt ?? null) !== null);
  return (await world.factsOf(ABOVE)).find(({ kind }) => kind === "subtaskCompleted" || kind === "subtaskFailed");
}

describe.each(KINDS)("a sub-workflow on the %s host", (kind) => {
  it("starts as a run of its own with what the run above has recorded, and its output is the step's", async () => {
    await using world = await opened(kind);
    world.delegate({ n: 7 });
    await working(world);
    expect(world.worker.inputs).toEqual([{ n: 7, unit: "m" }]);
    expect(await world.child()).toMatchObject({ workflow: "below", version: "2.1.0", parent: "above", labels: { team: "red" } });
    const [started] = await world.factsOf(CHILD);
    expect(started).toMatchObject({
      by: "run:above",
      depth: 1,
      hops: 3,
      endBy: expect.any(Number),
      parent: { run: "above", effect: "default/above/a/1/1" },
    });
    await world.until(async () =>
      (await world.factsOf(ABOVE)).some((fact) => fact.kind === "subtaskAccepted" && fact.agent === `run:${CHILD.id}`),
    );
    world.worker.complete({ sum: 14 });
    expect(await endOf(world)).toMatchObject({ kind: "subtaskCompleted", agent: `run:${CHILD.id}`, output: { sum: 14 } });
  });

  it("is looked at once when it is over, since a list may start thousands", async () => {
    await using world = await opened(kind);
    world.delegate();
    await working(world);
    const looks = [vi.spyOn(world.host, "get"), vi.spyOn(world.host, "inspect")];
    world.worker.complete({ sum: 14 });
    await endOf(world);
    const ofChild = looks.map(({ mock }) => mock.calls.filter(([run]) => run.id === CHILD.id).length);
    expect(ofChild, "its record is there already; its state has the output and what it used").toEqual([0, 1]);
  });

  it("that fails, fails the step with its own code, and names the run", async () => {
    await using world = await opened(kind);
    world.delegate();
    await working(world);
    world.worker.answer({ kind: "failed", failure: { code: "BROKEN", message: "It broke.", retryable: false } });
    expect(await endOf(world)).toMatchObject({
      kind: "subtaskFailed",
      reason: "failed",
      failure: { code: "T4108", message: expect.stringContaining("It broke."), details: { run: CHILD.id, workflow: "below" } },
    });
  });

  it("that is canceled by a person is told as canceled", async () => {
    await using world = await opened(kind);
    world.delegate();
    await working(world);
    await world.host.post(CHILD, { kind: "cancelRequested", reason: "wrong year", by: "ada" });
    expect(await endOf(world)).toMatchObject({
      reason: "canceled",
      failure: { code: "T4106", message: expect.stringContaining("wrong year") },
    });
  });

  it("whose input does not fit is rejected with the reasons, and no run is made", async () => {
    await using world = await opened(kind);
    world.delegate({ n: "many" });
    expect(await endOf(world)).toMatchObject({ reason: "rejected", failure: { code: "T2001", message: expect.stringContaining("/n") } });
    expect(await world.child()).toBeNull();
  });

  it("is the same run when the command comes again, in the same process and after a restart", async () => {
    await using world = await opened(kind);
    world.delegate();
    await working(world);
    world.delegate();
    await world.open();
    await working(world, 2);
    world.delegate({ n: 1 }, { recovered: true });
    world.worker.complete("done");
    expect(await endOf(world)).toMatchObject({ kind: "subtaskCompleted", output: "done" });
    const { items } = await world.host.list({ tenant: DEFAULT_TENANT, parent: "above", limit: 10 });
    expect(items.map(({ run }) => run.id)).toEqual([CHILD.id]);
  });

  it("that ended while nobody listened is told when the command comes again", async () => {
    await using world = await opened(kind);
    world.delegate();
    await working(world);
    world.effects.close();
    await world.host.post(CHILD, { kind: "cancelRequested", reason: "over", by: "ada" });
    await world.until(async () => (await world.child())?.endedAt !== null);
    await world.open();
    world.delegate({ n: 1 }, { recovered: true });
    expect(await endOf(world)).toMatchObject({ reason: "canceled" });
  });

  it("is canceled with the run above, which hears of it", async () => {
    await using world = await opened(kind);
    world.delegate();
    await working(world);
    world.abort();
    expect(await endOf(world)).toMatchObject({ reason: "canceled", failure: { message: expect.stringContaining("run:above") } });
    expect(await world.status(CHILD)).toBe("canceled");
  });

  it("is canceled after a restart too, and one that never began is not started for it", async () => {
    await using world = await opened(kind);
    world.delegate();
    await working(world);
    await world.open();
    world.abort({ recovered: true });
    expect(await endOf(world)).toMatchObject({ reason: "canceled" });
    expect(await world.status(CHILD)).toBe("canceled");
    await using other = await opened(kind);
    other.abort({ recovered: true });
    expect(await endOf(other)).toMatchObject({ reason: "canceled", failure: { message: expect.stringContaining("before it began") } });
    expect(await other.child()).toBeNull();
  });

  it("that was about to begin when it was canceled, has not begun or is canceled", async () => {
    await using world = await opened(kind);
    world.delegate();
    world.abort();
    expect(await endOf(world)).toMatchObject({ reason: "canceled" });
    expect(["canceled", undefined]).toContain(await world.status(CHILD));
  });

  it("pauses and goes on with the run above, and the last word counts", async () => {
    await using world = await opened(kind);
    world.delegate();
    world.steer(true);
    await world.until(async () => (await world.status(CHILD)) === "paused");
    world.steer(false);
    world.steer(true);
    world.steer(false);
    await world.until(async () => (await world.status(CHILD)) === "running");
    const kinds = (await world.factsOf(CHILD)).map((fact) => fact.kind);
    expect(kinds.filter((name) => name === "runPaused" || name === "runResumed")).toEqual(["runPaused", "runResumed"]);
  });

  it("that asks about its own budget is not let go on by the run above, which may only say again what it said before", async () => {
    await using world = await new ChildWorld(kind).open();
    const work = { ...below.steps["work"], needs: ["first"] } as Step;
    const steps = { first: { ...work, needs: [] }, work };
    await world.begin({ ...below, steps, budget: { subtasks: 1, onExceeded: "ask" } });
    world.delegate();
    await working(world);
    world.worker.complete(1);
    await world.until(async () => (await world.status(CHILD)) === "paused");
    world.steer(false);
    // So that the word is heard before the next takes its place.
    for (let look = 0; look < 20; look += 1) await world.host.inspect(CHILD);
    world.steer(true);
    await world.until(async () => (await world.factsOf(CHILD)).at(-1)?.kind === "runPaused");
    expect((await world.factsOf(CHILD)).map((fact) => fact.kind)).not.toContain("runResumed");
  });

  it("in quarantine is not over: after its release its end is told", async () => {
    await using world = await opened(kind);
    world.delegate();
    await working(world);
    world.worker.answer({ kind: "completed", reply: null as never });
    await world.until(async () => (await world.status(CHILD)) === "quarantined");
    expect(await world.status(ABOVE)).toBe("running");
    await world.host.release(CHILD);
    await world.host.post(CHILD, { kind: "cancelRequested", reason: "beyond repair", by: "ada" });
    expect(await world.status(ABOVE)).toBe("running");
  });
});

describe("a sub-workflow that takes its time to cancel", () => {
  it("is waited for as long as the run above does, and then goes on canceling alone", async () => {
    await using world = await opened("memory");
    world.delegate();
    await working(world);
    world.worker.answer({ kind: "completed", reply: null as never });
    await world.until(async () => (await world.status(CHILD)) === "quarantined");
    world.abort();
    await world.until(() => {
      world.clock.advance(CANCEL_PATIENCE_MS / 100);
      return world.effects.count === 0;
    });
    expect(await world.status(ABOVE)).toBe("running");
  });
});

describe("what a sub-workflow starts with", () => {
  it("a text is a property of its input, unless `with` has one", async () => {
    await using world = await opened("memory");
    world.delegate({ n: 1 }, { text: "Count them." });
    await working(world);
    expect((await world.factsOf(CHILD))[0]).toMatchObject({ input: { n: 1, text: "Count them.", unit: "m" } });
  });

  it("its agents lead where the run above has recorded it, else where the run's own do", async () => {
    await using world = await opened("memory");
    const own = { kind: "local", name: "worker" };
    const bindings = { "below@2.1.0/helper": own, "other@1.0.0/helper": { kind: "local", name: "nobody" }, spare: own };
    world.delegate({ n: 1 }, { bindings });
    await working(world);
    expect((await world.factsOf(CHILD))[0]).toMatchObject({ bindings: { helper: own, spare: own } });
  });
});
