/** Outputs that break their contract are sent back with the errors in words; then the fallback, then failure. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../src/base/json.ts";
import { outstanding } from "../../../src/scheduler/index.ts";
import { step, World } from "../../support/world.ts";

const NUMBER = { output: { type: "object", required: ["n"], properties: { n: { type: "integer" } } } };

function asked(rest: JsonObject = {}): World {
  return new World({ a: step({ ...NUMBER, ...rest }) }).start();
}

describe("an invalid output", () => {
  it("is repaired once by default: a new attempt at once, with the problems and the task that it continues", () => {
    const world = asked();
    const task = world.accept("a");
    world.answer("a", { kind: "completed", reply: { data: [{ n: "x" }] } }, task);
    expect(world.factsOf("attemptFailed")).toMatchObject([{ reason: "invalid", retryAt: world.now, repair: { task } }]);
    world.pass(0);
    const problems = world.factsOf("attemptFailed")[0]?.repair?.problems ?? [];
    expect(problems.join()).toContain("integer");
    expect(world.open.get("a")).toMatchObject({ kind: "delegate", attempt: 2, repair: { problems, task } });
    expect(outstanding(world.state as never, world.program), "also after a restart").toMatchObject([{ repair: { problems } }]);
    world.complete("a", { n: 1 });
    expect(world.output).toEqual({ n: 1 });
  });

  it("that is repaired in vain fails", () => {
    const world = asked();
    world.complete("a", {});
    world.pass(0);
    world.complete("a", {});
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ attempt: 2, reason: "invalid", failure: { code: "T4102" } }]);
  });

  it("goes to the fallback after the repairs, which has repairs left if the step has", () => {
    const world = asked({ onInvalid: { repair: 2 }, fallback: ["spare"] });
    for (let count = 0; count < 3; count += 1) {
      world.complete("a", {});
      world.pass(0);
    }
    expect(world.open.get("a")).toMatchObject({ attempt: 4, target: { capability: "spare" } });
    expect(world.open.get("a")).not.toHaveProperty("repair");
    world.complete("a", {});
    expect(world.factsOf("subtaskFailed")).toHaveLength(1);
  });

  it("of a fallback is repaired at the fallback", () => {
    const world = asked({ fallback: ["spare"], retry: { attempts: 1 } });
    world.fail("a");
    world.pass(0);
    world.complete("a", {});
    world.pass(0);
    expect(world.open.get("a")).toMatchObject({ attempt: 3, target: { capability: "spare" }, repair: {} });
  });

  it.each([[{ repair: 0 }], ["fail"]])("is not repaired with onInvalid: %j", (onInvalid) => {
    const world = asked({ onInvalid });
    world.complete("a", {});
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ attempt: 1, reason: "invalid" }]);
  });

  it("a repair is no retry: all attempts are left for what can be retried", () => {
    const world = asked({ retry: { attempts: 2, initial: "1s", jitter: "none" } });
    world.complete("a", {});
    world.pass(0);
    world.fail("a");
    world.pass(2_000);
    expect(world.open.get("a")).toMatchObject({ attempt: 3 });
  });

  it("an attempt after a repair that failed otherwise is not the repair of anything", () => {
    const world = asked({ retry: { attempts: 3, initial: "1s", jitter: "none" } });
    world.complete("a", {});
    world.pass(0);
    world.fail("a");
    world.pass(2_000);
    expect(world.open.get("a")).not.toHaveProperty("repair");
  });

  it("one that is too large is told in its message, since nothing else can be", () => {
    const world = asked();
    world.complete("a", { n: 1, x: "y".repeat(1_100_000) });
    expect(world.factsOf("attemptFailed")[0]?.repair?.problems).toEqual([expect.stringContaining("too large")]);
  });

  it("a rule that does not hold is repaired as well", () => {
    const world = new World({ a: step({ rules: ["output.n > 10"] }) }).start();
    world.complete("a", { n: 1 });
    expect(world.factsOf("attemptFailed")[0]?.repair?.problems).toEqual(["the rule output.n > 10 does not hold"]);
  });

  it("what an agent says of its own failure is nothing to repair", () => {
    const world = asked({ retry: { attempts: 1 } });
    world.fail("a", { details: ["not", "a", "contract"] });
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "failed" }]);
  });
});

describe("what is never retried", () => {
  const failure = { code: "N", message: "no", retryable: true };

  it.each(["rejected", "unknown"] as const)("%s, even if it is called retryable", (kind) => {
    const world = new World({ a: step() }).start();
    world.answer("a", { kind, failure });
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: kind, attempt: 1 }]);
  });

  it("a rejection goes to the fallback, unless the step says that it is final", () => {
    const soft = new World({ a: step({ fallback: ["spare"] }) }).start();
    soft.answer("a", { kind: "rejected", failure });
    soft.pass(0);
    expect(soft.open.get("a")).toMatchObject({ target: { capability: "spare" } });
    const hard = new World({ a: step({ fallback: ["spare"], onRejected: "fail" }) }).start();
    hard.answer("a", { kind: "rejected", failure });
    expect(hard.status).toBe("failed");
  });
});
