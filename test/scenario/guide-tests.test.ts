/** The tests that the workflow guide prescribes (requirements W.o), in meaning, on the whole product. */
import { join } from "node:path";

import { defineAgent, fail, type JsonObject, loadFile, serveAgent, workflowFromObject } from "tutti";
import { expect, it, vi } from "vitest";
import { z } from "zod";

import { analyticsAgent, chartAgent, dataAgent, reportAgent } from "../../examples/sales-report/agents.ts";
import { PROGRESS_INTERVAL_MS, RETENTION_MS } from "../../src/base/limits.ts";
import { ROOT } from "../support/source-files.ts";
import { historyOf, ofKind, openInMemory, Place, QUICKLY } from "../support/scenario.ts";

const SALES_REPORT = join(ROOT, "examples/sales-report/sales-report.tutti.yaml");

it("two steps that each add one make 7 of 5 (W146, X003)", async () => {
  const add = {
    description: "Adds one.",
    input: z.object({ value: z.number() }),
    run: ({ input }: { input: { value: number } }) => input.value + 1,
  };
  const worker = defineAgent({ name: "worker", description: "Adds.", version: "1.0.0", capabilities: { cap_a: add, cap_b: add } });
  await using orchestrator = await openInMemory([worker]);
  const twice = workflowFromObject({
    name: "twice",
    steps: {
      first: { capability: "cap_a", with: { value: "${{ input.initial_value }}" } },
      second: { capability: "cap_b", with: { value: "${{ steps.first.output }}" } },
    },
    output: "${{ steps.second.output }}",
  });
  expect(await orchestrator.run(twice, { initial_value: 5 })).toBe(7);
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
  const steps = loaded.ok ? loaded.value.definition.steps : {};
  expect(Object.keys(steps)).toEqual(["data_query", "aggregate", "chart", "report"]);
  expect(Object.fromEntries(Object.entries(steps).map(([id, { needs }]) => [id, needs]))).toEqual({
    data_query: [],
    aggregate: ["data_query"],
    chart: ["aggregate"],
    report: ["aggregate"],
  });
  expect(Object.entries(steps).flatMap(([id, { critical }]) => (critical ? [] : [id]))).toEqual(["chart"]);
});

it.each([
  ["a capability", ["query_backup"]],
  ["an agent", [{ agent: "backup" }]],
] as const)(
  "a worker that always fails is called three times, and then its fallback, which is %s, once (W107, W150, X013)",
  async (_what, fallback) => {
    const calls = { worker: 0, backup: 0 };
    const worker = defineAgent({
      name: "worker",
      description: "Always fails.",
      version: "1.0.0",
      capabilities: {
        data_query: { description: "Fails.", run: () => (calls.worker++, fail("NETWORK_TIMEOUT", "no answer", { retryable: true })) },
      },
    });
    const backup = defineAgent({
      name: "backup",
      description: "Helps out.",
      version: "1.0.0",
      capabilities: { query_backup: { description: "Succeeds.", run: () => (calls.backup++, "fallback_success") } },
    });
    await using orchestrator = await openInMemory([worker, backup]);
    const query = workflowFromObject({
      name: "query_data",
      steps: { query: { capability: "data_query", retry: QUICKLY, fallback: [...fallback] } },
      output: "${{ steps.query.output }}",
    });

    expect(await orchestrator.run(query, {})).toBe("fallback_success");
    expect(calls).toEqual({ worker: 3, backup: 1 });
  },
);

it("the numbers are the guide's: three attempts, 1 s doubling to 30 s with jitter, 24 h for a run, a week for a finished one (W198, W200, W201)", () => {
  const { timeoutMs, steps } = workflowFromObject({ name: "silent", steps: { work: { capability: "work" } } });
  expect(timeoutMs).toBe(24 * 60 * 60 * 1_000);
  expect(steps["work"]?.retry).toEqual({ attempts: 3, initialMs: 1_000, factor: 2, maxMs: 30_000, jitter: "full" });
  expect(RETENTION_MS).toBe(7 * 24 * 60 * 60 * 1_000);
  expect(PROGRESS_INTERVAL_MS).toBe(1_000);
});
