/** Plans: an agent returns subtasks, and they become a part of the run (requirements W010, W023). */
import { describe, expect, it } from "vitest";

import type { Json, JsonObject } from "../../../src/base/json.ts";
import { step, World } from "../../support/world.ts";

const WORK = [
  { id: "a", capability: "search" },
  { id: "b", capability: "write", needs: ["a"], text: "Write it.", with: { k: 1 } },
];

function planned(plan: JsonObject = {}, rest: JsonObject = {}): World {
  const world = new World({ p: { plan: { capability: "planner", allow: ["search", "write"], ...plan }, ...rest } });
  return world.start({ goal: "g" });
}

/** Why a plan was sent back. */
function problemsOf(plan: Json, options: JsonObject = {}): readonly string[] {
  const world = planned(options);
  world.complete("p/makePlan", plan);
  const [failed] = world.factsOf("attemptFailed");
  expect(failed).toMatchObject({ path: "p/makePlan", reason: "invalid", failure: { code: "T4102" } });
  return failed?.repair?.problems ?? [];
}

describe("a plan", () => {
  it("becomes subtasks of the run, each begun when its own needs are over, with their results", () => {
    const world = planned({}, { with: { goal: "${{ input.goal }}" }, text: "Plan it." });
    expect(world.open.get("p/makePlan")).toMatchObject({ input: { goal: "g" }, text: "Plan it." });
    world.complete("p/makePlan", { subtasks: [...WORK, { id: "c", capability: "search" }] });
    expect(world.factsOf("planAccepted")).toMatchObject([
      { path: "p", subtasks: [{ id: "a", needs: [] }, { id: "b", needs: ["a"] }, { id: "c" }] },
    ]);
    expect(world.working()).toEqual(["p/a", "p/c"]);
    world.complete("p/a", "found");
    expect(world.open.get("p/b")).toMatchObject({
      text: "Write it.",
      input: { k: 1, results: { a: "found" } },
      target: { capability: "write" },
    });
    world.complete("p/b", "written");
    world.complete("p/c", 0);
    expect(world.output).toEqual({ a: "found", b: "written", c: 0 });
  });

  it.each([
    ["plain text", JSON.stringify({ subtasks: WORK })],
    ["text in a code fence", `\`\`\`json\n${JSON.stringify({ subtasks: WORK })}\n\`\`\``],
    ["a list alone", JSON.stringify(WORK)],
  ])("may come as %s", (_name, text) => {
    const world = planned();
    world.complete("p/makePlan", text);
    expect(world.working()).toEqual(["p/a"]);
  });

  it("without subtasks is over at once", () => {
    const world = planned();
    world.complete("p/makePlan", { subtasks: [] });
    expect(world.output).toEqual({});
  });

  it("gives each subtask the time and the attempts that the step names", () => {
    const world = planned({ timeout: "10s", retry: { attempts: 2, initial: "1s", jitter: "none" } });
    world.complete("p/makePlan", [{ id: "a", capability: "search" }]);
    world.pass(10_000);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ path: "p/a", reason: "timedOut" }]);
    world.pass(1_000);
    world.fail("p/a");
    expect(world.failure?.message).toContain("p/a failed");
  });

  it("goes on without a subtask that is not critical", () => {
    const world = planned({ retry: { attempts: 1 } });
    world.complete("p/makePlan", [
      { id: "a", capability: "search", critical: false },
      { id: "b", capability: "write", needs: ["a"] },
    ]);
    world.fail("p/a");
    expect(world.given("p/b")).toEqual({ results: { a: null } });
    world.complete("p/b", 1);
    expect(world.output).toEqual({ a: null, b: 1 });
  });

  it("fails with a subtask that is critical, and stops the others", () => {
    const world = planned({ retry: { attempts: 1 } });
    world.complete("p/makePlan", [
      { id: "a", capability: "search" },
      { id: "b", capability: "write" },
    ]);
    world.fail("p/a");
    expect(world.factsOf("subtaskCanceled").map(({ path }) => path)).toEqual(["p/b"]);
    expect(world.status).toBe("failed");
  });

  it("may run other workflows, whose version was fixed when the run started", () => {
    const fixed = { name: "brief", version: "1.2.0", fingerprint: "f" };
    const world = new World({ p: { plan: { capability: "planner", allow: ["run_subworkflow"] } } });
    world.start({}, "run_1", { workflows: { "brief@^1": fixed } });
    const run = (id: string, input: JsonObject): JsonObject => ({ id, capability: "run_subworkflow", with: input });
    world.complete("p/makePlan", [
      run("a", { workflow: "brief@^1", input: { x: 1 } }),
      run("b", { task: "no workflow" }),
      { ...run("c", { workflow: "other" }), critical: false },
    ]);
    expect(world.open.get("p/a")).toMatchObject({
      input: { x: 1 },
      target: { kind: "workflow", range: "^1" },
      workflow: { ...fixed, depth: 1 },
    });
    expect(world.open.get("p/b")).toMatchObject({ input: { task: "no workflow" }, target: { kind: "capability" } });
    expect(world.factsOf("subtaskFailed")).toMatchObject([
      { path: "p/c", failure: { code: "T4128", message: expect.stringContaining("other@*") as string } },
    ]);
  });
});

describe("a plan that breaks the rules is sent back with the reasons, and never run", () => {
  it("is repaired once, and then fails", () => {
    const world = planned();
    world.complete("p/makePlan", "I would rather not.");
    expect(world.factsOf("attemptFailed")[0]?.repair?.problems).toEqual(["the text is not one JSON value"]);
    world.pass(0);
    world.complete("p/makePlan", { subtasks: [{ id: "a", capability: "nope" }] });
    expect(world.failure?.message).toContain('subtask "a" may only use search, write');
    expect(world.factsOf("subtaskAssigned").map(({ path }) => path)).toEqual(["p/makePlan", "p/makePlan"]);
  });

  const item = (more: JsonObject): Json => [{ id: "a", capability: "search", ...more }];
  it.each<readonly [string, Json, string, JsonObject]>([
    ["is no plan", { tasks: [] }, 'the plan must be { "subtasks"', {}],
    ["is a number", 7, 'the plan must be { "subtasks"', {}],
    [
      "has a circle",
      [...WORK, { id: "c", capability: "search", needs: ["d"] }, { id: "d", capability: "search", needs: ["c"] }],
      "in a circle: c, d",
      {},
    ],
    ["waits for itself", item({ needs: ["a"] }), "in a circle: a", {}],
    ["uses a capability that is not listed", item({ capability: "delete_all" }), 'subtask "a" may only use search, write', {}],
    [
      "has ten thousand subtasks",
      Array.from({ length: 10_000 }, (_, n) => ({ id: `s${n}`, capability: "search" })),
      "has 10000 subtasks; the limit is 20",
      {},
    ],
    ["has more subtasks than the step allows", WORK, "has 2 subtasks; the limit is 1", { maxSubtasks: 1 }],
    ["has two subtasks of one id", [...WORK, { id: "a", capability: "write" }], "two subtasks have the same id", {}],
    ["needs what is not there", item({ needs: ["z"] }), 'subtask "a" needs ["z"], which the plan does not have', {}],
    ["needs no list", item({ needs: "a" }), 'subtask "a" needs []', {}],
    ["has an id that is none", item({ id: "A b" }), "needs an id of lower-case letters", {}],
    ["has an id that means something else", item({ id: "compensate" }), "needs an id of lower-case letters", {}],
    ["has no id", [{ capability: "search" }], "subtask 1 needs an id", {}],
    ["has a prototype for an id", [{ id: "__proto__", capability: "search" }], 'subtask "__proto__" needs an id', {}],
    ["has a subtask that is none", ["search"], "subtask 1 is not an object", {}],
    ["has a text that is none", item({ text: 7 }), 'the text of subtask "a" must be a text', {}],
    ["has an input that is none", item({ with: [1] }), '"with" of subtask "a" must be an object', {}],
    ["has flags that are none", item({ critical: "yes" }), '"critical" and "plan" of subtask "a" must be true or false', {}],
    ["plans again where it may not", item({ plan: true }), "may not plan again; plans may be 1 deep", {}],
    ["has unknown keys", item({ retries: 3 }), "has unknown keys: retries", {}],
  ])("%s", (_name, plan, expected, options) => {
    expect(problemsOf(plan, options)).toEqual([expect.stringContaining(expected)]);
  });

  it("an expression in it is text: what an agent sends is data", () => {
    const world = planned();
    world.complete("p/makePlan", [{ id: "a", capability: "search", text: "${{ input.goal }}", with: { k: "${{ input.goal }}" } }]);
    expect(world.open.get("p/a")).toMatchObject({ text: "${{ input.goal }}", input: { k: "${{ input.goal }}" } });
  });

  it("a handler for invalid plans gives a plan, which is held against the same rules", () => {
    const world = planned({}, { onInvalid: step({ with: { why: "${{ error.message }}" } }) });
    world.complete("p/makePlan", "no");
    world.pass(0);
    world.complete("p/makePlan", "no");
    world.complete("p/makePlan/onInvalid", [{ id: "a", capability: "nope" }]);
    expect(world.factsOf("subtaskFailed")[0]).toMatchObject({ path: "p/makePlan", reason: "invalid" });
    const second = planned({}, { onInvalid: step() });
    second.complete("p/makePlan", "no");
    second.pass(0);
    second.complete("p/makePlan", "no");
    second.complete("p/makePlan/onInvalid", WORK);
    expect(second.working()).toEqual(["p/a"]);
  });
});

describe("a plan in a plan", () => {
  const NESTED = [
    { id: "a", capability: "search" },
    { id: "more", capability: "write", plan: true, needs: ["a"], text: "Go deeper.", with: { k: 1 } },
  ];

  it("is made by the subtask's own agent, and its subtasks are those of the subtask", () => {
    const world = planned({ maxDepth: 2 });
    world.complete("p/makePlan", NESTED);
    world.complete("p/a", 1);
    expect(world.open.get("p/more/makePlan")).toMatchObject({
      target: { capability: "write" },
      text: "Go deeper.",
      input: { k: 1, results: { a: 1 } },
    });
    world.complete("p/more/makePlan", [
      { id: "x", capability: "search" },
      { id: "y", capability: "search", needs: ["x"] },
    ]);
    world.complete("p/more/x", "X");
    expect(world.given("p/more/y")).toEqual({ results: { x: "X" } });
    world.complete("p/more/y", "Y");
    expect(world.output).toEqual({ a: 1, more: { x: "X", y: "Y" } });
  });

  it("is no deeper than the step allows", () => {
    const world = planned({ maxDepth: 2, retry: { attempts: 1 } });
    world.complete("p/makePlan", NESTED);
    world.complete("p/a", 1);
    for (let sent = 0; sent < 2; sent += 1) {
      world.complete("p/more/makePlan", [{ id: "x", capability: "search", plan: true }]);
      world.pass(0);
    }
    expect(world.failure?.message).toContain("may not plan again; plans may be 1 deep");
  });

  it("that nobody needs fails without harm", () => {
    const world = planned({ maxDepth: 2, retry: { attempts: 1 } });
    world.complete("p/makePlan", [{ id: "more", capability: "write", plan: true, critical: false }]);
    world.fail("p/more/makePlan");
    expect(world.output).toEqual({ more: null });
  });
});

describe("a plan that is to be approved", () => {
  const APPROVE = { approve: { to: ["role:lead"], title: "Do it?" } };

  it("is shown to people before any of it begins", () => {
    const world = planned(APPROVE);
    world.complete("p/makePlan", WORK);
    expect(world.status).toBe("waiting");
    expect(world.factsOf("waitStarted")).toMatchObject([
      { path: "p/approvePlan", to: ["role:lead"], question: { prompt: "Do it?", data: { plan: WORK } } },
    ]);
    world.reply("approved");
    expect(world.working()).toEqual(["p/a"]);
    world.complete("p/a", 1);
    world.complete("p/b", 2);
    expect(world.output).toEqual({ a: 1, b: 2 });
  });

  it("is shown with what the step shows besides", () => {
    const world = planned({ approve: { ...APPROVE.approve, show: { goal: "${{ input.goal }}" } } });
    world.complete("p/makePlan", WORK);
    expect(world.factsOf("waitStarted")[0]).toMatchObject({ question: { data: { plan: WORK, show: { goal: "g" } } } });
  });

  it("and is not, fails the step as rejected (T4126), which a handler may turn", () => {
    const world = planned(APPROVE, { onError: step({ with: { why: "${{ error.reason }}" } }) });
    world.complete("p/makePlan", WORK);
    world.reply({ decision: "rejected" });
    expect(world.factsOf("scopeOpened").at(-1)).toMatchObject({ reason: "rejected", failure: { code: "T4126" } });
    expect(world.given("p/onError")).toEqual({ why: "rejected" });
  });

  it("within a time, and is not, fails", () => {
    const world = planned({ approve: { ...APPROVE.approve, timeout: "1h" } });
    world.complete("p/makePlan", WORK);
    world.pass(3_600_000);
    expect(world.failure?.details).toMatchObject({ path: "p" });
    expect(world.failure?.message).toContain("Nobody decided p/approvePlan in time.");
  });

  it("in a pause is not asked about: people are asked when the run goes on, and their time begins then", () => {
    const world = planned({ approve: { ...APPROVE.approve, timeout: "1h" } });
    world.pause();
    world.complete("p/makePlan", WORK);
    world.pass(7_200_000);
    expect(world.factsOf("waitStarted")).toEqual([]);
    world.resume();
    expect(world.factsOf("waitStarted")).toMatchObject([{ path: "p/approvePlan", question: { data: { plan: WORK } } }]);
    world.reply("approved");
    expect(world.working()).toEqual(["p/a"]);
  });
});
