/** Patience with agents that are to stop, when no process was there while it ran out. */
import { describe, expect, it } from "vitest";

import { CANCEL_PATIENCE_MS } from "../../../src/base/limits.ts";
import { step, World } from "../../support/world.ts";

const HOUR = 3_600_000;
const CANCEL = { kind: "cancelRequested", reason: "not needed", by: "test" } as const;
const CANCELED = { kind: "canceled", failure: { code: "T4106", message: "It was canceled.", retryable: false } } as const;

/** Nobody is there for a while, and then somebody looks what is due. */
function comeBack(world: World): void {
  world.open.clear();
  world.now += HOUR;
  world.input({ kind: "timerDue" });
}

describe("a process that comes back after patience has run out", () => {
  it("tells the agents of a canceled run again, and ends the run when they have stopped", () => {
    const world = new World({ a: step(), b: step() }, { timeout: "30d" }).start();
    const tasks = ["a", "b"].map((path) => [path, world.accept(path, `task-${path}`)] as const);
    world.input(CANCEL);
    comeBack(world);
    expect(world.status).toBe("canceling");
    expect([...world.open.values()]).toMatchObject(tasks.map(([path, task]) => ({ kind: "abort", path, task })));
    for (const [path, task] of tasks) world.answer(path, CANCELED, task);
    expect(world.status).toBe("canceled");
    expect(world.factsOf("taskReleased").map(({ note }) => note)).toEqual(Array(2).fill("the agent answered first: canceled"));
  });

  it("gives an agent that does not answer its time, and no more", () => {
    const world = new World({ a: step() }, { timeout: "30d" }).start();
    world.accept("a");
    world.input(CANCEL);
    comeBack(world);
    world.pass(CANCEL_PATIENCE_MS - 1);
    expect(world.status).toBe("canceling");
    world.pass(1);
    expect(world.status).toBe("canceled");
  });

  it("cancels a task that was out of time before it is tried again, and still takes its result", () => {
    const late = () => {
      const world = new World(
        { a: step({ timeout: "1m", retry: { attempts: 2, initial: "1s", jitter: "none" } }) },
        { timeout: "30d" },
      ).start();
      const task = world.accept("a");
      world.pass(60_000);
      comeBack(world);
      expect(world.kinds()).not.toContain("attemptFailed");
      expect(world.open.get("a")).toMatchObject({ kind: "abort", task });
      return { world, task };
    };
    const canceled = late();
    canceled.world.answer("a", CANCELED, canceled.task);
    expect(canceled.world.factsOf("attemptFailed")).toMatchObject([{ reason: "timedOut" }]);
    const finished = late();
    finished.world.answer("a", { kind: "completed", reply: { data: ["done"] } }, finished.task);
    expect(finished.world.output).toBe("done");
  });

  it("does not call unknown what it has not asked about", () => {
    const world = new World(
      { a: step({ timeout: "1m", retry: { attempts: 2, initial: "1s", jitter: "none" } }) },
      { timeout: "30d" },
    ).start();
    const at = { agent: "remote", url: "http://agent", binding: "JSONRPC", tenant: "" };
    world.input({ kind: "intended", path: "a", attempt: 1, turn: 1, intent: { ...at, messageId: "m", contextId: "c" } });
    world.pass(60_000);
    comeBack(world);
    world.answer("a", CANCELED);
    world.pass(1_000);
    expect(world.factsOf("subtaskAssigned")).toHaveLength(2);
  });

  it("tells the losers of a join again, and counts each once", () => {
    const race = { ...step(), each: [1, 2, 3], succeed: "any" };
    const world = new World({ race }, { timeout: "30d" }).start();
    const tasks = [0, 1, 2].map((index) => world.accept(`race[${index}]`, `task-${index}`));
    world.complete("race[0]", "first");
    comeBack(world);
    expect(world.openPaths()).toEqual(["race[1]", "race[2]"]);
    for (const index of [1, 2]) world.answer(`race[${index}]`, CANCELED, tasks[index]);
    expect(world.status).toBe("completed");
    expect(world.output).toEqual(["first", null, null]);
  });
});

describe("a process that takes a run up before patience has run out", () => {
  it("has all of it for a canceled run", () => {
    const world = new World({ a: step() }, { timeout: "30d" }).start();
    world.accept("a");
    world.input(CANCEL);
    world.pass(CANCEL_PATIENCE_MS - 1);
    world.input({ kind: "takenUp" });
    world.pass(CANCEL_PATIENCE_MS - 1);
    expect(world.status).toBe("canceling");
    world.pass(1);
    expect(world.status).toBe("canceled");
  });

  it("has all of it for attempts that are out of time, and for losers of a join", () => {
    const late = step({ timeout: "1m", retry: { attempts: 1 }, critical: false });
    const race = { ...step(), each: [1, 2], succeed: "any" };
    const world = new World({ late, race }, { timeout: "30d" }).start();
    for (const path of ["late", "race[0]", "race[1]"]) world.accept(path, `task-${path}`);
    world.pass(60_000);
    world.complete("race[0]", "first");
    world.pass(CANCEL_PATIENCE_MS - 1);
    world.input({ kind: "takenUp" });
    world.pass(CANCEL_PATIENCE_MS - 1);
    expect([...world.kinds()].filter((kind) => kind === "subtaskFailed" || kind === "taskReleased")).toEqual([]);
    world.pass(1);
    expect(world.status).toBe("completed");
  });

  it("changes nothing where nothing is to stop, where no time has gone by, in a pause, and while what was done is undone", () => {
    const world = new World({ a: step(), b: step({ timeout: "1m" }) }, { timeout: "30d" }).start();
    expect(world.input({ kind: "takenUp" })).toEqual([]);
    world.accept("b");
    world.pass(60_000);
    expect(world.input({ kind: "takenUp" })).toEqual([]);
    world.pause();
    world.pass(1_000);
    expect(world.input({ kind: "takenUp" })).toEqual([]);
    const undoing = new World({ a: step({ compensate: { capability: "undo" } }), b: step() }, { timeout: "30d" }).start();
    undoing.complete("a");
    undoing.input(CANCEL);
    undoing.pass(1_000);
    expect(undoing.status).toBe("compensating");
    expect(undoing.input({ kind: "takenUp" })).toEqual([]);
  });
});
