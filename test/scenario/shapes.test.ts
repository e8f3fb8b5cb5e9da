/** The shapes of work that the guides describe: sequences, partitions, graphs of both, local and remote agents mixed. */
import { type Agent, defineAgent, type Json, type JsonObject, remoteAgent, serveAgent, workflowFromObject } from "tutti";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { Gate, historyOf, ofKind, openInMemory, Place } from "../support/scenario.ts";

describe("planner, researcher, writer", () => {
  const Conversation = z.object({ conversation: z.array(z.string()) });
  const speaker = (name: string) =>
    defineAgent({
      name,
      description: `Speaks as the ${name}.`,
      version: "1.0.0",
      capabilities: {
        speak: {
          description: "Appends a message to the conversation.",
          input: Conversation,
          output: Conversation,
          run: ({ input }) => ({ conversation: [...input.conversation, `${name} heard ${input.conversation.length}`] }),
        },
      },
    });
  const sequence = workflowFromObject({
    name: "brief",
    version: "1.0.0",
    steps: {
      plan: { agent: "planner", skill: "speak", with: { conversation: ["${{ input.prompt }}"] } },
      research: { agent: "researcher", skill: "speak", with: "${{ steps.plan.output }}" },
      write: { agent: "writer", skill: "speak", with: "${{ steps.research.output }}" },
    },
    output: "${{ steps.write.output.conversation }}",
  });
  const expected = ["a brief on Acme", "planner heard 1", "researcher heard 2", "writer heard 3"];

  async function converse(
    researcher: Agent,
  ): Promise<{ readonly output: Json; readonly agents: readonly string[]; readonly remoteTasks: number }> {
    await using orchestrator = await openInMemory([speaker("planner"), researcher, speaker("writer")]);
    const handle = await orchestrator.start(sequence, { prompt: "a brief on Acme" });
    const completed = ofKind(await historyOf(handle), "subtaskCompleted");
    const result = await handle.result();
    if (result.status !== "completed") throw new Error(`The run ended ${result.status}.`);
    return {
      output: result.output,
      agents: completed.map(({ agent }) => agent),
      remoteTasks: completed.filter(({ task }) => task !== undefined).length,
    };
  }

  it("each hears the conversation so far and appends to it; no queue and no topic stands between them (W030, W048, B002, B022, B035)", async () => {
    expect(await converse(speaker("researcher"))).toEqual({
      output: expected,
      agents: ["planner", "researcher", "writer"],
      remoteTasks: 0,
    });
  });

  it("the researcher may live behind A2A: the same workflow, word for word, gives the same (B004, B017, B024, B025, B036)", async () => {
    await using place = new Place();
    const served = place.keep(await serveAgent(speaker("researcher")));
    expect(await converse(remoteAgent(served.url, { name: "researcher" }))).toEqual({
      output: expected,
      agents: ["planner", "researcher", "writer"],
      remoteTasks: 1,
    });
  });
});

describe("partitions", () => {
  it("each partition of the data is worked on by itself, all at the same time, and one agent reduces the results (W020, W049, W053)", async () => {
    const everyoneIsThere = new Gate();
    let present = 0;
    const mapper = defineAgent({
      name: "mapper",
      description: "Adds up a partition.",
      version: "1.0.0",
      capabilities: {
        sum: {
          description: "Adds up numbers, once all four partitions are being worked on.",
          input: z.object({ rows: z.array(z.number()) }),
          run: async ({ input }) => {
            if ((present += 1) === 4) everyoneIsThere.open();
            await everyoneIsThere.opened;
            return { sum: input.rows.reduce((left, right) => left + right, 0), count: input.rows.length };
          },
        },
      },
    });
    const reducer = defineAgent({
      name: "reducer",
      description: "Brings partial sums together.",
      version: "1.0.0",
      capabilities: {
        reduce: {
          description: "The sum and the average of all.",
          input: z.object({ parts: z.array(z.object({ sum: z.number(), count: z.number() })) }),
          run: ({ input: { parts } }) => {
            const sum = parts.reduce((total, part) => total + part.sum, 0);
            return { sum, average: sum / parts.reduce((total, part) => total + part.count, 0) };
          },
        },
      },
    });
    const mapReduce = workflowFromObject({
      name: "map_reduce",
      version: "1.0.0",
      steps: {
        sums: { each: "${{ input.partitions }}", as: "partition", capability: "sum", with: { rows: "${{ partition }}" } },
        total: { capability: "reduce", with: { parts: "${{ steps.sums.output }}" } },
      },
      output: { by_partition: "${{ steps.sums.output.map(part, part.sum) }}", total: "${{ steps.total.output }}" },
    });
    await using orchestrator = await openInMemory([mapper, reducer]);
    expect(await orchestrator.run(mapReduce, { partitions: [[1, 2], [3, 4, 5], [6], []] })).toEqual({
      by_partition: [3, 12, 6, 0],
      total: { sum: 21, average: 3.5 },
    });
  });
});

describe("a graph of both", () => {
  type Given = JsonObject & { readonly input_uri: string };
  /** The guide's case study: fetch → clean → (sentiment ‖ topics) → report. */
  const research = workflowFromObject({
    name: "research_workflow_v1",
    version: "1.0.0",
    steps: {
      fetch: { capability: "data_fetch", with: { source: "${{ input.source }}" } },
      clean: { capability: "text_cleaner", with: { input_uri: "${{ steps.fetch.output.data_uri }}" } },
      sentiment: { capability: "sentiment_analysis", with: { input_uri: "${{ steps.clean.output.data_uri }}" } },
      topics: { capability: "topic_modelling", with: { input_uri: "${{ steps.clean.output.data_uri }}" } },
      report: {
        capability: "report_generator",
        with: { sentiment_result: "${{ steps.sentiment.output }}", topics: "${{ steps.topics.output }}" },
      },
    },
    output: "${{ steps.report.output }}",
  });

  it("runs in order where data flows and side by side where it does not, with large data by reference (W002, W004, W013, W014, W054, W094)", async () => {
    const bothAreThere = new Gate();
    const order: string[] = [];
    const step = (capability: string, run: (input: Given) => Json | Promise<Json>) => ({
      description: capability,
      run: async ({ input }: { readonly input: Json }) => (order.push(capability), run(input as Given)),
    });
    /** Gives its result only once the other one has begun too. */
    const together = async (value: Json): Promise<Json> => {
      if (order.includes("sentiment_analysis") && order.includes("topic_modelling")) bothAreThere.open();
      await bothAreThere.opened;
      return value;
    };
    const agent = defineAgent({
      name: "analysts",
      description: "Everyone that the case study needs.",
      version: "1.0.0",
      capabilities: {
        data_fetch: step("data_fetch", () => ({ data_uri: "file:raw.json" })),
        text_cleaner: step("text_cleaner", ({ input_uri }) => ({ data_uri: `${input_uri}.clean` })),
        sentiment_analysis: step("sentiment_analysis", ({ input_uri }) => together({ of: input_uri, score: 0 })),
        topic_modelling: step("topic_modelling", () => together(["prices"])),
        report_generator: step("report_generator", (parts) => parts),
      },
    });
    await using orchestrator = await openInMemory([agent]);

    const output = await orchestrator.run(research, { source: "support_tickets" }, { id: "wf_789" });

    expect(output).toEqual({ sentiment_result: { of: "file:raw.json.clean", score: 0 }, topics: ["prices"] });
    expect(order.slice(0, 2)).toEqual(["data_fetch", "text_cleaner"]);
    expect(order.at(-1)).toBe("report_generator");
    const completed = ofKind(await historyOf(await orchestrator.open("wf_789")), "subtaskCompleted");
    expect(completed.map(({ path }) => path).toSorted()).toEqual(["clean", "fetch", "report", "sentiment", "topics"]);
  });
});

describe("agents", () => {
  it("can be exchanged: a workflow is tested with stand-ins, and runs unchanged with the real ones (W007, W028, W152, W189)", async () => {
    const definition = workflowFromObject({
      name: "greet",
      steps: { greet: { capability: "greet", with: { name: "${{ input.name }}" } } },
      output: "${{ steps.greet.output }}",
    });
    const greeter = (name: string, answer: (who: string) => string) =>
      defineAgent({
        name,
        description: "Greets.",
        version: "1.0.0",
        capabilities: { greet: { description: "Greets.", input: z.object({ name: z.string() }), run: ({ input }) => answer(input.name) } },
      });
    const runWith = async (agent: Agent) => {
      await using orchestrator = await openInMemory([agent]);
      return await orchestrator.run(definition, { name: "Ada" });
    };
    expect(await runWith(greeter("stand-in", () => "canned"))).toBe("canned");
    expect(await runWith(greeter("real", (who) => `Hello, ${who}!`))).toBe("Hello, Ada!");
  });

  it("one worker serves many runs at once, and each gets its own data (W156, W194)", async () => {
    const everyoneIsThere = new Gate();
    let present = 0;
    const shared = defineAgent({
      name: "shared",
      description: "Works for ten runs at once.",
      version: "1.0.0",
      capabilities: {
        work: {
          description: "Gives back its input, once all ten are there.",
          run: async ({ input, assignment }) => {
            if ((present += 1) === 10) everyoneIsThere.open();
            await everyoneIsThere.opened;
            return { run: assignment.workflow_id, input };
          },
        },
      },
    });
    const definition = workflowFromObject({ name: "shared", steps: { work: { capability: "work", with: { n: "${{ input.n }}" } } } });
    await using orchestrator = await openInMemory([shared]);
    const numbers = Array.from({ length: 10 }, (_, n) => n);
    const outputs = await Promise.all(numbers.map((n) => orchestrator.run(definition, { n }, { id: `run-${n}` })));
    expect(outputs).toEqual(numbers.map((n) => ({ run: `run-${n}`, input: { n } })));
  });

  it("a run keeps the version of the workflow that it was started on, while newer ones run beside it (W172, W192)", async () => {
    const gate = new Gate();
    const worker = defineAgent({
      name: "worker",
      description: "Works.",
      version: "1.0.0",
      capabilities: {
        hold: { description: "Waits.", run: async () => (await gate.opened, null) },
        say: { description: "Says.", run: ({ input }) => input },
      },
    });
    const version = (number: string) =>
      workflowFromObject({
        name: "report",
        version: number,
        steps: { hold: { capability: "hold" }, say: { capability: "say", needs: ["hold"], with: { version: number } } },
        output: "${{ steps.say.output.version }}",
      });
    await using orchestrator = await openInMemory([worker]);
    const handles = [await orchestrator.start(version("1.0.0"), {}), await orchestrator.start(version("2.0.0"), {})];
    gate.open();
    expect(await Promise.all(handles.map((handle) => handle.result()))).toMatchObject([{ output: "1.0.0" }, { output: "2.0.0" }]);
    expect(await Promise.all(handles.map(async ({ id }) => (await orchestrator.record(id)).version))).toEqual(["1.0.0", "2.0.0"]);
  });
});
