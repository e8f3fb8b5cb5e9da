/** Loops: one iteration after the other, until a condition holds (requirements W051, X025). */
import { describe, expect, it } from "vitest";

import { MAX_FACTS } from "../../../src/base/limits.ts";
import type { Json, JsonObject } from "../../../src/base/json.ts";
import { decide, type RunState } from "../../../src/scheduler/index.ts";
import { step, World } from "../../support/world.ts";

const STEPS = {
  write: step({ with: { n: "${{ iter.number }}", feedback: "${{ iter.prev == null ? '' : iter.prev.review.output.feedback }}" } }),
  review: step({ with: { draft: "${{ steps.write.output }}" } }),
};

function draft(loop: JsonObject, rest: JsonObject = {}): World {
  return new World({
    draft: { loop: { steps: STEPS, ...loop }, ...rest },
    end: step({ with: { got: "${{ steps.draft.output }}" } }),
  }).start();
}

function iterate(world: World, number: number, review: Json): void {
  world.complete(`draft#${number}/write`, `draft ${number}`);
  world.complete(`draft#${number}/review`, review);
}

describe("a loop until a condition holds", () => {
  const UNTIL = { max: 3, until: "steps.review.output.score >= 0.9" };

  it("begins again with what the last iteration said, and gives the outputs of the last", () => {
    const world = draft(UNTIL);
    expect(world.given("draft#1/write")).toEqual({ n: 1, feedback: "" });
    iterate(world, 1, { score: 0.1, feedback: "shorter" });
    expect(world.given("draft#2/write")).toEqual({ n: 2, feedback: "shorter" });
    iterate(world, 2, { score: 0.95, feedback: "" });
    expect(world.given("end")).toEqual({ got: { write: "draft 2", review: { score: 0.95, feedback: "" } } });
  });

  it("whose critic omits the score goes on, says so, and fails when its iterations are used up (T4117)", () => {
    const world = draft(UNTIL);
    for (const number of [1, 2, 3]) iterate(world, number, { feedback: "hm" });
    expect(world.factsOf("iterationStarted").map(({ note }) => note)).toEqual([
      expect.stringContaining("steps.review.output.score"),
      expect.stringContaining("has no value"),
    ]);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "draft", reason: "exhausted", failure: { code: "T4117" } }]);
    expect(world.failure?.message).toContain("did not hold after 3 iterations");
  });

  it("whose condition is no boolean goes on: only true ends it", () => {
    const world = draft({ max: 1, until: "steps.review.output.score" });
    iterate(world, 1, { score: 1, feedback: "" });
    expect(world.failure?.message).toContain("after 1 iteration.");
  });

  it("that is exhausted may go on with the last iteration", () => {
    const world = draft({ ...UNTIL, max: 2, onExhausted: "last" });
    iterate(world, 1, { score: 0.5, feedback: "" });
    iterate(world, 2, { score: 0.4, feedback: "" });
    expect(world.given("end")).toMatchObject({ got: { write: "draft 2" } });
  });

  it("that is exhausted may have a handler, which sees what the best iteration was", () => {
    const world = draft(UNTIL, { onExhausted: step({ with: { why: "${{ error.reason }}", best: "${{ error.details.best.write }}" } }) });
    for (const number of [1, 2, 3]) iterate(world, number, { score: 0.1, feedback: "" });
    expect(world.given("draft/onExhausted")).toEqual({ why: "exhausted", best: "draft 3" });
    world.complete("draft/onExhausted", "by hand");
    expect(world.given("end")).toEqual({ got: "by hand" });
  });

  it("that fails inside, fails, and stops what it had begun", () => {
    const world = new World({
      l: { loop: { max: 2, until: "true", steps: { a: step({ retry: { attempts: 1 } }), b: step() } }, critical: false },
    }).start();
    world.fail("l#1/a");
    expect(world.factsOf("subtaskCanceled").map(({ path }) => path)).toEqual(["l#1/b"]);
    expect(world.factsOf("subtaskFailed").at(-1)).toMatchObject({ path: "l", tolerated: true, reason: "failed" });
    expect(world.status).toBe("completed");
  });

  it("an optional inner step that failed strands nobody", () => {
    const world = new World({
      l: {
        loop: {
          max: 1,
          until: "true",
          steps: { a: step({ critical: false, retry: { attempts: 1 } }), b: step({ with: { a: "${{ steps.a.output }}" } }) },
        },
      },
    }).start();
    world.fail("l#1/a");
    expect(world.given("l#1/b")).toEqual({ a: null });
  });
});

describe("a loop with a score", () => {
  const SCORE = { max: 3, score: "steps.review.output.score" };

  it("is over when the score reaches the threshold, which is 0.9 by default", () => {
    const world = draft(SCORE);
    iterate(world, 1, { score: 0.89, feedback: "" });
    expect(world.working()).toEqual(["draft#2/write"]);
    iterate(world, 2, { score: 0.9, feedback: "" });
    expect(world.working()).toEqual(["end"]);
  });

  it.each([
    ["omits the score", {}],
    ["gives a text", { score: "very good" }],
  ])("whose critic %s counts it as 0", (_name, review) => {
    const world = draft({ ...SCORE, max: 2 });
    iterate(world, 1, { feedback: "", ...review });
    expect(world.factsOf("iterationStarted")).toMatchObject([{ score: 0 }]);
    iterate(world, 2, { feedback: "", ...review });
    expect(world.failure?.message).toContain("Quality only reached 0 after 2 iterations");
  });

  it.each([
    [[0.5, 0.7, 0.6], "draft 2"],
    [[0.5, 0.6, 0.7], "draft 3"],
    [[0.5, 0.5, 0.5], "draft 1"],
  ])("goes on with the best draft if it may: of the scores %j the first of the greatest", (scores, best) => {
    const world = draft({ ...SCORE, onExhausted: "best" });
    for (const [index, score] of scores.entries()) iterate(world, index + 1, { score, feedback: "" });
    expect(world.given("end")).toMatchObject({ got: { write: best } });
  });

  it("that fails with its best draft last says so", () => {
    const world = draft({ ...SCORE, max: 2 });
    iterate(world, 1, { score: 0.2, feedback: "" });
    iterate(world, 2, { score: 0.7, feedback: "" });
    expect(world.failure?.message).toContain("Quality only reached 0.7 after 2 iterations");
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ failure: { details: { quality: 0.7, best: { write: "draft 2" } } } }]);
  });

  it("that fails says which draft was the best, and how good", () => {
    const world = draft({ ...SCORE, max: 2 }, { onError: step({ with: { d: "${{ error.details }}" } }) });
    iterate(world, 1, { score: 0.7, feedback: "" });
    iterate(world, 2, { score: 0.2, feedback: "" });
    expect(world.given("draft/onError")).toMatchObject({ d: { iterations: 2, quality: 0.7, best: { write: "draft 1" } } });
  });
});

describe("inside a loop", () => {
  it("outer steps and the item of an outer list stay readable", () => {
    const world = new World({
      a: step(),
      l: {
        each: "${{ [10, 20] }}",
        as: "thing",
        loop: { max: 1, until: "steps.b.output == thing", steps: { b: step({ with: { a: "${{ steps.a.output }}", t: "${{ thing }}" } }) } },
      },
    }).start();
    world.complete("a", 1);
    expect(world.given("l[1]#1/b")).toEqual({ a: 1, t: 20 });
    world.complete("l[0]#1/b", 10);
    world.complete("l[1]#1/b", 20);
    expect(world.output).toEqual([{ b: 10 }, { b: 20 }]);
  });

  it("a loop in a loop has iterations of its own", () => {
    const inner = { loop: { max: 2, until: "steps.c.output", steps: { c: step({ with: { n: "${{ iter.number }}" } }) } } };
    const world = new World({ l: { loop: { max: 2, until: "iter.number == 2", steps: { b: inner } } } }).start();
    world.complete("l#1/b#1/c", false);
    expect(world.given("l#1/b#2/c")).toEqual({ n: 2 });
    world.complete("l#1/b#2/c", true);
    world.complete("l#2/b#1/c", true);
    expect(world.output).toEqual({ b: { c: true } });
  });

  it("one conversation of all iterations has one key; without it each subtask has its own", () => {
    const world = new World({
      l: { loop: { max: 2, until: "false", steps: { a: step({ conversation: "loop" }), b: step(), c: step({ conversation: "run" }) } } },
    }).start();
    expect(world.open.get("l#1/a")).toMatchObject({ conversation: "l" });
    expect(world.open.get("l#1/b")).not.toHaveProperty("conversation");
    expect(world.open.get("l#1/c")).toMatchObject({ conversation: "run" });
    for (const id of ["a", "b", "c"]) world.complete(`l#1/${id}`);
    expect(world.open.get("l#2/a")).toMatchObject({ conversation: "l" });
  });

  it("a deadline of the loop ends all of its iterations", () => {
    const world = new World({ l: { loop: { max: 9, until: "false", steps: { a: step() } }, deadline: "1m" } }).start();
    world.pass(30_000);
    world.complete("l#1/a");
    world.pass(30_000);
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "l", reason: "timedOut", failure: { code: "T4103" } }]);
    expect(world.open.get("l#2/a")).toMatchObject({ kind: "abort" });
  });

  it("loops of steps that need nobody end when the history is full, in one turn (T4114)", () => {
    const forever = { max: 1_000, until: "false" };
    const world = new World(
      {
        go: { wait: { signal: "go" } },
        a: { needs: ["go"], loop: { ...forever, steps: { b: { loop: { ...forever, steps: { c: { set: { n: 1 } } } } } } } },
      },
      {},
      { replays: false },
    ).start();
    const state = { ...structuredClone(world.state as RunState), seq: MAX_FACTS - 1_000 };
    const { state: after, facts } = decide(world.program, state, { at: world.now, kind: "signaled", name: "go", payload: 1, by: "x" });
    expect(after?.end).toMatchObject({ kind: "failed", failure: { code: "T4114" } });
    expect(facts.length).toBeLessThan(1_100);
  });
});
