/** Runs that begin with the results of another (issue 3, retry and fork). */
import { describe, expect, it } from "vitest";

import type { StartInput } from "../../../src/scheduler/input.ts";
import { step, World } from "../../support/world.ts";

const DONE = { status: "completed", output: { id: 1 }, text: "", data: [{ id: 1 }], attempts: 1, agent: "x" } as const;

function forked(world: World, given: NonNullable<StartInput["given"]>): World {
  return world.start({}, "run_2", { given, forkedFrom: { run: "run_1", steps: Object.keys(given.steps) } });
}

describe("a run that was given results", () => {
  const STEPS = {
    a: step({ compensate: { capability: "undo", with: { id: "${{ steps.a.output.id }}" } } }),
    s: step({ if: "false" }),
    b: step({ with: { a: "${{ steps.a.output }}" } }),
    c: step({ needs: ["s"] }),
    d: step({ needs: ["b", "c"], retry: { attempts: 1 } }),
  };

  it("begins with what needs only those, and never does them again", () => {
    const world = forked(new World(STEPS), { steps: { a: DONE, s: { status: "skipped", attempts: 0 } }, context: {} });
    expect(world.factsOf("runStarted")).toMatchObject([{ forkedFrom: { run: "run_1", steps: ["a", "s"] } }]);
    expect(world.working()).toEqual(["b", "c"]);
    expect(world.given("b")).toEqual({ a: { id: 1 } });
    world.complete("b", 1);
    world.complete("c", 1);
    world.complete("d", 2);
    expect(world.output).toBe(2);
    expect(world.factsOf("subtaskAssigned").map(({ path }) => path)).toEqual(["b", "c", "d"]);
  });

  it("of all its steps is over at once", () => {
    const world = forked(new World({ a: step() }), { steps: { a: DONE }, context: {} });
    expect(world.output).toEqual({ id: 1 });
  });

  it("goes on with the context as it was; what its own steps write comes after", () => {
    const world = forked(new World({ a: step(), b: { needs: ["a"], set: { "n.x": 2 } } }, { output: "${{ context }}" }), {
      steps: { a: DONE },
      context: { n: { x: 1, y: 1 }, m: 3 },
    });
    expect(world.output).toEqual({ n: { x: 2, y: 1 }, m: 3 });
  });

  it("undoes what it was given, if that was left to undo", () => {
    const world = forked(new World(STEPS), {
      steps: { a: DONE },
      context: {},
      compensations: [{ path: "a", input: { id: 1 }, text: null }],
    });
    world.complete("b", 1);
    world.complete("c", 1);
    world.fail("d");
    expect(world.given("a/compensate")).toEqual({ id: 1 });
    world.complete("a/compensate");
    expect(world.status).toBe("failed");
  });

  it("undoes nothing that the other run has undone, or keeps for itself", () => {
    const world = forked(new World(STEPS), { steps: { a: DONE }, context: {} });
    world.cancel();
    expect(world.status).toBe("canceled");
  });
});
