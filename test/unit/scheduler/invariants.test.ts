import { describe, expect, it } from "vitest";

import { MAX_FACTS } from "../../../src/base/limits.ts";
import { brokenInvariants, decide, lookUpsOf, taskKey, type RunState } from "../../../src/scheduler/index.ts";
import { effectKey } from "../../../src/scheduler/command.ts";
import { step, World } from "../../support/world.ts";

function busyWorld(): World {
  const world = new World({
    done: step(),
    asks: step(),
    list: step({ each: "${{ input.items }}", as: "item" }),
    later: step({ needs: ["asks", "list"] }),
  }).start({ items: [1, 2] });
  world.complete("done", 1);
  world.answer("asks", { kind: "inputRequired", question: { prompt: "?" } });
  return world;
}

/** Each damage is one that a bug could do; the number is that of the invariant which must notice. */
const DAMAGES: readonly (readonly [string, number, (state: RunState) => void])[] = [
  ["a counter that is off", 1, (state) => void (state.flightCount += 1)],
  ["a step that is over and in flight", 2, (state) => void (state.steps["asks"] = { status: "completed", attempts: 1 })],
  ["a step that is over and an open list", 2, (state) => void (state.steps["list"] = { status: "completed", attempts: 1 })],
  ["an item without its list", 2, (state) => void delete state.lists["list"]],
  ["a list that counts too many in flight", 3, (state) => void ((state.lists["list"] as { inFlight: number }).inFlight += 1)],
  ["a list whose next item is wrong", 3, (state) => void ((state.lists["list"] as { next: number }).next += 1)],
  ["a question that was lost", 4, (state) => void (state.questions = {})],
  ["a question of another flight", 4, (state) => void (state.questions = { q_other: "asks" })],
  ["timers out of order", 5, (state) => void state.timers.push({ at: 0, kind: "run" })],
  ["a timer on top that nobody waits for", 5, (state) => void state.timers.unshift({ at: 0, kind: "retry", path: "list[0]", attempt: 9 })],
  ["a flight without its timer", 6, (state) => void (state.timers = state.timers.filter((timer) => timer.kind === "run"))],
  ["a run that is over and still waits", 7, (state) => void (state.end = { kind: "completed", at: 0, output: null })],
  ["a step that began too early", 8, (state) => void (state.steps["later"] = { status: "completed", attempts: 1 })],
];

describe("the invariants", () => {
  it("hold of a run that is busy", () => {
    const world = busyWorld();
    expect(brokenInvariants(world.state as RunState, world.program)).toEqual([]);
  });

  it.each(DAMAGES)("notice %s (%i)", (_name, number, damage) => {
    const world = busyWorld();
    const state = structuredClone(world.state as RunState);
    damage(state);
    expect(brokenInvariants(state, world.program).map((problem) => Number(problem.split(":")[0]))).toContain(number);
  });

  it("notice a run in which nothing is left to happen (6)", () => {
    const world = busyWorld();
    const state = structuredClone(world.state as RunState);
    Object.assign(state, { flights: {}, flightCount: 0, waitingCount: 0, questions: {}, lists: {} });
    expect(brokenInvariants(state, world.program).join()).toContain("nothing is in flight and 3 steps are not over");
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
