/** What holds when a workflow says nothing: the guide's numbers (requirements W.t), seen at work. */
import { defineAgent, type JsonObject, MaxIterationsExceededError, WorkflowExecutionError, workflowFromObject } from "tutti";
import { type Behaviour, scripted, testWorkflow } from "tutti/testing";
import { describe, expect, it } from "vitest";

import { MAX_RUN_DEPTH, PROGRESS_INTERVAL_MS, RETENTION_MS } from "../../src/base/limits.ts";
import { DEFAULTS } from "../../src/definition/definition.ts";
import { openInMemory, outputOf } from "../support/scenario.ts";

function workflow(steps: JsonObject, rest: JsonObject = {}) {
  return workflowFromObject({ name: "silent", version: "1.0.0", steps, ...rest });
}

describe("a loop that says nothing", () => {
  const steps = {
    draft: {
      loop: {
        score: "steps.review.output.quality_score",
        steps: {
          write: {
            capability: "write",
            with: { feedback: "${{ iter.prev == null ? '' : iter.prev.review.output.?feedback.orValue('') }}" },
          },
          review: { capability: "review", with: { draft: "${{ steps.write.output }}" } },
        },
      },
    },
  };
  const run = (scores: readonly Behaviour[]) =>
    testWorkflow(workflow(steps, { output: "${{ steps.draft.output.write }}" }), {
      agents: [
        scripted("write", [{ answer: ({ path }) => `draft ${path.slice("draft#".length, -"/write".length)}` }]),
        scripted("review", scores),
      ],
    });
  const score = (quality: number): Behaviour => ({ answer: { quality_score: quality, feedback: "more" } });

  it("ends when the score reaches 0.9, and not before (W051, W199)", async () => {
    const test = await run([score(0.89), { answer: { feedback: "there is no score at all" } }, score(0.9)]);
    expect(outputOf(test)).toEqual("draft 3");
  });

  it("ends after five iterations as MaxIterationsExceededError, which has the best draft and says how good it was (W032, W051, W118, W199, X025)", async () => {
    let drafts = 0;
    const authors = defineAgent({
      name: "authors",
      description: "Write, and are never content.",
      version: "1.0.0",
      capabilities: {
        write: { description: "Writes.", run: () => `draft ${(drafts += 1)}` },
        review: { description: "Reviews.", run: () => ({ quality_score: drafts === 2 ? 0.8 : 0.7 }) },
      },
    });
    await using orchestrator = await openInMemory([authors]);
    const error: unknown = await orchestrator.run(workflow(steps), {}).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(WorkflowExecutionError);
    const { cause } = error as WorkflowExecutionError;
    expect(cause).toBeInstanceOf(MaxIterationsExceededError);
    expect(cause).toMatchObject({
      code: "T4117",
      message: "Quality only reached 0.7 after 5 iterations.",
      quality: 0.8,
      best: { write: "draft 2" },
    });
    expect(drafts).toBe(5);
  });

  it("cannot have no iterations: that is refused before the run (X025)", () => {
    const none = { draft: { loop: { ...steps.draft.loop, max: 0 } } };
    expect(() => workflow(none)).toThrow(/max/);
  });
});

describe("a step that says nothing", () => {
  it("has three attempts; the delays between them double from a second at most, with chance in them (W089, W106, W168, W198, X015, X016)", async () => {
    const runs = await Promise.all(
      ["a", "b", "c"].map((seed) =>
        testWorkflow(workflow({ work: { capability: "work" } }), { seed, agents: [scripted("work", [{ fail: "NETWORK_TIMEOUT" }])] }),
      ),
    );
    const delays = runs.map((test) => test.history.flatMap((fact) => (fact.kind === "attemptFailed" ? [fact.retryAt - fact.at] : [])));
    for (const [first = 0, second = 0, ...others] of delays) {
      expect(others).toEqual([]);
      expect(first).toBeLessThanOrEqual(1_000);
      expect(second).toBeLessThanOrEqual(2_000);
    }
    expect(new Set(delays.map(String)).size).toBe(3);
    expect(runs.map((test) => test.calls("work").length)).toEqual([3, 3, 3]);
  });

  it("has delays of at most 30 s, however often it is tried (W168, W198)", async () => {
    const retry = { attempts: 12, jitter: "none" };
    const test = await testWorkflow(workflow({ work: { capability: "work", retry } }), { agents: [scripted("work", [{ fail: "AWAY" }])] });
    const delays = test.history.flatMap((fact) => (fact.kind === "attemptFailed" ? [fact.retryAt - fact.at] : []));
    expect(delays).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it("has ten minutes for an attempt, and its run a day, after which it is stopped (W188, W200)", async () => {
    const test = await testWorkflow(
      workflow({ work: { capability: "work", retry: { attempts: 100, initial: "30m", max: "30m", jitter: "none" } } }),
      {
        agents: [scripted("work", [{ hang: true }])],
      },
    );
    const assigned = test.history.find((fact) => fact.kind === "subtaskAssigned");
    expect((assigned?.deadlineAt ?? 0) - (assigned?.at ?? 0)).toBe(600_000);
    expect(test.result).toMatchObject({ status: "failed", failure: { code: "T4109" } });
    expect(test.elapsedMs).toBe(24 * 3_600_000);
  });
});

it("the numbers themselves are these, in one place (W089, W198, W199, W200, W201)", () => {
  expect(DEFAULTS).toEqual({
    runTimeoutMs: 86_400_000,
    attemptTimeoutMs: 600_000,
    retry: { attempts: 3, initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: "full" },
    repair: 1,
    loop: { max: 5, threshold: 0.9 },
    handoff: { max: 10 },
    plan: { maxSubtasks: 20, maxDepth: 1 },
  });
  expect({ RETENTION_MS, PROGRESS_INTERVAL_MS, MAX_RUN_DEPTH }).toEqual({
    RETENTION_MS: 7 * 86_400_000,
    PROGRESS_INTERVAL_MS: 1_000,
    MAX_RUN_DEPTH: 8,
  });
});
