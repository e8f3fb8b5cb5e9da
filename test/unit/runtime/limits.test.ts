/** Limits of steps and of agents at work: W193 and FAQ 13. */
import { describe, expect, it } from "vitest";

import { defineAgent } from "../../../src/agents/function-agent.ts";
import type { Json } from "../../../src/base/json.ts";
import type { StepLimit } from "../../../src/definition/definition.ts";
import type { Outcome } from "../../../src/scheduler/outcome.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { assignment, delegate, EffectsWorld, intentFor, taskOf } from "./effects-world.ts";
import { farAgent, turns } from "./far-world.ts";

const ONE = { limit: { concurrency: 1 } };

/** An agent whose handlers end when the test says so; the inputs of those that have begun, in order. */
function worker(options: { readonly limit?: StepLimit; readonly capabilities?: readonly string[]; readonly name?: string } = {}) {
  const begun: Json[] = [];
  const ends = new Map<Json, () => void>();
  const run = ({ input }: { readonly input: Json }) =>
    new Promise<string>((resolve) => {
      begun.push(input);
      ends.set(input, () => resolve("done"));
    });
  const capabilities = Object.fromEntries((options.capabilities ?? ["work"]).map((name) => [name, { description: "Works.", run }]));
  const agent = defineAgent({
    name: options.name ?? "worker",
    description: "Works.",
    version: "1.0.0",
    ...(options.limit === undefined ? {} : { limit: options.limit }),
    capabilities,
  });
  const end = async (input: Json): Promise<void> => {
    ends.get(input)?.();
    await turns(3);
  };
  return { agent, begun, end };
}

describe("the limit of a step", () => {
  it("holds across all runs, one after the other, each in its turn", async () => {
    const { agent, begun, end } = worker();
    using world = new EffectsWorld({ agents: [agent] });
    for (const name of ["a1", "a2", "a3"]) world.perform("a", delegate(name, { input: name, ...ONE }));
    world.perform("b", delegate("b1", { input: "b1", ...ONE }));
    await turns(3);
    expect(begun).toEqual(["a1"]);
    for (const name of ["a1", "a2", "b1"]) await end(name);
    expect(begun).toEqual(["a1", "a2", "b1", "a3"]);
  });

  it("is told to the run by work that has to wait, once, so that no clock of an attempt runs meanwhile", async () => {
    const { agent, end } = worker({ limit: { concurrency: 1 } });
    using world = new EffectsWorld({ agents: [agent] });
    world.perform("a", delegate("a1", { input: "a1", ...ONE }));
    world.perform("a", delegate("a2", { input: "a2", ...ONE }));
    world.perform("a", delegate("other", { input: "other" }));
    await turns(3);
    expect(world.of("a"), "the limit of the step, and that of the agent").toEqual(["queued a2", "queued other"]);
    await end("a1");
    await end("other");
    expect(world.of("a").filter((told) => told.startsWith("queued"))).toHaveLength(2);
  });

  it("is of its capability: others go on", async () => {
    const { agent, begun } = worker({ capabilities: ["work", "other"] });
    using world = new EffectsWorld({ agents: [agent] });
    world.perform("a", delegate("a1", { input: "a1", ...ONE }));
    world.perform("a", delegate("a2", { input: "a2", ...ONE, target: { kind: "capability", capability: "other" } }));
    world.perform("a", delegate("a3", { input: "a3" }));
    await turns(3);
    expect(begun).toEqual(["a1", "a2", "a3"]);
  });

  it("costs those who wait no place: thousands of them keep nobody of their run from work", async () => {
    const { agent, begun } = worker({ capabilities: ["work", "other"] });
    using world = new EffectsWorld({ agents: [agent] });
    for (let index = 0; index < 5_000; index += 1) world.perform("a", delegate(`a[${index}]`, { input: index, ...ONE }));
    world.perform("a", delegate("free", { input: "free", target: { kind: "capability", capability: "other" } }));
    await turns(3);
    expect(begun).toEqual([0, "free"]);
  });

  it("lets one who waits be canceled, and its place goes to the next", async () => {
    const { agent, begun, end } = worker();
    using world = new EffectsWorld({ agents: [agent] });
    for (const name of ["a1", "a2", "a3"]) world.perform("a", delegate(name, { input: name, ...ONE }));
    world.perform("a", { kind: "abort", path: "a2", attempt: 1, turn: 1, task: null, intent: null });
    await end("a1");
    expect(begun).toEqual(["a1", "a3"]);
    expect(world.of("a")).toEqual(["queued a2", "queued a3", "answered a1"]);
  });

  it("begins nothing that is stopped in the same turn as what it waits for", async () => {
    const { agent, begun } = worker();
    using world = new EffectsWorld({ agents: [agent] });
    const names = ["a1", "a2", "a3"];
    for (const name of names) world.perform("a", delegate(name, { input: name, ...ONE }));
    await turns(3);
    for (const path of names) world.perform("a", { kind: "abort", path, attempt: 1, turn: 1, task: null, intent: null });
    await turns(3);
    expect(begun).toEqual(["a1"]);
  });

  it("gives nothing to an agent that is stopped while its files are loaded", async () => {
    const { agent, begun } = worker();
    using world = new EffectsWorld({ agents: [agent] });
    world.perform("a", delegate("a1", { input: "a1", files: [{ url: "https://files.example.com/a.txt" }] }));
    world.perform("a", { kind: "abort", path: "a1", attempt: 1, turn: 1, task: null, intent: null });
    await turns(3);
    expect(begun).toEqual([]);
  });

  it("gets its place back from a handler that is given up", async () => {
    const { agent, begun } = worker();
    using world = new EffectsWorld({ agents: [agent] });
    for (const name of ["a1", "a2"]) world.perform("a", delegate(name, { input: name, ...ONE }));
    await turns(3);
    world.perform("a", { kind: "abort", path: "a1", attempt: 1, turn: 1, task: null, intent: null });
    await turns(3);
    expect(begun).toEqual(["a1", "a2"]);
  });

  it("spreads what begins over time", async () => {
    const clock = new ManualClock();
    const { agent, begun } = worker();
    using world = new EffectsWorld({ agents: [agent], clock });
    for (const name of ["a1", "a2", "a3"]) world.perform("a", delegate(name, { input: name, limit: { perSecond: 2 } }));
    await turns(3);
    expect(begun).toEqual(["a1"]);
    clock.advance(500);
    await turns(3);
    expect(begun).toEqual(["a1", "a2"]);
  });
});

describe("work at a remote agent", () => {
  /** A remote agent whose task ends when the test says so. */
  function farWorker() {
    const over = Promise.withResolvers<Outcome>();
    const sent: string[] = [];
    const { agent } = farAgent([], {
      async send(_work, intent) {
        sent.push(intent.messageId);
        return { kind: "task", task: taskOf("far", "x"), over: null };
      },
      attend: () => over.promise,
    });
    return { agent, sent, end: () => over.resolve({ kind: "completed", reply: { text: "done" } }) };
  }
  const target = { kind: "agent", agent: "far", skill: null } as const;
  const more = { ...ONE, target };

  it("holds its permit through all of its effects, until it is answered", async () => {
    const { agent, end } = farWorker();
    using world = new EffectsWorld({ agents: [agent] });
    world.perform("a", delegate("a1", more));
    world.perform("b", delegate("b1", more));
    await turns(3);
    expect(world.of("a")).toEqual(["intended a1"]);
    world.perform("a", { kind: "send", ...assignment("a1", more), intent: intentFor("far", "a1"), again: false, regardless: false });
    await turns(3);
    expect(world.of("a")).toEqual(["intended a1", "accepted a1"]);
    world.perform("a", { kind: "attend", ...assignment("a1", more), task: taskOf("far", "a1") });
    await turns(3);
    expect(world.of("b")).toEqual(["queued b1"]);
    end();
    await turns(5);
    expect(world.of("a").at(-1)).toBe("answered a1");
    expect(world.of("b")).toEqual(["queued b1", "intended b1"]);
  });

  it("keeps its permit between two effects no longer than its attempt lasts", async () => {
    const clock = new ManualClock();
    const { agent } = farWorker();
    using world = new EffectsWorld({ agents: [agent], clock });
    world.perform("a", delegate("a1", { ...more, deadlineAt: clock.now() + 60_000 }));
    world.perform("b", delegate("b1", more));
    await turns(3);
    clock.advance(60_000);
    await turns(3);
    expect(world.of("b")).toEqual(["queued b1"]);
    clock.advance(10_000);
    await turns(3);
    expect(world.of("b")).toEqual(["queued b1", "intended b1"]);
  });

  it("counts after a restart, and waits for nothing: new work waits for it", async () => {
    const { agent, end } = farWorker();
    using world = new EffectsWorld({ agents: [agent] });
    world.perform("a", { kind: "attend", ...assignment("a1", more), task: taskOf("far", "a1") }, true);
    world.perform("b", { kind: "attend", ...assignment("b1", more), task: taskOf("far", "b1") }, true);
    world.perform("c", delegate("c1", more));
    await turns(3);
    expect(world.of("c")).toEqual(["queued c1"]);
    end();
    await turns(5);
    expect([...world.of("a"), ...world.of("b"), ...world.of("c")]).toEqual(["answered a1", "answered b1", "queued c1", "intended c1"]);
  });

  it("counts before anything new begins, also when its run is taken up long after those of new work", async () => {
    const { agent, end } = farWorker();
    using world = new EffectsWorld({ agents: [agent] });
    world.effects.takingUp(true);
    world.perform("new", delegate("a1", more));
    await turns(3);
    world.perform("old", { kind: "attend", ...assignment("b1", more), task: taskOf("far", "b1") }, true);
    world.effects.takingUp(false);
    await turns(3);
    expect(world.of("new")).toEqual(["queued a1"]);
    end();
    await turns(5);
    expect(world.of("new")).toEqual(["queued a1", "intended a1"]);
  });

  it("that is canceled holds its permit until the agent has acknowledged it", async () => {
    const acknowledged = Promise.withResolvers<void>();
    const { agent } = farAgent([], {
      attend: () => new Promise(() => undefined),
      cancel: () => acknowledged.promise.then(() => ({ kind: "canceled" })),
    });
    using world = new EffectsWorld({ agents: [agent] });
    world.perform("a", { kind: "attend", ...assignment("a1", more), task: taskOf("far", "a1") }, true);
    world.perform("b", delegate("b1", more));
    await turns(3);
    world.perform("a", { kind: "abort", path: "a1", attempt: 1, turn: 1, task: taskOf("far", "a1"), intent: null });
    await turns(3);
    expect(world.of("b")).toEqual(["queued b1"]);
    acknowledged.resolve();
    await turns(5);
    expect(world.of("b")).toEqual(["queued b1", "intended b1"]);
  });
});

describe("the limit of an agent", () => {
  const options = { capabilities: ["read", "write"], name: "store" };
  const to = (capability: string) => ({ target: { kind: "capability", capability } as const });

  it("is of all that it can do, in all runs", async () => {
    const { agent, begun, end } = worker({ ...options, limit: { concurrency: 1 } });
    using world = new EffectsWorld({ agents: [agent] });
    world.perform("a", delegate("a1", { input: "a1", ...to("read") }));
    world.perform("b", delegate("b1", { input: "b1", ...to("write") }));
    await turns(3);
    expect(begun).toEqual(["a1"]);
    await end("a1");
    expect(begun).toEqual(["a1", "b1"]);
  });

  it("is what its registration says, where that says something", async () => {
    const { agent, begun } = worker(options);
    using world = new EffectsWorld();
    world.register(agent, { limit: { concurrency: 2 } });
    for (const name of ["a1", "a2", "a3"]) world.perform("a", delegate(name, { input: name, ...to("read") }));
    await turns(3);
    expect(begun).toEqual(["a1", "a2"]);
  });

  it("costs those who wait no place", async () => {
    const { agent, begun } = worker({ ...options, limit: { concurrency: 1 } });
    const other = worker({ name: "other" });
    using world = new EffectsWorld({ agents: [agent, other.agent] });
    for (let index = 0; index < 2_000; index += 1) world.perform("a", delegate(`a[${index}]`, { input: index, ...to("read") }));
    world.perform("a", delegate("free", { input: "free" }));
    await turns(3);
    expect([begun, other.begun]).toEqual([[0], ["free"]]);
  });

  it("and that of the step hold together", async () => {
    const { agent, begun, end } = worker({ limit: { concurrency: 2 } });
    using world = new EffectsWorld({ agents: [agent] });
    for (const name of ["a1", "a2"]) world.perform("a", delegate(name, { input: name, ...ONE }));
    for (const name of ["b1", "b2"]) world.perform("b", delegate(name, { input: name }));
    await turns(3);
    expect(begun).toEqual(["a1", "b1"]);
    await end("b1");
    expect(begun).toEqual(["a1", "b1", "b2"]);
    await end("a1");
    expect(begun).toEqual(["a1", "b1", "b2", "a2"]);
  });
});
