/** Steps inside steps: what they see, when they begin, and what skipping means. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../src/base/json.ts";
import { step, World } from "../../support/world.ts";

const ONCE = { retry: { attempts: 1 } };

describe("inside a group", () => {
  it("a step begins the moment its own dependencies are over, without waves", () => {
    const world = new World({ g: { steps: { a: step(), slow: step(), b: step({ needs: ["a"] }) } } }).start();
    world.complete("g/a");
    expect(world.working()).toEqual(["g/b", "g/slow"]);
  });

  it("outer steps and items are readable, at any depth; the nearest item has the name", () => {
    const world = new World({
      a: step(),
      f: {
        each: "${{ ['x'] }}",
        as: "one",
        steps: {
          h: {
            each: "${{ ['y'] }}",
            as: "two",
            steps: { inner: step({ with: { a: "${{ steps.a.output }}", one: "${{ one }}", two: "${{ two }}", i: "${{ index }}" } }) },
          },
        },
      },
    }).start();
    world.complete("a", 1);
    expect(world.given("f[0]/h[0]/inner")).toEqual({ a: 1, one: "x", two: "y", i: 0 });
    world.complete("f[0]/h[0]/inner", 2);
    expect(world.output).toEqual([{ h: [{ inner: 2 }] }]);
  });

  it("a write of the context is seen at once, in every scope", () => {
    const world = new World({
      g: { steps: { s: { set: { n: 1 } }, t: step({ needs: ["s"], with: { n: "${{ context.n }}" } }) } },
      u: step({ needs: ["g"], with: { n: "${{ context.n }}" } }),
    }).start();
    expect(world.given("g/t")).toEqual({ n: 1 });
    world.complete("g/t");
    expect(world.given("u")).toEqual({ n: 1 });
  });

  it("a failure goes outward, group by group, and ends the run with where it was", () => {
    const world = new World({ g: { steps: { h: { steps: { a: step(ONCE) } } } } }).start();
    world.fail("g/h/a");
    expect(world.factsOf("subtaskFailed").map(({ path }) => path)).toEqual(["g/h/a", "g/h", "g"]);
    expect(world.failure?.message).toBe(
      "Critical step g failed after 1 attempt (failed): g/h failed (failed): g/h/a failed (failed): it broke",
    );
  });

  it("an optional group that failed leaves null, and strands nobody", () => {
    const world = new World({
      g: { steps: { a: step(ONCE), b: step() }, critical: false },
      after: step({ with: { g: "${{ steps.g.output }}" } }),
    }).start();
    world.fail("g/a");
    expect(world.given("after")).toEqual({ g: null });
  });

  it("an empty list is over at once, and so is what holds it", () => {
    const world = new World({ g: { steps: { f: step({ each: "${{ [] }}" }) } } }).start();
    expect(world.output).toEqual({ f: [] });
  });

  it("many items that fail before they begin end their group", () => {
    const f = step({ each: "${{ input }}", with: { n: "${{ 1 / item }}" }, critical: false });
    const world = new World({ g: { steps: { f } } }, {}, { replays: false }).start(Array.from({ length: 1_000 }, () => 0));
    expect(world.status).toBe("completed");
  });

  it("an item that fails in the middle of its list ends a critical group, and no further item begins", () => {
    const f = step({ each: "${{ [1, 0, 2] }}", with: { n: "${{ 1 / item }}" } });
    const world = new World({ g: { steps: { f }, critical: false } }).start();
    expect(world.factsOf("subtaskAssigned").map(({ path }) => path)).toEqual(["g/f[0]"]);
    expect(world.open.get("g/f[0]")).toMatchObject({ kind: "abort" });
    expect(world.output).toBeNull();
    expect(world.status).toBe("completed");
  });
});

describe("skipped is not failed", () => {
  const SKIPPED = { s: step({ if: "false" }) };
  const READS = step({ with: { s: "${{ steps.s.output }}" } });

  function beside(held: JsonObject): World {
    return new World({
      ...SKIPPED,
      held,
      after: step({ with: { h: "${{ steps.held.output }}" } }),
      last: step({ needs: ["held"] }),
    }).start();
  }

  it.each<readonly [string, JsonObject]>([
    ["a group", { steps: { a: READS, b: READS } }],
    ["branches", { parallel: { branches: { a: READS, b: READS } } }],
    ["a quorum", { parallel: { branches: { a: READS, b: READS }, succeed: { quorum: 2, on: "result" } } }],
    ["a loop", { loop: { max: 3, until: "steps.a.output > 1", steps: { a: READS } } }],
    ["a handoff", { handoff: { agents: { x: { capability: "x" }, y: { capability: "y" } } }, with: { s: "${{ steps.s.output }}" } }],
    ["a plan", { plan: { capability: "planner", allow: ["work"] }, with: { s: "${{ steps.s.output }}" } }],
  ])("%s of which every step reads what was skipped is skipped, and so is what reads it", (_name, held) => {
    const world = beside(held);
    expect(world.factsOf("stepSkipped").map(({ step: path }) => path)).toContain("held");
    expect(world.working()).toEqual(["last"]);
    world.complete("last", 1);
    expect(world.status).toBe("completed");
    expect(world.state?.steps).toMatchObject({ held: { status: "skipped" }, after: { status: "skipped" } });
  });

  it("a quorum that skipped branches make impossible is decided as soon as the others have begun, or not", () => {
    const branches = { a: READS, b: step(), c: READS };
    const world = beside({ parallel: { branches, succeed: { quorum: 2, on: "result" } } });
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "held", reason: "disagreed" }]);
    expect(world.open.get("held/b")).toMatchObject({ kind: "abort" });
  });

  it("a quorum that skipped branches make impossible has its handler, once", () => {
    const branches = { a: READS, b: { set: { n: 1 } }, c: step() };
    const world = beside({ parallel: { branches, succeed: { quorum: 3, on: "result" }, onDisagree: step() } });
    expect(world.working()).toEqual(["held/onDisagree"]);
    world.complete("held/onDisagree", 7);
    expect(world.given("after")).toEqual({ h: 7 });
  });

  it("a run that ends while it is not known whether all branches are skipped, just ends", () => {
    const branches = { a: READS, b: step() };
    const held = { needs: ["first"], parallel: { branches, succeed: { quorum: 2, on: "result" } } };
    const world = new World({ ...SKIPPED, first: step(), held }, { budget: { subtasks: 1 } }).start();
    world.complete("first");
    expect(world.failure?.code).toBe("T4120");
  });

  it("a group of which one step ran is completed, with null for the others", () => {
    const world = beside({ steps: { a: READS, b: step() } });
    world.complete("held/b", 1);
    expect(world.given("after")).toEqual({ h: { a: null, b: 1 } });
  });

  it("a loop in which a later iteration skips everything is still a loop", () => {
    const world = beside({ loop: { max: 3, until: "iter.number == 2", steps: { a: step({ if: "iter.number == 1" }) } } });
    world.complete("held#1/a", 1);
    expect(world.given("after")).toEqual({ h: { a: null } });
  });

  it("an item of which every step was skipped is an item: its place in the list stays", () => {
    const world = beside({ each: "${{ [1, 2] }}", steps: { a: step({ if: "item > 1" }) } });
    world.complete("held[1]/a", 2);
    expect(world.given("after")).toEqual({ h: [{ a: null }, { a: 2 }] });
  });

  it("an item that reads what was skipped skips its whole list, with what has begun of it", () => {
    const world = beside({ ...step({ with: { s: "${{ item > 1 ? steps.s.output : 0 }}" } }), each: "${{ [1, 2, 3] }}" });
    expect(world.factsOf("stepSkipped").map(({ step: path }) => path)).toContain("held");
    expect(world.open.get("held[0]")).toMatchObject({ kind: "abort" });
    expect(world.working()).toEqual(["last"]);
  });

  it("inside a scope, a step that reads what was skipped outside is skipped alone", () => {
    const world = beside({ steps: { a: READS, b: step({ with: { was: "${{ steps.s.status }}" } }) } });
    expect(world.given("held/b")).toEqual({ was: "skipped" });
  });
});

describe("the order of arrival", () => {
  it("does not matter to results, at any depth", () => {
    const steps = {
      p: { parallel: { branches: { a: { steps: { x: step(), y: step() } }, b: step({ each: "${{ [1, 2] }}" }) } } },
      sum: { aggregate: { from: "${{ steps.p.output }}", strategy: "dict" } },
    };
    const paths = ["p/a/x", "p/a/y", "p/b[0]", "p/b[1]"];
    const outputs = [paths, paths.toReversed()].map((order) => {
      const world = new World(steps).start();
      for (const path of order) world.complete(path, path);
      return JSON.stringify(world.output);
    });
    expect(outputs[1]).toBe(outputs[0]);
  });
});
