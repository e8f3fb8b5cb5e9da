import { describe, expect, it } from "vitest";

import { present } from "../../../src/base/assert.ts";
import { MAX_FACTS } from "../../../src/base/limits.ts";
import { brokenInvariants, decide, lookUpsOf, taskKey, type RunState } from "../../../src/scheduler/index.ts";
import { effectKey } from "../../../src/scheduler/command.ts";
import type { ScopeState } from "../../../src/scheduler/state.ts";
import { step, World } from "../../support/world.ts";

const UNDO = { compensate: { capability: "undo", retry: { attempts: 1 } } };

/** A run in which something of every sort is at work. */
function busyWorld(): World {
  const world = new World({
    done: step(),
    asks: step(),
    list: step({ each: "${{ input.items }}", as: "item", concurrency: 2 }),
    later: step({ needs: ["asks", "list"] }),
    group: { steps: { first: step(), second: step({ needs: ["first"] }), inner_list: step({ each: "${{ [1] }}" }) } },
    ok: { approval: { to: ["role:x"], title: "Go on?", timeout: "1h" } },
    sleeps: { wait: "1h" },
    drafts: { loop: { max: 2, until: "false", steps: { again: step() } } },
  }).start({ items: [1, 2, 3] });
  world.complete("done", 1);
  world.complete("drafts#1/again", 1);
  world.answer("asks", { kind: "inputRequired", question: { prompt: "?" } });
  return world;
}

/** A run that undoes a step, and has asked whether to try again. */
function undoingWorld(): World {
  const world = new World({ a: step(UNDO), b: step({ needs: ["a"], retry: { attempts: 1 } }) }).start();
  world.complete("a", 1);
  world.fail("b");
  world.fail("a/compensate");
  return world;
}

/** A run that is being canceled, and waits for an agent. */
function cancelingWorld(): World {
  const world = new World({ a: step(), f: step({ each: "${{ [1, 2] }}" }) }).start();
  world.accept("a");
  world.cancel();
  return world;
}

type Damage = (state: RunState) => void;

/** Each damage is one that a bug could do; the number is that of the invariant which must notice. */
const DAMAGES: readonly (readonly [string, number, Damage])[] = [
  ["a counter of flights that is off", 1, (state) => void (state.flightCount += 1)],
  ["a counter of waits that is off", 1, (state) => void (state.waitsCount -= 1)],
  ["a counter of waiting flights that is off", 1, (state) => void (state.waitingCount -= 1)],
  ["a counter of aborting flights that is off", 1, (state) => void (state.abortingCount += 1)],
  ["a counter of the steps that are over in a scope, which is off", 1, (state) => void (scope(state, "group").stepsOver += 1)],
  ["a step that is over and in flight", 2, (state) => void (state.steps["asks"] = OVER)],
  ["a step that is over and an open list", 2, (state) => void (state.steps["list"] = OVER)],
  ["a step that is over and whose inner steps are at work", 2, (state) => void (state.steps["group"] = OVER)],
  ["a step that is over and waits", 2, (state) => void (state.steps["sleeps"] = OVER)],
  ["an inner step that is over and in flight", 2, (state) => void (scope(state, "group").steps["first"] = OVER)],
  ["a subtask that is in flight and waits", 2, (state) => void (state.waits["asks"] = { kind: "time", until: 0 })],
  ["an item without its list", 2, (state) => void delete state.lists["list"]],
  ["an item in a scope without its list", 2, (state) => void (scope(state, "group").lists = {})],
  ["a list that counts too many in flight", 3, (state) => void ((state.lists["list"] as { inFlight: number }).inFlight += 1)],
  ["a list whose next item is wrong", 3, (state) => void ((state.lists["list"] as { next: number }).next += 1)],
  ["a question that was lost", 4, (state) => void (state.questions = {})],
  ["a question of another flight", 4, (state) => void (state.questions = { q_one: "asks", q_two: "ok" })],
  ["timers out of order", 5, (state) => void state.timers.push({ at: 0, kind: "run" })],
  ["a timer on top that nobody waits for", 5, (state) => void state.timers.unshift({ at: 0, kind: "retry", path: "list[0]", attempt: 9 })],
  ["a timer of a scope without a deadline", 5, (state) => void state.timers.unshift({ at: 0, kind: "scope", path: "group" })],
  ["a timer of a list without a deadline", 5, (state) => void state.timers.unshift({ at: 0, kind: "list", path: "list" })],
  ["a timer of a wait that is over", 5, (state) => void state.timers.unshift({ at: 0, kind: "wait", path: "done" })],
  ["a timer of a wait for another instant", 5, (state) => void state.timers.unshift({ at: 0, kind: "wait", path: "sleeps" })],
  ["a flight without its timer", 6, (state) => void (state.timers = state.timers.filter((timer) => timer.kind === "run"))],
  ["a scope in which nothing is at work", 6, (state) => void (state.scopes["drafts"] = { ...scope(state, "drafts"), iteration: 9 })],
  ["a run that is over and still waits", 7, (state) => void (state.end = { kind: "completed", at: 0, output: null })],
  ["a step that began too early", 8, (state) => void (state.steps["later"] = OVER)],
  ["an inner step that began too early", 8, (state) => void (scope(state, "group").steps["second"] = OVER)],
];

const OVER = { status: "completed", attempts: 1 } as const;

function scope(state: RunState, path: string): ScopeState {
  return present(state.scopes[path], `${path} is at work.`);
}

describe("the invariants", () => {
  it("hold of a run that is busy", () => {
    const world = busyWorld();
    expect(brokenInvariants(world.state as RunState, world.program)).toEqual([]);
  });

  it("hold of a run that undoes, and notice when it loses its question (4)", () => {
    const world = undoingWorld();
    const state = structuredClone(world.state as RunState);
    expect(brokenInvariants(state, world.program)).toEqual([]);
    state.questions = { q_other: "a" };
    expect(brokenInvariants(state, world.program).join()).toContain("question q_other does not belong to a");
  });

  it("hold of a run that is being canceled, and notice an agent that nobody waits for (1)", () => {
    const world = cancelingWorld();
    const state = structuredClone(world.state as RunState);
    expect(brokenInvariants(state, world.program)).toEqual([]);
    state.abortingCount = 0;
    expect(brokenInvariants(state, world.program)).toEqual(["1: abortingCount is 0 and should be 1"]);
  });

  it("hold of a run whose every question has been asked and answered at once", () => {
    const world = busyWorld();
    for (const question of Object.keys(world.state?.questions ?? {})) {
      world.input({ kind: "questionAnswered", question, answer: "approved", by: "ann" });
    }
    expect(world.state?.questions).toEqual({});
  });

  it.each(DAMAGES)("notice %s (%i)", (_name, number, damage) => {
    const world = busyWorld();
    const state = structuredClone(world.state as RunState);
    damage(state);
    expect(brokenInvariants(state, world.program).map((problem) => Number(problem.split(":")[0]))).toContain(number);
  });

  it("notice a run in which nothing is left to happen (6)", () => {
    const world = new World({ done: step(), asks: step(), later: step({ needs: ["asks"] }) }).start();
    world.complete("done", 1);
    const state = structuredClone(world.state as RunState);
    Object.assign(state, { flights: {}, flightCount: 0 });
    expect(brokenInvariants(state, world.program).join()).toContain("nothing is in flight and 2 steps are not over");
  });

  it("notice a scope in which nothing is at work (6)", () => {
    const world = new World({ g: { steps: { a: step() } }, b: step() }).start();
    const state = structuredClone(world.state as RunState);
    delete state.flights["g/a"];
    state.flightCount = 1;
    expect(brokenInvariants(state, world.program).join()).toContain("nothing is at work in g");
  });
});

describe("limits", () => {
  it("a run ends when its history is full (T4114)", () => {
    const world = busyWorld();
    const state = { ...structuredClone(world.state as RunState), seq: MAX_FACTS };
    const decision = decide(world.program, state, {
      at: world.now,
      kind: "progressed",
      path: "list[0]",
      attempt: 1,
      turn: 1,
      progress: {},
    });
    expect(decision.state?.end).toMatchObject({ kind: "failed", failure: { code: "T4114" } });
  });
});

describe("what can be looked up", () => {
  it("is nothing about waits for a time, nor about a budget that asks nobody", () => {
    const world = new World({ w: { wait: "5m" }, a: step({ needs: ["w"] }) }, { budget: { time: "1m" } }).start();
    world.pass(300_000);
    expect(world.kinds()).toContain("budgetExceeded");
    expect(world.facts.flatMap((fact) => lookUpsOf(fact))).toEqual([]);
  });

  it("a question while it is open, and a remote task under its agent's address", () => {
    const world = new World({ a: step() }).start();
    const task = world.accept("a", "t-9");
    world.answer("a", { kind: "inputRequired", question: { prompt: "?" } }, task);
    const id = world.factsOf("questionAsked")[0]?.id ?? "";
    world.input({ kind: "questionAnswered", question: id, answer: 1, by: "x" });
    world.input({ kind: "accepted", path: "a", attempt: 1, turn: 2, agent: "local" });
    expect(world.facts.flatMap((fact) => lookUpsOf(fact))).toEqual([
      { kind: "task", key: taskKey(task.url, "t-9"), path: "a", open: true },
      { kind: "question", key: id, path: "a", open: true },
      { kind: "question", key: id, path: "a", open: false },
    ]);
  });

  it("an effect's key names tenant, run, path, attempt and turn", () => {
    expect(effectKey("default", "run_1", { path: "f[3]", attempt: 2, turn: 1 })).toBe("default/run_1/f[3]/2/1");
  });
});
