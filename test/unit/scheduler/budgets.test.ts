/** Budgets: of a run, and of a step. What is at work goes on; nothing new begins (issue 3). */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../src/base/json.ts";
import { lookUpsOf } from "../../../src/scheduler/index.ts";
import type { Outcome } from "../../../src/scheduler/outcome.ts";
import { step, World } from "../../support/world.ts";

const RETRY = { retry: { attempts: 5, initial: "1s", jitter: "none" } };
const CHAIN = { a: step(), b: step({ needs: ["a"] }), c: step({ needs: ["b"] }) };

function used(usage: JsonObject): Outcome {
  return { kind: "completed", reply: { data: [1], usage } };
}

describe("a budget that is used up fails the run (T4120)", () => {
  it("subtasks", () => {
    const world = new World(CHAIN, { budget: { subtasks: 2 } }).start();
    world.complete("a");
    world.complete("b");
    expect(world.factsOf("budgetExceeded")).toMatchObject([{ path: "c", limit: "subtasks", spent: 2, allowed: 2 }]);
    expect(world.failure).toMatchObject({ code: "T4120", details: { limit: "subtasks", spent: 2, allowed: 2 } });
    expect(world.failure?.message).toContain("before c: 2 of 2 subtasks");
  });

  it("attempts, retries included; another attempt of what has begun is no new subtask", () => {
    const world = new World({ a: step(RETRY) }, { budget: { attempts: 2, subtasks: 1 } }).start();
    world.fail("a");
    world.pass(1_000);
    world.fail("a");
    world.pass(2_000);
    expect(world.factsOf("budgetExceeded")).toMatchObject([{ path: "a", limit: "attempts" }]);
    expect(world.status).toBe("failed");
  });

  it("time since the start of the run", () => {
    const world = new World(CHAIN, { budget: { time: "1m" } }).start();
    world.now += 60_000;
    world.complete("a");
    expect(world.failure?.message).toContain("60000 ms of 60000 ms have gone by");
  });

  it.each([
    ["tokens", { tokens: 7 }],
    ["cost", { cost: 0.5 }],
  ])("%s that agents report", (limit, usage) => {
    const world = new World(CHAIN, { budget: { [limit]: Object.values(usage)[0] ?? 0 }, usage: { tokens: "t", cost: "c" } }).start();
    world.answer("a", used(usage));
    expect(world.factsOf("budgetExceeded")).toMatchObject([{ path: "b", limit }]);
  });

  it("tokens of attempts whose output was invalid count as well, handled or not", () => {
    const invalid = { output: { type: "string" }, onInvalid: "fail", retry: { attempts: 1 }, critical: false };
    for (const handlers of [{}, { onError: step() }]) {
      const world = new World(
        { a: step({ ...invalid, ...handlers }), b: step({ needs: ["a"] }) },
        { budget: { tokens: 7 }, usage: { tokens: "t" } },
      ).start();
      world.answer("a", used({ tokens: 7 }));
      expect(world.state?.spent).toMatchObject({ tokens: 7 });
      expect(world.factsOf("budgetExceeded")).toHaveLength(1);
    }
  });

  it("tokens of attempts that were repaired count too; what is no number, or less than none, counts nothing", () => {
    const world = new World({ a: step({ output: { type: "string" } }) }, { budget: { tokens: 100 }, usage: { tokens: "t" } }).start();
    world.answer("a", used({ tokens: 7, cost: "much" }));
    world.pass(0);
    world.answer("a", { kind: "completed", reply: { text: "ok", usage: { tokens: -5, model: "m" } } });
    expect(world.state?.spent).toEqual({ attempts: 2, subtasks: 1, tokens: 7, cost: 0 });
  });

  it("is not used by a step that is skipped, nor by one that cannot begin", () => {
    const steps = { a: step(), s: step({ if: "false" }), b: step({ needs: ["a"], with: { s: "${{ steps.s.output }}" } }) };
    const world = new World(steps, { budget: { subtasks: 1 } }).start();
    world.complete("a");
    expect(world.status).toBe("completed");
  });

  it("stops a list where it stands, and what is at work with it", () => {
    const world = new World({ f: step({ each: "${{ [1, 2, 3] }}" }) }, { budget: { subtasks: 2 } }).start();
    expect(world.factsOf("subtaskAssigned")).toHaveLength(2);
    expect(world.factsOf("subtaskCanceled").map(({ path }) => path)).toEqual(["f[0]", "f[1]"]);
    expect(world.status).toBe("failed");
  });

  it("how many orchestrators a request may have passed", () => {
    const over = new World({ a: step() }, { budget: { hops: 2 } }).start({}, "run_1", { hops: 3 });
    expect(over.failure).toMatchObject({ code: "T4120", details: { limit: "hops", spent: 3, allowed: 2 } });
    expect(new World({ a: step() }, { budget: { hops: 3 } }).start({}, "run_1", { hops: 3 }).status).toBe("running");
  });
});

describe("a budget that asks", () => {
  const ASKS = { budget: { subtasks: 1, onExceeded: "ask" } };

  function asked(): World {
    const world = new World(CHAIN, ASKS).start();
    world.complete("a");
    return world;
  }

  it("pauses the run until a person grants the same again", () => {
    const world = asked();
    expect(world.status).toBe("paused");
    expect(world.factsOf("budgetExceeded")).toMatchObject([
      { path: "b", limit: "subtasks", spent: 1, allowed: 1, question: world.question },
    ]);
    world.reply("approved");
    expect(world.factsOf("budgetGranted")).toMatchObject([{ by: "ann" }]);
    expect(world.working()).toEqual(["b"]);
    world.complete("b");
    expect(world.factsOf("budgetExceeded")[1]).toMatchObject({ path: "c", spent: 2, allowed: 2 });
    world.reply(true);
    world.complete("c");
    expect(world.status).toBe("completed");
    const keys = world.facts.flatMap((fact) => lookUpsOf(fact)).map(({ key, open }) => [key, open]);
    expect(keys.filter(([, open]) => open)).toHaveLength(2);
    expect(keys.filter(([, open]) => !(open ?? false))).toHaveLength(2);
  });

  it("ends the run when a person refuses (T4120)", () => {
    const world = asked();
    expect(world.reply("maybe")).toEqual([]);
    world.reply({ decision: "rejected" });
    expect(world.failure).toMatchObject({ code: "T4120" });
    expect(world.failure?.message).toContain("ann did not grant it again");
  });

  it("asks anew when the run is resumed without a grant: the question before it was withdrawn", () => {
    const world = asked();
    const { question } = world;
    world.resume();
    expect(world.status).toBe("paused");
    expect(world.question).not.toBe(question);
    world.reply("approved");
    expect(world.working()).toEqual(["b"]);
  });

  it("lets what is at work go on", () => {
    const world = new World({ a: step(), slow: step(), b: step({ needs: ["a"] }) }, { budget: { subtasks: 2, onExceeded: "ask" } }).start();
    world.complete("a");
    expect(world.status).toBe("paused");
    world.complete("slow");
    world.reply("approved");
    world.complete("b");
    expect(world.status).toBe("completed");
  });

  it("holds back a retry, too, which goes on after the grant", () => {
    const world = new World({ a: step(RETRY) }, { budget: { attempts: 1, onExceeded: "ask" } }).start();
    world.fail("a");
    world.pass(1_000);
    expect(world.status).toBe("paused");
    world.pass(60_000);
    world.reply("approved");
    world.pass(0);
    expect(world.open.get("a")).toMatchObject({ attempt: 2 });
  });

  it("is forgotten when the run is canceled", () => {
    const world = asked();
    const { question } = world;
    world.cancel();
    expect(world.input({ kind: "questionAnswered", question, answer: "approved", by: "ann" })).toEqual([]);
  });
});

describe("the budget of a step", () => {
  it.each([
    ["tokens", { tokens: 10 }, { tokens: 6 }],
    ["cost", { cost: 1 }, { cost: 0.6 }],
  ])("in %s ends its attempts", (_name, budget, usage) => {
    const world = new World(
      {
        a: step({ ...RETRY, budget, output: { type: "string" }, onInvalid: { repair: 5 }, critical: false }),
      },
      { usage: { tokens: "t", cost: "c" } },
    ).start();
    world.answer("a", used(usage));
    world.pass(0);
    world.answer("a", used(usage));
    expect(world.factsOf("attemptFailed")).toHaveLength(1);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ attempt: 2, reason: "invalid" }]);
  });

  it("counts nothing where nothing is told", () => {
    const world = new World({ a: step({ ...RETRY, budget: { tokens: 10 } }) }).start();
    world.fail("a");
    world.pass(1_000);
    expect(world.open.get("a")).toMatchObject({ attempt: 2 });
  });
});

describe("a question about the budget", () => {
  const found = (world: World) => world.facts.flatMap((fact) => lookUpsOf(fact)).filter(({ kind }) => kind === "question");

  it.each([
    ["a cancel", "cancel"],
    ["a resume", "resume"],
  ] as const)("is not to be found any more after %s", (_, act) => {
    const world = new World(CHAIN, { budget: { subtasks: 1, onExceeded: "ask" } }).start();
    world.complete("a");
    const id = world.question;
    expect(found(world)).toMatchObject([{ key: id, open: true }]);
    world[act]();
    expect(found(world).slice(0, 2)).toMatchObject([
      { key: id, open: true },
      { key: id, open: false },
    ]);
  });
});
