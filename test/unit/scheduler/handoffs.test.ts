/** Handoffs: one agent at a time, and the one that works says who goes on (requirements B011, X030). */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../src/base/json.ts";
import { step, World } from "../../support/world.ts";

const AGENTS = { agents: { triage: { capability: "t" }, billing: { capability: "b" }, "on-call": { capability: "c" } } };

function desk(handoff: JsonObject = {}, rest: JsonObject = { with: { q: "hi" } }): World {
  return new World({ desk: { handoff: { agents: ["triage", "billing", "on-call"], ...handoff }, ...rest } }, AGENTS).start();
}

describe("a handoff", () => {
  it("begins with the first agent, or the one that is named; it finishes by not handing over", () => {
    const world = desk();
    expect(world.working()).toEqual(["desk#1/triage"]);
    expect(world.given("desk#1/triage")).toEqual({ q: "hi" });
    world.complete("desk#1/triage", "solved");
    expect(world.output).toBe("solved");
    expect(desk({ start: "billing" }).working()).toEqual(["desk#1/billing"]);
  });

  it("gives the next agent the work, who handed over with what words, and what all have said", () => {
    const world = desk();
    world.complete("desk#1/triage", { handoff_to: "billing", message: "yours" });
    world.complete("desk#2/billing", { handoff_to: "triage", notes: [1] });
    expect(world.given("desk#3/triage")).toEqual({
      q: "hi",
      handoff: {
        from: "billing",
        message: null,
        history: [
          { agent: "triage", output: { handoff_to: "billing", message: "yours" } },
          { agent: "billing", output: { handoff_to: "triage", notes: [1] } },
        ],
      },
    });
    world.complete("desk#3/triage", { answer: 42 });
    expect(world.output).toEqual({ answer: 42 });
  });

  it.each([
    ["nothing", {}, { handoff: {} }],
    ["a text alone", { with: "${{ 'hi' }}" }, { input: "hi" }],
  ])("whose work is %s hands over all the same", (_name, rest, expected) => {
    const world = desk({}, rest);
    world.complete("desk#1/triage", { handoff_to: "billing" });
    expect(world.given("desk#2/billing")).toMatchObject({ ...expected, handoff: { from: "triage" } });
  });

  it("knows an agent by its own name, too", () => {
    const world = desk();
    world.complete("desk#1/triage", { handoff_to: "on-call" });
    expect(world.working()).toEqual(["desk#2/on_call"]);
  });

  it.each(["legal", "__proto__", "constructor"])("to someone who does not take part fails: %s (T4118)", (wanted) => {
    const world = desk();
    world.complete("desk#1/triage", { handoff_to: wanted });
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "desk", reason: "invalid", failure: { code: "T4118" } }]);
    expect(world.failure?.message).toContain("triage, billing, on_call");
  });

  it("may end with nothing to say", () => {
    const world = desk();
    world.complete("desk#1/triage", null);
    expect(world.status).toBe("completed");
    expect(world.output).toBeNull();
  });

  it("that is no name is an answer", () => {
    const world = desk();
    world.complete("desk#1/triage", { handoff_to: 7 });
    expect(world.output).toEqual({ handoff_to: 7 });
  });

  it("has a bounded number of turns, and a handler for more (T4119)", () => {
    const world = desk({ max: 2 }, { onExhausted: step({ with: { last: "${{ error.details.output }}" } }) });
    world.complete("desk#1/triage", { handoff_to: "billing" });
    world.complete("desk#2/billing", { handoff_to: "triage" });
    expect(world.factsOf("scopeOpened").at(-1)).toMatchObject({ handler: "onExhausted", reason: "exhausted", failure: { code: "T4119" } });
    expect(world.given("desk/onExhausted")).toEqual({ last: { handoff_to: "triage" } });
    world.complete("desk/onExhausted", "a person took over");
    expect(world.output).toBe("a person took over");
  });

  it("fails with the agent whose turn it is", () => {
    const world = desk({}, { retry: { attempts: 1 } });
    world.complete("desk#1/triage", { handoff_to: "billing" });
    world.fail("desk#2/billing");
    expect(world.failure?.message).toContain("desk#2/billing failed (failed): it broke");
  });

  it("applies its contract to the last agent's output alone", () => {
    const world = desk({}, { output: { type: "object", required: ["answer"] } });
    world.complete("desk#1/triage", { handoff_to: "billing" });
    world.complete("desk#2/billing", { no: 1 });
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "desk", reason: "invalid", failure: { code: "T4102" } }]);
  });

  it("among remote agents is the same: each has a task of its own", () => {
    const world = desk();
    const first = world.accept("desk#1/triage", "task-1");
    world.answer("desk#1/triage", { kind: "completed", reply: { data: [{ handoff_to: "billing" }] } }, first);
    const second = world.accept("desk#2/billing", "task-2");
    world.answer("desk#2/billing", { kind: "completed", reply: { text: "done" } }, second);
    expect(world.output).toBe("done");
  });

  it("over a list has a desk for each item", () => {
    const world = desk({}, { each: "${{ [1, 2] }}", with: { n: "${{ item }}" } });
    world.complete("desk[1]#1/triage", { handoff_to: "billing" });
    expect(world.given("desk[1]#2/billing")).toMatchObject({ n: 2, handoff: { from: "triage" } });
    world.complete("desk[1]#2/billing", "b");
    world.complete("desk[0]#1/triage", "a");
    expect(world.output).toEqual(["a", "b"]);
  });
});
