/** The run context: who may write it, and what it is when several have (requirements W.i, X026). */
import { array, assert, constantFrom, integer, property, record } from "fast-check";
import { describe, expect, it } from "vitest";

import { MAX_CONTEXT_CHANGES } from "../../../src/base/limits.ts";
import type { Json, JsonObject } from "../../../src/base/json.ts";
import { partsAt, valueAt, writeContext } from "../../../src/scheduler/context-writes.ts";
import type { RunState } from "../../../src/scheduler/index.ts";
import { step, World } from "../../support/world.ts";

const MAY = { context: { write: ["n", "deep.a"] } };
const ONCE = { retry: { attempts: 1 } };

function delta(context_update: Json, result: Json = 1): Json {
  return { result, context_update };
}

describe("set", () => {
  it("writes values at paths, which later steps read, and gives what it wrote", () => {
    const world = new World({
      s: { set: { "a.b": "${{ input.x }}", n: 1 } },
      t: step({ with: { c: "${{ context }}", out: "${{ steps.s.output }}" }, needs: ["s"] }),
    }).start({ x: [1] });
    expect(world.given("t")).toEqual({ c: { a: { b: [1] }, n: 1 }, out: { "a.b": [1], n: 1 } });
    expect(world.factsOf("contextChanged")).toMatchObject([
      {
        path: "s",
        changes: [
          { path: "a.b", value: [1] },
          { path: "n", value: 1 },
        ],
      },
    ]);
  });

  it("that has no value fails", () => {
    const world = new World({ s: { set: { a: "${{ input.no.such }}" } } }).start();
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "s", reason: "expression" }]);
  });

  it("over a list writes in the order of the items", () => {
    const world = new World({ s: { each: "${{ [1, 2, 3] }}", set: { last: "${{ item }}" } } }, { output: "${{ context.last }}" }).start();
    expect(world.output).toBe(3);
  });
});

describe("an agent's delta", () => {
  it("is taken out of its result, and changes declared paths", () => {
    const world = new World({ a: step(MAY), b: step({ needs: ["a"], with: { c: "${{ context }}", a: "${{ steps.a.output }}" } }) }).start();
    world.complete("a", delta({ n: { x: 1 }, "deep.a.b": 2 }, "done"));
    expect(world.given("b")).toEqual({ c: { n: { x: 1 }, deep: { a: { b: 2 } } }, a: "done" });
  });

  it("leaves further data parts where they are", () => {
    const world = new World({ a: step(MAY), b: step({ with: { d: "${{ steps.a.data }}" } }) }).start();
    world.answer("a", { kind: "completed", reply: { data: [delta({ n: 1 }), "more"] } });
    expect(world.given("b")).toEqual({ d: [1, "more"] });
  });

  it.each<readonly [string, JsonObject, string]>([
    ["a path that is not declared", { m: 1 }, 'writes "m", and under context.write the step declares n, deep.a'],
    ["the parent of a declared path", { deep: 1 }, 'writes "deep"'],
    ["a path that only begins like a declared one", { nn: 1 }, 'writes "nn"'],
    ["__proto__", JSON.parse('{ "__proto__": { "polluted": true } }') as JsonObject, 'may not write "__proto__"'],
    ["constructor below a declared path", { "n.constructor.prototype": 1 }, 'may not write "n.constructor.prototype"'],
    ["a value that holds __proto__", { n: [{ deep: JSON.parse('{ "__proto__": 1 }') as JsonObject }] }, 'may not write "n"'],
    ["an empty name", { "n.": 1 }, 'may not write "n."'],
    ["a path of too many parts", { [`n${".x".repeat(16)}`]: 1 }, "may not write"],
  ])("to %s is refused as invalid, and nothing is written", (_name, update, problem) => {
    const world = new World({
      a: step({ ...MAY, ...ONCE, critical: false }),
      b: step({ needs: ["a"], with: { c: "${{ context }}" } }),
    }).start();
    world.complete("a", delta(update));
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "a", reason: "invalid", failure: { code: "T4102" } }]);
    expect(JSON.stringify(world.factsOf("subtaskFailed")[0]?.failure.details)).toContain(problem.replaceAll('"', '\\"'));
    expect(world.given("b")).toEqual({ c: {} });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  it("of a step that declares nothing is refused", () => {
    const world = new World({ a: step(ONCE) }).start();
    world.complete("a", delta({ n: 1 }));
    expect(world.failure?.message).toContain("the step declares none");
  });

  it("of too many paths is refused", () => {
    const world = new World({ a: step({ ...MAY, ...ONCE }) }).start();
    world.complete("a", delta(Object.fromEntries(Array.from({ length: MAX_CONTEXT_CHANGES + 1 }, (_, n) => [`n.k${n}`, n]))));
    expect(world.failure?.message).toContain(`context_update has ${MAX_CONTEXT_CHANGES + 1} paths`);
  });

  it.each<readonly [string, Json]>([
    ["a third key", { result: 1, context_update: { n: 1 }, more: 1 }],
    ["no result", { other: 1, context_update: { n: 1 } }],
    ["a list for its delta", { result: 1, context_update: ["n"] }],
  ])("with %s is a plain result", (_name, output) => {
    const world = new World({ a: step(MAY) }).start();
    world.complete("a", output);
    expect(world.output).toEqual(output);
    expect(world.factsOf("contextChanged")).toEqual([]);
  });

  it("that is empty is a delta without changes", () => {
    const world = new World({ a: step() }).start();
    world.complete("a", delta({}, "done"));
    expect(world.output).toBe("done");
  });

  it("of an output that breaks its contract is not applied", () => {
    const world = new World({ a: step({ ...MAY, ...ONCE, output: { type: "string" }, onInvalid: "fail", critical: false }) }).start();
    world.complete("a", delta({ n: 1 }, 7));
    expect(world.factsOf("contextChanged")).toEqual([]);
  });
});

describe("what an agent may read", () => {
  it("are the declared parts of the context, as they are when it is asked", () => {
    const world = new World({
      s: { set: { "a.b": 1, "a.c": 2, d: 3 } },
      t: step({ needs: ["s"], context: { read: ["a.b", "missing.x"] } }),
      u: step({ needs: ["s"] }),
      v: step({ needs: ["s"], context: { write: ["d"] } }),
    }).start();
    expect(world.open.get("t")).toMatchObject({ context: { a: { b: 1 } } });
    expect(world.open.get("u")).not.toHaveProperty("context");
    expect(world.open.get("v")).not.toHaveProperty("context");
  });
});

describe("writes of several steps", () => {
  it("are ordered by the steps, not by their arrival; what is lost is told", () => {
    const steps = { a: step({ context: { write: ["n"] } }), b: step({ context: { write: ["n"] } }) };
    for (const order of [
      ["a", "b"],
      ["b", "a"],
    ]) {
      const world = new World(steps, { output: "${{ context }}" }).start();
      for (const path of order) world.complete(path, delta({ "n.x": path, [`n.${path}`]: true }));
      expect(world.output).toEqual({ n: { x: "b", a: true, b: true } });
      expect(world.factsOf("contextChanged").map(({ lost }) => lost)).toEqual(
        order[0] === "a" ? [undefined, undefined] : [undefined, ["n.x"]],
      );
    }
  });

  it("inside lists, branches and iterations are ordered from the outside in", () => {
    const inner = { l: { loop: { max: 2, until: "false", onExhausted: "last", steps: { w: step({ context: { write: ["n"] } }) } } } };
    const run = (order: readonly string[]): Json => {
      const world = new World({ f: { each: "${{ [1, 2] }}", steps: inner } }, { output: "${{ context.n }}" }).start();
      for (const path of order) world.complete(path, delta({ n: path }));
      return world.output;
    };
    expect(run(["f[0]/l#1/w", "f[0]/l#2/w", "f[1]/l#1/w", "f[1]/l#2/w"])).toBe("f[1]/l#2/w");
    expect(run(["f[1]/l#1/w", "f[1]/l#2/w", "f[0]/l#1/w", "f[0]/l#2/w"])).toBe("f[1]/l#2/w");
  });

  const KEYS = ["a", "b", "a.b", "a.c", "a.b.c", "b.a"];
  const write = record({
    rank: array(integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 3 }),
    path: constantFrom(...KEYS),
    value: integer(),
  });

  it("come to the same context in whatever order they arrive (X026)", () => {
    assert(
      property(array(write, { maxLength: 8 }), array(integer(), { minLength: 8, maxLength: 8 }), (writes, order) => {
        // Two writers never have the same rank.
        const all = writes.map((each, index) => ({ ...each, rank: [...each.rank, index] }));
        const shuffled = all.map((each, index) => ({ each, place: order[index] ?? 0 })).toSorted((one, other) => one.place - other.place);
        expect(contextAfter(shuffled.map(({ each }) => each))).toEqual(contextAfter(all));
      }),
    );
  });
});

describe("paths in an object", () => {
  it("reach what is there, and nothing that every object has", () => {
    expect(valueAt({ a: { b: 1 } }, "a.b")).toBe(1);
    expect(valueAt({ a: { b: 1 } }, "a.b.c")).toBeUndefined();
    expect(valueAt({ a: {} }, "a.constructor")).toBeUndefined();
    expect(partsAt({ a: { b: 1, c: 2 } }, ["a.b", "x.y"])).toEqual({ a: { b: 1 } });
  });
});

function contextAfter(writes: readonly { rank: number[]; path: string; value: number }[]): JsonObject {
  const state = { context: {}, writes: [] } as unknown as RunState;
  for (const { rank, path, value } of writes) writeContext(state, rank, [{ path, value }]);
  return state.context;
}
