import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { analyticsAgent } from "../../../examples/sales-dashboard/agents/analytics.ts";
import { chartAgent } from "../../../examples/sales-dashboard/agents/chart.ts";
import { cleanAgent } from "../../../examples/sales-dashboard/agents/clean.ts";
import { dataAgent } from "../../../examples/sales-dashboard/agents/data.ts";
import { reportAgent } from "../../../examples/sales-dashboard/agents/report.ts";
import { CHART_KINDS } from "../../../examples/sales-dashboard/lib/chart-kinds.ts";
import { readJournal } from "../../../examples/sales-dashboard/lib/work.ts";
import { generateSample } from "../../../examples/sales-dashboard/sample/generate.ts";
import { RATES } from "../../../examples/sales-dashboard/sample/shop.ts";
import * as month from "../../../examples/sales-report/agents.ts";
import type { Json, JsonObject } from "../../../src/base/json.ts";
import { isJsonObject } from "../../../src/base/json.ts";
import type { LocalAgent } from "../../../src/ports/agents.ts";
import type { Outcome } from "../../../src/scheduler/outcome.ts";

let workspace: string;
let journal: string;

beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), "sales-"));
  journal = join(workspace, "journal.jsonl");
  vi.stubEnv("SALES_WORKSPACE", workspace);
  vi.stubEnv("SALES_JOURNAL", journal);
});
afterEach(() => vi.unstubAllEnvs());

/** Gives work to an agent as an orchestrator does; `subtask` is also the key. */
function perform(
  agent: LocalAgent,
  input: Json,
  { subtask = agent.name, signal = new AbortController().signal, phases = [] as string[] } = {},
): Promise<Outcome> {
  const capability = agent.capabilities[0]?.name ?? "";
  const assignment = {
    sender: "orchestrator/test/1.0.0",
    receiver: agent.name,
    workflow_id: "run_1",
    workflow_type: "test",
    subtask_id: subtask,
    attempt: 1,
    correlation_id: "c",
    ttl_ms: 30_000,
    operation: capability,
    timestamp: "2025-04-07T00:00:00.000Z",
    hop_count: 1,
  };
  const work = { key: `default/run_1/${subtask}/1/0`, capability, input, text: null, exchanges: [], task: null, assignment };
  return agent.perform(work, { signal, progress: ({ phase }) => void phases.push(phase ?? ""), chunk: () => undefined });
}

/** The data of a completed outcome; anything else is the test's failure. */
async function resultOf(outcome: Promise<Outcome>): Promise<JsonObject> {
  const ended = await outcome;
  if (ended.kind !== "completed") throw new Error(JSON.stringify(ended));
  const value = ended.reply.data?.[0];
  if (!isJsonObject(value)) throw new Error("The agent did not answer with an object.");
  return value;
}

function textOf(value: Json | undefined): string {
  if (typeof value !== "string") throw new Error("The agent did not answer with a text.");
  return value;
}

function readReference(uri: Json | undefined): string {
  return readFileSync(fileURLToPath(textOf(uri)), "utf8");
}

async function runDashboard(): Promise<{
  readonly data: JsonObject;
  readonly clean: JsonObject;
  readonly kpis: JsonObject;
  readonly report: JsonObject;
}> {
  const folder = "run_1";
  const data = await resultOf(perform(dataAgent, { csv: "sample", folder }));
  const clean = await resultOf(perform(cleanAgent, { orders_uri: data["orders_uri"] ?? null, rates: RATES, folder }));
  const kpis = await resultOf(
    perform(analyticsAgent, {
      orders_uri: clean["orders_uri"] ?? null,
      week: data["week"] ?? null,
      weeks: data["weeks"] ?? null,
      region: "all",
    }),
  );
  const charts = await Promise.all(
    CHART_KINDS.map((kind, index) => resultOf(perform(chartAgent, { kind, kpis, folder }, { subtask: `charts[${index}]` }))),
  );
  const { orders_uri: _, ...quality } = clean;
  const report = await resultOf(perform(reportAgent, { kpis, charts: [...charts, null], quality, folder }));
  return { data, clean, kpis, report };
}

describe("the five agents of the sales dashboard", () => {
  it("make a report of the sample that holds what is known of it", async () => {
    const { data, clean, kpis, report } = await runDashboard();
    const { truth } = generateSample();
    expect(data).toMatchObject({ rows: truth.rows, selected: truth.rows, week: { name: "2025-W14" } });
    expect(clean).toMatchObject({ rows_in: truth.rows, orders: truth.orders.length, problems: truth.problems, rejected: truth.rejected });
    expect(kpis["orders"]).toBe(truth.orders.filter(({ day }) => day >= "2025-03-31").length);
    expect(report["charts"]).toBe(CHART_KINDS.length);
    const html = readReference(report["html_uri"]);
    expect(html.match(/<svg /g)).toHaveLength(CHART_KINDS.length);
    expect(html).toContain(textOf(report["subject"]));
  });

  it("log each execution once, with its key and capability", async () => {
    await runDashboard();
    const entries = readJournal(journal);
    const started = entries.filter(({ event }) => event === "started").map(({ agent, capability, key }) => [agent, capability, key]);
    expect(started).toHaveLength(8);
    expect(started).toContainEqual(["chart", "draw_chart", "default/run_1/charts[2]/1/0"]);
    expect(entries.filter(({ event }) => event === "finished")).toHaveLength(8);
  });

  it("answer the same work again from a receipt, without doing it twice", async () => {
    const first = await resultOf(perform(dataAgent, { csv: "sample", folder: "run_1" }));
    const again = await resultOf(perform(dataAgent, { csv: "sample", folder: "run_1" }));
    expect(again).toEqual(first);
    expect(
      readJournal(journal)
        .filter(({ event }) => event !== "stage")
        .map(({ event }) => event),
    ).toEqual(["started", "finished", "repeated"]);
  });

  it("say how far they are", async () => {
    const phases: string[] = [];
    await resultOf(perform(dataAgent, { csv: "sample", folder: "run_1" }, { phases }));
    expect(phases).toEqual(["importing", "selecting"]);
  });

  it.each([
    ["/no/such/file.csv", "There is no file"],
    [fileURLToPath(new URL("../../../examples", import.meta.url)), "is not a file"],
    [fileURLToPath(import.meta.url), "The file has no column"],
  ])("fail for good when the file is %s", async (csv, reason) => {
    const outcome = await perform(dataAgent, { csv, folder: "run_1" });
    expect(outcome).toMatchObject({
      kind: "failed",
      failure: { code: "INPUT_UNREADABLE", retryable: false, message: expect.stringContaining(reason) },
    });
  });

  it("refuse input that breaks their contract", async () => {
    const outcome = await perform(dataAgent, { csv: "sample", week: "next", folder: "run_1" });
    expect(outcome).toMatchObject({ kind: "failed", failure: { code: "INVALID_INPUT", retryable: false } });
  });

  it.each(["file:///etc/passwd", "file:///no/such/file.db"])("do not follow the reference %s", async (orders_uri) => {
    const outcome = await perform(cleanAgent, { orders_uri, rates: RATES, folder: "run_1" });
    expect(outcome).toMatchObject({ kind: "failed", failure: { code: "REFERENCE_REFUSED", retryable: false } });
  });

  it("keep to the workspace whatever the folder is called", async () => {
    const data = await resultOf(perform(dataAgent, { csv: "sample", folder: "../../escape" }));
    expect(fileURLToPath(textOf(data["orders_uri"])).startsWith(workspace)).toBe(true);
  });

  it("stop when they are told to, and leave no half of a file", async () => {
    vi.stubEnv("TUTTI_DEMO_PACE_MS", "60000");
    const stop = new AbortController();
    const phases: string[] = [];
    const outcome = perform(dataAgent, { csv: "sample", folder: "run_1" }, { signal: stop.signal, phases });
    await vi.waitFor(() => expect(phases).toEqual(["importing"]));
    stop.abort();
    expect((await outcome).kind).toBe("canceled");
    expect(readdirSync(join(workspace, "run_1"))).toEqual([]);
  });
});

describe("the four agents of the sales report", () => {
  it.each(["2025-03", "2025-03-17"])("make the page and the chart of the month of %s", async (asked) => {
    const folder = `test-${asked}`;
    const data = await resultOf(perform(month.dataAgent, { table: "sales", region: "EMEA", month: asked, folder }));
    expect(data["date_range"]).toEqual({ start: "2025-03-01", end: "2025-03-31" });
    const kpis = await resultOf(
      perform(month.analyticsAgent, {
        data_uri: data["data_uri"] ?? null,
        date_range: data["date_range"] ?? null,
        region: "EMEA",
        rates: RATES,
      }),
    );
    const expected = generateSample().truth.orders.filter(({ day, region }) => day.startsWith("2025-03") && region === "EMEA");
    expect(kpis["orders"]).toBe(expected.length);
    expect(kpis["revenue_eur"]).toBeCloseTo(
      expected.reduce((sum, order) => sum + (order.status === "paid" ? order.amountCents : 0), 0) / 100,
      6,
    );
    const chart = await resultOf(perform(month.chartAgent, { kpis, folder }));
    expect(readReference(chart["uri"])).toContain("<svg ");
    const report = await resultOf(perform(month.reportAgent, { kpis, folder }));
    expect(readReference(report["uri"])).toContain("EMEA, 1 – 31 March 2025");
  });

  it("know which tables there are", async () => {
    const outcome = await perform(month.dataAgent, { table: "users", region: "all", month: "2025-03", folder: "test" });
    expect(outcome).toMatchObject({ kind: "failed", failure: { code: "NO_SUCH_TABLE" } });
  });
});
