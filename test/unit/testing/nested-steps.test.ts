/** `tutti/testing` on every kind of step: time, people and signals in virtual time. */
import { defineAgent, type JsonObject, remoteAgent, sequential, workflowFromObject } from "tutti";
import { expectDag, expectOrder, expectOutput, scripted, startWorkflow, type TestAgent, testWorkflow } from "tutti/testing";
import { describe, expect, it } from "vitest";

const DAY_MS = 86_400_000;

function workflow(steps: JsonObject, rest: JsonObject = {}) {
  return workflowFromObject({ name: "test", version: "1.0.0", steps, ...rest });
}

function run(steps: JsonObject, agents: readonly TestAgent[] = [], rest: JsonObject = {}) {
  return testWorkflow(workflow(steps, rest), { agents });
}

const SIGN = { approval: { to: ["role:boss"], title: "Go on?", timeout: "2d", remind: "8h", onTimeout: "reject" } } as const;

describe("an approval", () => {
  const steps = { sign: SIGN, send: { if: 'steps.sign.output.decision == "approved"', capability: "send", text: "Now." } };
  const agents = [scripted("send", [{ answer: "sent" }])];

  it("waits for somebody, and time stands meanwhile; approved, the run goes on", async () => {
    const approved = await run(steps, agents);
    expect(approved.status).toBe("waiting");
    expect(approved.questions()).toMatchObject([{ kind: "approval", path: "sign", prompt: "Go on?", to: ["role:boss"] }]);
    expect(approved.elapsedMs).toBe(0);
    await approved.approve();
    expect(approved.result.status).toBe("completed");
    expectOrder(approved, ["sign", "send"]);
  });

  it("rejected, skips what depends on it", async () => {
    const rejected = await run(steps, agents);
    await rejected.reject({}, "sign", "ada");
    expect(rejected.history.find(({ kind }) => kind === "approvalDecided")).toMatchObject({ by: "ada", output: { decision: "rejected" } });
    expect(rejected.skipped()).toEqual(["send"]);
    expect(rejected.calls("send")).toEqual([]);
  });

  it("that nobody gives is reminded of, and times out", async () => {
    const ignored = await run(steps, agents, { timeout: "5d" });
    await ignored.advance("2d");
    expect(ignored.history.filter(({ kind }) => kind === "approvalReminded")).toHaveLength(5);
    expect(ignored.result.status).toBe("completed");
    expect(ignored.elapsedMs).toBe(2 * DAY_MS);
    expect(ignored.questions()).toEqual([]);
  });

  it("whose form does not fit stays open, and says why", async () => {
    const form = { type: "object", required: ["note"], properties: { note: { type: "string" } } };
    const strict = await run({ sign: { approval: { to: ["ada"], title: "Well?", form } } });
    await expect(strict.approve({ note: 5 })).rejects.toMatchObject({ code: "T4005" });
    expect(strict.questions()).toHaveLength(1);
    await strict.approve({ note: "fine" });
    expect(strict.result).toMatchObject({ output: { decision: "approved", form: { note: "fine" } } });
  });
});

describe("a wait", () => {
  it("for days takes no real time", async () => {
    const began = performance.now();
    const waited = await run(
      { pause: { wait: "30d" }, next: { needs: ["pause"], capability: "next" } },
      [scripted("next", [{ answer: 1 }])],
      {
        timeout: "60d",
      },
    );
    expect(waited.result.status).toBe("completed");
    expect(waited.elapsedMs).toBe(30 * DAY_MS);
    expectOrder(waited, ["pause", "next"]);
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  const steps = { go: { wait: { signal: "go", timeout: "1h" } } };

  it("for a signal stands until it comes", async () => {
    const signaled = await run(steps);
    expect(signaled.status).toBe("waiting");
    await signaled.signal("stop", 1);
    expect(signaled.status).toBe("waiting");
    await signaled.signal("go", { speed: 2 });
    expectOutput(signaled, { speed: 2 });
  });

  it("takes a signal that came before it", async () => {
    const early = await startWorkflow(workflow({ first: { wait: "10m" }, go: { needs: ["first"], ...steps.go } }));
    await early.signal("go", "early");
    await early.untilIdle();
    expectOutput(early, "early");
    expect(early.elapsedMs).toBe(600_000);
  });

  it("for a signal that does not come times out", async () => {
    const late = await run(steps);
    await late.advance("1h");
    expect(late.result).toMatchObject({ status: "failed" });
  });
});

describe("steps with inner steps", () => {
  it("a loop is followed iteration by iteration", async () => {
    const steps = {
      draft: {
        loop: {
          max: 5,
          until: "steps.review.output.score >= 0.9",
          steps: { write: { capability: "write" }, review: { capability: "review", with: { draft: "${{ steps.write.output }}" } } },
        },
      },
    };
    const scores = [0.3, 0.6, 0.95].map((score) => ({ answer: { score } }));
    const looped = await run(steps, [scripted("write", [{ answer: "a text" }]), scripted("review", scores)]);
    expect(looped.result.status).toBe("completed");
    expectOrder(looped, ["draft#1/write", "draft#1/review", "draft#2/write", "draft#3/review"]);
    expect([looped.attempts("draft"), looped.attempts("draft#3/review")]).toEqual([6, 1]);
    expectDag(looped, ["draft", "draft/write", "draft/review"], [["draft/write", "draft/review"]]);
  });

  it("branches run side by side, and an early join cancels the rest", async () => {
    const steps = { fast: { parallel: { agents: ["hare", "tortoise"], succeed: "any" } } };
    const agents = [scripted("hare", [{ slow: "1s", answer: "first" }]), scripted("tortoise", [{ slow: "1h", answer: "last" }])];
    const raced = await run(steps, agents, { agents: { hare: { capability: "hare" }, tortoise: { capability: "tortoise" } } });
    expect(raced.result).toMatchObject({ status: "completed", output: { hare: "first", tortoise: null } });
    expect(raced.elapsedMs).toBe(1_000);
  });

  it("a plan is made by a script, and its subtasks are done by others", async () => {
    const steps = { work: { plan: { capability: "planner", allow: ["dig", "build"] } } };
    const plan = {
      subtasks: [
        { id: "hole", capability: "dig" },
        { id: "house", capability: "build", needs: ["hole"] },
      ],
    };
    const planned = await run(steps, [
      scripted("planner", [{ answer: plan }]),
      scripted("dig", [{ answer: 1 }]),
      scripted("build", [{ answer: ({ input }) => input }]),
    ]);
    expect(planned.result.status).toBe("completed");
    expectOrder(planned, ["work/hole", "work/house"]);
  });

  it("a handoff goes from script to script", async () => {
    const steps = { desk: { handoff: { agents: ["triage", "billing"], start: "triage" } } };
    const agents = [
      scripted("triage", [{ answer: { handoff_to: "billing", why: "an invoice" } }]),
      scripted("billing", [{ answer: "paid" }]),
    ];
    const handed = await run(steps, agents, { agents: { triage: { capability: "triage" }, billing: { capability: "billing" } } });
    expectOutput(handed, "paid");
    expect(handed.calls("billing")).toHaveLength(1);
  });

  it("a handler that asks a person is waited for, not timed out", async () => {
    const steps = {
      work: {
        capability: "work",
        retry: { attempts: 1 },
        onError: { approval: { to: ["ada"], title: "It broke. Go on?", timeout: "1d" } },
      },
    };
    const handled = await run(steps, [scripted("work", [{ fail: "BROKEN" }])]);
    expect(handled.questions()).toMatchObject([{ kind: "approval", prompt: "It broke. Go on?" }]);
    expect(handled.elapsedMs).toBe(0);
    await handled.approve();
    expect(handled.result).toMatchObject({ status: "completed", output: { decision: "approved" } });
  });

  it("what is undone after a failure is seen, and a compensation that fails asks", async () => {
    const steps = {
      book: { capability: "book", compensate: { capability: "unbook" } },
      pay: { needs: ["book"], capability: "pay", retry: { attempts: 1 } },
    };
    const agents = (undo: readonly Parameters<typeof scripted>[1][number][]) => [
      scripted("book", [{ answer: "booked" }]),
      scripted("pay", [{ reject: "no money" }]),
      scripted("unbook", undo),
    ];
    const undone = await run(steps, agents([{ answer: "unbooked" }]));
    expect(undone.result.status).toBe("failed");
    expect(undone.calls("unbook")).toHaveLength(1);
    const stuck = await run(steps, agents([{ reject: "not possible" }]));
    expect(stuck.questions()).toMatchObject([{ kind: "compensation", path: "book" }]);
    await stuck.answer("skip");
    expect(stuck.result.status).toBe("failed");
  });
});

describe("other runs and the world outside", () => {
  const child = workflowFromObject({ name: "child", version: "1.2.0", steps: { ask: SIGN } });
  const parent = workflow({ below: { workflow: "child@^1", with: { x: 1 } } });

  it("a sub-workflow is a run of its own, and its questions can be answered", async () => {
    const above = await testWorkflow(parent, { workflows: [child] });
    expect(above.questions()).toMatchObject([{ kind: "approval", path: "ask" }]);
    await above.approve();
    expect(above.result).toMatchObject({ status: "completed", output: { decision: "approved" } });
    expect(Object.values(above.children)).toHaveLength(1);
  });

  it("a sub-workflow that nobody gave is told before anything begins", async () => {
    await expect(testWorkflow(parent)).rejects.toMatchObject({ code: "T1502" });
  });

  const adder = defineAgent({
    name: "adder",
    description: "Adds one.",
    version: "1.0.0",
    capabilities: { add: { description: "Adds one.", run: ({ input }) => Number(input ?? 0) + 1 } },
  });

  it("a workflow of the builder brings its agents along, and a script stands in for one of them", async () => {
    const chain = sequential([adder, remoteAgent("https://far.example.com", { name: "far" })]);
    const away = await testWorkflow(chain);
    expect(away.result).toMatchObject({ failure: { message: expect.stringContaining("give it a script") } });
    expect(away.calls("adder")).toHaveLength(1);
    const both = await testWorkflow(chain, { agents: [scripted("far", [{ answer: "near" }])] });
    expectOutput(both, "near");
  });

  it("an event is taken, and goes nowhere", async () => {
    const published = await run({ tell: { emit: { event: "done", to: "https://hooks.example.com/x", data: { ok: true } } } });
    expect(published.result.status).toBe("completed");
    expect(published.emitted()).toEqual([{ event: "done", path: "tell", data: { ok: true } }]);
  });

  it("the same seed gives the same history, of nested steps and sub-workflows too", async () => {
    const histories: string[] = [];
    for (let time = 0; time < 2; time += 1) {
      const above = await testWorkflow(parent, { workflows: [child], seed: "x" });
      await above.advance("3d");
      histories.push(JSON.stringify([above.history, above.children]));
    }
    expect(histories[1]).toBe(histories[0]);
  });
});
