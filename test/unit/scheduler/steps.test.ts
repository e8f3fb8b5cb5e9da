import { describe, expect, it } from "vitest";

import { step, World } from "../../support/world.ts";

describe("when steps begin", () => {
  it("a step begins the moment its own dependencies are over, without waiting for a slow sibling (X008)", () => {
    const world = new World({ a: step(), slow: step(), b: step({ needs: ["a"] }) }).start();
    expect(world.openPaths()).toEqual(["a", "slow"]);
    world.complete("a");
    expect(world.openPaths()).toEqual(["b", "slow"]);
  });

  it("steps that need nothing begin at once, and a step that needs several begins after the last of them", () => {
    const world = new World({ a: step(), b: step(), both: step({ needs: ["a", "b"] }) }).start();
    world.complete("b");
    expect(world.openPaths()).toEqual(["a"]);
    world.complete("a");
    expect(world.openPaths()).toEqual(["both"]);
  });

  it("needs are inferred from what a step reads", () => {
    const world = new World({ a: step(), b: step({ with: { n: "${{ steps.a.output.n + 1 }}" } }) }).start();
    world.complete("a", { n: 41 });
    expect(world.open.get("b")).toMatchObject({ kind: "delegate", input: { n: 42 } });
  });

  it.each([0, "", false, null, []])("a falsy result is a result: %j (X001)", (value) => {
    const world = new World({ a: step(), b: step({ with: { got: "${{ steps.a.output }}" } }) }).start();
    world.complete("a", value);
    expect(world.open.get("b")).toMatchObject({ input: { got: value } });
  });

  it("expressions see the run's id and start", () => {
    const world = new World({ a: step({ text: "${{ run.id }} since ${{ run.started_at }}" }) }).start();
    expect(world.open.get("a")).toMatchObject({ text: "run_1 since 1970-01-01T00:16:40.000Z" });
  });

  it("the instruction in words is text, whatever the expression gives", () => {
    const world = new World({ a: step({ text: "Do ${{ input.n }} things." }), b: step({ text: "${{ input.n }}" }) }).start({ n: 3 });
    expect(world.open.get("a")).toMatchObject({ text: "Do 3 things." });
    expect(world.open.get("b")).toMatchObject({ text: "3" });
  });

  it("a run with the guide's sales_report graph assigns chart and report together after aggregate (W060)", () => {
    const world = new World({
      data_query: step(),
      aggregate: step({ needs: ["data_query"] }),
      chart: step({ needs: ["aggregate"] }),
      report: step({ needs: ["aggregate"] }),
    }).start();
    world.complete("data_query");
    world.complete("aggregate");
    expect(world.openPaths()).toEqual(["chart", "report"]);
  });
});

describe("skipping", () => {
  it("a step whose condition is false is skipped, and steps that only need it run", () => {
    const world = new World({ a: step({ if: "input.go" }), b: step({ needs: ["a"] }) }).start({ go: false });
    expect(world.factsOf("stepSkipped")).toMatchObject([{ step: "a", reason: { kind: "condition", source: "input.go" } }]);
    expect(world.openPaths()).toEqual(["b"]);
  });

  it("a step that reads the output of a skipped step unguarded is skipped too", () => {
    const world = new World({
      a: step({ if: "false" }),
      b: step({ with: { n: "${{ steps.a.output.n }}" } }),
      c: step({ text: "${{ steps.b.output }}" }),
    }).start();
    expect(world.factsOf("stepSkipped").map((fact) => fact.step)).toEqual(["a", "b", "c"]);
    expect(world.status).toBe("completed");
  });

  it("a guarded read of a skipped step runs", () => {
    const world = new World({ a: step({ if: "false" }), b: step({ with: { was: "${{ steps.a.status }}" } }) }).start();
    expect(world.open.get("b")).toMatchObject({ input: { was: "skipped" } });
  });

  it("a condition that is not true or false fails its step with its source", () => {
    const world = new World({ a: step({ if: "input.go" }) }).start({ go: "yes" });
    expect(world.failure).toMatchObject({ code: "T4108", details: { code: "T4101" } });
    expect(world.failure?.message).toContain("input.go");
  });

  it("a condition that has no value fails its step", () => {
    expect(new World({ a: step({ if: "input.go.deeper" }) }).start({}).failure?.message).toContain("input.go.deeper");
  });

  it.each(["text", "with", "files"])("%s without a value fails its step before anybody is asked", (key) => {
    const value = { text: "${{ input.no.such }}", with: { n: "${{ input.no.such }}" }, files: ["${{ input.no.such }}"] }[key] ?? "";
    const world = new World({ a: step({ [key]: value }) }).start({});
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ path: "a", attempt: 0, reason: "expression", failure: { code: "T4101" } }]);
    expect(world.factsOf("subtaskAssigned")).toEqual([]);
  });

  it("an expression that is wrong fails its step, never the process", () => {
    const world = new World({
      a: step({ with: { n: "${{ input.missing.deep }}" } }),
      b: step({ if: "input.missing > 1", critical: false }),
    }).start({});
    expect(world.status).toBe("failed");
    expect(world.failure?.message).toContain("input.missing.deep");
  });
});

describe("the end of a run", () => {
  it("a run is over when all its steps are, with the output that the definition names", () => {
    const world = new World({ a: step() }, { output: { answer: "${{ steps.a.output }}" } }).start();
    world.complete("a", 42);
    expect(world.status).toBe("completed");
    expect(world.output).toEqual({ answer: 42 });
  });

  it("an output expression that has no value fails the run with T4113", () => {
    const world = new World({ a: step() }, { output: "${{ steps.a.output.deep.er }}" }).start();
    world.complete("a", 1);
    expect(world.failure?.code).toBe("T4113");
  });

  it("a run that is over takes no more inputs", () => {
    const world = new World({ a: step() }).start();
    const late = world.open.get("a");
    world.complete("a", 1);
    expect(world.input({ kind: "cancelRequested", reason: "late", by: "x" })).toEqual([]);
    expect(
      world.input({
        kind: "answered",
        path: "a",
        attempt: late?.attempt ?? 0,
        turn: 1,
        agent: "x",
        outcome: { kind: "completed", reply: {} },
      }),
    ).toEqual([]);
    expect(world.input({ kind: "timerDue" })).toEqual([]);
  });

  it("an input for a run that was never started changes nothing", () => {
    expect(new World({ a: step() }).input({ kind: "timerDue" })).toEqual([]);
  });

  it("a second start changes nothing", () => {
    const world = new World({ a: step() }).start();
    const count = world.facts.length;
    world.start();
    expect(world.facts).toHaveLength(count);
  });

  it("the run's own timeout fails it with T4109 and cancels what is in flight (W115)", () => {
    const world = new World({ a: step({ timeout: "2h" }) }, { timeout: "1h" }).start();
    world.pass(3_600_000);
    expect(world.failure).toMatchObject({ code: "T4109" });
    expect(world.failure?.message).toContain("Workflow timeout");
    expect(world.kinds()).toContain("subtaskCanceled");
  });
});
