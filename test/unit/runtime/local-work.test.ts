/** Work of agents in this process: its places, its answers, and runs that wait for an agent. */
import { describe, expect, it } from "vitest";

import { defineAgent } from "../../../src/agents/function-agent.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { MAX_EFFECTS_PER_RUN } from "../../../src/base/limits.ts";
import type { Batch } from "../../../src/hosts/mailbox/store.ts";
import { MemoryStore } from "../../../src/hosts/memory/memory-store.ts";
import type { Orchestrator } from "../../../src/runtime/orchestrator.ts";
import { FarWorld, startedWith, turns } from "./far-world.ts";

type Call = { readonly signal: AbortSignal; readonly assignment: { readonly attempt: number } };

function worker(run: (call: Call) => unknown) {
  return defineAgent({
    name: "worker",
    description: "Works.",
    version: "1.0.0",
    capabilities: { work: { description: "Works.", run: run as (call: Call) => string } },
  });
}

const one = workflowFromObject({ name: "one", steps: { a: { capability: "work", timeout: "2s", retry: { attempts: 1 } } } });
const patient = workflowFromObject({ name: "patient", steps: { a: { capability: "work" } } });
const stopsWhenTold = ({ signal }: Call): Promise<never> =>
  new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("stopped"))));
const hangs = (): Promise<never> => new Promise(() => undefined);

/** A store that cannot write some runs, for a while. */
class StubbornStore extends MemoryStore {
  readonly refusals = new Map<string, number>();

  override commit(batch: Batch): void {
    for (const { run } of batch.facts) {
      const left = this.refusals.get(run.id) ?? 0;
      if (left === 0) continue;
      this.refusals.set(run.id, left - 1);
      throw new Error("A fact cannot be written.");
    }
    super.commit(batch);
  }
}

describe("a handler", () => {
  it("that never returns gives its place away when its attempt has timed out", async () => {
    const count = MAX_EFFECTS_PER_RUN + 10;
    const world = new FarWorld();
    const orchestrator = await world.open([worker(({ assignment }) => (assignment.attempt === 1 ? hangs() : "done"))]);
    const retry = { attempts: 2, initial: "100ms", jitter: "none" };
    const each = { capability: "work", each: "${{ input.items }}", concurrency: count, timeout: "2s", retry };
    const definition = workflowFromObject({ name: "hanging", steps: { a: each } });
    const handle = await orchestrator.start(definition, { items: Array.from({ length: count }, (_, index) => index) });
    await world.pass(3_000);
    expect(await statusOf(orchestrator, handle.id)).toBe("completed");
  });

  it("is called once, though a run that cannot be written shares the turn of its answer", async () => {
    const store = new StubbornStore();
    const world = new FarWorld(store);
    const answers = Promise.withResolvers<string>();
    let calls = 0;
    const orchestrator = await world.open([worker(() => ((calls += 1), answers.promise))]);
    const good = await startedWith(orchestrator, patient);
    store.refusals.set("bad", Number.POSITIVE_INFINITY);
    const bad = orchestrator.start(patient, {}, { id: "bad" });
    answers.resolve("done");
    await expect(bad).rejects.toThrow("cannot be written");
    await turns(5);
    expect(await statusOf(orchestrator, good.id)).toBe("completed");
    expect(calls).toBe(1);
  });

  it("is called once, though its answer is refused several times: it is brought again until it is durable", async () => {
    const store = new StubbornStore();
    const world = new FarWorld(store);
    const answers = Promise.withResolvers<string>();
    let calls = 0;
    const orchestrator = await world.open([worker(() => ((calls += 1), answers.promise))]);
    const handle = await startedWith(orchestrator, patient);
    store.refusals.set(handle.id, 3);
    answers.resolve("done");
    await turns(5);
    expect(await statusOf(orchestrator, handle.id)).toBe("running");
    await world.pass(10_000);
    expect(store.refusals.get(handle.id)).toBe(0);
    expect(await statusOf(orchestrator, handle.id)).toBe("completed");
    expect(calls).toBe(1);
  });
});

describe("a run", () => {
  it("with thousands of waiting subtasks is canceled, and others have its places", async () => {
    const world = new FarWorld();
    const orchestrator = await world.open([worker(stopsWhenTold)]);
    const each = { capability: "work", each: "${{ input.items }}", concurrency: 10_000 };
    const many = workflowFromObject({ name: "many", steps: { a: each } });
    const handle = await orchestrator.start(many, { items: Array.from({ length: 8_000 }, (_, index) => index) });
    await turns(10);
    expect(await handle.cancel()).toBe(true);
    expect(await handle.result()).toMatchObject({ status: "canceled" });
    const greeter = { name: "g", description: "Greets.", version: "1.0.0" };
    orchestrator.register(defineAgent({ ...greeter, capabilities: { greet: { description: "Greets.", run: () => "hello" } } }));
    const greeting = workflowFromObject({ name: "greeting", steps: { a: { capability: "greet" } } });
    expect(await orchestrator.run(greeting, {})).toBe("hello");
  });

  it("that is over has its result, also after the instant of its attempt's timeout", async () => {
    const world = new FarWorld();
    const orchestrator = await world.open([worker(() => "done")]);
    const { id } = await startedWith(orchestrator, one);
    await world.pass(3_000);
    const late = await orchestrator.open(id);
    expect(await Promise.race([late.result(), turns(10)])).toMatchObject({ status: "completed", output: "done" });
  });

  it("whose agent is not here goes on when the agent is registered, without a restart", async () => {
    const world = new FarWorld();
    const { id } = await startedWith(await world.open([worker(hangs)]), patient);
    const second = await world.open([]);
    await world.pass(1_000);
    expect(await statusOf(second, id)).toBe("running");
    second.register(worker(() => "done"));
    await world.pass(31_000);
    expect(await statusOf(second, id)).toBe("completed");
  });
});

async function statusOf(orchestrator: Orchestrator, id: string): Promise<string> {
  return (await orchestrator.record(id)).status;
}
