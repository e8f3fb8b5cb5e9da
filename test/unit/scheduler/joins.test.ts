/** Branches and items together: when a join is decided, and by whom (workflow-language.md, joins). */
import { describe, expect, it } from "vitest";

import type { Json, JsonObject } from "../../../src/base/json.ts";
import { verdictOf } from "../../../src/scheduler/join.ts";
import { step, World } from "../../support/world.ts";

const ONCE = { retry: { attempts: 1 } };
const CANCELED = { kind: "canceled", failure: { code: "C", message: "stopped", retryable: false } } as const;

/** A parallel step of three branches, which are asked once each. */
function three(succeed: Json, rest: JsonObject = {}): World {
  const branches = { a: step(ONCE), b: step(ONCE), c: step(ONCE) };
  return new World({ p: { parallel: { branches, succeed }, ...rest } }).start();
}

describe("all branches", () => {
  it("begin together, and their results stand in declared order, whatever the order of arrival", () => {
    const outputs = [
      ["a", "b", "c"],
      ["c", "b", "a"],
    ].map((order) => {
      const world = three("all");
      expect(world.openPaths()).toEqual(["p/a", "p/b", "p/c"]);
      for (const id of order) world.complete(`p/${id}`, id.toUpperCase());
      return JSON.stringify(world.output);
    });
    expect(outputs).toEqual(['{"a":"A","b":"B","c":"C"}', '{"a":"A","b":"B","c":"C"}']);
  });

  it("one that fails, fails the step at once, and the others are stopped (X004)", () => {
    const world = three("all");
    world.fail("p/b");
    expect(world.factsOf("subtaskCanceled").map(({ path }) => path)).toEqual(["p/a", "p/c"]);
    expect(world.failure?.message).toContain("p/b failed (failed): it broke");
  });

  it("an optional one that fails leaves null, and strands nobody", () => {
    const branches = { a: step({ ...ONCE, critical: false }), b: step(ONCE) };
    const world = new World({ p: { parallel: { branches } }, after: step({ with: { p: "${{ steps.p.output }}" } }) }).start();
    world.fail("p/a");
    world.complete("p/b", 2);
    expect(world.given("after")).toEqual({ p: { a: null, b: 2 } });
  });

  it("falsy results are results", () => {
    const world = three("all");
    for (const [id, value] of Object.entries({ a: 0, b: "", c: false })) world.complete(`p/${id}`, value);
    expect(world.output).toEqual({ a: 0, b: "", c: false });
  });

  it("that must be over within a time, and are not, fail the step as timed out", () => {
    const world = three({ all: true, within: "30s" });
    world.complete("p/a", 1);
    world.pass(30_000);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "p", reason: "timedOut", failure: { code: "T4116" } }]);
    expect(world.failure?.message).toContain("2 of 3 had not answered in time");
  });

  it("a deadline of the step is a time for its join", () => {
    const world = three("all", { deadline: "10s", critical: false });
    world.pass(10_000);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "p", reason: "timedOut", tolerated: true }]);
    expect(world.status).toBe("completed");
  });
});

describe("a join that is satisfied early", () => {
  it("cancels the rest, at the agents too, and the run ends when they have acknowledged", () => {
    const world = three("any");
    world.accept("p/a");
    world.complete("p/b", 2);
    expect(world.factsOf("subtaskCanceled")).toMatchObject([
      { path: "p/a", aborting: true },
      { path: "p/c", aborting: false },
    ]);
    expect(world.open.get("p/c")).toMatchObject({ kind: "abort" });
    expect(world.status).toBe("running");
    world.answer("p/a", CANCELED);
    expect(world.factsOf("taskReleased")).toMatchObject([{ path: "p/a" }]);
    expect(world.output).toEqual({ a: null, b: 2, c: null });
  });

  it("does not wait long for an agent that does not acknowledge, and never asks it anything again", () => {
    const world = three("any");
    const task = world.accept("p/a");
    world.complete("p/b", 2);
    world.pass(9_999);
    expect(world.status).toBe("running");
    world.pass(1);
    expect(world.factsOf("taskReleased")).toMatchObject([{ path: "p/a", note: "the agent did not acknowledge the cancel" }]);
    expect(world.output).toEqual({ a: null, b: 2, c: null });
    expect(world.input({ kind: "answered", path: "p/a", attempt: 1, turn: 1, agent: "late", task, outcome: CANCELED })).toEqual([]);
  });

  it("lets the steps after it begin while a loser has yet to acknowledge", () => {
    const branches = { a: step(), b: step() };
    const world = new World({ p: { parallel: { branches, succeed: "any" } }, next: step({ needs: ["p"] }) }).start();
    world.accept("p/a");
    world.complete("p/b", 2);
    expect(world.working()).toEqual(["next"]);
    world.complete("next", 3);
    expect(world.status).toBe("running");
    world.pass(10_000);
    expect(world.output).toBe(3);
  });

  it("is decided once: of two branches that finish together the second changes nothing", () => {
    const world = three("any");
    const second = world.open.get("p/b");
    world.complete("p/a", 1);
    expect(second).toBeDefined();
    expect(
      world.input({ kind: "answered", path: "p/b", attempt: 1, turn: 1, agent: "b", outcome: { kind: "completed", reply: { data: [2] } } }),
    ).toEqual([]);
    expect(world.output).toEqual({ a: 1, b: null, c: null });
    expect(world.factsOf("subtaskCompleted").filter(({ path }) => path === "p")).toHaveLength(1);
  });

  it("keeps what a remote loser says when its result overtakes the cancel out of the output", () => {
    const world = three("any");
    const task = world.accept("p/a");
    world.complete("p/b", 2);
    world.answer("p/a", { kind: "completed", reply: { data: [1] } }, task);
    expect(world.factsOf("taskReleased")).toMatchObject([{ note: "the agent answered first: completed" }]);
    expect(world.output).toEqual({ a: null, b: 2, c: null });
  });

  it("stops steps inside steps: groups, lists, waits and questions", () => {
    const world = new World({
      p: {
        parallel: {
          branches: {
            quick: step(),
            deep: { steps: { inner: { parallel: { branches: { x: step(), y: step() } } }, done: step() } },
            list: step({ each: "${{ [1, 2] }}" }),
            asks: { approval: { to: ["role:x"], title: "Go on?" } },
            sleeps: { wait: "1h" },
          },
          succeed: "any",
        },
      },
    }).start();
    world.complete("p/deep/done", 1);
    world.complete("p/quick", 1);
    const stopped = world.factsOf("subtaskCanceled").map(({ path }) => path);
    expect(stopped.toSorted()).toEqual(
      ["p/asks", "p/deep", "p/deep/inner", "p/deep/inner/x", "p/deep/inner/y", "p/list[0]", "p/list[1]", "p/sleeps"].toSorted(),
    );
    expect(world.output).toEqual({ quick: 1, deep: null, list: null, asks: null, sleeps: null });
  });
});

describe("as many as are needed", () => {
  it("first K is over with the K-th success, and tolerates failures that leave it possible", () => {
    const world = three({ first: 2 });
    world.fail("p/a");
    world.complete("p/c", 3);
    expect(world.status).toBe("running");
    world.complete("p/b", 2);
    expect(world.output).toEqual({ a: null, b: 2, c: 3 });
  });

  it("first K that can no longer be reached fails at once, not at the end (X024)", () => {
    const world = three({ first: 2 });
    world.fail("p/a");
    world.fail("p/b");
    expect(world.factsOf("subtaskFailed").at(-1)).toMatchObject({ path: "p", reason: "disagreed", failure: { code: "T4116" } });
    expect(world.failure?.message).toContain("0 of 3 succeeded, and 2 must");
    expect(world.open.get("p/c")).toMatchObject({ kind: "abort" });
  });

  it("at least N waits for everyone, and needs N", () => {
    const world = three({ atLeast: 1 });
    world.complete("p/a", 1);
    world.fail("p/b");
    expect(world.status).toBe("running");
    world.complete("p/c", 3);
    expect(world.output).toEqual({ a: 1, b: null, c: 3 });
  });

  it("at least N decides with what is there when its time is up; the rest counts as timed out (X005)", () => {
    const world = three({ atLeast: 1, within: "1m" });
    world.complete("p/a", 1);
    world.pass(59_999);
    expect(world.status).toBe("running");
    world.pass(1);
    expect(world.output).toEqual({ a: 1, b: null, c: null });
  });

  it("at least N % counts branches that were not skipped", () => {
    const branches = { a: step(ONCE), b: step(ONCE), c: step({ if: "false" }) };
    const world = new World({ p: { parallel: { branches, succeed: { atLeast: "50%" } } } }).start();
    world.fail("p/a");
    world.complete("p/b", 2);
    expect(world.output).toEqual({ a: null, b: 2, c: null });
  });

  it("at least N % of items rounds up", () => {
    const world = new World({ f: step({ each: "${{ input }}", succeed: { atLeast: "75%" }, ...ONCE }) }).start([1, 2, 3]);
    world.complete("f[0]", 1);
    world.complete("f[1]", 2);
    world.fail("f[2]");
    expect(world.failure?.message).toContain("2 of 3 succeeded, and 3 must");
  });

  it("an empty list has succeeded, whatever its join wants", () => {
    for (const succeed of ["any", { atLeast: 3 }, { quorum: 2, on: "result" }, { first: 2 }, "all"] as const) {
      const world = new World({ f: step({ each: "${{ input }}", succeed }), g: step({ with: { f: "${{ steps.f.output }}" } }) }).start([]);
      expect(world.given("g")).toEqual({ f: [] });
    }
  });

  it("the first item that succeeds ends its list, and no further item begins", () => {
    const world = new World({ f: step({ each: "${{ input }}", succeed: "any", concurrency: 2, ...ONCE }) }).start([1, 2, 3, 4]);
    world.fail("f[0]");
    expect(world.working()).toEqual(["f[1]", "f[2]"]);
    world.complete("f[2]", 3);
    expect(world.output).toEqual([null, null, 3, null]);
    expect(world.factsOf("subtaskAssigned")).toHaveLength(3);
  });

  it("items that need nobody stop as soon as enough of them have succeeded", () => {
    const world = new World({
      f: { each: "${{ input }}", succeed: { first: 2 }, aggregate: { from: "${{ [item, 1] }}", strategy: "sum" } },
    });
    world.start([1, 2, 3, 4]);
    expect(world.output).toEqual([2, 3, null, null]);
  });

  it("a list is decided with what is there when its time is up", () => {
    const world = new World({ f: step({ each: "${{ input }}", succeed: { atLeast: 1, within: "1m" } }) }).start([1, 2]);
    world.complete("f[1]", 2);
    world.pass(60_000);
    expect(world.output).toEqual([null, 2]);
  });

  it("a list fails in a branch because one of its items asked, whose question is settled once", () => {
    const list = step({ each: "${{ [1, 2] }}", onInputRequired: "fail", ...ONCE });
    const world = new World({ p: { parallel: { branches: { list, other: step() }, succeed: "any" } } }).start();
    world.answer("p/list[1]", { kind: "inputRequired", question: { prompt: "Which?", data: null } });
    const [item, whole] = world.factsOf("subtaskFailed");
    expect(item).toMatchObject({ path: "p/list[1]", question: expect.any(String) });
    expect(whole).toMatchObject({ path: "p/list" });
    expect(whole).not.toHaveProperty("question");
  });

  it("a list is over in time, its clock is forgotten", () => {
    const world = new World({ f: step({ each: "${{ input }}", succeed: { all: true, within: "1m" } }), g: step({ needs: ["f"] }) }).start([
      1,
    ]);
    world.complete("f[0]", 1);
    expect(world.pass(60_000)).toEqual([]);
  });

  it("a list of which too many fail, fails with the errors of its items", () => {
    const world = new World({ f: step({ each: "${{ input }}", succeed: { first: 2 }, critical: false, ...ONCE }) }).start([1, 2]);
    world.fail("f[1]");
    expect(world.factsOf("subtaskFailed").at(-1)).toMatchObject({
      path: "f",
      tolerated: true,
      failure: { code: "T4116", details: { 1: { code: "X" } } },
    });
    expect(world.status).toBe("completed");
  });
});

describe("a list of parallel steps", () => {
  it("has a join of its own in each item, and wants every item", () => {
    const world = new World({ p: { each: "${{ [1, 2] }}", parallel: { branches: { a: step(ONCE), b: step() }, succeed: "any" } } }).start();
    world.fail("p[0]/a");
    world.complete("p[0]/b", 1);
    world.complete("p[1]/a", 2);
    expect(world.output).toEqual([
      { a: null, b: 1 },
      { a: 2, b: null },
    ]);
  });
});

describe("failures inside a join that counts", () => {
  it("a branch that is a list fails as a whole, and the join goes on without it", () => {
    const branches = { list: step({ each: "${{ [1, 2, 3] }}", ...ONCE }), b: step() };
    const world = new World({ p: { parallel: { branches, succeed: "any" } } }).start();
    world.fail("p/list[1]");
    expect(world.factsOf("subtaskCanceled").map(({ path }) => path)).toEqual(["p/list[0]", "p/list[2]"]);
    expect(world.factsOf("subtaskFailed").at(-1)).toMatchObject({ path: "p/list", tolerated: true });
    world.complete("p/b", 2);
    expect(world.output).toEqual({ list: null, b: 2 });
  });

  it("a branch that is a group fails with the step inside it", () => {
    const branches = { group: { steps: { x: step(ONCE), y: step() } }, b: step() };
    const world = new World({ p: { parallel: { branches, succeed: "any" } } }).start();
    world.fail("p/group/x");
    expect(world.factsOf("subtaskFailed").at(-1)).toMatchObject({
      path: "p/group",
      tolerated: true,
      failure: { message: "p/group/x failed (failed): it broke", details: { path: "p/group/x", code: "X" } },
    });
    world.complete("p/b", 2);
    expect(world.output).toEqual({ group: null, b: 2 });
  });

  it("an expression that fails before a branch begins is a failure of that branch alone", () => {
    const branches = { a: step({ with: { n: "${{ input.no.such }}" } }), b: step() };
    const world = new World({ p: { parallel: { branches, succeed: "any" } } }).start();
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "p/a", reason: "expression", tolerated: true }]);
    world.complete("p/b", 2);
    expect(world.output).toEqual({ a: null, b: 2 });
  });

  it("a join over items in a join over branches counts by itself", () => {
    const branches = { list: step({ each: "${{ [1, 2] }}", succeed: { first: 1 }, ...ONCE }), b: step() };
    const world = new World({ p: { parallel: { branches, succeed: { first: 2 } } } }).start();
    world.fail("p/list[0]");
    world.complete("p/list[1]", 1);
    world.complete("p/b", 2);
    expect(world.output).toEqual({ list: [null, 1], b: 2 });
  });

  it("the output of a parallel step has a contract, too", () => {
    const world = new World({
      p: { parallel: { branches: { a: step(), b: step() } }, rules: ["output.a < output.b"] },
    }).start();
    world.complete("p/a", 2);
    world.complete("p/b", 1);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "p", reason: "invalid", failure: { code: "T4102" } }]);
  });
});

describe("the verdict", () => {
  const tally = { total: 3, over: 0, succeeded: 0, skipped: 0, votes: [], order: null };

  it("is open as long as it can still go either way", () => {
    expect(verdictOf({ kind: "quorum", count: 2, on: "result" }, tally, false)).toEqual({ kind: "open" });
    expect(verdictOf({ kind: "atLeast", count: 1 }, { ...tally, over: 1, succeeded: 1 }, false)).toEqual({ kind: "open" });
  });

  it("of all is met when everyone is over, and not earlier", () => {
    expect(verdictOf({ kind: "all" }, { ...tally, over: 2, succeeded: 2 }, false)).toEqual({ kind: "open" });
    expect(verdictOf({ kind: "all" }, { ...tally, over: 3, succeeded: 3 }, true)).toEqual({ kind: "met" });
  });
});
