/** The guide's case study, `research_workflow_v1` (requirements W062–W069), on the file in examples/research-workflow. */
import { join } from "node:path";

import { defineAgent, type Definition, type JsonObject, loadFile } from "tutti";
import { expectAttempts, expectDag, scripted, testWorkflow } from "tutti/testing";
import { expect, it } from "vitest";

import { ROOT } from "../support/source-files.ts";
import { Gate, Place } from "../support/scenario.ts";

const FILE = join(ROOT, "examples/research-workflow/research-workflow.tutti.yaml");
const REQUEST = { quarter: "2025Q2", source: "support_tickets" };

async function load(): Promise<Definition> {
  const loaded = await loadFile(FILE);
  if (!loaded.ok) throw new Error("The example does not load.");
  return loaded.value.definition;
}

it("has exactly the guide's nodes and edges: fetch → clean → (sentiment ‖ topics) → report (W062, X027)", async () => {
  const definition = await load();
  expectDag(
    definition,
    ["fetch", "clean", "sentiment_analysis", "topic_modelling", "report"],
    [
      ["fetch", "clean"],
      ["clean", "sentiment_analysis"],
      ["clean", "topic_modelling"],
      ["sentiment_analysis", "report"],
      ["topic_modelling", "report"],
    ],
  );
  const capabilities = Object.values(definition.steps).map(
    (step) => step.kind === "delegate" && step.target.kind === "capability" && step.target.capability,
  );
  expect(capabilities).toEqual(["data_fetch", "text_cleaner", "sentiment_analysis", "topic_modelling", "report_generator"]);
});

it("begins as wf_789 with goal and parameters, running, with no result and an empty context, in a file that outlives the process (W019, W063, W067, W091)", async () => {
  const asked = new Gate();
  const release = new Gate();
  const data = defineAgent({
    name: "data",
    description: "Holds the tickets back.",
    version: "1.0.0",
    capabilities: {
      data_fetch: {
        description: "Fetches, when it is told to.",
        run: async () => {
          asked.open();
          await release.opened;
          return null;
        },
      },
    },
  });
  const others = ["text_cleaner", "sentiment_analysis", "topic_modelling", "report_generator"].map((name) =>
    defineAgent({ name, description: name, version: "1.0.0", capabilities: { [name]: { description: name, run: () => null } } }),
  );
  await using place = new Place();
  const orchestrator = await place.open([data, ...others]);
  const handle = await orchestrator.start({ ...(await load()), agents: {} }, REQUEST, { id: "wf_789" });
  await asked.opened;
  expect(await orchestrator.record("wf_789")).toMatchObject({ run: { id: "wf_789" }, status: "running", workflow: "research_workflow_v1" });
  expect(await orchestrator.host.inspect(orchestrator.ref("wf_789"))).toMatchObject({
    run: "wf_789",
    input: { goal: "sentiment_report", ...REQUEST },
    steps: {},
    context: {},
    startedAt: expect.any(Number),
    flights: { fetch: { attempt: 1, input: { source: "support_tickets", date_range: "2025-04-01..2025-06-30" } } },
  });
  release.open();
  await handle.cancel();
});

it("the case study's run can be read off its history: 8.3 s, no retries, success, and 1200 ms for fetching (W069)", async () => {
  const answers: readonly (readonly [string, string, JsonObject])[] = [
    ["data_fetch", "1200ms", { result: { data_uri: "file:raw", records: 3 }, context_update: { data_uri: "file:raw" } }],
    [
      "text_cleaner",
      "2s",
      { result: { cleaned_uri: "file:clean", records: 3, pii_removed: 0 }, context_update: { cleaned_uri: "file:clean" } },
    ],
    ["sentiment_analysis", "3s", { result: { overall: "mixed" }, context_update: { sentiment: { overall: "mixed" } } }],
    ["topic_modelling", "2s", { result: {}, context_update: { topics: [{ name: "login" }] } }],
    ["report_generator", "2100ms", { sentiment: { overall: "mixed" }, topics: [{ name: "login" }], action_items: [] }],
  ];
  const run = await testWorkflow(FILE, {
    input: REQUEST,
    agents: answers.map(([capability, slow, answer]) => scripted(capability, [{ slow, answer }])),
  });
  expect(run.status).toBe("completed");
  expect(run.elapsedMs).toBe(8_300);
  expectAttempts(run, { fetch: 1, clean: 1, sentiment_analysis: 1, topic_modelling: 1, report: 1 });
  const instants = run.history.filter((fact) => "path" in fact && fact.path === "fetch").map(({ at }) => at);
  expect((instants.at(-1) ?? 0) - (instants[0] ?? 0)).toBe(1_200);
});
