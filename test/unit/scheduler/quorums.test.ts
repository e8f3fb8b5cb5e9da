/** Quorums: votes are counted by principals, and compared as canonical JSON (workflow-language.md, joins). */
import { describe, expect, it } from "vitest";

import type { Json, JsonObject } from "../../../src/base/json.ts";
import { decide } from "../../../src/scheduler/index.ts";
import { listOf } from "../../../src/scheduler/place.ts";
import { step, World } from "../../support/world.ts";

const ONCE = { retry: { attempts: 1 } };

describe("a quorum", () => {
  const AGENTS = { agents: { one: { capability: "x" }, two: { capability: "y" }, three: { capability: "z" } } };

  function jury(rest: JsonObject = {}, succeed: Json = { quorum: 2, on: "result.v" }): World {
    return new World({ p: { parallel: { agents: ["one", "two", "three"], succeed }, ...ONCE, ...rest } }, AGENTS).start();
  }

  it("counts principals, not names: one that votes under two names has one vote (W160)", () => {
    const world = jury();
    world.completeAs("acme", "p/one", { v: "yes" });
    world.completeAs("acme", "p/two", { v: "yes" });
    expect(world.status).toBe("running");
    world.completeAs("zeta", "p/three", { v: "yes" });
    expect(world.status).toBe("completed");
    expect(world.factsOf("subtaskCompleted").at(-1)).toMatchObject({ path: "p", agreed: "yes" });
  });

  it("counts an agent once, also when its work is done inside of a step (W160)", () => {
    const branches = { a: { steps: { q: step(), s: { needs: ["q"], set: { x: 1 } } } }, b: { steps: { q: step() } }, c: step() };
    const world = new World({ p: { parallel: { branches, succeed: { quorum: 2, on: "1" } } } }).start();
    world.completeAs("acme", "p/a/q", 1);
    world.completeAs("acme", "p/b/q", 1);
    expect(world.factsOf("subtaskCompleted").flatMap(({ path, vote }) => (vote === undefined ? [] : [[path, vote.principal]]))).toEqual([
      ["p/a", "acme"],
      ["p/b", "acme"],
    ]);
    expect(world.status).toBe("running");
    world.completeAs("zeta", "p/c", 1);
    expect(world.status).toBe("completed");
  });

  it("counts the agent of a handler, which may stand in another branch, too", () => {
    const world = new World({
      p: { parallel: { branches: { a: step({ ...ONCE, onError: step() }), b: step(), c: step() }, succeed: { quorum: 2, on: "result" } } },
    }).start();
    world.fail("p/a");
    world.completeAs("acme", "p/a/onError", "yes");
    world.completeAs("acme", "p/b", "yes");
    expect(world.status).toBe("running");
    world.completeAs("zeta", "p/c", "yes");
    expect(world.status).toBe("completed");
  });

  it("counts several agents together as one voter, in whatever order they worked, and items as well", () => {
    const both = { steps: { q: step(), r: step(), list: { ...step({ each: "${{ [1, 2] }}" }) } } };
    const branches = {
      a: both,
      b: both,
      c: { each: "${{ [1, 2] }}", capability: "do" },
      d: { steps: { two: { parallel: { branches: { x: step(), y: step() }, succeed: { quorum: 2, on: "1" } } } } },
    };
    const world = new World({ p: { parallel: { branches, succeed: { quorum: 3, on: "1" } } } }).start();
    const work = ["a", "b"].flatMap((id) => [`p/${id}/q`, `p/${id}/r`, `p/${id}/list[0]`, `p/${id}/list[1]`]);
    for (const [index, path] of work.entries())
      world.completeAs(["acme", "zeta", "acme", "acme", "zeta", "acme", "zeta", "zeta"][index] ?? "", path, 1);
    for (const path of ["p/c[0]", "p/c[1]"]) world.completeAs("kilo", path, 1);
    expect(world.status).toBe("running");
    for (const [who, path] of [
      ["lima", "p/d/two/x"],
      ["mike", "p/d/two/y"],
    ] as const)
      world.completeAs(who, path, 1);
    expect(world.status).toBe("completed");
    const votes = world.facts.flatMap((fact) =>
      fact.kind === "stepCompleted" || fact.kind === "subtaskCompleted" ? [fact.vote?.principal] : [],
    );
    expect(votes.filter((principal) => principal !== undefined)).toEqual([
      "acme + zeta",
      "acme + zeta",
      "kilo",
      "lima",
      "mike",
      "lima + mike",
    ]);
  });

  it("stuffed by one principal can never be reached, and fails at once with that reason", () => {
    const world = jury({ critical: false });
    for (const name of ["one", "two", "three"]) world.completeAs("acme", `p/${name}`, { v: "yes" });
    expect(world.factsOf("subtaskFailed")).toMatchObject([
      {
        path: "p",
        reason: "disagreed",
        failure: { message: expect.stringContaining("no two different agents agree of 3, and 2 must") as string },
      },
    ]);
  });

  it("takes a voter in as fast when two hundred thousand principals are in its branch as when none is", () => {
    /** The middle of what an answer takes, in milliseconds, of many by different principals. */
    const answerMs = (principals: string[]): number => {
      const items = Array.from({ length: 201 }, (_, index) => index);
      const branches = { crowd: { each: "${{ input.items }}", as: "item", capability: "do" }, one: step() };
      const { program, state } = new World({ p: { parallel: { branches, succeed: { quorum: 2, on: "1" } } } }).start({ items });
      const list = state === null ? null : listOf(state, "p/crowd[0]");
      if (list !== null) list.principals = principals;
      const timesMs = items.map((index) => {
        const said = { agent: "agent", principal: `agent ${index}`, outcome: { kind: "completed", reply: { data: [index] } } } as const;
        const startedAt = performance.now();
        decide(program, state, { kind: "answered", path: `p/crowd[${index}]`, attempt: 1, turn: 1, at: 1_000_000, ...said });
        return performance.now() - startedAt;
      });
      expect(list?.principals?.slice(-2)).toEqual(["agent 199", "agent 200"]);
      return timesMs.toSorted((left, right) => left - right)[100] ?? 0;
    };
    const aloneMs = answerMs([]);
    expect(answerMs(Array.from({ length: 200_000 }, (_, index) => `other ${index}`))).toBeLessThan(3 * aloneMs + 0.1);
  });

  it("of a principal's votes counts the one that comes first in declared order, not in time", () => {
    const world = jury({}, { quorum: 2, on: "result.v" });
    world.completeAs("acme", "p/two", { v: "no" });
    world.completeAs("acme", "p/one", { v: "yes" });
    world.completeAs("zeta", "p/three", { v: "yes" });
    expect(world.factsOf("subtaskCompleted").at(-1)).toMatchObject({ path: "p", agreed: "yes" });
  });

  it("without a principal counts the agent's name", () => {
    const world = jury();
    world.complete("p/one", { v: 1 });
    world.complete("p/two", { v: 1 });
    expect(world.status, "both answered as the same agent").toBe("running");
  });

  it("compares canonical JSON: objects with their keys in another order agree, and may be votes", () => {
    const world = jury();
    world.completeAs("a", "p/one", { v: { x: 1, y: [2, { z: 3 }] } });
    world.completeAs("b", "p/two", { v: { y: [2, { z: 3 }], x: 1 } });
    expect(world.factsOf("subtaskCompleted").at(-1)).toMatchObject({ path: "p", agreed: { x: 1, y: [2, { z: 3 }] } });
  });

  it("is decided by the first agreement, and cancels the rest", () => {
    const world = jury();
    world.completeAs("a", "p/one", { v: 1 });
    world.completeAs("b", "p/three", { v: 1 });
    expect(world.open.get("p/two")).toMatchObject({ kind: "abort" });
    expect(world.output).toEqual({ one: { v: 1 }, two: null, three: { v: 1 } });
  });

  it("says how many agreed when not enough did", () => {
    const world = new World(
      { p: { parallel: { agents: ["one", "two", "three"], succeed: { quorum: 3, on: "result" } }, ...ONCE } },
      AGENTS,
    ).start();
    world.completeAs("a", "p/one", 1);
    world.completeAs("b", "p/two", 1);
    world.completeAs("c", "p/three", 2);
    expect(world.failure?.message).toContain("at most 2 different agents agree of 3, and 3 must");
  });

  it("that is late is decided with the votes that are there", () => {
    const world = jury({ critical: false }, { quorum: 2, on: "result.v", within: "1m" });
    world.completeAs("a", "p/one", { v: 1 });
    world.pass(60_000);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "p", reason: "timedOut" }]);
  });

  it("a vote that has no value fails its branch at once: nobody else could vote better", () => {
    const world = jury({ retry: { attempts: 3 }, fallback: ["spare"] });
    world.completeAs("a", "p/one", { w: 1 });
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "p/one", reason: "expression", failure: { code: "T4101" } }]);
    const task = world.accept("p/two");
    world.answer("p/two", { kind: "completed", reply: { data: [{ w: 1 }], usage: { tokens: 7 } } }, task);
    expect(world.factsOf("subtaskFailed")[1]).toMatchObject({ path: "p/two", task, usage: { tokens: 7 } });
    expect(world.factsOf("subtaskFailed")[2]).toMatchObject({ path: "p", reason: "disagreed" });
  });

  it("over items counts each item's agent", () => {
    const world = new World({
      f: step({ each: "${{ input }}", succeed: { quorum: 2, on: "result.v" } }),
      g: step({ with: { agreed: "${{ steps.f.agreed }}" } }),
    }).start([1, 2, 3]);
    world.completeAs("a", "f[2]", { v: 7 });
    world.completeAs("a", "f[0]", { v: 7 });
    world.completeAs("b", "f[1]", { v: 7 });
    expect(world.given("g")).toEqual({ agreed: 7 });
  });

  it("over items that hold steps counts the agents inside of each", () => {
    const world = new World({ f: { each: "${{ [1, 2, 3] }}", steps: { x: step() }, succeed: { quorum: 2, on: "result.x" } } }).start();
    world.completeAs("acme", "f[0]/x", 7);
    world.completeAs("acme", "f[2]/x", 7);
    expect(world.status).toBe("running");
    world.completeAs("zeta", "f[1]/x", 7);
    expect(world.output).toEqual([{ x: 7 }, { x: 7 }, { x: 7 }]);
  });

  it("of people: one of them has one vote, in however many approvals", () => {
    const approval = { approval: { to: ["role:x"], title: "Go on?" } };
    const world = new World({
      p: { parallel: { branches: { a: approval, b: approval, c: approval }, succeed: { quorum: 2, on: "result.decision" } } },
    });
    world.start();
    const answer = (path: string, by: string) => {
      const [question = ""] = Object.entries(world.state?.questions ?? {}).find(([, at]) => at === path) ?? [];
      world.input({ kind: "questionAnswered", question, answer: "approved", by });
    };
    answer("p/a", "ann");
    answer("p/b", "ann");
    expect(world.status).toBe("waiting");
    answer("p/c", "bob");
    expect(world.factsOf("subtaskCompleted").at(-1)).toMatchObject({ path: "p", agreed: "approved" });
  });

  it("a decision in which a vote cannot be read fails its approval", () => {
    const approval = { approval: { to: ["role:x"], title: "Go on?" } };
    const world = new World({
      p: { parallel: { branches: { a: approval, b: step() }, succeed: { quorum: 1, on: "result.form.size" } } },
    }).start();
    world.reply("approved");
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "p/a", reason: "expression" }]);
    world.complete("p/b", { form: { size: 1 } });
    expect(world.status).toBe("completed");
  });

  it("a branch that is a list, or needs nobody, has a vote as well", () => {
    const branches = {
      list: step({ each: "${{ [1, 2] }}" }),
      sum: { aggregate: { from: [1, 1], strategy: "list" } },
    };
    const world = new World({ p: { parallel: { branches, succeed: { quorum: 2, on: "result" } } } }).start();
    world.complete("p/list[0]", 1);
    world.complete("p/list[1]", 1);
    expect(world.factsOf("subtaskCompleted").at(-1)).toMatchObject({ path: "p", agreed: [1, 1] });
  });

  it("a list whose vote cannot be read fails as a branch", () => {
    const branches = { list: step({ each: "${{ [1] }}" }), b: step() };
    const world = new World({ p: { parallel: { branches, succeed: { quorum: 1, on: "result.v" } } } }).start();
    world.complete("p/list[0]", 1);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "p/list", reason: "expression", tolerated: true }]);
    world.complete("p/b", { v: 1 });
    expect(world.status).toBe("completed");
  });

  it("a branch that holds steps votes with its output", () => {
    const branches = { a: { steps: { x: step() } }, b: { steps: { y: step() } } };
    const world = new World({ p: { parallel: { branches, succeed: { quorum: 2, on: "size(result)" } } } }).start();
    world.completeAs("acme", "p/a/x", 1);
    world.completeAs("zeta", "p/b/y", 2);
    expect(world.factsOf("subtaskCompleted").at(-1)).toMatchObject({ path: "p", agreed: 1 });
  });
});
