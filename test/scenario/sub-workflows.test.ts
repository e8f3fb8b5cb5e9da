/** Sub-workflows from the outside: one run in another, with real agents and both hosts. */
import { defineAgent, type Definition, fail, openOrchestrator, type Orchestrator, type RunHandle, workflowFromObject } from "tutti";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { Gate, historyOf, ofKind, openInMemory, Place, QUICKLY, whenFact } from "../support/scenario.ts";

const price = workflowFromObject({
  name: "price",
  version: "1.2.0",
  input: { type: "object", required: ["net"], properties: { net: { type: "number" }, rate: { type: "number", default: 0.2 } } },
  steps: { tax: { capability: "multiply", with: { a: "${{ input.net }}", b: "${{ input.rate }}" }, retry: QUICKLY } },
  output: { gross: "${{ input.net + steps.tax.output }}" },
});

function orders(step: { readonly [key: string]: unknown } = {}, version = "1.0.0"): Definition {
  const total = { workflow: "price@^1", with: { net: "${{ input.net }}" }, retry: { attempts: 1 }, ...step };
  return workflowFromObject({ name: "orders", version, steps: { total: total as never } });
}

const Factors = z.object({ a: z.number(), b: z.number() });

function multiplier(gate?: Gate) {
  return defineAgent({
    name: "multiplier",
    description: "Multiplies.",
    version: "1.0.0",
    capabilities: {
      multiply: {
        description: "Multiplies two numbers.",
        input: Factors,
        output: z.number(),
        run: async ({ input: { a, b } }) => {
          await gate?.opened;
          return b < 0 ? fail("NEGATIVE", "There is no negative rate.") : a * b;
        },
      },
    },
  });
}

async function open(gate?: Gate, workflows: readonly Definition[] = [price]): Promise<Orchestrator> {
  return openOrchestrator({ db: ":memory:", agents: [multiplier(gate)], workflows });
}

async function childOf(orchestrator: Orchestrator, handle: RunHandle): Promise<RunHandle> {
  const { agent } = await whenFact(handle, "subtaskAccepted");
  return orchestrator.open(agent.replace(/^run:/, ""));
}

describe("a sub-workflow", () => {
  it("is a run of its own, whose output is the step's", async () => {
    await using orchestrator = await open();
    const handle = await orchestrator.start(orders(), { net: 10 });
    expect(await handle.result()).toMatchObject({ status: "completed", output: { gross: 12 } });
    const { items } = await orchestrator.host.list({ tenant: orchestrator.tenant, parent: handle.id, limit: 10 });
    expect(items).toMatchObject([{ workflow: "price", version: "1.2.0", status: "completed", parent: handle.id }]);
  });

  it("for each item of a list is a run each", async () => {
    await using orchestrator = await open();
    const definition = orders({ each: "${{ input.nets }}", as: "net", with: { net: "${{ net }}" } }, "2.0.0");
    expect(await orchestrator.run(definition, { nets: [10, 20, 30] })).toEqual([{ gross: 12 }, { gross: 24 }, { gross: 36 }]);
  });

  it("that fails tells its code and its run; an input that does not fit is rejected before anything begins", async () => {
    await using orchestrator = await open();
    const failed = await orchestrator.start(orders({ with: { net: 1, rate: -1 } }, "3.0.0"), {});
    const [failure] = ofKind(await historyOf(failed), "subtaskFailed");
    expect(failure).toMatchObject({
      reason: "failed",
      failure: { code: "T4108", message: expect.stringContaining("no negative rate"), details: { workflow: "price" } },
    });
    const rejected = await orchestrator.start(orders({ with: { net: "much" } }, "3.0.1"), {});
    expect(ofKind(await historyOf(rejected), "subtaskFailed")).toMatchObject([{ reason: "rejected", failure: { code: "T2001" } }]);
  });

  it("is canceled, paused and resumed with the run above", async () => {
    const gate = new Gate();
    await using orchestrator = await open(gate);
    const handle = await orchestrator.start(orders(), { net: 10 });
    const child = await childOf(orchestrator, handle);
    await handle.pause();
    await whenFact(child, "runPaused");
    await handle.resume();
    await whenFact(child, "runResumed");
    await handle.cancel("not needed");
    expect(await child.result()).toMatchObject({ status: "canceled" });
    expect(await handle.result()).toMatchObject({ status: "canceled" });
    gate.open();
  });

  it("ends when the attempt of the step above runs out of time", async () => {
    const gate = new Gate();
    await using orchestrator = await open(gate);
    const handle = await orchestrator.start(orders({ timeout: "100ms" }, "4.0.0"), { net: 10 });
    const child = await childOf(orchestrator, handle);
    expect(await handle.result()).toMatchObject({ status: "failed", failure: { details: { code: "T4103" } } });
    // By its own deadline, which is that of the attempt, or by the cancel that follows it.
    expect(["failed", "canceled"]).toContain((await child.result()).status);
    gate.open();
  });

  it("keeps the version that was fixed when the run above began", async () => {
    const gate = new Gate();
    await using orchestrator = await open(gate, []);
    await orchestrator.workflows.publish(price);
    const definition = workflowFromObject({
      name: "two",
      version: "1.0.0",
      steps: {
        first: { capability: "multiply", with: { a: 1, b: 1 } },
        total: { needs: ["first"], workflow: "price@^1", with: { net: 10 } },
      },
    });
    const handle = await orchestrator.start(definition, {});
    await orchestrator.workflows.publish({ ...price, version: "1.9.0", output: { gross: "nothing" } });
    gate.open();
    expect(await handle.result()).toMatchObject({ output: { gross: 12 } });
  });

  it("may have sub-workflows of its own, of versions that were fixed before the first began", async () => {
    const top = workflowFromObject({ name: "top", version: "1.0.0", steps: { all: { workflow: "orders", with: { net: 10 } } } });
    await using orchestrator = await open(undefined, [price, orders()]);
    const handle = await orchestrator.start(top, {});
    expect(await handle.result()).toMatchObject({ output: { gross: 12 } });
    const [started] = ofKind(await historyOf(handle), "runStarted");
    expect(started?.workflows).toMatchObject({ "orders@*": { version: "1.0.0" }, "price@^1": { version: "1.2.0" } });
    const [below] = ofKind(await historyOf(await childOf(orchestrator, handle)), "runStarted");
    expect(below).toMatchObject({ depth: 1, workflows: { "price@^1": { version: "1.2.0" } } });
  });

  it("that refers to itself without end is stopped at the depth of the budget", async () => {
    const echo = workflowFromObject({
      name: "echo",
      version: "1.0.0",
      budget: { depth: 3 },
      steps: { again: { workflow: "echo", retry: { attempts: 1 } } },
    });
    await using orchestrator = await open(undefined, [echo]);
    const handle = await orchestrator.start(echo, {});
    expect(await handle.result()).toMatchObject({ status: "failed", failure: { message: expect.stringContaining("deep") } });
    const { items } = await orchestrator.host.list({ tenant: orchestrator.tenant, workflow: "echo", limit: 100 });
    expect(items.map(({ status }) => status)).toEqual(["failed", "failed", "failed", "failed"]);
  });

  it("that is missing stops the run before it starts", async () => {
    await using orchestrator = await openInMemory([multiplier()]);
    await expect(orchestrator.start(orders(), { net: 1 })).rejects.toMatchObject({ code: "T1502" });
  });
});

describe("after a restart", () => {
  it("the run above goes on with the same run below, wherever the definition came from", async () => {
    await using place = new Place();
    const gate = new Gate();
    const first = await openOrchestrator({ db: place.db, agents: [multiplier(gate)], workflows: [price] });
    const handle = await first.start(orders(), { net: 10 }, { id: "above" });
    const child = await childOf(first, handle);
    await first.close();
    gate.open();
    const second = await place.open([multiplier()]);
    expect(await (await second.open("above")).result()).toMatchObject({ status: "completed", output: { gross: 12 } });
    const { items } = await second.host.list({ tenant: second.tenant, parent: "above", limit: 10 });
    expect(items.map(({ run }) => run.id)).toEqual([child.id]);
  });

  it("a run below that ended while nobody was there is not started again", async () => {
    await using place = new Place();
    const gate = new Gate();
    const first = await openOrchestrator({ db: place.db, agents: [multiplier(gate)], workflows: [price] });
    const handle = await first.start(orders(), { net: 10 }, { id: "above" });
    const child = await childOf(first, handle);
    await first.close();
    const alone = await openOrchestrator({ db: place.db, agents: [multiplier()], recover: false });
    await (await alone.open(child.id)).cancel("by hand");
    await (await alone.open(child.id)).result();
    await alone.close();
    const second = await place.open([multiplier()]);
    expect(await (await second.open("above")).result()).toMatchObject({ status: "failed" });
    gate.open();
  });
});
