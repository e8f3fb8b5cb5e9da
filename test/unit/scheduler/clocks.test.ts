/** The clocks of a step: `timeout`, `deadline`, `idle`, `ttl`; parked and paused time count against none of them. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../src/base/json.ts";
import { step, World } from "../../support/world.ts";

const MINUTE = 60_000;
const RETRY = { retry: { attempts: 9, initial: "10s", factor: 1, jitter: "none" } };
const ASK = { kind: "inputRequired", question: { prompt: "?" } } as const;

function at(rest: JsonObject): World {
  return new World({ a: step(rest) }, { timeout: "30d" }).start();
}

function timedOut(world: World): number {
  return world.factsOf("attemptFailed").length + world.factsOf("subtaskFailed").length;
}

describe("the deadline of a step", () => {
  it("bounds all attempts and the delays between them", () => {
    const world = at({ ...RETRY, timeout: "25s", deadline: "1m" });
    world.pass(MINUTE);
    expect(world.factsOf("attemptFailed").map(({ at: instant }) => instant - 1_000_000)).toEqual([25_000]);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ attempt: 2, reason: "timedOut" }]);
    expect(world.factsOf("subtaskAssigned")).toMatchObject([{ stopAt: 1_060_000 }, { deadlineAt: 1_060_000 }]);
  });

  it("leaves out a retry that would come too late, for a fallback that would not", () => {
    const world = at({ ...RETRY, deadline: "1m", fallback: ["spare"] });
    world.pass(55_000);
    world.fail("a");
    world.pass(0);
    expect(world.open.get("a")).toMatchObject({ target: { capability: "spare" } });
    world.pass(5_000);
    expect(world.status).toBe("failed");
  });

  it("does not run while an agent's question waits", () => {
    const world = at({ ...RETRY, timeout: "5m", deadline: "5m" });
    world.pass(MINUTE);
    world.answer("a", ASK);
    world.pass(60 * MINUTE);
    world.reply(1);
    world.pass(4 * MINUTE - 1);
    expect(timedOut(world)).toBe(0);
    world.pass(1);
    expect(world.factsOf("subtaskFailed")).toHaveLength(1);
  });

  it("does not run in a pause, nor twice in a pause with a question in it", () => {
    const world = at({ ...RETRY, timeout: "5m", deadline: "5m" });
    world.pass(MINUTE);
    world.answer("a", ASK);
    world.pass(MINUTE);
    world.pause();
    world.pass(10 * MINUTE);
    world.resume();
    world.pass(MINUTE);
    world.reply(1);
    world.pass(4 * MINUTE - 1);
    expect(timedOut(world)).toBe(0);
    world.pass(1);
    expect(world.factsOf("subtaskFailed")).toHaveLength(1);
  });

  it("of a group bounds the steps inside it, and stops them", () => {
    const world = new World({ g: { steps: { a: step(), b: step({ needs: ["a"] }) }, deadline: "1m" } }).start();
    world.pass(30_000);
    world.complete("g/a");
    world.pass(30_000);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "g", reason: "timedOut", failure: { code: "T4103" } }]);
    expect(world.open.get("g/b")).toMatchObject({ kind: "abort" });
  });
});

describe("the idle time", () => {
  it("ends an attempt that shows no sign of progress, and begins anew with each sign", () => {
    const world = at({ retry: { attempts: 1 }, timeout: "1h", idle: "30s" });
    const sign = { path: "a", attempt: 1, turn: 1 } as const;
    world.pass(29_999);
    world.input({ kind: "accepted", ...sign, agent: "x" });
    world.pass(29_999);
    world.input({ kind: "progressed", ...sign, progress: { percent: 1 } });
    world.pass(29_999);
    expect(timedOut(world)).toBe(0);
    world.pass(1);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "timedOut" }]);
  });

  it("stands still in a pause, and while a question waits", () => {
    const world = at({ retry: { attempts: 1 }, timeout: "1h", idle: "30s" });
    world.pass(10_000);
    world.pause();
    world.pass(MINUTE);
    world.resume();
    world.pass(19_999);
    expect(timedOut(world)).toBe(0);
    world.answer("a", ASK);
    world.pass(MINUTE);
    world.reply(1);
    world.pass(29_999);
    expect(timedOut(world)).toBe(0);
    world.pass(1);
    expect(world.factsOf("subtaskFailed")).toHaveLength(1);
  });

  it("of a sign in a pause begins when the pause ends", () => {
    const world = at({ retry: { attempts: 1 }, timeout: "1h", idle: "30s" });
    world.pause();
    world.pass(MINUTE);
    world.input({ kind: "progressed", path: "a", attempt: 1, turn: 1, progress: {} });
    world.pass(MINUTE);
    world.resume();
    world.pass(29_999);
    expect(timedOut(world)).toBe(0);
    world.pass(1);
    expect(timedOut(world)).toBe(1);
  });

  it("begins anew with each attempt", () => {
    const world = at({ ...RETRY, timeout: "1h", idle: "30s" });
    world.pass(30_000);
    world.pass(10_000);
    expect(world.open.get("a")).toMatchObject({ attempt: 2 });
    world.pass(29_999);
    expect(timedOut(world)).toBe(1);
    world.pass(1);
    expect(timedOut(world)).toBe(2);
  });
});

describe("the time to live", () => {
  it("ends an attempt that no agent accepts; the agent is told of it", () => {
    const world = at({ ...RETRY, timeout: "1h", ttl: "5s" });
    expect(world.open.get("a")).toMatchObject({ ttlMs: 5_000 });
    world.pass(5_000);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ reason: "timedOut" }]);
    world.pass(10_000);
    world.pass(4_999);
    expect(timedOut(world)).toBe(1);
    world.pass(1);
    expect(timedOut(world)).toBe(2);
  });

  it("is over with the acceptance", () => {
    const world = at({ ...RETRY, timeout: "1h", ttl: "5s" });
    world.accept("a");
    world.pass(59 * MINUTE);
    expect(timedOut(world)).toBe(0);
  });

  it("does not come back after a question, nor after a pause", () => {
    const world = at({ ...RETRY, timeout: "1h", ttl: "5s" });
    world.answer("a", ASK);
    world.pass(MINUTE);
    world.reply(1);
    world.pass(MINUTE);
    world.pause();
    world.resume();
    world.pass(MINUTE);
    expect(timedOut(world)).toBe(0);
    expect(world.open.get("a")).toMatchObject({ turn: 2 });
  });

  it("stands still in a pause", () => {
    const world = at({ ...RETRY, timeout: "1h", ttl: "5s" });
    world.pause();
    world.pass(MINUTE);
    world.resume();
    world.pass(4_999);
    expect(timedOut(world)).toBe(0);
    world.pass(1);
    expect(timedOut(world)).toBe(1);
  });
});

describe("a join's time", () => {
  it("and a scope's stand still in a pause", () => {
    const world = new World({
      p: { parallel: { branches: { a: step(), b: step() }, succeed: { atLeast: 1, within: "1m" } } },
      f: step({ each: "${{ [1] }}", succeed: { atLeast: 1, within: "1m" }, critical: false }),
    }).start();
    world.complete("p/a", 1);
    world.pass(30_000);
    world.pause();
    world.pass(10 * MINUTE);
    world.resume();
    world.pass(29_999);
    expect(world.state?.steps).toEqual({});
    world.pass(1);
    expect(world.state?.steps).toMatchObject({ p: { output: { a: 1, b: null } }, f: { status: "failed" } });
  });

  it("of a list inside a loop is its own in each iteration", () => {
    const inner = { f: step({ each: "${{ [1] }}", succeed: { atLeast: 1, within: "1m" }, critical: false }) };
    const world = new World({ l: { loop: { max: 2, until: "false", onExhausted: "last", steps: inner } } }).start();
    world.pass(59_999);
    world.pause();
    world.resume();
    world.pass(1);
    expect(world.working()).toEqual(["l#2/f[0]"]);
    world.pass(MINUTE);
    expect(world.status).toBe("completed");
  });
});

describe("the time of a run", () => {
  it("is no longer than its parent's", () => {
    const world = new World({ a: step() }, { timeout: "1d" }).start({}, "run_1", { endBy: 1_000_000 + MINUTE });
    world.pass(MINUTE);
    expect(world.failure?.code).toBe("T4109");
  });
});
