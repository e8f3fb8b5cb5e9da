import { expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import type { PostedInput } from "../../../src/ports/host.ts";
import { chain, single, stubborn } from "./workflows.ts";
import { failure, refOf, type OpenWorld } from "./world.ts";

export function inputLaws(open: OpenWorld): void {
  it("takes the same answer once, however often it comes", async () => {
    const world = await open();
    const run = refOf("double");
    await world.start("double", chain);
    const first = await world.answer(run, { path: "a", output: 1 });
    const before = await world.entries(run);
    const rest = await Promise.all([1, 2, 3].map(() => world.answer(run, { path: "a", output: 2 })));
    expect(first).toEqual({ applied: true });
    expect(rest).toEqual([{ applied: false }, { applied: false }, { applied: false }]);
    expect(await world.entries(run)).toEqual(before);
  });

  it("takes one of many equal answers that come in the same moment", async () => {
    const world = await open();
    const run = refOf("moment");
    await world.start("moment", chain);
    const receipts = await Promise.all(Array.from({ length: 50 }, (_, output) => world.answer(run, { path: "a", output })));
    expect(receipts.filter((receipt) => receipt.applied)).toHaveLength(1);
    expect(receipts[0]).toEqual({ applied: true });
  });

  it("ignores what comes late, early, or about nothing that exists", async () => {
    const world = await open();
    const run = refOf("late");
    await world.start("late", stubborn);
    await world.answer(run, { path: "a", outcome: failure(true) });
    await world.advance(60_000);
    const before = await world.entries(run);
    const strays: PostedInput[] = [
      { kind: "answered", path: "a", attempt: 1, turn: 1, agent: "tester", outcome: failure(true) },
      { kind: "answered", path: "a", attempt: 3, turn: 1, agent: "tester", outcome: failure(true) },
      { kind: "answered", path: "a", attempt: 2, turn: 2, agent: "tester", outcome: failure(true) },
      { kind: "answered", path: "zzz", attempt: 1, turn: 1, agent: "tester", outcome: failure(true) },
      { kind: "accepted", path: "a", attempt: 1, turn: 1, agent: "tester" },
      { kind: "progressed", path: "a", attempt: 1, turn: 1, progress: { note: "late" } },
      { kind: "questionAnswered", question: "q_none", answer: "?", by: "test" },
      { kind: "resumeRequested", by: "test" },
      { kind: "timerDue" },
    ];
    for (const stray of strays) expect(await world.host.post(run, stray)).toEqual({ applied: false });
    expect(await world.entries(run)).toEqual(before);
  });

  it("changes nothing of a run that is over", async () => {
    const world = await open();
    const run = refOf("over");
    await world.start("over", single);
    await world.answer(run, { path: "a", output: "first" });
    const before = await world.entries(run);
    expect(await world.answer(run, { path: "a", output: "second" })).toEqual({ applied: false });
    expect(await world.cancel(run)).toEqual({ applied: false });
    await world.open();
    expect(await world.cancel(run)).toEqual({ applied: false });
    expect(await world.entries(run)).toEqual(before);
  });

  it("refuses to speak to a run that does not exist (T4001)", async () => {
    const world = await open();
    await expect(world.cancel(refOf("nobody"))).rejects.toMatchObject({ code: "T4001" });
    await expect(world.host.whenOver(refOf("nobody"))).rejects.toMatchObject({ code: "T4001" });
    expect(await world.host.get(refOf("nobody"))).toBeNull();
    expect(await world.host.inspect(refOf("nobody"))).toBeNull();
    expect(await world.host.peek(refOf("nobody"), ({ seq }) => seq)).toBeNull();
  });
}

export function peekLaws(open: OpenWorld): void {
  it("shows a part of a run's state as it was looked at, whatever happens later", async () => {
    const world = await open();
    const run = refOf("seen");
    await world.start("seen", chain);
    const steps = await world.host.peek(run, (state) => state.steps);
    await world.answer(run, { path: "a", output: "first" });
    expect(steps).toEqual({});
    expect(await world.host.peek(run, (state) => Object.keys(state.steps))).toEqual(["a"]);
  });
}

export function startLaws(open: OpenWorld): void {
  it("gives one run for the same id a hundred times at once", async () => {
    const world = await open();
    const receipts = await Promise.all(Array.from({ length: 100 }, () => world.start("once", single, { input: { a: 1, b: 2 } })));
    expect(receipts.filter((receipt) => receipt.created)).toHaveLength(1);
    expect(new Set(receipts.map((receipt) => receipt.record.run.id))).toEqual(new Set(["once"]));
    expect(await world.kinds(refOf("once"))).toEqual(["runStarted", "subtaskAssigned"]);
    expect(world.performer.of(refOf("once"))).toEqual(["delegate a/1/1"]);
  });

  it("gives the same run for the same id and input later, after a crash, and after its end", async () => {
    const world = await open();
    const run = refOf("later");
    await world.start("later", single, { input: { a: 1, b: 2 } });
    expect(await world.start("later", single, { input: { b: 2, a: 1 } })).toMatchObject({ created: false });
    await world.open();
    expect(await world.start("later", single, { input: { a: 1, b: 2 } })).toMatchObject({ created: false, record: { status: "running" } });
    await world.answer(run, { path: "a", output: 1 });
    expect(await world.start("later", single, { input: { a: 1, b: 2 } })).toMatchObject({
      created: false,
      record: { status: "completed" },
    });
  });

  it("refuses an id that a run with another input or workflow has (T4002), also after a crash", async () => {
    const world = await open();
    await world.start("taken", single, { input: { a: 1 } });
    await expect(world.start("taken", single, { input: { a: 2 } })).rejects.toMatchObject({ code: "T4002" });
    await expect(world.start("taken", chain, { input: { a: 1 } })).rejects.toMatchObject({ code: "T4002" });
    await world.open();
    await expect(world.start("taken", single, { input: { a: 2 } })).rejects.toMatchObject({ code: "T4002" });
    expect(await world.kinds(refOf("taken"))).toEqual(["runStarted", "subtaskAssigned"]);
    await world.answer(refOf("taken"), { path: "a" });
    await expect(world.start("taken", single, { input: { a: 2 } })).rejects.toMatchObject({ code: "T4002" });
  });

  it("refuses an id that is taken although it was called fresh, and leaves its run as it is", async () => {
    const world = await open();
    await world.start("taken", single, { input: { a: 1 } });
    await world.answer(refOf("taken"), { path: "a" });
    const facts = await world.kinds(refOf("taken"));
    const fingerprint = await world.host.define(DEFAULT_TENANT, single);
    const request = { run: refOf("taken"), seed: "s", workflow: "single", version: "1", fingerprint, input: { a: 1 }, by: "test" };
    await expect(world.host.start(request, { isFresh: true })).rejects.toThrow(/UNIQUE|already/u);
    expect(await world.kinds(refOf("taken"))).toEqual(facts);
    await expect(world.host.start(request)).resolves.toMatchObject({ created: false, record: { status: "completed" } });
  });

  it("refuses all but one input when several are given for one id at once", async () => {
    const world = await open();
    const results = await Promise.allSettled(Array.from({ length: 20 }, (_, value) => world.start("race", single, { input: { value } })));
    expect(results.filter((result) => result.status === "fulfilled")).toHaveLength(1);
    for (const result of results) if (result.status === "rejected") expect(result.reason).toMatchObject({ code: "T4002" });
  });

  it("refuses to start a run on a definition that it does not have (T5009)", async () => {
    const world = await open();
    const request = { run: refOf("unknown"), seed: "s", workflow: "w", version: "1", fingerprint: "f".repeat(64), input: {}, by: "test" };
    await expect(world.host.start(request)).rejects.toMatchObject({ code: "T5009" });
  });
}
