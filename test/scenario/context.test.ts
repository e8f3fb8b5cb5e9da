/** The run context: what steps share beside their outputs (requirements W.i). */
import { defineAgent, type Json, type JsonObject, result, workflowFromObject } from "tutti";
import { type Behaviour, scripted, testWorkflow } from "tutti/testing";
import { describe, expect, it } from "vitest";

import { Gate, historyOf, ofKind, openInMemory, outputOf } from "../support/scenario.ts";

function workflow(steps: JsonObject, rest: JsonObject = {}) {
  return workflowFromObject({ name: "shared", version: "1.0.0", steps, ...rest });
}

/** An answer with a change of the context. */
function writing(value: Json, update: JsonObject): Behaviour {
  return { answer: { result: value, context_update: update } };
}

describe("the case study's context", () => {
  const steps = {
    begin: { set: { conversation_id: "${{ input.conversation }}" } },
    fetch: { capability: "data_fetch", needs: ["begin"], context: { write: ["data_uri"] } },
    clean: {
      capability: "text_cleaner",
      needs: ["fetch"],
      with: { input_uri: "$context.data_uri", remove_pii: true },
      context: { write: ["intermediate.cleaned_uri"] },
    },
    sentiment_analysis: {
      capability: "sentiment_analysis",
      needs: ["clean"],
      with: { input_uri: "$context.intermediate.cleaned_uri" },
      context: { write: ["sentiment"] },
    },
    report: {
      capability: "report_generator",
      needs: ["sentiment_analysis"],
      with: { sentiment_result: "$context.sentiment", conversation: "$context.conversation_id" },
    },
  };
  const agents = () => [
    scripted("data_fetch", [writing("fetched", { data_uri: "s3://tickets/raw.parquet" })]),
    scripted("text_cleaner", [writing("cleaned", { "intermediate.cleaned_uri": "s3://tickets/clean.parquet" })]),
    scripted("sentiment_analysis", [writing({ tickets: 3 }, { sentiment: { overall: "mixed" } })]),
    scripted("report_generator", [{ answer: ({ input }) => input }]),
  ];

  it("passes data by address: what one step wrote, the next gets in its parameters, resolved (W018, W064, W066, W093, W094, W096, W187)", async () => {
    const test = await testWorkflow(workflow(steps, { output: "${{ steps.report.output }}" }), {
      agents: agents(),
      input: { conversation: "conv_abc" },
    });
    expect(outputOf(test)).toEqual({ sentiment_result: { overall: "mixed" }, conversation: "conv_abc" });
    // No worker ever sees a reference: it gets what is behind it.
    expect(test.calls("text_cleaner").map(({ input }) => input)).toEqual([{ input_uri: "s3://tickets/raw.parquet", remove_pii: true }]);
    expect(test.calls("sentiment_analysis").map(({ input }) => input)).toEqual([{ input_uri: "s3://tickets/clean.parquet" }]);
  });

  it("has the keys that the workflow gives it, whatever the steps are called (X010)", async () => {
    const { report, ...others } = steps;
    const test = await testWorkflow(workflow({ ...others, report: { ...report, with: { all: "${{ context }}" } } }), {
      agents: agents(),
      input: { conversation: "conv_abc" },
    });
    expect(test.calls("report_generator").map(({ input }) => input)).toEqual([
      {
        all: {
          conversation_id: "conv_abc",
          data_uri: "s3://tickets/raw.parquet",
          intermediate: { cleaned_uri: "s3://tickets/clean.parquet" },
          sentiment: { overall: "mixed" },
        },
      },
    ]);
  });

  it("is resolved when a step is assigned, not before and not again: an attempt that is repeated gets what the first one got (W096)", async () => {
    const test = await testWorkflow(
      workflow({
        first: { set: { "draft.number": 1 } },
        slow: { capability: "slow", needs: ["first"], with: { number: "$context.draft.number" } },
        second: { needs: ["first"], capability: "renumber", context: { write: ["draft"] } },
        after: { capability: "after", needs: ["second"], with: { number: "$context.draft.number" } },
      }),
      {
        agents: [
          scripted("slow", [{ slow: "10s", fail: "NOT_YET" }, { answer: "done" }]),
          scripted("renumber", [{ slow: "1s", ...writing("done", { "draft.number": 2 }) }]),
          scripted("after", [{ answer: "done" }]),
        ],
      },
    );
    expect(test.status).toBe("completed");
    expect(test.calls("slow").map(({ input }) => input)).toEqual([{ number: 1 }, { number: 1 }]);
    expect(test.calls("after").map(({ input }) => input)).toEqual([{ number: 2 }]);
  });
});

describe("workers do not write the context: they give back what should change", () => {
  const draft = (update: JsonObject, write: readonly string[] = ["draft"]) =>
    testWorkflow(
      workflow(
        {
          seed: { set: { "draft.title": "old", other: "mine" } },
          work: { capability: "work", needs: ["seed"], context: { write: [...write] }, critical: false },
        },
        { output: "${{ context }}" },
      ),
      { agents: [scripted("work", [writing("done", update)])] },
    );

  it("a change where the step may write is merged by the orchestrator, key by key (W081, W095)", async () => {
    expect(outputOf(await draft({ "draft.body": "text" }))).toEqual({ draft: { title: "old", body: "text" }, other: "mine" });
  });

  it.each<[string, JsonObject]>([
    ["elsewhere", { other: "yours" }],
    ["of the prototype of all objects", JSON.parse('{ "draft.__proto__.admin": true }') as JsonObject],
    ["of a constructor", { "draft.constructor.prototype.admin": true }],
  ])("a change %s is refused as an invalid output, and nothing is changed (W095, W156)", async (_what, update) => {
    const test = await draft(update);
    expect(outputOf(test)).toEqual({ draft: { title: "old" }, other: "mine" });
    expect(test.history.flatMap((fact) => (fact.kind === "subtaskFailed" ? [fact.reason] : []))).toEqual(["invalid"]);
    expect(Object.hasOwn(Object.prototype, "admin")).toBe(false);
  });
});

describe("two workers that write the same path at the same time", () => {
  const both = (one: string, two: string) =>
    testWorkflow(
      workflow(
        {
          one: { capability: "one", context: { write: ["verdict"] } },
          two: { capability: "two", context: { write: ["verdict"] } },
          end: { needs: ["one", "two"], set: { done: true } },
        },
        { output: "${{ context }}" },
      ),
      {
        agents: [
          scripted("one", [{ slow: one, ...writing("1", { verdict: "of one" }) }]),
          scripted("two", [{ slow: two, ...writing("2", { verdict: "of two" }) }]),
        ],
      },
    );

  it("leave what the later step says, whoever was first; and the history says which change was lost (X026)", async () => {
    const [inOrder, against] = [await both("1s", "2s"), await both("2s", "1s")];
    expect(outputOf(inOrder)).toEqual({ verdict: "of two", done: true });
    expect(outputOf(against)).toEqual({ verdict: "of two", done: true });
    const lost = against.history.flatMap((fact) =>
      fact.kind === "contextChanged" && fact.lost !== undefined ? [[fact.path, fact.lost]] : [],
    );
    expect(lost).toEqual([["one", ["verdict"]]]);
  });
});

it("each run has a context of its own: a worker of two runs at once reads that of its run, and what its step may (W091, W155, W156)", async () => {
  const bothAreThere = new Gate();
  const seen = new Map<string, Json>();
  const worker = defineAgent({
    name: "worker",
    description: "Reads what it may.",
    version: "1.0.0",
    capabilities: {
      read: {
        description: "Waits until both runs are at it.",
        run: async ({ assignment, context }) => {
          seen.set(assignment.workflow_id, context);
          if (seen.size === 2) bothAreThere.open();
          await bothAreThere.opened;
          return result("read", { contextUpdate: { "public.reader": assignment.workflow_id } });
        },
      },
    },
  });
  const definition = workflow(
    {
      seed: { set: { "public.name": "${{ input.name }}", "secret.key": "${{ input.name }}'s" } },
      read: { capability: "read", needs: ["seed"], context: { read: ["public"], write: ["public"] } },
    },
    { output: "${{ context }}" },
  );
  await using orchestrator = await openInMemory([worker]);
  const handles = await Promise.all(["ada", "bob"].map((name) => orchestrator.start(definition, { name }, { id: name })));
  expect(await Promise.all(handles.map((handle) => handle.result()))).toMatchObject(
    ["ada", "bob"].map((name) => ({ output: { public: { name, reader: name }, secret: { key: `${name}'s` } } })),
  );
  // The state of a run is kept whole: what it was given, and what it has come to.
  expect(await orchestrator.host.inspect(orchestrator.ref("ada"))).toMatchObject({
    run: "ada",
    workflow: "shared",
    input: { name: "ada" },
    context: { public: { name: "ada", reader: "ada" }, secret: { key: "ada's" } },
  });
  expect(Object.fromEntries(seen)).toEqual({ ada: { public: { name: "ada" } }, bob: { public: { name: "bob" } } });
  for (const handle of handles) expect(ofKind(await historyOf(handle), "contextChanged").map(({ path }) => path)).toEqual(["seed", "read"]);
});
