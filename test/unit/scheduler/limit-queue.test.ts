/** Work that waits for its turn under a `limit`: the clocks of its attempt measure an agent, not a queue. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../src/base/json.ts";
import { outstanding } from "../../../src/scheduler/index.ts";
import { step, World } from "../../support/world.ts";

const ONCE = { retry: { attempts: 1 } };

function queued(rest: JsonObject = {}): World {
  const world = new World({ a: step({ limit: 1, timeout: "1m", ...ONCE, ...rest }) }, { timeout: "1d" }).start();
  world.pass(10_000);
  queue(world);
  return world;
}

function queue(world: World, attempt = 1, turn = 1): void {
  world.input({ kind: "queued", path: "a", attempt, turn });
}

function begin(world: World): void {
  world.input({ kind: "accepted", path: "a", attempt: 1, turn: 1, agent: "local" });
}

describe("while work waits for a limit", () => {
  it("its attempt, its idle time and its time to be accepted in stand still", () => {
    const world = queued({ idle: "20s", ttl: "30s" });
    world.pass(3_600_000);
    expect(world.kinds().at(-1)).toBe("subtaskQueued");
    expect(world.status).toBe("running");
  });

  it("the deadline of all attempts goes on, and the run's own", () => {
    const world = queued({ deadline: "2m" });
    world.pass(109_999);
    expect(world.status).toBe("running");
    world.pass(1);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "timedOut" }]);
    const other = queued();
    other.pass(86_390_000);
    expect(other.failure).toMatchObject({ code: expect.stringMatching(/T4108|T4109/) as string });
  });

  it("a second word of it changes nothing, nor does one of work that has begun, or is over", () => {
    const world = queued();
    queue(world);
    begin(world);
    queue(world);
    queue(world, 2);
    expect(world.factsOf("subtaskQueued")).toHaveLength(1);
  });

  it("a crash loses nothing: the work is given again, and begins with what was left of its time", () => {
    const world = queued();
    expect(outstanding(world.state as never, world.program)).toMatchObject([{ kind: "delegate", path: "a", attempt: 1 }]);
    world.pass(3_600_000);
    begin(world);
    world.pass(49_999);
    expect(world.status).toBe("running");
    world.pass(1);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "timedOut" }]);
  });
});

describe("when its turn has come", () => {
  it("the clocks go on: idle time anew, the attempt with what was left", () => {
    const world = queued({ idle: "20s" });
    world.pass(3_600_000);
    begin(world);
    world.pass(19_999);
    expect(world.status).toBe("running");
    world.pass(1);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "timedOut" }]);
  });

  it("a remote agent has what was left of the time to accept in, from the message on", () => {
    const world = queued({ ttl: "30s" });
    world.pass(3_600_000);
    const at = { agent: "remote", url: "http://agent", binding: "JSONRPC", tenant: "" };
    world.input({ kind: "intended", path: "a", attempt: 1, turn: 1, intent: { ...at, messageId: "m", contextId: null } });
    world.pass(19_999);
    expect(world.factsOf("attemptTimedOut")).toEqual([]);
    world.pass(1);
    expect(world.factsOf("attemptTimedOut")).toHaveLength(1);
  });

  it("no attempt goes on beyond the deadline of all of them", () => {
    const world = queued({ deadline: "2m" });
    world.pass(100_000);
    begin(world);
    world.pass(10_000);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "timedOut" }]);
  });

  it("an answer that comes at once is taken, and another attempt has its whole time", () => {
    const world = queued({ retry: { attempts: 2, initial: "1s", jitter: "none" } });
    world.pass(3_600_000);
    world.fail("a");
    world.pass(1_000);
    expect(world.state?.flights["a"]).toMatchObject({ attempt: 2, deadlineAt: world.now + 60_000 });
    expect(world.state?.flights["a"]?.queued).toBeUndefined();
    world.complete("a", "done");
    expect(world.output).toBe("done");
  });

  it("a question parks it with what was left, and its answer may wait again", () => {
    const world = queued();
    world.pass(3_600_000);
    world.answer("a", { kind: "inputRequired", question: { prompt: "?" } });
    world.pass(3_600_000);
    world.reply("yes");
    queue(world, 1, 2);
    world.pass(3_600_000);
    world.input({ kind: "accepted", path: "a", attempt: 1, turn: 2, agent: "local" });
    expect(world.state?.flights["a"]?.deadlineAt).toBe(world.now + 50_000);
  });

  it("a pause in the middle of the queue counts for nothing either", () => {
    const world = queued();
    world.pause();
    world.pass(60_000);
    begin(world);
    world.pass(60_000);
    world.resume();
    expect(world.state?.flights["a"]?.deadlineAt).toBe(world.now + 50_000);
    const other = new World({ a: step({ limit: 1, timeout: "1m", ...ONCE }) }, { timeout: "1d" }).start();
    other.pause();
    other.pass(60_000);
    queue(other);
    other.resume();
    begin(other);
    expect(other.state?.flights["a"]?.deadlineAt).toBe(other.now + 60_000);
  });

  it("what undoes a step waits no longer than undoing may take", () => {
    const world = new World({ a: step({ compensate: { capability: "undo", limit: 1 } }), b: step({ needs: ["a"], ...ONCE }) }).start();
    world.complete("a", 1);
    world.fail("b");
    world.input({ kind: "queued", path: "a/compensate", attempt: 1, turn: 1 });
    expect(world.state?.flights["a/compensate"]?.deadlineAt).toBe(world.state?.compensating?.deadlineAt);
    world.complete("a/compensate");
    expect(world.status).toBe("failed");
  });
});
