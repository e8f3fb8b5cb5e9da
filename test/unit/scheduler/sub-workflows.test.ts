/** Sub-workflows: runs of their own, which seem to the step like any other agent (requirements W055, W198). */
import { describe, expect, it } from "vitest";

import { COMPENSATION_MS, MAX_RUN_DEPTH } from "../../../src/base/limits.ts";
import type { JsonObject } from "../../../src/base/json.ts";
import { outstanding } from "../../../src/scheduler/index.ts";
import type { StartInput } from "../../../src/scheduler/input.ts";
import { step, World } from "../../support/world.ts";

const FIXED = { name: "child", version: "1.2.0", fingerprint: "f" };
const CHILD = { workflow: "child@^1", with: { x: 1 } };
const ONCE = { retry: { attempts: 1 } };

function parent(rest: JsonObject = {}, more: Partial<StartInput> = {}, definition: JsonObject = {}): World {
  return new World({ w: { ...CHILD, ...rest } }, definition).start({}, "run_1", { workflows: { "child@^1": FIXED }, ...more });
}

function begin(world: World, path = "w"): void {
  world.input({ kind: "accepted", path, attempt: 1, turn: 1, agent: "workflow child" });
}

describe("a sub-workflow", () => {
  it("is work for a run below, of the version that was fixed when this one started", () => {
    const world = parent({}, { depth: 2 });
    expect(world.open.get("w")).toMatchObject({
      kind: "delegate",
      input: { x: 1 },
      target: { kind: "workflow", name: "child", range: "^1" },
      workflow: { ...FIXED, depth: 3, endBy: world.state?.deadlineAt },
    });
    begin(world);
    expect(outstanding(world.state as never, world.program)).toMatchObject([{ kind: "delegate", path: "w", workflow: FIXED }]);
    world.complete("w", "done");
    expect(world.output).toBe("done");
  });

  it("ends no later than the run above", () => {
    const world = parent({ timeout: "2h" }, {}, { timeout: "1h" });
    expect(world.open.get("w")).toMatchObject({ workflow: { endBy: world.state?.deadlineAt } });
  });

  it("is not ended by the time of its attempt, which a pause of the run above moves", () => {
    const world = parent({ timeout: "2m" }, {}, { timeout: "1h" });
    const endBy = world.state?.deadlineAt;
    begin(world);
    world.pass(60_000);
    world.pause();
    world.pass(600_000);
    world.resume();
    world.pass(59_000);
    expect(outstanding(world.state as never, world.program)).toMatchObject([{ kind: "delegate", workflow: { endBy } }, { kind: "steer" }]);
    world.pass(1_000);
    expect(world.open.get("w")).toMatchObject({ kind: "abort" });
  });

  it("is canceled with the run above, which waits for it", () => {
    for (const isAccepted of [false, true]) {
      const world = parent();
      if (isAccepted) begin(world);
      world.cancel();
      expect(world.status).toBe("canceling");
      expect(world.open.get("w")).toMatchObject({ kind: "abort" });
      expect(outstanding(world.state as never, world.program)).toMatchObject([{ kind: "abort", path: "w" }]);
      world.answer("w", { kind: "canceled", failure: { code: "C", message: "c", retryable: false } });
      expect(world.status).toBe("canceled");
    }
  });

  it("whose time is up is canceled before anything else happens; its result is adopted if it has one", () => {
    const world = parent({ timeout: "1m", retry: { attempts: 2, initial: "1s", jitter: "none" } });
    begin(world);
    world.pass(60_000);
    expect(world.factsOf("attemptTimedOut")).toMatchObject([{ path: "w" }]);
    expect(world.open.get("w")).toMatchObject({ kind: "abort" });
    world.answer("w", { kind: "completed", reply: { data: ["just done"] } });
    expect(world.output).toBe("just done");
  });

  it("whose time is up, and that is silent, is tried again after a while", () => {
    const world = parent({ timeout: "1m", retry: { attempts: 2, initial: "1s", jitter: "none" } });
    world.pass(60_000);
    world.pass(10_000);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ reason: "timedOut" }]);
    world.pass(1_000);
    expect(world.open.get("w")).toMatchObject({ attempt: 2 });
  });

  it("that is being canceled because its time is up, is still canceled when the run above ends", () => {
    const world = parent({ timeout: "1m" });
    world.pass(60_000);
    world.open.clear();
    world.cancel();
    expect(world.status).toBe("canceling");
    expect(world.open.get("w")).toMatchObject({ kind: "abort" });
    world.pass(10_000);
    expect(world.status).toBe("canceled");
  });

  it("that waits for an answer is canceled as well", () => {
    const world = parent();
    begin(world);
    world.answer("w", { kind: "inputRequired", question: { prompt: "?" } });
    world.cancel();
    expect(world.open.get("w")).toMatchObject({ kind: "abort" });
  });

  it("that waits for its next attempt has nothing to cancel", () => {
    const world = parent();
    world.fail("w");
    world.cancel();
    expect(world.status).toBe("canceled");
    expect(world.openPaths()).toEqual([]);
  });

  it("that loses a join is canceled, and the run above does not wait for ever", () => {
    const world = new World({ p: { parallel: { branches: { w: CHILD, b: step() }, succeed: "any" } } }).start({}, "run_1", {
      workflows: { "child@^1": FIXED },
    });
    begin(world, "p/w");
    world.complete("p/b", 2);
    expect(world.factsOf("subtaskCanceled")).toMatchObject([{ path: "p/w", aborting: true }]);
    world.pass(10_000);
    expect(world.output).toEqual({ w: null, b: 2 });
  });

  it("is paused and resumed with the run above; only what is at work is told", () => {
    const world = new World({ w: CHILD, asks: CHILD, a: step() }).start({}, "run_1", { workflows: { "child@^1": FIXED } });
    begin(world);
    world.answer("asks", { kind: "inputRequired", question: { prompt: "?" } });
    world.pause();
    world.resume();
    expect(world.commands.filter(({ kind }) => kind === "steer")).toEqual([
      { kind: "steer", path: "w", attempt: 1, turn: 1, paused: true },
      { kind: "steer", path: "w", attempt: 1, turn: 1, paused: false },
    ]);
  });

  it("may not have heard of the pause when a process dies, and is told again", () => {
    for (const isAccepted of [false, true]) {
      const world = parent();
      if (isAccepted) begin(world);
      world.pause();
      expect(outstanding(world.state as never, world.program)).toMatchObject([{ kind: "delegate" }, { kind: "steer", paused: true }]);
    }
  });

  it("may not have heard of the end of the pause when a process dies, and is told again", () => {
    for (const isAccepted of [false, true]) {
      const world = parent();
      if (isAccepted) begin(world);
      world.pause();
      world.resume();
      expect(outstanding(world.state as never, world.program)).toMatchObject([{ kind: "delegate" }, { kind: "steer", paused: false }]);
    }
  });

  it("of a later attempt was never paused, so nothing is owed to it", () => {
    const world = parent({ retry: { attempts: 2, initial: "1s", jitter: "none" } });
    world.pause();
    world.resume();
    world.fail("w");
    world.pass(1_000);
    expect(outstanding(world.state as never, world.program)).toMatchObject([{ kind: "delegate", attempt: 2 }]);
  });

  it("deeper than the limit is refused before it begins (T4127)", () => {
    const world = parent(ONCE, { depth: MAX_RUN_DEPTH });
    expect(world.failure?.details).toMatchObject({ code: "T4127", attempt: 0 });
    expect(world.failure?.message).toContain(`would be ${MAX_RUN_DEPTH + 1} runs deep`);
    expect(parent({}, { depth: 1 }, { budget: { depth: 1 } }).failure?.details).toMatchObject({ code: "T4127" });
    expect(parent({}, { depth: 0 }, { budget: { depth: 1 } }).status).toBe("running");
  });

  it("whose version was not fixed is refused before it begins (T4128)", () => {
    const world = parent({}, { workflows: {} });
    expect(world.failure?.details).toMatchObject({ code: "T4128" });
    expect(parent({ critical: false }, { workflows: {} }).status).toBe("completed");
  });

  it("may undo a step", () => {
    const world = new World({ a: step({ compensate: CHILD }), b: step({ needs: ["a"], ...ONCE }) }).start({}, "run_1", {
      workflows: { "child@^1": FIXED },
    });
    world.complete("a", 1);
    world.fail("b");
    expect(world.open.get("a/compensate")).toMatchObject({ workflow: FIXED });
  });

  it("that undoes a step has the time of undoing, also after the run's own time is up", () => {
    const steps = { a: step({ compensate: CHILD }), b: step({ needs: ["a"] }) };
    const world = new World(steps, { timeout: "1m" }).start({}, "run_1", { workflows: { "child@^1": FIXED } });
    world.complete("a", 1);
    world.pass(60_000);
    expect(world.open.get("a/compensate")).toMatchObject({ workflow: { endBy: world.now + COMPENSATION_MS } });
  });
});

describe("an event", () => {
  it("is work like any other: it is done when it is acknowledged", () => {
    const world = new World({
      a: step(),
      e: { emit: { event: "done", to: "https://hook.example/x", data: { a: "${{ steps.a.output }}" } } },
    }).start();
    world.complete("a", 1);
    expect(world.open.get("e")).toMatchObject({ input: { a: 1 }, target: { kind: "sink", sink: "webhook", event: "done" } });
    world.complete("e");
    expect(world.status).toBe("completed");
  });
});
