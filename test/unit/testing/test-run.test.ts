/** `tutti/testing` on workflows of delegate steps: virtual time, scripted agents, steering, determinism. */
import { defineAgent, type JsonObject, workflowFromObject } from "tutti";
import { expectAttempts, expectOrder, expectOutput, scripted, type Behaviour, startWorkflow, testWorkflow } from "tutti/testing";
import { describe, expect, it } from "vitest";

function workflow(steps: JsonObject, rest: JsonObject = {}) {
  return workflowFromObject({ name: "test", version: "1.0.0", steps, ...rest });
}

const ONE = workflow({ work: { capability: "work", timeout: "1m" } }, { output: "${{ steps.work.output }}" });

/** The one step done by a script, in this process or as if behind A2A. */
function runOne(behaviours: readonly Behaviour[], remote: boolean, definition = ONE) {
  return testWorkflow(definition, { agents: [scripted("work", behaviours, { remote })] });
}

describe.each([
  ["in this process", false],
  ["as if behind A2A", true],
])("a scripted agent %s", (_where, remote) => {
  it("answers with a value, words, or what a function makes of its input", async () => {
    expectOutput(await runOne([{ answer: { rows: 3 } }], remote), { rows: 3 });
    expectOutput(await runOne([{ answer: "done" }], remote), "done");
    const doubled = workflow({ work: { capability: "work", with: { value: 4 } } }, { output: "${{ steps.work.output }}" });
    const double: Behaviour = { answer: ({ input }) => 2 * (input as { readonly value: number }).value };
    const run = await runOne([double], remote, doubled);
    expectOutput(run, 8);
    expect(run.calls("work")).toMatchObject([{ path: "work", attempt: 1, input: { value: 4 } }]);
  });

  it("fails as often as it is told, and the delays between take no real time", async () => {
    const patient = workflow(
      { work: { capability: "work", retry: { attempts: 4, initial: "6h", factor: 1, max: "6h", jitter: "none" } } },
      { output: "${{ steps.work.output }}" },
    );
    const began = performance.now();
    const run = await runOne([{ fail: "NETWORK_TIMEOUT", times: 3 }, { answer: 1 }], remote, patient);
    expectOutput(run, 1);
    expectAttempts(run, { work: 4 });
    expect(run.elapsedMs).toBe(18 * 3_600_000);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it("hangs, and its attempts time out", async () => {
    const run = await runOne([{ hang: true }], remote);
    expect(run.result).toMatchObject({ status: "failed" });
    expectAttempts(run, { work: 3 });
    expect(run.history.filter(({ kind }) => kind === "attemptFailed")).toMatchObject([{ reason: "timedOut" }, { reason: "timedOut" }]);
  });

  it("asks, gets the answer, and goes on with it", async () => {
    const run = await runOne([{ ask: "Which region?", next: { answer: ({ answers }) => ({ region: answers[0] ?? null }) } }], remote);
    expect(run.result.status).toBe("open");
    expect(run.questions()).toMatchObject([{ path: "work", kind: "question", prompt: "Which region?" }]);
    await run.answer("EMEA");
    expectOutput(run, { region: "EMEA" });
    expectAttempts(run, { work: 1 });
    expect(run.calls("work")).toHaveLength(1);
  });

  it("wants an authorisation", async () => {
    const run = await runOne([{ authRequired: "Log in at the bank.", next: { answer: "in" } }], remote);
    expect(run.history.find(({ kind }) => kind === "questionAsked")).toMatchObject({ asks: "auth" });
    await run.answer({ done: true }, "work");
    expectOutput(run, "in");
  });

  it("rejects, and is not asked again", async () => {
    const run = await runOne([{ reject: "not my work" }], remote);
    expect(run.history.findLast(({ kind }) => kind === "subtaskFailed")).toMatchObject({ reason: "rejected" });
    expectAttempts(run, { work: 1 });
  });

  it("takes its time, and tells how far it is", async () => {
    const slow: Behaviour = { slow: "30s", progress: [{ percent: 0 }, { percent: 50 }], answer: "late" };
    const run = await runOne([slow], remote);
    expectOutput(run, "late");
    expect(run.elapsedMs).toBe(30_000);
    const progress = run.history.filter((fact) => fact.kind === "subtaskProgressed");
    expect(progress.map(({ progress: { percent } }) => percent)).toEqual([0, 50]);
  });

  it("answers twice, and the second answer changes nothing", async () => {
    const run = await runOne(
      [{ duplicate: 5 }],
      remote,
      workflow({ work: { capability: "work" }, next: { needs: ["work"], capability: "work" } }),
    );
    expect(run.result.status).toBe("completed");
    expect(run.history.filter(({ kind }) => kind === "subtaskCompleted")).toHaveLength(2);
  });

  it("cannot be reached, which is tried again", async () => {
    const run = await runOne([{ unreachable: true, times: 2 }, { answer: "there" }], remote);
    expectOutput(run, "there");
    expect(run.attempts("work")).toBe(3);
  });

  it("leaves it unknown what became of the message, which is not sent again", async () => {
    const run = await runOne([{ unknown: true }], remote);
    expect(run.history.findLast(({ kind }) => kind === "subtaskFailed")).toMatchObject({ reason: "unknown" });
    expect(run.calls("work")).toHaveLength(1);
  });

  it("gives something that no schema takes", async () => {
    const strict = workflow({ work: { capability: "work", output: { type: "object", required: ["rows"] }, retry: { attempts: 1 } } });
    const run = await runOne([{ wrong: true }], remote, strict);
    expect(run.history.findLast(({ kind }) => kind === "subtaskFailed")).toMatchObject({ reason: "invalid" });
  });

  it("whose script is used up says so", async () => {
    const run = await runOne(
      [
        { fail: "A", times: 1 },
        { fail: "B", times: 1 },
      ],
      remote,
    );
    expect(run.result).toMatchObject({
      status: "failed",
      failure: { message: expect.stringContaining("has nothing for attempt 3 of work") },
    });
  });

  it("answers by what it is asked", async () => {
    const regions = workflow({
      work: { each: ["EMEA", "APAC", "EMEA"], as: "region", capability: "work", with: { region: "${{ region }}" } },
    });
    const run = await runOne([{ when: { region: "APAC" }, answer: "far" }, { answer: "near" }], remote, regions);
    expectOutput(run, ["near", "far", "near"]);
    expect(run.attempts("work")).toBe(3);
  });

  it("is taken up again after a restart, and the work is done once", async () => {
    const run = await startWorkflow(ONE, { agents: [scripted("work", [{ slow: "40s", answer: "once" }], { remote })] });
    await run.advance("10s");
    await run.restart();
    await run.untilIdle();
    expectOutput(run, "once");
    expect(run.calls("work")).toHaveLength(1);
    expectAttempts(run, { work: 1 });
  });

  it("is stopped when the run is canceled", async () => {
    const run = await startWorkflow(ONE, { agents: [scripted("work", [{ hang: true }], { remote })] });
    await run.advance("10s");
    await run.cancel("not needed");
    expect(run.result).toMatchObject({ status: "canceled", reason: "not needed" });
  });

  it("gives the same history for the same seed, to the letter", async () => {
    const script: readonly Behaviour[] = [{ fail: "A" }, { slow: "5s", fail: { code: "B", retryAfter: "20s" } }, { answer: { ok: true } }];
    const histories = await Promise.all(
      ["x", "x", "y"].map(async (seed) => {
        const run = await testWorkflow(ONE, { seed, agents: [scripted("work", script, { remote })] });
        return JSON.stringify(run.history);
      }),
    );
    expect(histories[1]).toBe(histories[0]);
    expect(histories[2]).not.toBe(histories[0]);
  });
});

describe("a test run", () => {
  it("finds a task whose acceptance was lost on its way, and does not send twice", async () => {
    const run = await runOne([{ lost: "found" }], true);
    expectOutput(run, "found");
    expect(run.calls("work")).toHaveLength(1);
  });

  it("waits for a real agent in real time, and lets no time of the run go by", async () => {
    const reader = defineAgent({
      name: "work",
      description: "Takes real time.",
      version: "1.0.0",
      capabilities: { work: { description: "Waits.", run: () => new Promise<string>((resolve) => setTimeout(() => resolve("real"), 30)) } },
    });
    const run = await testWorkflow(ONE, { agents: [reader] });
    expectOutput(run, "real");
    expect(run.elapsedMs).toBe(0);
  });

  it("stands while it is paused, and goes on", async () => {
    const run = await startWorkflow(workflow({ first: { capability: "work" }, second: { needs: ["first"], capability: "work" } }), {
      agents: [scripted("work", [{ slow: "10s", answer: 1 }])],
    });
    await run.pause();
    await run.untilIdle();
    expect(run.order()).toEqual(["first"]);
    await run.resume();
    await run.untilIdle();
    expect(run.result.status).toBe("completed");
    expectOrder(run, ["first", "second"]);
  });

  it("never uses the network: an agent with an address needs a script", async () => {
    const far = workflow({ work: { agent: "far" } }, { agents: { far: { card: "https://far.example.com" } } });
    const run = await testWorkflow(far);
    expect(run.result).toMatchObject({ status: "failed", failure: { message: expect.stringContaining("give it a script") } });
    expectOutput(await testWorkflow(far, { agents: [scripted("far", [{ answer: 1 }])] }), 1);
  });

  it("says which questions are open when the one that is answered is not", async () => {
    const run = await runOne([{ ask: "Which?" }], false);
    await expect(async () => run.approve()).rejects.toThrow('There is no open approval. Open: question at work ("Which?").');
    expect(() => run.calls("other")).toThrow('The test has no agent "other"; there are work.');
  });
});
