/** The tests that the workflow guide prescribes (requirements W.o), in meaning, on the whole product. */
import { join } from "node:path";

import { type JsonObject, loadFile, serveAgent, workflowFromObject } from "tutti";
import { type Behaviour, expectAttempts, expectDag, expectOrder, expectOutput, scripted, startWorkflow, testWorkflow } from "tutti/testing";
import { describe, expect, it, vi } from "vitest";

import { analyticsAgent, chartAgent, dataAgent, reportAgent } from "../../examples/sales-report/agents.ts";
import { PROGRESS_INTERVAL_MS, RETENTION_MS } from "../../src/base/limits.ts";
import { ROOT } from "../support/source-files.ts";
import { historyOf, ofKind, Place } from "../support/scenario.ts";

const SALES_REPORT = join(ROOT, "examples/sales-report/sales-report.tutti.yaml");

/** The guide's mock of `assign_and_execute`: the input plus one, under the name that the step gives it. */
function addOne(parameter: string): Behaviour {
  return { answer: ({ input }) => Number((input as JsonObject)[parameter]) + 1 };
}

it("two steps that each add one make 7 of 5 (W146, X003)", async () => {
  const twice = workflowFromObject({
    name: "twice",
    steps: {
      first: { capability: "cap_a", with: { value: "${{ input.initial_value }}" } },
      second: { capability: "cap_b", with: { value: "${{ steps.first.output }}" } },
    },
    output: "${{ steps.second.output }}",
  });
  const run = await testWorkflow(twice, {
    input: { initial_value: 5 },
    agents: [scripted("cap_a", [addOne("value")]), scripted("cap_b", [addOne("value")])],
  });
  expectOutput(run, 7);
  expectOrder(run, ["first", "second"]);
  expect([...run.calls("cap_a"), ...run.calls("cap_b")].map(({ input }) => input)).toEqual([{ value: 5 }, { value: 6 }]);
});

it("the same with the guide's other name: what was made before goes on as previous_result (W030, W146, X003)", async () => {
  const chain = workflowFromObject({
    name: "chain",
    steps: {
      first: { capability: "cap_a", with: { previous_result: "${{ input.initial_value }}" } },
      second: { capability: "cap_b", with: { previous_result: "${{ steps.first.output }}" } },
    },
    output: "${{ steps.second.output }}",
  });
  const worker = scripted("worker", [addOne("previous_result")], { capabilities: ["cap_a", "cap_b"] });
  const run = await testWorkflow(chain, { input: { initial_value: 5 }, agents: [worker] });
  expectOutput(run, 7);
  expect(run.calls("worker").map(({ input }) => input)).toEqual([{ previous_result: 5 }, { previous_result: 6 }]);
});

it("the sales report of its file, by agents behind A2A, gives report_uri and the status success (W148, B004)", async () => {
  await using place = new Place();
  vi.stubEnv("SALES_WORKSPACE", place.folder);
  const agents = { data: dataAgent, analytics: analyticsAgent, chart: chartAgent, report: reportAgent };
  const bindings: Record<string, JsonObject> = {};
  for (const [name, agent] of Object.entries(agents))
    bindings[name] = { kind: "card", url: place.keep(await serveAgent(agent)).url, secret: null };
  const loaded = await loadFile(SALES_REPORT);
  if (!loaded.ok) throw new Error("The example does not load.");
  const orchestrator = await place.open([]);

  const handle = await orchestrator.start(loaded.value.definition, { date: "2025-03-01" }, { id: "test_001", bindings });

  expect(await handle.result()).toMatchObject({
    status: "completed",
    output: { report_uri: expect.stringMatching(/^file:.*report\.html$/), status: "success" },
  });
  const facts = await historyOf(handle);
  expect(ofKind(facts, "subtaskCompleted").every(({ task }) => task !== undefined)).toBe(true);
  vi.unstubAllEnvs();
});

it("the sales report's file decomposes into exactly its nodes and edges, before anything runs (W023, W046, W149)", async () => {
  const loaded = await loadFile(SALES_REPORT);
  if (!loaded.ok) throw new Error("The example does not load.");
  const { definition } = loaded.value;
  expectDag(
    definition,
    ["data_query", "aggregate", "chart", "report"],
    [
      ["data_query", "aggregate"],
      ["aggregate", "chart"],
      ["aggregate", "report"],
    ],
  );
  expect(Object.entries(definition.steps).flatMap(([id, { critical }]) => (critical ? [] : [id]))).toEqual(["chart"]);
});

it.each([
  ["a capability", ["query_backup"]],
  ["an agent", [{ agent: "backup" }]],
] as const)(
  "a worker that always fails is called three times, and then its fallback, which is %s, once (W107, W150, X013)",
  async (_what, fallback) => {
    const query = workflowFromObject({
      name: "query_data",
      agents: { backup: { capability: "query_backup" } },
      steps: { query: { capability: "data_query", fallback: [...fallback] } },
      output: "${{ steps.query.output }}",
    });
    const worker = scripted("data_query", [{ fail: { code: "NETWORK_TIMEOUT", message: "no answer" } }]);
    const backup = scripted("query_backup", [{ answer: "fallback_success" }]);

    const run = await testWorkflow(query, { agents: [worker, backup] });

    expectOutput(run, "fallback_success");
    expect(run.calls("data_query")).toHaveLength(3);
    expect(run.calls("query_backup")).toHaveLength(1);
    expectAttempts(run, { query: 4 });
  },
);

describe.each([
  ["in this process", false],
  ["behind A2A", true],
])("failures that are injected into an agent %s (W151, W152)", (_where, remote) => {
  const query = workflowFromObject({
    name: "query_data",
    steps: {
      query: { capability: "data_query", timeout: "1m", fallback: ["query_backup"], output: { type: "object", required: ["rows"] } },
    },
    output: "${{ steps.query.output.rows }}",
  });
  const start = (script: readonly Behaviour[]) =>
    startWorkflow(query, { agents: [scripted("data_query", script, { remote }), scripted("query_backup", [{ answer: { rows: 0 } }])] });

  it.each<[string, readonly Behaviour[], { output: number; calls: number; backups: number }]>([
    ["a worker that fails once", [{ fail: "WORKER_CRASHED" }, { answer: { rows: 3 } }], { output: 3, calls: 2, backups: 0 }],
    ["a timeout", [{ hang: true }, { answer: { rows: 3 } }], { output: 3, calls: 2, backups: 0 }],
    ["timeouts for ever", [{ hang: true }], { output: 0, calls: 3, backups: 1 }],
    ["a partition that heals", [{ unreachable: true, times: 2 }, { answer: { rows: 3 } }], { output: 3, calls: 3, backups: 0 }],
    ["a partition for ever", [{ unreachable: true }], { output: 0, calls: 3, backups: 1 }],
    ["an answer that comes twice", [{ duplicate: { rows: 3 } }], { output: 3, calls: 1, backups: 0 }],
    ["an answer that gets lost", [{ lost: { rows: 3 } }], { output: 3, calls: 1, backups: 0 }],
    ["an invalid output", [{ answer: { lines: 3 } }, { answer: { rows: 3 } }], { output: 3, calls: 2, backups: 0 }],
    ["invalid outputs for ever", [{ wrong: true }], { output: 0, calls: 2, backups: 1 }],
  ])("%s", async (_what, script, { output, calls, backups }) => {
    const run = await start(script);
    await run.untilIdle();
    expectOutput(run, output);
    expect([run.calls("data_query").length, run.calls("query_backup").length]).toEqual([calls, backups]);
  });

  it("a crash of the orchestrator while the worker is at it: the work is done once", async () => {
    const run = await start([{ slow: "40s", answer: { rows: 3 } }]);
    await run.advance("20s");
    await run.restart();
    await run.untilIdle();
    expectOutput(run, 3);
    expect(run.calls("data_query")).toHaveLength(1);
  });

  it("the same seed gives the same history, whatever fails", async () => {
    const script: readonly Behaviour[] = [{ fail: "A" }, { hang: true }, { unreachable: true }];
    const histories: string[] = [];
    for (let time = 0; time < 2; time += 1) {
      const run = await start(script);
      await run.untilIdle();
      histories.push(JSON.stringify(run.history));
    }
    expect(histories[1]).toBe(histories[0]);
  });
});

it("the numbers are the guide's: three attempts, 1 s doubling to 30 s with jitter, 24 h for a run, a week for a finished one (W198, W200, W201)", () => {
  const { timeoutMs, steps } = workflowFromObject({ name: "silent", steps: { work: { capability: "work" } } });
  expect(timeoutMs).toBe(24 * 60 * 60 * 1_000);
  const [work] = Object.values(steps);
  expect(work?.kind === "delegate" ? work.retry : null).toEqual({
    attempts: 3,
    initialMs: 1_000,
    factor: 2,
    maxMs: 30_000,
    jitter: "full",
  });
  expect(RETENTION_MS).toBe(7 * 24 * 60 * 60 * 1_000);
  expect(PROGRESS_INTERVAL_MS).toBe(1_000);
});
