/** How a workflow's failure is told: which step, why, whether to try again; and never an exception's words. */
import { describe, expect, it } from "vitest";

import { publicFailure } from "../../../../src/a2a/task/public-failure.ts";
import type { JsonObject } from "../../../../src/base/json.ts";
import type { Failure } from "../../../../src/scheduler/outcome.ts";
import { step } from "../../../support/world.ts";
import { contentsOf, TaskWorld } from "./task-world.ts";

const SECRET = "connect to db as admin:hunter2 failed.";
const ONCE = { retry: { attempts: 1 } };

function workflow(steps: JsonObject): TaskWorld {
  return new TaskWorld(steps, { kind: "workflow", name: "test" }).start();
}

function thrown(world: TaskWorld, path: string): void {
  world.fail(path, { code: "AGENT_ERROR", message: SECRET, retryable: false, details: { stack: SECRET } });
}

/** Everything that leaves: the task, and every event of it. */
function allOf(world: TaskWorld): string {
  return JSON.stringify([world.task, world.events]);
}

describe("a failed workflow", () => {
  it("says the step that is at fault, why, and that trying again may help where that step's failure says so (L033, L034, L035, L036)", () => {
    const world = workflow({ fetch: { steps: { read: step(ONCE) } } });
    world.fail("fetch/read", { code: "X", message: "It broke.", retryable: true, retryAfterMs: 2_000 });
    expect(world.taskState).toBe("FAILED");
    const [text, data] = contentsOf(world.said);
    const message = "Critical step fetch failed after 1 attempt (failed): fetch/read failed (failed): It broke.";
    expect(text).toBe(`Task failed: ${message} (Code: T4108)`);
    expect(data).toMatchObject({
      error_code: "T4108",
      error_message: message,
      failure_phase: "fetch/read",
      retry_possible: true,
      retry_after_ms: 2_000,
      error_details: { path: "fetch", reason: "failed", code: "X" },
    });
    expect(world.said.metadata).toEqual({ failure_type: "processing_error", error_code: "T4108", retry_possible: true });
  });

  it.each([
    ["NETWORK_TIMEOUT", true],
    ["INVALID_INPUT", false],
  ])("with the code %s below may be tried again: %s (L036, L037)", (code, mayRetry) => {
    const world = workflow({ fetch: step(ONCE) });
    world.fail("fetch", { code, message: "No.", retryable: false });
    expect(world.said.metadata?.["retry_possible"]).toBe(mayRetry);
  });

  it("by its own time or budget has no step at fault", () => {
    const world = workflow({ nap: { wait: { signal: "go" } } });
    world.pass(86_400_000);
    expect(world.taskState).toBe("FAILED");
    expect(contentsOf(world.said)[1]).not.toHaveProperty("failure_phase");
  });
});

describe("an exception's words", () => {
  it("on the way to an agent are kept too: the agent may throw, or its module", () => {
    const world = workflow({ fetch: step(ONCE) });
    world.fail("fetch", { code: "T4115", message: `The agent could not be given the work: ${SECRET}`, retryable: true });
    expect(world.taskState).toBe("FAILED");
    expect(allOf(world)).not.toContain("hunter2");
    expect(contentsOf(world.said)[1]).toMatchObject({ error_details: { code: "T4115" }, retry_possible: true });
  });

  it.each([
    ["a step", { a: step(ONCE) }, "a"],
    ["a step in a step", { a: { steps: { b: step(ONCE) } } }, "a/b"],
    ["a branch that a join needs", { a: { parallel: { branches: { b: step(ONCE), c: step(ONCE) }, succeed: { atLeast: 2 } } } }, "a/b"],
    ["an item", { a: { each: "${{ [1, 2] }}", ...step(ONCE) } }, "a[0]"],
    ["an item of a quorum", { a: { each: "${{ [1] }}", succeed: "all", ...step(ONCE) } }, "a[0]"],
    ["a loop", { a: { loop: { max: 2, until: "false", steps: { b: step(ONCE) } } } }, "a#1/b"],
    ["a step that is tried again", { a: step({ retry: { attempts: 2 } }) }, "a"],
    ["a step whose handler fails too", { a: step({ ...ONCE, onError: step(ONCE) }) }, "a"],
    ["an optional step", { a: step({ ...ONCE, critical: false }), b: step() }, "a"],
  ])("of %s never leave (a2a.md 3.3, row 5)", (_what, steps: JsonObject, path) => {
    const world = workflow(steps);
    thrown(world, path);
    for (let round = 0; round < 5 && world.working().length > 0; round += 1) for (const open of world.working()) thrown(world, open);
    world.pass(100_000);
    expect(JSON.stringify(world.facts)).toContain("hunter2");
    expect(allOf(world)).not.toContain("hunter2");
    expect(allOf(world)).toContain("AGENT_ERROR");
  });

  it("give way to a sentence that says whose error it was, and everything around them stays", () => {
    const world = workflow({ a: { steps: { b: step(ONCE) } } });
    thrown(world, "a/b");
    const hidden = "The agent failed because of an error of its own.";
    expect(contentsOf(world.said)[1]).toEqual({
      error_code: "T4108",
      error_message: `Critical step a failed after 1 attempt (failed): a/b failed (failed): ${hidden}`,
      error_details: {
        path: "a",
        attempt: 1,
        reason: "failed",
        code: "AGENT_ERROR",
        message: `a/b failed (failed): ${hidden}`,
        retryable: false,
        details: { path: "a/b", code: "AGENT_ERROR", message: hidden, retryable: false },
      },
      failure_phase: "a/b",
      retry_possible: false,
    });
  });

  it("are found wherever a failure has them, and a failure without them is left as it is", () => {
    const plain: Failure = { code: "X", message: "It broke.", retryable: true, details: [{ code: "Y", message: "So." }] };
    expect(publicFailure(plain)).toBe(plain);
    const inner = { code: "AGENT_ERROR", message: SECRET, retryable: true };
    const inside: Failure = {
      code: "T1",
      message: `It said ${SECRET} Then it stopped.`,
      retryable: false,
      details: { errors: { 0: inner } },
    };
    expect(JSON.stringify(publicFailure(inside))).not.toContain("hunter2");
    expect(publicFailure({ ...inner, message: "" }).message).toBe("");
  });
});
