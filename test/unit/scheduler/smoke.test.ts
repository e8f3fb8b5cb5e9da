import { describe, expect, it } from "vitest";
import { World } from "../../support/world.ts";

const CAP = { capability: "x" };
describe("scopes", () => {
  it("parallel all", () => {
    const world = new World({
      p: { parallel: { branches: { a: CAP, b: CAP } } },
      after: { ...CAP, with: { p: "${{ steps.p.output }}" } },
    }).start();
    expect(world.openPaths()).toEqual(["p/a", "p/b"]);
    world.complete("p/b", 2);
    world.complete("p/a", 1);
    expect(world.openPaths()).toEqual(["after"]);
    world.complete("after", 3);
    expect(world.output).toEqual(3);
    expect(world.factsOf("subtaskCompleted").find(({ path }) => path === "p")?.output).toEqual({ a: 1, b: 2 });
  });
  it("first cancels losers", () => {
    const world = new World({ p: { parallel: { branches: { a: CAP, b: CAP, c: CAP }, succeed: "any" } } }).start();
    world.accept("p/a");
    world.complete("p/b", 2);
    expect(world.factsOf("subtaskCanceled")).toMatchObject([
      { path: "p/a", aborting: true },
      { path: "p/c", aborting: false },
    ]);
    expect(world.status).toBe("running");
    world.answer("p/a", { kind: "canceled", failure: { code: "C", message: "c", retryable: false } });
    expect(world.output).toEqual({ a: null, b: 2, c: null });
  });
  it("quorum", () => {
    const world = new World(
      { p: { parallel: { agents: ["a", "b", "c"], succeed: { quorum: 2, on: "result.v" } } } },
      { agents: { a: { capability: "a" }, b: { capability: "b" }, c: { capability: "c" } } },
    ).start();
    const vote = (path: string, v: unknown, principal: string) => {
      const { attempt, turn } = world.open.get(path) as { attempt: number; turn: number };
      world.input({
        kind: "answered",
        path,
        attempt,
        turn,
        agent: principal,
        principal,
        outcome: { kind: "completed", reply: { data: [{ v }] as never } },
      });
    };
    vote("p/a", { x: 1, y: 2 }, "one");
    vote("p/b", { y: 2, x: 1 }, "one");
    expect(world.status).toBe("running");
    vote("p/c", { y: 2, x: 1 }, "two");
    expect(world.status).toBe("completed");
  });
  it("loop", () => {
    const world = new World({
      draft: {
        loop: {
          max: 3,
          until: "steps.review.output.score >= 0.9",
          steps: {
            write: {
              ...CAP,
              with: { n: "${{ iter.number }}", feedback: "${{ iter.prev == null ? '' : iter.prev.review.output.feedback }}" },
            },
            review: { ...CAP, with: { draft: "${{ steps.write.output }}" } },
          },
        },
      },
      end: { ...CAP, with: { draft: "${{ steps.draft.output.write }}" } },
    }).start();
    world.complete("draft#1/write", "one");
    world.complete("draft#1/review", { score: 0.1, feedback: "bad" });
    expect(world.open.get("draft#2/write")).toMatchObject({ input: { n: 2, feedback: "bad" } });
    world.complete("draft#2/write", "two");
    world.complete("draft#2/review", { score: 0.95, feedback: "ok" });
    expect(world.open.get("end")).toMatchObject({ input: { draft: "two" } });
    world.complete("end", "done");
    expect(world.status).toBe("completed");
  });
  it("each over loops, handlers, approvals, waits, signals", () => {
    const world = new World(
      {
        all: {
          each: "${{ input.items }}",
          as: "thing",
          loop: {
            max: 2,
            score: "steps.review.output.score",
            steps: {
              write: { ...CAP, with: { t: "${{ thing }}" } },
              review: { ...CAP, with: { t: "${{ thing }}", w: "${{ steps.write.output }}" } },
            },
          },
          onError: { capability: "fix", with: { e: "${{ error.message }}", t: "${{ thing }}" } },
        },
        ok: { approval: { to: ["role:x"], title: "ok ${{ size(steps.all.output) }}?", timeout: "1d", onTimeout: "reject", remind: "8h" } },
        pause: { needs: ["ok"], wait: "5m" },
        sig: { needs: ["pause"], wait: { signal: "go", timeout: "1d" } },
        ctx: { needs: ["sig"], set: { "a.b": "${{ steps.sig.output }}" } },
        sum: { needs: ["ctx"], aggregate: { from: [1, 2, 3], strategy: "sum" } },
      },
      { output: "${{ context.a.b }}" },
    ).start({ items: [1, 2] });
    for (const n of [1, 2]) {
      world.complete(`all[0]#${n}/write`, "w");
      world.complete(`all[0]#${n}/review`, {});
    }
    expect(world.open.get("all[0]/onError")).toMatchObject({ input: { t: 1 } });
    world.complete("all[0]/onError", "fixed");
    world.complete("all[1]#1/write", "w");
    world.complete("all[1]#1/review", { score: 0.9 });
    expect(world.status).toBe("waiting");
    world.pass(9 * 3_600_000);
    expect(world.factsOf("approvalReminded")).toHaveLength(1);
    const id = Object.keys(world.state?.questions ?? {})[0] as string;
    world.input({ kind: "signaled", name: "go", payload: 42, by: "t" });
    world.input({ kind: "questionAnswered", question: id, answer: { decision: "approved" }, by: "ann" });
    world.pass(300_000);
    expect(world.failure).toBe(null);
    expect(world.output).toBe(42);
  });
  it("handoff", () => {
    const world = new World(
      { desk: { handoff: { agents: ["triage", "billing"], max: 3 }, with: { q: "hi" } } },
      { agents: { triage: { capability: "t" }, billing: { capability: "b" } } },
    ).start();
    world.complete("desk#1/triage", { handoff_to: "billing", message: "yours" });
    expect(world.open.get("desk#2/billing")).toMatchObject({ input: { q: "hi", handoff: { from: "triage", message: "yours" } } });
    world.complete("desk#2/billing", "done");
    expect(world.output).toBe("done");
  });
  it("plan", () => {
    const world = new World({ p: { plan: { capability: "planner", allow: ["search", "write"], maxSubtasks: 3 } } }).start();
    expect(world.openPaths()).toEqual(["p/makePlan"]);
    world.complete("p/makePlan", { subtasks: [{ id: "a", capability: "nope" }] });
    expect(world.factsOf("attemptFailed")).toMatchObject([
      { reason: "invalid", repair: { problems: [expect.stringContaining("may only use")] } },
    ]);
    world.pass(0);
    world.complete("p/makePlan", {
      subtasks: [
        { id: "a", capability: "search" },
        { id: "b", capability: "write", needs: ["a"], with: { k: 1 } },
      ],
    });
    world.complete("p/a", "found");
    expect(world.open.get("p/b")).toMatchObject({ input: { k: 1, results: { a: "found" } } });
    world.complete("p/b", "written");
    expect(world.output).toEqual({ a: "found", b: "written" });
  });
  it("compensates in reverse", () => {
    const world = new World({
      a: { ...CAP, compensate: { capability: "undo", with: { id: "${{ steps.a.output.id }}" } } },
      b: { ...CAP, needs: ["a"], compensate: { capability: "undo", with: { id: "${{ steps.b.output.id }}" } } },
      c: { ...CAP, needs: ["b"] },
    }).start();
    world.complete("a", { id: 1 });
    world.complete("b", { id: 2 });
    world.fail("c", { retryable: false });
    expect(world.status).toBe("compensating");
    expect(world.open.get("b/compensate")).toMatchObject({ input: { id: 2 } });
    world.complete("b/compensate");
    world.fail("a/compensate", { retryable: false });
    const id = Object.keys(world.state?.questions ?? {})[0] as string;
    world.input({ kind: "questionAnswered", question: id, answer: { decision: "retry" }, by: "ann" });
    world.complete("a/compensate");
    expect(world.status).toBe("failed");
  });
  it("context deltas do not depend on arrival", () => {
    const outcomes = [
      ["a", "b"],
      ["b", "a"],
    ].map((order) => {
      const world = new World(
        { a: { ...CAP, context: { write: ["n"] } }, b: { ...CAP, context: { write: ["n"] } } },
        { output: "${{ context.n }}" },
      ).start();
      for (const path of order) world.complete(path, { result: path, context_update: { "n.x": path } });
      return world.output;
    });
    expect(outcomes).toEqual([{ x: "b" }, { x: "b" }]);
  });
  it("budget asks", () => {
    const world = new World({ a: CAP, b: { ...CAP, needs: ["a"] } }, { budget: { subtasks: 1, onExceeded: "ask" } }).start();
    world.complete("a");
    expect(world.status).toBe("paused");
    const id = world.state?.budgetQuestion?.id as string;
    world.input({ kind: "questionAnswered", question: id, answer: true, by: "ann" });
    world.complete("b");
    expect(world.status).toBe("completed");
  });
});
