import { assert, integer, property, string } from "fast-check";
import { describe, expect, it } from "vitest";

import { backoffMs } from "../../../src/scheduler/failure.ts";
import { step, World } from "../../support/world.ts";

const NO_JITTER = { retry: { attempts: 3, initial: "1s", factor: 2, max: "30s", jitter: "none" } };

describe("retries and fallbacks", () => {
  it("three attempts, then one on the fallback, whose result is the step's (W106, W107, W150)", () => {
    const world = new World({ a: step({ ...NO_JITTER, fallback: "spare" }) }).start();
    world.fail("a");
    world.pass(1_000);
    world.fail("a");
    world.pass(2_000);
    world.fail("a");
    world.pass(0);
    expect(world.open.get("a")).toMatchObject({ attempt: 4, target: { kind: "capability", capability: "spare" } });
    world.complete("a", "fallback_success");
    expect(world.output).toBe("fallback_success");
    expect(world.factsOf("subtaskAssigned").map((fact) => fact.attempt)).toEqual([1, 2, 3, 4]);
  });

  it("delays double from the initial one and never come early (W106, I9)", () => {
    const world = new World({ a: step(NO_JITTER) }).start();
    world.fail("a");
    expect(world.pass(999)).toEqual([]);
    expect(world.pass(1).map((fact) => fact.kind)).toEqual(["subtaskAssigned"]);
    world.fail("a");
    expect(world.pass(1_999)).toEqual([]);
    expect(world.pass(1).map((fact) => fact.kind)).toEqual(["subtaskAssigned"]);
  });

  it("delays are jittered within the doubled one, capped, and the same in every replay (W168)", () => {
    const policy = { attempts: 9, initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: "full" } as const;
    assert(
      property(integer({ min: 1, max: 40 }), string(), (attempt, key) => {
        const delayMs = backoffMs(policy, attempt, key);
        expect(delayMs).toBeGreaterThanOrEqual(0);
        expect(delayMs).toBeLessThanOrEqual(Math.min(30_000, 1_000 * 2 ** (attempt - 1)));
        expect(backoffMs(policy, attempt, key)).toBe(delayMs);
      }),
    );
  });

  it("an agent's Retry-After is a floor under the delay", () => {
    const world = new World({ a: step(NO_JITTER) }).start();
    world.fail("a", { code: "AGENT_OVERLOADED", retryAfterMs: 7_000 });
    expect(world.pass(6_999)).toEqual([]);
    expect(world.pass(1)).toHaveLength(1);
  });

  it("no subtask has more than a hundred attempts, fallbacks included", () => {
    const world = new World(
      { a: step({ retry: { attempts: 100, initial: "1s", jitter: "none" }, fallback: "spare" }) },
      { timeout: "30d" },
      { replays: false },
    );
    world.start();
    for (let attempt = 1; attempt <= 100; attempt += 1) {
      world.fail("a");
      world.pass(30_000);
    }
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ attempt: 100 }]);
  });

  it("a failure that the agent calls final is not retried, but goes to the fallback", () => {
    const world = new World({ a: step({ fallback: ["spare"] }) }).start();
    world.fail("a", { retryable: false });
    world.pass(0);
    expect(world.open.get("a")).toMatchObject({ attempt: 2, target: { capability: "spare" } });
  });

  it("several fallbacks are tried in order, once each", () => {
    const world = new World({ a: step({ retry: { attempts: 1 }, fallback: ["one", "two"] }) }).start();
    world.fail("a");
    world.pass(0);
    world.fail("a");
    world.pass(0);
    expect(world.open.get("a")).toMatchObject({ attempt: 3, target: { capability: "two" } });
    world.fail("a");
    expect(world.status).toBe("failed");
  });

  it.each(["rejected", "canceled"] as const)("%s is not retried and is told as what it is", (kind) => {
    const world = new World({ a: step() }).start();
    world.answer("a", { kind, failure: { code: "NO", message: "not for me", retryable: false } });
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: kind, attempt: 1 }]);
    expect(world.failure?.message).toContain(`(${kind})`);
  });

  it("an unknown outcome is neither retried nor given to a fallback: the work may have been done", () => {
    const world = new World({ a: step({ fallback: "spare" }) }).start();
    world.answer("a", { kind: "unknown", failure: { code: "T4104", message: "who knows", retryable: false } });
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "unknown" }]);
    expect(world.status).toBe("failed");
  });

  it("an unknown outcome is sent again under the same message id when the step says so, a bounded number of times", () => {
    const world = new World({ a: step({ onUnknown: "resend" }) }).start();
    const intent = { agent: "r", url: "u", binding: "JSONRPC", tenant: "", messageId: "m", contextId: null };
    world.input({ kind: "intended", path: "a", attempt: 1, turn: 1, intent });
    const unknown = { kind: "unknown", failure: { code: "T4104", message: "who knows", retryable: false } } as const;
    for (let count = 0; count < 3; count += 1) {
      world.answer("a", unknown);
      expect(world.open.get("a")).toMatchObject({ kind: "send", again: true, intent: { messageId: "m" } });
    }
    world.answer("a", unknown);
    expect(world.status).toBe("failed");
  });

  it("a task that its agent has lost is begun anew under the same message id when the step says so", () => {
    const world = new World({ a: step({ onUnknown: "resend" }) }).start();
    const task = world.accept("a");
    const lost = { kind: "unknown", failure: { code: "T3007", message: "no such task", retryable: false } } as const;
    world.answer("a", lost, task);
    expect(world.open.get("a")).toMatchObject({ kind: "send", again: true, task: null, intent: { messageId: "m-a-1-1" } });
    world.input({ kind: "accepted", path: "a", attempt: 1, turn: 1, agent: "remote", task: { ...task, taskId: "task-2" } });
    world.answer("a", { kind: "inputRequired", question: { prompt: "?" } });
    world.input({ kind: "questionAnswered", question: world.factsOf("questionAsked")[0]?.id ?? "", answer: 1, by: "x" });
    world.accept("a", "task-2");
    world.answer("a", lost);
    expect(world.factsOf("subtaskFailed"), "a conversation cannot be begun anew").toMatchObject([{ reason: "unknown" }]);
  });

  it("what is unknown is told with what the step could say of it", () => {
    const world = new World({ a: step() }).start();
    world.answer("a", { kind: "unknown", failure: { code: "T4104", message: "Nobody knows.", retryable: false } });
    expect(world.failure?.message).toContain("onUnknown: resend");
  });

  it("a critical failure cancels the siblings in flight and fails the run (X009, W114)", () => {
    const world = new World({ a: step({ retry: { attempts: 1 } }), b: step() }).start();
    world.fail("a");
    expect(world.factsOf("subtaskCanceled")).toMatchObject([{ path: "b", aborting: false }]);
    expect(world.open.get("b")).toMatchObject({ kind: "abort" });
    expect(world.failure?.message).toMatch(/^Critical step a failed after 1 attempt/);
  });

  it("an optional step that failed has output null and never strands its dependents (X007, W113)", () => {
    const world = new World({
      a: step({ critical: false, retry: { attempts: 1 } }),
      b: step({ with: { got: "${{ steps.a.output }}", why: "${{ steps.a.error.message }}" } }),
    }).start();
    world.fail("a");
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ tolerated: true }]);
    expect(world.open.get("b")).toMatchObject({ input: { got: null, why: "it broke" } });
  });

  it("late and double answers of earlier attempts change nothing", () => {
    const world = new World({ a: step(NO_JITTER) }).start();
    world.fail("a");
    const late = {
      kind: "answered",
      path: "a",
      attempt: 1,
      turn: 1,
      agent: "x",
      outcome: { kind: "completed", reply: { data: [1] } },
    } as const;
    expect(world.input(late)).toEqual([]);
    world.pass(1_000);
    expect(world.input(late)).toEqual([]);
    world.complete("a", 2);
    expect(world.output).toBe(2);
  });
});

describe("contracts", () => {
  const schema = { type: "object", required: ["n"], properties: { n: { type: "integer" } } };

  it("a reply that breaks the schema is invalid, and not retried at the same agent (W105)", () => {
    const world = new World({ a: step({ output: schema, onInvalid: "fail" }) }).start();
    world.complete("a", { n: "seven" });
    expect(world.factsOf("subtaskFailed")).toMatchObject([{ reason: "invalid", failure: { code: "T4102" } }]);
    expect(world.failure?.message).toContain("Validation failed");
  });

  it("a business rule that does not hold makes the reply invalid", () => {
    const world = new World({ a: step({ rules: ["output.n > 10"], onInvalid: "fail" }) }).start();
    world.complete("a", { n: 3 });
    expect(world.failure?.message).toContain("output.n > 10");
  });

  it("a rule that has no value makes the reply invalid", () => {
    const world = new World({ a: step({ rules: ["output.m > 10"], onInvalid: "fail" }) }).start();
    world.complete("a", { n: 3 });
    expect(world.failure?.message).toContain("output.m > 10");
  });

  it("a data part that fits the schema is the output, whatever the text says", () => {
    const world = new World({ a: step({ output: schema, onInvalid: "fail" }) }).start();
    world.answer("a", { kind: "completed", reply: { text: "seven", data: [{ n: 7 }] } });
    expect(world.output).toEqual({ n: 7 });
  });

  it.each([
    ["bare JSON", '{"n": 1}'],
    ["JSON in a code fence", '```json\n{"n": 1}\n```'],
  ])("with a schema, a text that is %s is read as its value", (_name, text) => {
    const world = new World({ a: step({ output: schema, onInvalid: "fail" }) }).start();
    world.complete("a", text);
    expect(world.output).toEqual({ n: 1 });
  });

  it("with a schema, a text that is no JSON is invalid unless the schema wants a text", () => {
    const wantsObject = new World({ a: step({ output: schema, onInvalid: "fail" }) }).start();
    wantsObject.complete("a", "n is one");
    expect(wantsObject.failure?.message).toContain("not one JSON value");
    const wantsText = new World({ a: step({ output: { type: "string" }, onInvalid: "fail" }) }).start();
    wantsText.complete("a", "n is one");
    expect(wantsText.output).toBe("n is one");
  });

  it("with a schema, a JSON text that does not fit is told by its own problems", () => {
    const world = new World({ a: step({ output: schema, onInvalid: "fail" }) }).start();
    world.complete("a", "[1]");
    expect(world.failure?.code).toBe("T4108");
    expect(world.failure?.details).toMatchObject({ code: "T4102" });
  });

  it("with a schema, a text beyond the limit of an output is not even read as JSON", () => {
    const world = new World({ a: step({ output: schema, onInvalid: "fail" }) }).start();
    world.complete("a", JSON.stringify({ n: 1, more: "x".repeat(1_100_000) }));
    expect(world.failure?.details).toMatchObject({ code: "T4102" });
  });

  it("with a schema, an empty reply is invalid", () => {
    const world = new World({ a: step({ output: schema, onInvalid: "fail" }) }).start();
    world.answer("a", { kind: "completed", reply: {} });
    expect(world.failure?.details).toMatchObject({ code: "T4102" });
  });

  it("without a schema the first data part is the output, else the text; the rest stays readable", () => {
    const world = new World({
      a: step(),
      b: step({
        with: {
          t: "${{ steps.a.text }}",
          d: "${{ steps.a.data }}",
          f: "${{ steps.a.artifacts[0].name }}",
          u: "${{ steps.a.usage.tokens }}",
        },
      }),
    }).start();
    const artifacts = [{ name: "chart", mediaType: "image/svg+xml", text: "<svg/>" }];
    world.answer("a", { kind: "completed", reply: { text: "two parts", data: [1, 2], artifacts, usage: { tokens: 7 } } });
    expect(world.open.get("b")).toMatchObject({ input: { t: "two parts", d: [1, 2], f: "chart", u: 7 } });
  });

  it("an empty reply has output null", () => {
    const world = new World({ a: step() }).start();
    world.answer("a", { kind: "completed", reply: {} });
    expect(world.output).toBeNull();
  });

  it.each([
    ["text", "x".repeat(1_100_000)],
    ["list", Array.from({ length: 300_000 }, (_, index) => index)],
    ["object", { a: { b: ["x".repeat(600_000), "y".repeat(600_000)] } }],
  ])("an output larger than the limit is refused: %s (T4112)", (_name, value) => {
    const world = new World({ a: step() }).start();
    world.complete("a", value);
    expect(world.failure?.details).toMatchObject({ code: "T4112" });
  });
});
