/** What a retry or a fork keeps: on states that the real scheduler has made. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../src/base/json.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { compile } from "../../../src/definition/compile.ts";
import { type ForkPlan, type ForkRequest, planFork } from "../../../src/runtime/fork/fork.ts";
import { step, World } from "../../support/world.ts";

const ONCE = { retry: { attempts: 1 } };

/** a → b → d, a → c; b fails, so d never begins. */
function failed(more: JsonObject = {}): World {
  const world = new World({
    a: step({ ...ONCE, with: { month: "${{ input.month }}" } }),
    b: step({ ...ONCE, needs: ["a"] }),
    c: step({ ...ONCE, with: { x: "${{ steps.a.output.x }}" } }),
    d: step({ ...ONCE, needs: ["b"] }),
    ...more,
  }).start({ month: "2025-03" });
  world.complete("a", { x: 1 });
  world.complete("c", { y: 2 });
  world.fail("b");
  return world;
}

function planOf({ program, state }: World, more: Partial<ForkRequest> = {}): ForkPlan {
  if (state === null) throw new Error("The run has begun.");
  return planFork({ program, state, from: null, set: [], latest: null, undone: new Map(), ...more });
}

function fates(plan: ForkPlan): JsonObject {
  return Object.fromEntries([
    ...plan.kept.map(({ step: id, why }) => [id, `kept: ${why}`]),
    ...plan.repeated.map(({ step: id, why }) => [id, `repeated: ${why}`]),
  ]);
}

describe("a retry", () => {
  it("keeps what completed, and repeats what failed and what comes after it", () => {
    const plan = planOf(failed());
    expect(fates(plan)).toEqual({
      a: "kept: it completed",
      b: "repeated: it failed",
      c: "kept: it completed",
      d: "repeated: it had not finished",
    });
    expect(Object.keys(plan.given.steps)).toEqual(["a", "c"]);
    expect(plan.given.steps["a"]).toMatchObject({ status: "completed", output: { x: 1 } });
    expect(plan.input).toEqual({ month: "2025-03" });
  });

  it("from a step that is named repeats it and all that needs it, and nothing else", () => {
    const world = new World({ a: step(), b: step({ needs: ["a"] }), c: step({ needs: ["b"] }), d: step({ needs: ["a"] }) }).start();
    for (const id of ["a", "b", "d", "c"]) world.complete(id, id);
    expect(world.status).toBe("completed");
    const plan = planOf(world, { from: "b" });
    expect(fates(plan)).toEqual({
      a: "kept: it completed",
      b: "repeated: the run goes on from here",
      c: "repeated: it needs b, which is repeated",
      d: "kept: it completed",
    });
  });

  it("repeats an optional step that failed, and keeps a skipped one skipped", () => {
    const world = new World({
      a: step({ ...ONCE, critical: false }),
      b: step({ if: "false" }),
      c: step({ ...ONCE }),
    }).start();
    world.fail("a");
    world.fail("c");
    expect(fates(planOf(world))).toMatchObject({ a: "repeated: it failed", b: "kept: it was skipped, and nothing changed that" });
  });

  it("repeats what was undone, and says what nobody has undone and is done twice", () => {
    const undo = { compensate: step({ with: { back: true } }) };
    const world = new World({ a: step(undo), b: step({ ...undo, needs: ["a"] }), c: step({ ...ONCE, needs: ["b"] }) }).start();
    world.complete("a", 1);
    world.complete("b", 1);
    world.fail("c");
    world.complete("b/compensate");
    world.complete("a/compensate");
    expect(world.status).toBe("failed");
    const plan = planOf(world, {
      undone: new Map([
        ["b", "completed"],
        ["a", "skipped"],
      ]),
    });
    expect(fates(plan)).toMatchObject({ a: "kept: it completed", b: "repeated: it was undone" });
    expect(plan.compensated.map(({ step: id }) => id).toSorted()).toEqual(["a", "b"]);
    expect(planOf(world, { from: "a", undone: new Map([["a", "skipped"]]) }).doubled.map(({ step: id }) => id)).toEqual(["a"]);
  });

  it("undoes nothing that a completed run did, however often that is forked", () => {
    const world = new World({
      a: step({ compensate: step({ with: { id: "${{ steps.a.output }}" } }) }),
      b: step({ needs: ["a"] }),
    }).start();
    world.complete("a", 7);
    world.complete("b", 1);
    const later = planOf(world, { from: "b" });
    expect([later.given.steps["a"], later.given.compensations]).toMatchObject([{ output: 7 }, undefined]);
    const again = planOf(world, { from: "a" });
    expect([again.given.compensations, again.doubled.map(({ step: id }) => id)]).toEqual([undefined, ["a"]]);
  });
});

describe("with the latest version", () => {
  it("a step whose definition has changed is repeated, a new one begins, and one that is gone is dropped", () => {
    const world = failed({ old: step() });
    const latest = compile(
      workflowFromObject({
        tutti: "1.0",
        name: "test",
        version: "2.0.0",
        steps: {
          a: step({ ...ONCE, with: { month: "${{ input.month }}" } }),
          b: step({ needs: ["a"] }),
          c: step({ with: { other: "${{ steps.a.output.x }}" } }),
          e: step(),
        },
      }),
    );
    const plan = planOf(world, { latest });
    expect(fates(plan)).toEqual({
      a: "kept: it completed",
      b: "repeated: it failed",
      c: "repeated: its definition has changed",
      e: "repeated: it is new",
    });
    expect(plan.program.definition.version).toBe("2.0.0");
  });
});

describe("values that are set", () => {
  it("the input is another one, and what is kept stays as it is", () => {
    const plan = planOf(failed(), { set: [{ path: "input.month", value: "2025-04" }] });
    expect(plan.input).toEqual({ month: "2025-04" });
    expect(fates(plan), "so that nobody takes an old output for one of the new input").toMatchObject({
      a: "kept: it completed, with the input as it was; --from a repeats it",
      c: "kept: it completed, with the input as it was; --from c repeats it",
    });
  });

  it("an output that is set stands for the step, and all that needs it is repeated", () => {
    const plan = planOf(failed(), { set: [{ path: "steps.a.output.x", value: 5 }] });
    expect(fates(plan)).toMatchObject({ a: "kept: its output is set", c: "repeated: it needs a, whose output is set" });
    expect(plan.given.steps["a"]).toMatchObject({ status: "completed", output: { x: 5 } });
  });

  it("the output of a step that failed can be given by hand", () => {
    const plan = planOf(failed(), { set: [{ path: "steps.b.output", value: "by hand" }] });
    expect(plan.given.steps["b"]).toMatchObject({ status: "completed", output: "by hand", text: "by hand" });
    expect(fates(plan)).toMatchObject({ d: "repeated: it had not finished" });
  });

  it("the context is as kept steps left it, with what is set", () => {
    const world = new World({
      a: { set: { "notes.a": "from a" } },
      b: { needs: ["a"], set: { "notes.b": "from b" } },
      c: step({ ...ONCE, needs: ["b"] }),
    }).start();
    world.fail("c");
    expect(planOf(world, { from: "b", set: [{ path: "context.mine.x", value: 1 }] }).given.context).toEqual({
      notes: { a: "from a" },
      mine: { x: 1 },
    });
    expect(planOf(world).given.context).toEqual({ notes: { a: "from a", b: "from b" } });
  });

  it.each([
    ["input.__proto__.x", /"__proto__" cannot be a name/],
    ["steps.zz.output", /there is no step "zz"/],
    ["steps.a.text", /only the output of step a/],
    ["output.x", /neither in the input/],
    ["input..x", /"" cannot be a name/],
  ])("%s is refused", (path, message) => {
    expect(() => planOf(failed(), { set: [{ path, value: 1 }] })).toThrow(message);
  });

  it("a step that does not exist, or stands in another, is named", () => {
    expect(() => planOf(failed(), { from: "e" })).toThrow(/There is no step "e"/);
    expect(() => planOf(failed(), { from: "a/inner" })).toThrow(/stands inside of step a/);
  });
});
