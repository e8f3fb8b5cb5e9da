/** What the guides say of their example workflows: who is in them, and what waits for what. */
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { loadFile } from "../../../src/authoring/file/load-file.ts";
import { renderProblems } from "../../../src/authoring/file/render-problem.ts";
import type { Definition, Step } from "../../../src/definition/definition.ts";
import { ROOT } from "../../support/source-files.ts";

async function load(example: string, file = example): Promise<Definition> {
  const loaded = await loadFile(join(ROOT, "examples", example, `${file}.tutti.yaml`));
  if (!loaded.ok) throw new Error(renderProblems(loaded.error));
  return loaded.value.definition;
}

function stepOf<Kind extends Step["kind"]>(definition: Definition, id: string, kind: Kind): Extract<Step, { kind: Kind }> {
  const step = definition.steps[id as keyof Definition["steps"]];
  if (step?.kind !== kind) throw new Error(`${id} is no ${kind}.`);
  return step as Extract<Step, { kind: Kind }>;
}

function edgesOf(definition: Definition): readonly string[] {
  return Object.entries(definition.steps).flatMap(([id, step]) => step.needs.map((need) => `${need} → ${id}`));
}

describe("the example workflows of the guides", () => {
  it("content_generation is outline, draft, edit, format, in this order (W057)", async () => {
    const edges = edgesOf(await load("content-generation"));
    expect(edges).toEqual(expect.arrayContaining(["outline → draft", "draft → edit", "edit → format"]));
    expect(edges.filter((edge) => edge.startsWith("format"))).toEqual([]);
  });

  it("data_enrichment asks three agents at once and merges what they find, all or a quorum of them (W049, W050, W058, W102, W103)", async () => {
    const all = await load("data-enrichment");
    const sources = stepOf(all, "sources", "parallel");
    expect(Object.keys(sources.branches)).toEqual(["credit", "address", "preference"]);
    expect(sources.succeed).toEqual({ rule: { kind: "all" } });
    expect(stepOf(all, "profile", "aggregate").strategy).toBe("merge");
    const some = stepOf(await load("data-enrichment", "data-enrichment-quorum"), "sources", "parallel");
    expect(Object.keys(some.branches)).toEqual(["credit", "address", "preference"]);
    expect(some.succeed).toEqual({ rule: { kind: "atLeast", count: 2 } });
  });

  it("code_refinement goes on until the score is 0.9, at most five times (W051, W052, W059)", async () => {
    const loop = stepOf(await load("code-refinement"), "refine", "loop");
    expect(loop).toMatchObject({ max: 5, until: { kind: "score", source: "steps.review.output.quality_score", threshold: 0.9 } });
    expect(Object.keys(loop.steps)).toEqual(["generate", "review"]);
  });

  it("ensemble and map-reduce aggregate by majority, sum and average (W053, W070, W104)", async () => {
    expect(stepOf(await load("ensemble-classification"), "winners", "aggregate").strategy).toBe("majority");
    const mapReduce = await load("map-reduce");
    expect(stepOf(mapReduce, "minutes", "aggregate").strategy).toBe("sum");
    expect(stepOf(mapReduce, "rides_a_partition", "aggregate").strategy).toBe("average");
  });

  it("research_workflow_v1 has exactly the subtasks, capabilities, parameters and edges of the case study (W054, W062, W063, W064, W065, W066, W067)", async () => {
    const definition = await load("research-workflow");
    expect(definition.name).toBe("research_workflow_v1");
    expect(edgesOf(definition)).toEqual([
      "fetch → clean",
      "clean → sentiment_analysis",
      "clean → topic_modelling",
      "sentiment_analysis → report",
      "topic_modelling → report",
    ]);
    const steps = Object.keys(definition.steps).map((id) => stepOf(definition, id, "delegate"));
    expect(steps.map(({ target }) => (target.kind === "capability" ? target.capability : target))).toEqual([
      "data_fetch",
      "text_cleaner",
      "sentiment_analysis",
      "topic_modelling",
      "report_generator",
    ]);
    expect(stepOf(definition, "clean", "delegate").with).toEqual({ input_uri: "$context.data_uri", remove_pii: true });
    expect(stepOf(definition, "report", "delegate").with).toEqual({
      sentiment_result: "$context.sentiment",
      topics: "$context.topics",
    });
  });

  it("planner_researcher_writer has the six agents of the project (B023, R002)", async () => {
    const { agents } = await load("planner-researcher-writer");
    expect(Object.keys(agents).toSorted()).toEqual(["classifier", "critic", "orchestrator", "planner", "researcher", "writer"]);
  });

  it("support_desk hands over among triage, refund, order and return (B011, R005)", async () => {
    const desk = stepOf(await load("support-desk"), "desk", "handoff");
    expect(Object.values(desk.agents).map(({ target }) => (target.kind === "agent" ? target.agent : target))).toEqual([
      "triage",
      "refund",
      "order",
      "return",
    ]);
  });

  it("document_pipeline takes a short or a long path to its end (B012, R005)", async () => {
    const definition = await load("document-pipeline");
    expect(edgesOf(definition)).toEqual(
      expect.arrayContaining([
        "extract → classify",
        "classify → short_path",
        "classify → long_path",
        "short_path → finalize",
        "long_path → finalize",
      ]),
    );
    expect(stepOf(definition, "register", "delegate").compensate).toBeDefined();
  });
});
