/** Retry and fork: a new run that begins with the finished results of an old one (issue 3, deliverable 4). */
import { defineAgent, fail, type Json, workflowFromObject } from "tutti";
import { describe, expect, it } from "vitest";

import { historyOf, openInMemory, Place } from "../support/scenario.ts";

const ONCE = { attempts: 1 };

const STEPS = {
  fetch: { capability: "fetch", with: { month: "${{ input.month }}" }, retry: ONCE },
  tidy: { capability: "tidy", with: { rows: "${{ steps.fetch.output.rows }}" }, retry: ONCE },
  report: { capability: "report", with: { rows: "${{ steps.tidy.output.rows }}", month: "${{ input.month }}" }, retry: ONCE },
};

const report = workflowFromObject({ name: "report", version: "1.0.0", steps: STEPS, output: "${{ steps.report.output }}" });

/** An agent that counts its calls, and whose report fails until it is mended. */
function office() {
  const calls: string[] = [];
  const state = { isBroken: true };
  const agent = defineAgent({
    name: "office",
    description: "Makes reports.",
    version: "1.0.0",
    capabilities: {
      fetch: { description: "Fetches.", run: () => (calls.push("fetch"), { rows: 3 }) },
      tidy: { description: "Tidies.", run: ({ input }) => (calls.push("tidy"), input) },
      report: {
        description: "Reports.",
        run: ({ input }) => (calls.push("report"), state.isBroken ? fail("NO_PAPER", "the printer has no paper") : input),
      },
      undo: { description: "Undoes.", run: () => (calls.push("undo"), "undone") },
    },
  });
  return { agent, calls, mend: () => (state.isBroken = false) };
}

describe("a retry of a run that failed", () => {
  it("asks nobody again for what is finished, and names the run that it goes on from", async () => {
    const { agent, calls, mend } = office();
    await using orchestrator = await openInMemory([agent]);
    const first = await orchestrator.start(report, { month: "2025-03" }, { id: "r1", labels: { team: "sales" } });
    expect((await first.result()).status).toBe("failed");
    mend();

    const again = await orchestrator.retry("r1", { id: "r2" });

    expect(await again.result()).toMatchObject({ status: "completed", output: { rows: 3, month: "2025-03" } });
    expect(calls).toEqual(["fetch", "tidy", "report", "report"]);
    const [started] = await historyOf(again);
    expect(started).toMatchObject({ kind: "runStarted", forkedFrom: { run: "r1", steps: ["fetch", "tidy"] }, labels: { team: "sales" } });
    expect(await orchestrator.record("r1")).toMatchObject({ status: "failed" });
  });

  it("is one run for one id, and another request under that id is refused", async () => {
    const { agent, calls, mend } = office();
    await using orchestrator = await openInMemory([agent]);
    await (await orchestrator.start(report, { month: "m" }, { id: "r1" })).result();
    mend();
    const once = await orchestrator.retry("r1", { id: "r2" });
    await once.result();
    const twice = await orchestrator.retry("r1", { id: "r2" });
    expect([once.created, twice.created, calls.length]).toEqual([true, false, 4]);
    await expect(orchestrator.retry("r1", { id: "r2", from: "tidy" })).rejects.toMatchObject({ code: "T4002" });
  });

  it("is refused for a run that is not over, and for one that completed unless a step is named", async () => {
    const { agent, calls, mend } = office();
    await using orchestrator = await openInMemory([agent]);
    mend();
    await orchestrator.run(report, { month: "m" }, { id: "done" });
    await expect(orchestrator.retry("done")).rejects.toMatchObject({ code: "T4201" });
    const plan = await orchestrator.preview("done", "retry", { from: "tidy" });
    expect([plan.kept, plan.repeated].map((steps) => steps.map(({ step }) => step))).toEqual([["fetch"], ["tidy", "report"]]);
    await (await orchestrator.retry("done", { from: "tidy" })).result();
    expect(calls).toEqual(["fetch", "tidy", "report", "tidy", "report"]);
    const waiting = workflowFromObject({ name: "waiting", version: "1.0.0", steps: { wait: { wait: { signal: "go" } } } });
    const open = await orchestrator.start(waiting, {}, { id: "open" });
    await expect(orchestrator.retry("open")).rejects.toMatchObject({ code: "T4201" });
    await open.cancel();
  });

  it("goes on with the latest version when it is told to, and repeats only what is different there", async () => {
    const { agent, calls, mend } = office();
    await using orchestrator = await openInMemory([agent]);
    await (await orchestrator.start(report, { month: "m" }, { id: "r1" })).result();
    mend();
    const next = workflowFromObject({
      name: "report",
      version: "1.1.0",
      steps: { ...STEPS, tidy: { ...STEPS.tidy, with: { rows: "${{ steps.fetch.output.rows + 1 }}" } } },
      output: "${{ steps.report.output }}",
    });
    const again = await orchestrator.retry("r1", { latest: next });
    expect(await again.result()).toMatchObject({ status: "completed", output: { rows: 4 } });
    expect([calls, (await orchestrator.record(again.id)).version]).toEqual([["fetch", "tidy", "report", "tidy", "report"], "1.1.0"]);
    const stored = await orchestrator.preview("r1", "retry", { latest: true });
    expect(stored.program.definition.version).toBe("1.1.0");
  });

  it("survives the end of its process: what was kept is durable with its start", async () => {
    await using place = new Place();
    const { agent, calls, mend } = office();
    const before = await place.open([agent]);
    await (await before.start(report, { month: "m" }, { id: "r1" })).result();
    mend();
    await (await before.retry("r1", { id: "r2" })).result();
    await before.close();
    const after = await place.open([agent]);
    expect(await (await after.open("r2")).result()).toMatchObject({ status: "completed", output: { rows: 3 } });
    expect(calls).toHaveLength(4);
  });

  it("repeats what the failed run has undone", async () => {
    const undone = workflowFromObject({
      name: "undone",
      version: "1.0.0",
      steps: { fetch: { ...STEPS.fetch, compensate: { capability: "undo" } }, tidy: STEPS.tidy, report: STEPS.report },
      output: "${{ steps.report.output }}",
    });
    const { agent, calls, mend } = office();
    await using orchestrator = await openInMemory([agent]);
    await (await orchestrator.start(undone, { month: "m" }, { id: "r1" })).result();
    mend();
    const plan = await orchestrator.preview("r1", "retry");
    expect(plan.compensated).toEqual([{ step: "fetch", why: "undone when the run ended" }]);
    expect(plan.kept).toEqual([]);
    await (await orchestrator.retry("r1")).result();
    expect(calls).toEqual(["fetch", "tidy", "report", "undo", "fetch", "tidy", "report"]);
  });
});

describe("a fork", () => {
  it("goes on from a step with another input and another output of an earlier one", async () => {
    const { agent, calls, mend } = office();
    await using orchestrator = await openInMemory([agent]);
    mend();
    await orchestrator.run(report, { month: "2025-03" }, { id: "r1" });
    const fork = await orchestrator.fork("r1", {
      from: "report",
      set: [
        { path: "input.month", value: "2025-04" },
        { path: "steps.tidy.output.rows", value: 9 },
      ],
    });
    expect(await fork.result()).toMatchObject({ status: "completed", output: { rows: 9, month: "2025-04" } });
    expect(calls).toEqual(["fetch", "tidy", "report", "report"]);
  });

  it("refuses an input that does not fit, and an output that breaks its step's contract", async () => {
    const strict = workflowFromObject({
      name: "strict",
      version: "1.0.0",
      input: { type: "object", properties: { month: { type: "string" } } },
      steps: { ...STEPS, fetch: { ...STEPS.fetch, output: { type: "object", properties: { rows: { type: "integer" } } } } },
    });
    const { agent, mend } = office();
    await using orchestrator = await openInMemory([agent]);
    mend();
    await orchestrator.run(strict, { month: "m" }, { id: "r1" });
    const set = (path: string, value: Json) => orchestrator.fork("r1", { from: "report", set: [{ path, value }] });
    await expect(set("input.month", 5)).rejects.toMatchObject({ code: "T2001" });
    await expect(set("steps.fetch.output.rows", "x")).rejects.toMatchObject({ code: "T4202" });
    await expect(set("steps.fetch.text", "x")).rejects.toMatchObject({ code: "T4202" });
  });
});
