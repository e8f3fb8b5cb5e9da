import { fileURLToPath } from "node:url";

import { describe, expect, it } from "vitest";

import { lintFile } from "../../../src/authoring/lint/linter.ts";
import { loadFile } from "../../../src/authoring/file/load-file.ts";
import { renderProblems } from "../../../src/authoring/file/render-problem.ts";
import type { Json } from "../../../src/base/json.ts";
import { compile } from "../../../src/definition/compile.ts";
import type { Definition } from "../../../src/definition/definition.ts";
import type { Scope } from "../../../src/definition/program.ts";
import { prepareInput } from "../../../src/definition/run-input.ts";

const DASHBOARD = fileURLToPath(new URL("../../../examples/sales-dashboard/sales-dashboard.tutti.yaml", import.meta.url));
const REPORT = fileURLToPath(new URL("../../../examples/sales-report/sales-report.tutti.yaml", import.meta.url));

async function load(path: string): Promise<Definition> {
  const loaded = await loadFile(path);
  if (!loaded.ok) throw new Error(renderProblems(loaded.error));
  return loaded.value.definition;
}

function edgesOf(definition: Definition): readonly string[] {
  return Object.entries(definition.steps).flatMap(([id, step]) => step.needs.map((need) => `${need} → ${id}`));
}

function inputOf(definition: Definition, input: Json): Json {
  const prepared = prepareInput(definition, input);
  if (!prepared.ok) throw prepared.error;
  return prepared.value;
}

describe("the workflow files of the sales examples", () => {
  it.each([DASHBOARD, REPORT])("give the linter nothing to say: %s", async (path) => {
    expect(await lintFile(path)).toEqual([]);
  });

  it("sales_report has exactly the four nodes and three edges of the guide (W060, W149)", async () => {
    const definition = await load(REPORT);
    expect(Object.keys(definition.steps)).toEqual(["data_query", "aggregate", "chart", "report"]);
    expect(edgesOf(definition)).toEqual(["data_query → aggregate", "aggregate → chart", "aggregate → report"]);
  });

  it("sales_dashboard has the five agents of the guide in its order (W056)", async () => {
    const definition = await load(DASHBOARD);
    expect(Object.keys(definition.steps)).toEqual(["data", "clean", "analytics", "charts", "report"]);
    const edges = edgesOf(definition);
    for (const edge of ["data → clean", "clean → analytics", "analytics → charts", "charts → report"]) expect(edges).toContain(edge);
    expect(edges.filter((edge) => /^(\w+) → \1$|^report/.test(edge))).toEqual([]);
  });

  it.each([
    [{ month: "2025-03", region: "EMEA" }, "2025-03", "EMEA"],
    [{ date: "2025-03-01" }, "2025-03-01", "all"],
  ])("sales_report asks for the month of %j", async (given, month, region) => {
    const definition = await load(REPORT);
    const scope: Scope = {
      input: inputOf(definition, given),
      steps: {},
      context: {},
      run: { id: "run_1", started_at: "2025-04-07T00:00:00.000Z" },
    };
    const asked = compile(definition).stepById.get("data_query")?.with?.(scope);
    expect(asked).toEqual({ ok: true, value: { table: "sales", region, month, folder: "run_1" } });
  });

  it("sales_report takes a month or a date, and says so", async () => {
    const definition = await load(REPORT);
    expect(prepareInput(definition, { region: "EMEA" }).ok).toBe(false);
    expect(prepareInput(definition, { month: "March" }).ok).toBe(false);
  });

  it("sales_dashboard needs nothing but the file", async () => {
    const definition = await load(DASHBOARD);
    expect(inputOf(definition, { csv: "sample" })).toMatchObject({ week: "latest", weeks: 8, region: "all", charts: { length: 4 } });
    expect(prepareInput(definition, { csv: "sample", charts: ["pie"] }).ok).toBe(false);
  });
});
