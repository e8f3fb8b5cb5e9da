/** Work of which nobody knows what became: `onUnknown`, and a person who finds out. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../src/base/json.ts";
import { CANCEL_PATIENCE_MS } from "../../../src/base/limits.ts";
import { lookUpsOf, outstanding } from "../../../src/scheduler/index.ts";
import { step, World } from "../../support/world.ts";

const UNKNOWN = { kind: "unknown", failure: { code: "T4104", message: "Nobody knows.", retryable: false } } as const;

function lost(rest: JsonObject = {}): World {
  const world = new World({ a: step({ onUnknown: "ask", ...rest }) }).start();
  const task = world.accept("a");
  world.answer("a", UNKNOWN, task);
  return world;
}

describe("with onUnknown: ask", () => {
  it("a person is asked what became of the work", () => {
    const world = lost();
    expect(world.status).toBe("waiting");
    expect(world.factsOf("questionAsked")).toMatchObject([
      { asks: "unknown", agent: "agent", question: { prompt: "Nobody knows. What became of a?", data: { path: "a", agent: "agent" } } },
    ]);
  });

  it("nobody is asked twice, and no nonsense is taken for an answer", () => {
    const world = lost();
    for (const answer of ["what?", { decision: "maybe" }, 7]) expect(world.reply(answer)).toEqual([]);
    const question = world.question;
    world.reply("fail");
    expect(world.input({ kind: "questionAnswered", question, answer: "resend", by: "bob" })).toEqual([]);
  });

  it("work that was done completes its step: the output is what the person says", () => {
    const world = lost();
    world.reply({ decision: "completed", output: { id: 7 } });
    expect(world.output).toEqual({ id: 7 });
    const without = lost();
    without.reply("completed");
    expect(without.output).toBeNull();
    expect(without.status).toBe("completed");
  });

  it("an output that breaks the contract of the step is no answer: the question stays open", () => {
    const world = lost({ output: { type: "object", required: ["id"] }, rules: ["output.id > 3"] });
    expect(world.reply("completed")).toEqual([]);
    expect(world.reply({ decision: "completed", output: { id: 1 } })).toEqual([]);
    world.reply({ decision: "completed", output: { id: 7 } });
    expect(world.output).toEqual({ id: 7 });
  });

  it("what a person says of a planner's work must be a plan", () => {
    const world = new World({ p: { plan: { capability: "planner", allow: ["work"] }, onUnknown: "ask" } }).start();
    world.answer("p/makePlan", UNKNOWN);
    expect(world.reply({ decision: "completed", output: [{ id: "a", capability: "nope" }] })).toEqual([]);
    world.reply({ decision: "completed", output: [{ id: "a", capability: "work" }] });
    expect(world.working()).toEqual(["p/a"]);
  });

  it("work that was not done, or of which nobody can say, fails as unknown, without another attempt", () => {
    const world = lost({ fallback: ["spare"] });
    world.reply({ decision: "fail" }, "bob");
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "unknown", failure: { code: "T4104" } }]);
    expect(world.failure?.message).toContain("bob decided: fail");
  });

  it("work that is to be sent again gets another attempt, at once", () => {
    const world = lost();
    world.reply("resend");
    world.pass(0);
    expect(world.open.get("a")).toMatchObject({ kind: "delegate", attempt: 2 });
    expect(world.factsOf("attemptFailed")).toMatchObject([{ reason: "unknown", agent: "agent" }]);
  });

  it("work that is to be sent again in a pause is sent after the pause", () => {
    const world = lost();
    world.pause();
    world.reply("resend");
    world.pass(60_000);
    expect(world.open.get("a")).toBeUndefined();
    world.resume();
    world.pass(0);
    expect(world.open.get("a")).toMatchObject({ attempt: 2 });
  });

  it("the run ends before anyone answers: the question ends with it", () => {
    const world = lost();
    world.cancel();
    expect(world.status).toBe("canceling");
    const found = world.facts.flatMap((fact) => lookUpsOf(fact)).filter(({ kind }) => kind === "question");
    expect(found.map(({ open }) => open)).toEqual([true, false]);
  });
});

describe("with onUnknown: resend", () => {
  it("the work is stopped with the task that was lost: its agent may still be at it, unless it has found it again", () => {
    const resent = () => {
      const world = new World({ a: step({ onUnknown: "resend", retry: { attempts: 3, jitter: "none" } }) }).start();
      const earlier = world.accept("a");
      world.answer("a", UNKNOWN);
      return { world, earlier };
    };
    const canceled = resent();
    canceled.world.input({ kind: "cancelRequested", reason: "enough", by: "bob" });
    expect(canceled.world.open.get("a")).toMatchObject({ kind: "abort", task: null, lost: canceled.earlier });

    const { world, earlier: task } = resent();
    world.input({ kind: "accepted", path: "a", attempt: 1, turn: 1, agent: "remote", task });
    world.input({ kind: "cancelRequested", reason: "enough", by: "bob" });
    expect(world.open.get("a")).toMatchObject({ kind: "abort", task });
    expect(world.open.get("a")).not.toHaveProperty("lost");
  });
});

describe("a question that is refused", () => {
  const ASK = { kind: "inputRequired", question: { prompt: "?" } } as const;
  const CANCELED = { kind: "canceled", failure: { code: "C", message: "stopped", retryable: false } } as const;

  function refusing(): World {
    const world = new World({ a: step({ onInputRequired: "fail", fallback: ["spare"], retry: { attempts: 1 } }) }).start();
    world.answer("a", ASK, world.accept("a"));
    return world;
  }

  it("is owed its cancel after a crash, so that no task waits at its agent for ever", () => {
    const world = refusing();
    expect(world.factsOf("attemptFailed")).toEqual([]);
    expect(outstanding(world.state as never, world.program)).toMatchObject([{ kind: "abort", path: "a", task: { taskId: "task-1" } }]);
  });

  it("fails the attempt also when the agent does not acknowledge the cancel", () => {
    const world = refusing();
    world.pass(CANCEL_PATIENCE_MS);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ reason: "failed", agent: "agent", failure: { code: "T4121" } }]);
    expect(world.open.get("a")).toMatchObject({ kind: "delegate", attempt: 2 });
  });

  it("is told to the agent again after a time in which no process was there", () => {
    const world = refusing();
    world.open.clear();
    world.now += 10 * CANCEL_PATIENCE_MS;
    world.input({ kind: "timerDue" });
    expect(world.factsOf("attemptRefused")).toHaveLength(2);
    expect(world.open.get("a")).toMatchObject({ kind: "abort", task: { taskId: "task-1" } });
  });

  it("by an agent that completes after all is forgotten, and the result adopted", () => {
    const world = refusing();
    world.complete("a", 5);
    expect(world.output).toBe(5);
  });

  it("by the step fails the attempt, is put to nobody, and the agent's task is canceled (T4121)", () => {
    const world = new World({ a: step({ onInputRequired: "fail", fallback: ["spare"], retry: { attempts: 1 } }) }).start();
    const task = world.accept("a");
    world.answer("a", ASK, task);
    expect(world.open.get("a")).toMatchObject({ kind: "abort", task });
    world.answer("a", CANCELED);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ reason: "failed", failure: { code: "T4121" } }]);
    const found = world.facts.flatMap((fact) => lookUpsOf(fact)).filter(({ kind }) => kind === "question");
    expect(found.map(({ open }) => open)).toEqual([true, false]);
    world.pass(0);
    world.answer("a", { ...ASK, kind: "authRequired" });
    expect(world.status, "a question of the other sort is asked").toBe("waiting");
  });

  it("of an agent in this process leaves nothing to cancel: the next attempt begins at once", () => {
    const world = new World({ a: step({ onInputRequired: "fail", fallback: ["spare"], retry: { attempts: 1 } }) }).start();
    world.answer("a", ASK);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ reason: "failed", failure: { code: "T4121" } }]);
    expect(world.state?.questions).toEqual({});
    world.pass(0);
    expect(world.open.get("a")).toMatchObject({ kind: "delegate", attempt: 2, turn: 1, target: { capability: "spare" } });
  });

  it("as to who the agent may act for, likewise", () => {
    const world = new World({ a: step({ onAuthRequired: "fail", retry: { attempts: 1 } }) }).start();
    world.answer("a", { kind: "authRequired", question: { prompt: "Sign in" } });
    expect(world.failure?.details).toMatchObject({ code: "T4121" });
  });

  it("comes too late for a run that is ending", () => {
    const world = new World({ a: step(), b: step() }).start();
    world.accept("b");
    world.answer("a", ASK);
    const { question } = world;
    world.cancel();
    expect(world.input({ kind: "questionAnswered", question, answer: 1, by: "ann" })).toEqual([]);
  });
});
