/** How results of many become one (requirements W.j), and what a failure among them means (W050). */
import { defineAgent, type Json, type JsonObject, remoteAgent, serveAgent, workflowFromObject } from "tutti";
import { type Behaviour, scripted, testWorkflow } from "tutti/testing";
import { describe, expect, it } from "vitest";

import { Gate, historyOf, ofKind, outputOf, Place } from "../support/scenario.ts";

/** Runs one workflow with scripts by capability, in virtual time. */
function run(steps: JsonObject, scripts: { readonly [capability: string]: readonly Behaviour[] }, rest: JsonObject = {}) {
  const workflow = workflowFromObject({ name: "combine", version: "1.0.0", steps, ...rest });
  return testWorkflow(workflow, { agents: Object.entries(scripts).map(([name, script]) => scripted(name, script)) });
}

/** Three agents that give what they are told to, the first of them last. */
function three(first: Json, second: Json, third: Json): { readonly [capability: string]: readonly Behaviour[] } {
  return { a: [{ slow: "3s", answer: first }], b: [{ slow: "2s", answer: second }], c: [{ slow: "1s", answer: third }] };
}

const ABC = { parallel: { branches: { a: { capability: "a" }, b: { capability: "b" }, c: { capability: "c" } } } };

function combined(aggregate: JsonObject): JsonObject {
  return { ask: ABC, all: { aggregate: { from: "${{ steps.ask.output }}", ...aggregate } } };
}

describe("results of agents that answer in another order than they are declared", () => {
  it("are an object by branch, or a list in declared order (W101, W102)", async () => {
    const test = await run(combined({ strategy: "list" }), three(1, 2, 3), {
      output: { dict: "${{ steps.ask.output }}", list: "${{ steps.all.output }}" },
    });
    expect(outputOf(test)).toEqual({ dict: { a: 1, b: 2, c: 3 }, list: [1, 2, 3] });
  });

  it("are merged with later keys over earlier ones, in declared order (W040, W103)", async () => {
    const test = await run(combined({ strategy: "merge" }), three({ city: "Turin", zip: 1 }, { zip: 2 }, { zip: 3, score: 700 }), LAST);
    expect(outputOf(test)).toEqual({ city: "Turin", zip: 3, score: 700 });
  });

  it.each<[string, [Json, Json, Json], Json]>([
    ["what two of three say", ["spam", "ham", "ham"], "ham"],
    ["objects, whatever the order of their keys", [{ x: 1 }, { label: "ham", by: 1 }, { by: 1, label: "ham" }], { label: "ham", by: 1 }],
    ["on a tie the first", ["spam", "ham", "eggs"], "spam"],
    ["falsy values too", [0, 0, 1], 0],
  ])("vote: the majority is %s (W040, W104, X023)", async (_what, [first, second, third], winner) => {
    expect(outputOf(await run(combined({ strategy: "majority" }), three(first, second, third), LAST))).toEqual(winner);
  });

  it("are reduced to a sum and an average, partition by partition (W053, W102)", async () => {
    const test = await run(
      {
        parts: { each: "${{ input.partitions }}", as: "rows", capability: "count", with: { rows: "${{ rows }}" } },
        sum: { aggregate: { from: "${{ steps.parts.output }}", strategy: "sum", by: "item.n" } },
        average: { aggregate: { from: "${{ steps.parts.output }}", strategy: "average", by: "item.n" } },
      },
      { count: [{ answer: ({ input }) => ({ n: ((input as JsonObject)["rows"] as readonly Json[]).length }) }] },
      { input: { type: "object", properties: { partitions: { type: "array", default: [[1, 2], [3], [], [4, 5, 6, 7, 8]] } } } },
    );
    expect(outputOf(test)).toEqual({ sum: 8, average: 2 });
  });

  it("of iterations are the last one's, and of a sequence each goes to the next (W048, W051, W102)", async () => {
    const test = await run(
      {
        seed: { capability: "double", with: { n: 1 } },
        grow: {
          loop: {
            until: "steps.next.output >= 32",
            steps: { next: { capability: "double", with: { n: "${{ iter.prev == null ? steps.seed.output : iter.prev.next.output }}" } } },
          },
        },
      },
      { double: [{ answer: ({ input }) => Number((input as JsonObject)["n"]) * 2 }] },
      { output: "${{ steps.grow.output }}" },
    );
    expect(outputOf(test)).toEqual({ next: 32 });
    expect(test.calls("double").map(({ input }) => input)).toEqual([1, 2, 4, 8, 16].map((n) => ({ n })));
  });
});

const LAST = { output: "${{ steps.all.output }}" };

describe("one of three agents fails", () => {
  const broken: Behaviour = { slow: "1s", fail: { code: "BROKEN", retryable: false } };
  const scripts = { a: [{ slow: "5s", answer: { label: "ham" } }], b: [broken], c: [{ slow: "10s", answer: { label: "ham" } }] };
  const within = (succeed: Json) => ({ ask: { parallel: { ...ABC.parallel, succeed } } });

  it("fail fast: the first failure is the run's, and the others are stopped at once (W050, W184, X004)", async () => {
    const test = await run(within("all"), scripts);
    expect(test.status).toBe("failed");
    expect(test.elapsedMs).toBe(1_000);
    expect(test.history.flatMap((fact) => (fact.kind === "subtaskCanceled" ? [fact.path] : []))).toEqual(["ask/a", "ask/c"]);
  });

  it("go on with successes: the others are waited for, and the failure is null (W050, W184)", async () => {
    const test = await run(within({ atLeast: 1 }), scripts);
    expect(outputOf(test)).toEqual({ a: { label: "ham" }, b: null, c: { label: "ham" } });
    expect(test.elapsedMs).toBe(10_000);
  });

  it("quorum: two of three that agree are enough (W049, W050, W184, W201)", async () => {
    const test = await run(within({ quorum: 2, on: "result.label" }), scripts, { output: "${{ steps.ask.agreed }}" });
    expect(outputOf(test)).toEqual("ham");
  });

  it("optional branches: null in their place, and no rule at all is needed (W034, W113)", async () => {
    const branches = { ...ABC.parallel.branches, b: { capability: "b", critical: false } };
    expect(outputOf(await run({ ask: { parallel: { branches } } }, scripts))).toEqual({
      a: { label: "ham" },
      b: null,
      c: { label: "ham" },
    });
  });

  it("which one it is, is said for each workflow: the same agents, three rules side by side (W184)", async () => {
    const outcomes = await Promise.all(
      ["all", { atLeast: 2 }, { quorum: 3, on: "result.label" }].map((rule) => run(within(rule), scripts)),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(["failed", "completed", "failed"]);
  });
});

describe("a join", () => {
  it("that can no longer be met fails at once, not at the end (X024)", async () => {
    const broken: Behaviour = { slow: "1s", fail: { code: "BROKEN", retryable: false } };
    const steps = { ask: { parallel: { ...ABC.parallel, succeed: { quorum: 2, on: "result" } } } };
    const test = await run(steps, { a: [broken], b: [broken], c: [{ slow: "1h", answer: "late" }] });
    expect(test.result).toMatchObject({ status: "failed", failure: { details: { path: "ask", reason: "disagreed", code: "T4116" } } });
    expect(test.elapsedMs).toBe(1_000);
  });

  it("whose time is up keeps what has succeeded, and counts the unfinished as timed out (W031, X005)", async () => {
    const scripts = { a: [{ slow: "1s", answer: 1 }], b: [{ slow: "2s", answer: 2 }], c: [{ hang: true as const }] };
    const within = (succeed: Json) => ({ ask: { parallel: { ...ABC.parallel, succeed } } });
    const enough = await run(within({ atLeast: 2, within: "30s" }), scripts);
    expect(outputOf(enough)).toEqual({ a: 1, b: 2, c: null });
    expect(enough.elapsedMs).toBe(30_000);
    const tooFew = await run(within({ all: true, within: "30s" }), scripts);
    expect(tooFew.result).toMatchObject({
      status: "failed",
      failure: { details: { reason: "timedOut", code: "T4116", details: { results: { a: 1, b: 2, c: null } } } },
    });
  });

  it("of the first K stops the losers, also the one at its agent in another process (W102, X024)", async () => {
    await using place = new Place();
    const begun = new Gate();
    const stopped = new Gate();
    const slow = defineAgent({
      name: "slow",
      description: "Works until it is stopped.",
      version: "1.0.0",
      capabilities: {
        look: {
          description: "Looks for ever.",
          run: async ({ signal }) => {
            signal.addEventListener("abort", () => stopped.open());
            begun.open();
            await stopped.opened;
            return "too late";
          },
        },
      },
    });
    const quick = defineAgent({
      name: "quick",
      description: "Is there first.",
      version: "1.0.0",
      capabilities: { look: { description: "Looks, once the other is at it.", run: async () => (await begun.opened, "found") } },
    });
    const served = place.keep(await serveAgent(slow));
    const orchestrator = await place.open([remoteAgent(served.url, { name: "slow" }), quick]);
    const race = workflowFromObject({
      name: "race",
      version: "1.0.0",
      steps: { look: { parallel: { agents: ["slow", "quick"], succeed: { first: 1 } } } },
    });
    const handle = await orchestrator.start(race, {});
    expect(await handle.result()).toMatchObject({ status: "completed", output: { slow: null, quick: "found" } });
    await stopped.opened;
    expect(ofKind(await historyOf(handle), "subtaskCanceled")).toMatchObject([{ path: "look/slow", aborting: true }]);
  });
});
