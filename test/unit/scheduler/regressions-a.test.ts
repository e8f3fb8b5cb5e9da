/** Faults that a review has found in what follows a failure, an unknown end, a pause and a cancel. */
import { describe, expect, it } from "vitest";

import { CANCEL_PATIENCE_MS, MAX_RUN_CONTEXT_BYTES, MAX_RUN_CONTEXT_WRITES } from "../../../src/base/limits.ts";
import type { Json, JsonObject } from "../../../src/base/json.ts";
import { step, World } from "../../support/world.ts";

const HOUR = 3_600_000;
const ONCE = { retry: { attempts: 1 } };
const LOST = { kind: "unknown", failure: { code: "T4104", message: "The agent has lost the task.", retryable: false } } as const;
const COMPLETED = (value: Json) => ({ kind: "completed", reply: { data: [value] } }) as const;

describe("a handler that stands in for a block", () => {
  it("begins nothing else of that block", () => {
    for (const kind of ["group", "parallel"]) {
      const inner = { a: step({ with: { x: "${{ input.no.such }}" } }), b: step() };
      const block = kind === "group" ? { steps: inner } : { parallel: { branches: inner } };
      const world = new World({ g: { ...block, onError: step() } }).start();
      expect(world.working()).toEqual(["g/onError"]);
      world.complete("g/onError", 7);
      expect(world.output).toBe(7);
    }
  });

  it("begins nothing else of it where its join cannot be met from the beginning", () => {
    const branches = { a: step({ if: "false" }), b: step(), c: step() };
    const world = new World({ p: { parallel: { branches, succeed: { atLeast: 3 } }, onDisagree: step() } }).start();
    expect(world.working().filter((path) => path !== "p/onDisagree")).toEqual([]);
    world.complete("p/onDisagree", 7);
    for (const path of world.openPaths()) world.complete(path);
    expect(world.output).toBe(7);
  });

  it("begins nothing else of it where the block fails as soon as a held run goes on", () => {
    const l = step({ each: "${{ [1, 0] }}", concurrency: 1, with: { x: "${{ item == 1 ? 1 : input.no.such }}" } });
    const budget = { attempts: 2, onExceeded: "ask" };
    const world = new World({ g: { steps: { l, c: step(), b: step() }, onError: step() } }, { budget }).start();
    world.complete("g/l[0]");
    world.reply("approved");
    expect(world.working()).toEqual(["g/onError"]);
  });
});

describe("an attempt that timed out, and of which nobody knows the end", () => {
  it("is asked about for as long as it takes, with onUnknown: ask", () => {
    const world = new World({ a: step({ onUnknown: "ask", timeout: "1m", ...ONCE }) }).start();
    const task = world.accept("a");
    world.pass(60_000);
    world.answer("a", LOST, task);
    world.pass(HOUR);
    expect(world.status).toBe("waiting");
    world.reply({ decision: "completed", output: 7 });
    expect(world.output).toBe(7);
  });

  it("is sent again with a time of its own, with onUnknown: resend, and its new task is canceled when that is up", () => {
    const world = new World({
      a: step({ onUnknown: "resend", timeout: "1m", idle: "50s", ttl: "40s", retry: { attempts: 3, jitter: "none" } }),
    }).start();
    world.accept("a");
    world.pass(50_000);
    world.answer("a", LOST);
    expect(world.open.get("a")).toMatchObject({ kind: "send", regardless: true, task: null });
    expect(world.factsOf("messageResent")).toMatchObject([{ deadlineAt: world.now + 60_000, acceptBy: world.now + 40_000 }]);
    const at = { agent: "remote", url: "http://agent", binding: "JSONRPC", tenant: "" };
    const task = { ...at, taskId: "task-2", contextId: "c" };
    world.input({ kind: "accepted", path: "a", attempt: 1, turn: 1, agent: "remote", task });
    world.pass(CANCEL_PATIENCE_MS);
    expect(world.factsOf("attemptFailed")).toEqual([]);
    world.pass(40_000);
    expect(world.open.get("a")).toMatchObject({ kind: "abort", task });
  });

  it("is not sent again when the time of all attempts is up", () => {
    const world = new World({ a: step({ onUnknown: "resend", timeout: "1m", deadline: "1m" }) }).start();
    const task = world.accept("a");
    world.pass(60_000);
    world.answer("a", LOST, task);
    expect(world.factsOf("messageResent")).toEqual([]);
    expect(world.status).toBe("failed");
  });

  it("is sent again in a pause with all of its time, which begins when the pause ends", () => {
    const world = new World({ a: step({ onUnknown: "resend", timeout: "1m", deadline: "2m", ttl: "30s" }) }).start();
    const task = world.accept("a");
    world.pass(30_000);
    world.pause();
    world.pass(HOUR);
    world.answer("a", LOST, task);
    expect(world.factsOf("messageResent")).toHaveLength(1);
    world.pass(HOUR);
    world.resume();
    expect(world.state?.flights["a"]).toMatchObject({ deadlineAt: world.now + 60_000, acceptBy: world.now + 30_000 });
  });

  it("does not use up the deadline of its step while a person is asked", () => {
    const world = new World({ a: step({ onUnknown: "ask", deadline: "1h", timeout: "10m", ...ONCE }) }).start();
    world.answer("a", LOST, world.accept("a"));
    world.pass(2 * HOUR);
    world.reply("resend");
    world.pass(1);
    expect(world.working()).toEqual(["a"]);
    world.pass(10 * 60_000 - 2);
    expect(world.factsOf("attemptTimedOut")).toEqual([]);
  });
});

describe("a run whose output has no value", () => {
  it("fails, and undoes what completed", () => {
    const world = new World(
      { a: step({ compensate: { capability: "undo" } }) },
      { output: { x: "${{ steps.a.output.missing }}" } },
    ).start();
    world.complete("a", { y: 1 });
    expect(world.status).toBe("compensating");
    world.complete("a/compensate");
    expect(world.failure?.code).toBe("T4113");
  });
});

describe("work that completed although nobody wanted it any more", () => {
  const BOOK = step({ rules: ["output.id > 0"], compensate: { capability: "undo", with: { id: "${{ steps.book.output.id }}" } } });

  it("is undone when the run is canceled", () => {
    const world = new World({ book: BOOK }).start();
    world.accept("book");
    world.cancel();
    world.complete("book", { id: 1 });
    expect(world.open.get("book/compensate")).toMatchObject({ kind: "delegate", input: { id: 1 } });
    world.complete("book/compensate");
    expect(world.status).toBe("canceled");
  });

  it("is undone when the run fails after a join went on without it", () => {
    const branches = { book: BOOK, b: step() };
    const world = new World({ p: { parallel: { succeed: "any", branches } }, f: step({ needs: ["p"], ...ONCE }) }).start();
    world.accept("p/book");
    world.complete("p/b", 1);
    world.complete("p/book", { id: 2 });
    world.fail("f");
    expect(world.open.get("p/book/compensate")).toMatchObject({ input: { id: 2 } });
  });

  it("is undone with the item that it was about, though the list is over", () => {
    const compensate = { capability: "undo", with: { hotel: "${{ hotel }}", id: "${{ steps.book.output }}" } };
    const inner = { book: step({ compensate }), after: step({ needs: ["book"] }) };
    for (const [path, body] of [
      ["book[0]", { book: step({ compensate, each: "${{ input }}", as: "hotel", succeed: { first: 1 } }) }],
      ["g[0]/book", { g: { steps: inner, each: "${{ input }}", as: "hotel", succeed: { first: 1 } } }],
    ] as const) {
      const list = Object.keys(body)[0] ?? "";
      const world = new World({ ...body, f: step({ needs: [list], ...ONCE }) }).start(["here", "there"]);
      world.accept(path);
      world.complete(path.replace("0", "1"), 5);
      if (list === "g") world.complete("g[1]/after");
      world.complete(path, 7);
      world.fail("f");
      expect(world.open.get(`${path}/compensate`)).toMatchObject({ input: { hotel: "here", id: 7 } });
    }
  });

  it("is undone after what is being undone already, when its agent answers so late", () => {
    const world = new World({ a: BOOK_AS("a"), b: BOOK_AS("b") }).start();
    world.complete("a", 1);
    world.accept("b");
    world.cancel();
    const late = world.open.get("b");
    world.pass(CANCEL_PATIENCE_MS);
    expect(world.working()).toEqual(["a/compensate"]);
    expect(late).toMatchObject({ kind: "abort" });
    world.answer("b", COMPLETED(2));
    world.complete("a/compensate");
    expect(world.working()).toEqual(["b/compensate"]);
    world.complete("b/compensate");
    expect(world.status).toBe("canceled");
  });

  it("is left alone where nothing undoes it, or its output breaks the contract of its step", () => {
    const left = { a: step(), c: step({ compensate: { capability: "undo" }, output: { type: "string" } }) };
    const world = new World(left).start();
    world.accept("a");
    world.accept("c");
    world.cancel();
    world.complete("a", 1);
    world.complete("c", 1);
    expect(world.status).toBe("canceled");
    expect(world.factsOf("taskReleased").map(({ note }) => note)).toEqual([
      "the agent answered first: completed",
      expect.stringContaining("it is not undone: Validation failed"),
    ]);
  });

  it("is left alone where it was planned by an agent whose plan is over", () => {
    const world = new World({
      p: { plan: { capability: "planner", allow: ["work"], maxDepth: 2 }, deadline: "1m", critical: false },
      q: { wait: { signal: "s" } },
    }).start();
    world.complete("p/makePlan", [
      { id: "sub", capability: "work" },
      { id: "more", capability: "work", plan: true },
    ]);
    world.complete("p/more/makePlan", [{ id: "inner", capability: "work" }]);
    world.accept("p/sub");
    world.accept("p/more/inner", "task-2");
    world.pass(60_000);
    world.complete("p/sub", 1);
    world.complete("p/more/inner", 1);
    expect(world.factsOf("taskReleased").map(({ note }) => note)).toEqual(Array(2).fill("the agent answered first: completed"));
  });
});

function BOOK_AS(id: string): JsonObject {
  return step({ compensate: { capability: "undo", with: { id: `\${{ steps.${id}.output }}` } } });
}

describe("a result of which an expression of the step cannot make what it must", () => {
  it("is not asked for again: no fallback does the work a second time", () => {
    const compensate = { capability: "undo", with: { id: "${{ steps.a.output.missing }}" } };
    const world = new World({ a: step({ compensate, fallback: ["spare"] }) }).start();
    world.complete("a", { id: 1 });
    expect(world.factsOf("attemptFailed")).toEqual([]);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "expression" }]);
    expect(world.factsOf("subtaskAssigned")).toHaveLength(1);
  });
});

describe("a pause while a question about the budget is open", () => {
  function asked(): World {
    const steps = { a: step(), b: step({ needs: ["a"] }) };
    const world = new World(steps, { budget: { attempts: 1, onExceeded: "ask" } }).start();
    world.complete("a");
    return world;
  }

  it("outlasts the grant: who paused the run lets it go on", () => {
    const world = asked();
    const { question } = world;
    world.pause();
    expect(world.pause(), "it is paused already").toEqual([]);
    world.input({ kind: "questionAnswered", question, answer: "approved", by: "bob" });
    expect(world.status).toBe("paused");
    expect(world.working()).toEqual([]);
    world.resume();
    expect(world.working()).toEqual(["b"]);
  });

  it("ends with a refusal", () => {
    const world = asked();
    const { question } = world;
    world.pause();
    world.input({ kind: "questionAnswered", question, answer: "rejected", by: "bob" });
    expect(world.status).toBe("failed");
  });
});

describe("patience with an agent that is to stop", () => {
  it("does not grow by a pause, nor hold up a paused run that is otherwise over", () => {
    const world = new World({ p: { parallel: { succeed: { first: 1 }, branches: { a: step(), b: step() } } } }).start();
    world.accept("p/a");
    world.pause();
    world.pass(7 * HOUR);
    world.complete("p/b", 1);
    world.pass(CANCEL_PATIENCE_MS);
    expect(world.status).toBe("completed");
  });

  it("goes on through a pause, where nobody wants its work", () => {
    const world = new World({
      p: { parallel: { succeed: { first: 1 }, branches: { a: step(), b: step() } } },
      c: step({ needs: ["p"] }),
    }).start();
    world.accept("p/a");
    world.complete("p/b", 1);
    world.pause();
    world.pass(1_000);
    world.resume();
    world.pass(CANCEL_PATIENCE_MS - 1_000);
    expect(world.factsOf("taskReleased")).toHaveLength(1);
  });

  it("begins after a pause, where its question was refused in it", () => {
    const world = new World({ a: step({ onInputRequired: "fail", ...ONCE }) }).start();
    const task = world.accept("a");
    world.pause();
    world.pass(HOUR);
    world.answer("a", { kind: "inputRequired", question: { prompt: "?" } }, task);
    world.pass(HOUR);
    world.resume();
    world.pass(CANCEL_PATIENCE_MS - 1);
    expect(world.status).toBe("running");
    world.pass(1);
    expect(world.status).toBe("failed");
  });
});

describe("a set for each item", () => {
  it("sees what the items before it have written", () => {
    const total = { needs: ["z"], each: "${{ [1, 2, 3] }}", as: "n", set: { total: "${{ context.total + n }}" } };
    const world = new World({ z: { set: { total: 0 } }, s: total }, { output: "${{ context.total }}" }).start();
    expect(world.output).toBe(6);
    const inner = { z: { set: { total: 0 } }, s: total };
    expect(new World({ g: { steps: inner } }, { output: "${{ context.total }}" }).start().output).toBe(6);
  });
});

describe("items that read a step that was skipped", () => {
  it("are skipped, all of them together", () => {
    const steps = {
      a: step({ if: "false" }),
      b: step({ each: "${{ [1, 2] }}", with: { x: "${{ steps.a.output }}" } }),
      c: step({ needs: ["b"] }),
    };
    const world = new World(steps).start();
    expect(world.factsOf("stepSkipped")).toMatchObject([{ step: "a" }, { step: "b", reason: { kind: "upstream", steps: ["a"] } }]);
    expect(world.working()).toEqual(["c"]);
  });

  it("are skipped with those that have begun, whose agents are told to stop", () => {
    const x = "${{ item == 2 ? steps.a.output : item }}";
    const world = new World({
      a: step({ if: "false" }),
      b: step({ each: "${{ [0, 1, 2] }}", concurrency: 2, with: { x } }),
      c: step(),
    }).start();
    world.complete("b[0]");
    expect(world.state?.steps["b"]).toEqual({ status: "skipped", attempts: 1 });
    expect(world.open.get("b[1]")).toMatchObject({ kind: "abort" });
    world.complete("c");
    expect(world.status).toBe("completed");
  });
});

describe("a grant of the budget", () => {
  it("grants the time again from now on, however much has gone by", () => {
    const steps = { w: { wait: "10h" }, a: step({ needs: ["w"], timeout: "5h" }), b: step({ needs: ["a"] }) };
    const world = new World(steps, { timeout: "30d", budget: { time: "1h", onExceeded: "ask" } }).start();
    world.pass(10 * HOUR);
    world.reply("approved");
    expect(world.working()).toEqual(["a"]);
    world.pass(HOUR);
    world.complete("a");
    expect(world.factsOf("budgetExceeded")).toHaveLength(2);
    world.reply("approved");
    expect(world.working()).toEqual(["b"]);
  });
});

describe("the run context", () => {
  const WRITES = { context: { write: ["r"] }, ...ONCE, critical: false };

  function many(count: number, size: number): World {
    const world = new World({ e: step({ ...WRITES, each: "${{ input }}", concurrency: count }) }, {}, { replays: false });
    world.start(Array.from({ length: count }, (_, index) => index));
    const value = "x".repeat(size);
    for (const path of world.openPaths().toReversed()) {
      const at = path.replaceAll(/\D/g, "");
      const update = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`r.i${at}_${index}`, value]));
      world.complete(path, { result: 1, context_update: update });
    }
    return world;
  }

  it("takes so many paths and no more: who writes beyond them has failed", () => {
    const world = many(MAX_RUN_CONTEXT_WRITES / 250 + 2, 1);
    expect(world.factsOf("subtaskFailed")).toHaveLength(2);
    expect(world.factsOf("subtaskFailed")[0]).toMatchObject({ reason: "invalid", failure: { code: "T4112" } });
    expect(Object.keys(world.state?.context["r"] ?? {}).length).toBe(MAX_RUN_CONTEXT_WRITES);
  });

  it("takes so many bytes and no more", () => {
    const world = many(6, Math.floor(MAX_RUN_CONTEXT_BYTES / 1_000));
    expect(world.factsOf("subtaskFailed").length).toBeGreaterThan(0);
    expect(JSON.stringify(world.state?.context).length).toBeLessThanOrEqual(MAX_RUN_CONTEXT_BYTES);
  });

  it("can be written anew for ever: what is replaced counts no longer", () => {
    const big = "x".repeat(MAX_RUN_CONTEXT_BYTES / 2);
    const steps = {
      s: { loop: { max: 20, until: "false", onExhausted: "last", steps: { w: { set: { big, n: "${{ iter.number }}" } } } } },
    };
    const world = new World(steps, { output: "${{ context.n }}" }).start();
    expect(world.output).toBe(20);
  });
});
