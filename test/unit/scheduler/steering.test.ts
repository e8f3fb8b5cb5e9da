/** Pause and cancel of runs whose steps hold steps. */
import { describe, expect, it } from "vitest";

import { hasOutstanding, outstanding, statusOf } from "../../../src/scheduler/index.ts";
import { step, World } from "../../support/world.ts";

const CANCELED = { kind: "canceled", failure: { code: "C", message: "stopped", retryable: false } } as const;

describe("a pause", () => {
  it("begins nothing in any scope, and everything that became ready begins after it", () => {
    const world = new World({
      g: { steps: { a: step(), b: step({ needs: ["a"] }) } },
      l: { loop: { max: 2, until: "false", onExhausted: "last", steps: { c: step() } } },
      h: { handoff: { agents: { x: { capability: "x" }, y: { capability: "y" } } } },
      p: { plan: { capability: "planner", allow: ["work"] } },
      f: step({ each: "${{ [1, 2] }}", concurrency: 1 }),
    }).start();
    world.pause();
    world.complete("g/a");
    world.complete("l#1/c");
    world.complete("h#1/x", { handoff_to: "y" });
    world.complete("p/makePlan", [{ id: "s", capability: "work" }]);
    world.complete("f[0]");
    expect(world.working()).toEqual([]);
    world.resume();
    expect(world.working()).toEqual(["f[1]", "g/b", "h#2/y", "l#2/c", "p/s"]);
    for (const path of world.working()) world.complete(path, 1);
    expect(world.status).toBe("completed");
  });

  it("lets a scope end, and what follows begins after it", () => {
    const world = new World({ g: { steps: { a: step() } }, b: step({ needs: ["g"] }), f: step({ each: "${{ [1] }}" }) }).start();
    world.pause();
    world.complete("g/a");
    world.complete("f[0]");
    expect(world.status).toBe("paused");
    world.resume();
    expect(world.working()).toEqual(["b"]);
  });

  it("may outlast a scope that ends as soon as the pause does", () => {
    const f = step({ each: "${{ [1, 0] }}", concurrency: 1, with: { n: "${{ 1 / item }}" } });
    const world = new World({ h: { steps: { g: { steps: { f } }, k: { steps: { x: step() } } }, critical: false } }).start();
    world.pause();
    world.complete("h/g/f[0]");
    world.resume();
    expect(world.open.get("h/k/x")).toMatchObject({ kind: "abort" });
    expect(world.status).toBe("completed");
    expect(world.state?.steps["h"]).toMatchObject({ status: "failed" });
  });

  it("of a run in which only people are asked shows as paused, then as waiting", () => {
    const world = new World({ ok: { approval: { to: ["role:x"], title: "?" } } }).start();
    expect(world.status).toBe("waiting");
    world.pause();
    expect(world.status).toBe("paused");
    world.resume();
    expect(world.status).toBe("waiting");
    world.reply("approved");
    expect(world.status).toBe("completed");
  });
});

describe("a cancel", () => {
  it("reaches whatever is at work, at any depth, and leaves nothing behind", () => {
    const world = new World({
      p: { parallel: { branches: { a: { steps: { x: step() } }, b: step({ each: "${{ [1, 2] }}" }) } } },
      l: { loop: { max: 2, until: "false", steps: { c: { wait: "1h" } } } },
      ok: { approval: { to: ["role:x"], title: "?" } },
      s: { wait: { signal: "go" } },
    }).start();
    const task = world.accept("p/a/x");
    world.cancel();
    expect(world.status).toBe("canceling");
    for (const path of ["p/a/x", "p/b[0]", "p/b[1]"]) expect(world.open.get(path)).toMatchObject({ kind: "abort" });
    world.answer("p/a/x", CANCELED, task);
    expect(world.status).toBe("canceled");
    expect(world.state).toMatchObject({ scopes: {}, waits: {}, flights: {}, questions: {}, timers: [] });
  });

  it("against a completion: whichever comes first is what happened", () => {
    const completed = new World({ a: step() }).start();
    completed.complete("a", 1);
    expect(completed.cancel()).toEqual([]);
    expect(completed.status).toBe("completed");
    const canceled = new World({ a: step(), b: step({ needs: ["a"] }) }).start();
    const task = canceled.accept("a");
    canceled.cancel();
    canceled.answer("a", { kind: "completed", reply: { data: [1] } }, task);
    expect(canceled.status).toBe("canceled");
    expect(canceled.factsOf("subtaskCompleted")).toEqual([]);
    expect(canceled.factsOf("taskReleased")).toMatchObject([{ note: "the agent answered first: completed" }]);
  });

  it("against the last step of a join: the join that was decided first stays decided", () => {
    const world = new World({ p: { parallel: { branches: { a: step(), b: step() }, succeed: "any" } } }).start();
    world.accept("p/b");
    world.complete("p/a", 1);
    world.cancel();
    expect(world.factsOf("subtaskCanceled").map(({ path }) => path)).toEqual(["p/b", "p/b"]);
    world.pass(10_000);
    expect(world.status).toBe("canceled");
    expect(world.factsOf("subtaskCompleted")).toMatchObject([{ path: "p/a" }, { path: "p" }]);
  });

  it("of a paused run ends the pause", () => {
    const world = new World({ a: step() }).start();
    world.pause();
    world.cancel();
    expect(world.status).toBe("canceled");
  });
});

describe("a run after a restart", () => {
  it("owes exactly what was commanded and not answered, in every scope", () => {
    const world = new World({
      p: { parallel: { branches: { a: step(), b: step({ files: [{ url: "https://x.example/a" }], deliver: "stream", limit: 2 }) } } },
      l: { loop: { max: 1, until: "true", steps: { c: step({ conversation: "loop" }) } } },
    }).start();
    const owed = outstanding(world.state as never, world.program);
    expect(hasOutstanding(world.state as never)).toBe(true);
    expect(owed).toEqual(["p/a", "p/b", "l#1/c"].map((path) => world.open.get(path)));
    expect(world.open.get("p/b")).toMatchObject({ files: [{ url: "https://x.example/a" }], deliver: "stream", limit: { concurrency: 2 } });
    expect(statusOf(world.state as never)).toBe("running");
  });

  it("owes nothing while it only waits, or when it is over", () => {
    const world = new World({ a: step(), w: { wait: "1h" } }).start();
    world.answer("a", { kind: "inputRequired", question: { prompt: "?" } });
    expect(hasOutstanding(world.state as never)).toBe(false);
    world.cancel();
    expect(hasOutstanding(world.state as never)).toBe(false);
  });
});
