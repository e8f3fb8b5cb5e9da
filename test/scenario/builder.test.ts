/** The four shapes and the general graph, from agents to a result: nothing is registered, nothing is written as YAML. */
import {
  cel,
  defineAgent,
  handOver,
  handoff,
  type Json,
  type JsonObject,
  loop,
  openOrchestrator,
  parallel,
  remoteAgent,
  sequential,
  serveAgent,
  workflow,
} from "tutti";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { Gate, openInMemory, Place } from "../support/scenario.ts";

type Said = { readonly from: string; readonly content: unknown };

/** An agent with one capability, which answers a text. */
function speaker(name: string, say: (heard: readonly Said[], text: string | null) => string) {
  return defineAgent({
    name,
    description: `Speaks as the ${name}.`,
    version: "1.0.0",
    capabilities: {
      speak: {
        description: "Adds to the conversation.",
        input: z.object({ conversation: z.array(z.object({ from: z.string(), content: z.unknown() })) }),
        run: ({ input, text }) => say(input.conversation, text),
      },
    },
  });
}

function counting(name: string) {
  return speaker(name, (heard) => `${name} heard ${heard.map(({ from }) => from).join(", ")}`);
}

describe("sequential", () => {
  it("each agent hears the input and every reply before its own, and the run gives the last (B009, B022, W030, W048)", async () => {
    const brief = sequential([counting("planner"), counting("researcher"), counting("writer")], { name: "brief" });
    await using orchestrator = await openInMemory([]);
    expect(await orchestrator.run(brief, "a brief on Acme")).toBe("writer heard user, planner, researcher");
  });

  it("an agent that reads only texts gets the conversation in words", async () => {
    const echo = speaker("echo", (_, text) => text ?? "nothing");
    await using orchestrator = await openInMemory([]);
    const heard = await orchestrator.run(sequential([counting("planner"), echo]), "a brief on Acme");
    expect(heard).toBe("a brief on Acme\n\nplanner: planner heard user");
  });

  it("an agent behind A2A takes part as one in this process does (B015, B025)", async () => {
    await using place = new Place();
    const served = place.keep(await serveAgent(counting("researcher")));
    const researcher = remoteAgent(served.url, { name: "researcher" });
    await using orchestrator = await openInMemory([]);
    const brief = sequential([counting("planner"), researcher, counting("writer")]);
    expect(await orchestrator.run(brief, "a brief on Acme")).toBe("writer heard user, planner, researcher");
  });

  it("an agent that is given as an object keeps the credentials that no definition names", async () => {
    await using place = new Place();
    const served = place.keep(await serveAgent(counting("researcher"), { token: "s3cret" }));
    const researcher = remoteAgent(served.url, { name: "researcher", secret: "s3cret" });
    const alone = sequential([researcher]);
    await using orchestrator = await openInMemory([]);
    expect(await orchestrator.run(alone, "go")).toBe("researcher heard user");
    expect(JSON.stringify(alone.toFile())).not.toContain("s3cret");
    // The address alone does not open the door.
    await using other = await openInMemory([]);
    await expect(other.run(alone.build(), "go")).rejects.toThrow(/credentials|401|not accept/);
  });

  it("a mapping gives an agent parameters of its own: 5, plus one, plus one, is 7 (W027, W146, X003)", async () => {
    const adder = (name: string) =>
      defineAgent({
        name,
        description: "Adds one.",
        version: "1.0.0",
        capabilities: { add: { description: "Adds one.", input: z.object({ value: z.number() }), run: ({ input }) => input.value + 1 } },
      });
    await using orchestrator = await openInMemory([]);
    expect(await orchestrator.run(sequential([adder("cap_a"), adder("cap_b")], { with: ({ previous }) => ({ value: previous }) }), 5)).toBe(
      7,
    );
  });
});

function answering(name: string, answer: (input: { readonly [key: string]: Json }) => Json | ReturnType<typeof handOver>) {
  return defineAgent({
    name,
    description: `Answers as the ${name}.`,
    version: "1.0.0",
    capabilities: { work: { description: "Does its work.", run: ({ input }) => answer(isObject(input) ? input : {}) } },
  });
}

function isObject(value: Json): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function wordOf(value: Json | undefined): string {
  return typeof value === "string" ? value : "";
}

describe("parallel", () => {
  const profile = { credit: answering("credit", () => ({ score: 700 })), address: answering("address", () => ({ city: "Turin" })) };

  it("agents answer the same input at the same time, and the run gives an object by agent (B010, W031, W049, W058)", async () => {
    const enrich = parallel(Object.values(profile), { input: z.object({ customer: z.string() }) });
    await using orchestrator = await openInMemory([]);
    expect(await orchestrator.run(enrich, { customer: "c-7" })).toEqual({ credit: { score: 700 }, address: { city: "Turin" } });
  });

  it("agents may have names of their own choice, and be combined by another agent (W020)", async () => {
    const merger = answering("merger", ({ results }) => ({ merged: results ?? null }));
    const enrich = parallel({ money: profile.credit, home: profile.address }, { aggregate: merger });
    await using orchestrator = await openInMemory([]);
    expect(await orchestrator.run(enrich, "c-7")).toEqual({ merged: { money: { score: 700 }, home: { city: "Turin" } } });
  });

  it("a quorum decides what the majority says, without the one that failed (W040, W050)", async () => {
    const voter = (name: string, label: string) => answering(name, () => ({ label }));
    const broken = answering("broken", () => {
      throw new TypeError("broken on purpose");
    });
    const classify = parallel([voter("one", "spam"), broken, voter("two", "spam")], {
      succeed: { quorum: 2, on: ({ result }) => result.as<{ label: string }>().label },
      aggregate: { strategy: "majority", key: ({ item }) => item.as<{ label: string }>().label },
    });
    await using orchestrator = await openInMemory([]);
    expect(await orchestrator.run(classify, "win a prize")).toEqual({ label: "spam" });
  });
});

describe("loop", () => {
  it("the generator gets the input, then its last draft and the feedback, until the critic is content (W032, W051, W052, W059)", async () => {
    const got: Json[] = [];
    const coder = answering("coder", (input) => {
      got.push(input);
      return `draft ${got.length}`;
    });
    // The first verdict has no score, which counts as 0.
    const critic = answering("critic", ({ draft }) =>
      draft === "draft 3"
        ? { quality_score: 0.95 }
        : { feedback: `${wordOf(draft)} is too short`, ...(draft === "draft 2" ? { quality_score: 0.5 } : {}) },
    );
    await using orchestrator = await openInMemory([]);
    expect(await orchestrator.run(loop({ generator: coder, critic }), "a poem")).toBe("draft 3");
    expect(got).toEqual([
      { input: "a poem" },
      { previous_draft: "draft 1", feedback: "draft 1 is too short" },
      { previous_draft: "draft 2", feedback: "draft 2 is too short" },
    ]);
  });

  it("a critic that is never content ends the run after `max` drafts, or lets the best one stand (W051, X025)", async () => {
    let number = 0;
    const coder = answering("coder", () => `draft ${(number += 1)}`);
    const critic = answering("critic", ({ draft }) => ({ quality_score: draft === "draft 1" || draft === "draft 3" ? 0.8 : 0.2 }));
    await using orchestrator = await openInMemory([]);
    await expect(orchestrator.run(loop({ generator: coder, critic, max: 2, name: "strict" }), "a poem")).rejects.toThrow(/2 iterations/);
    expect(await orchestrator.run(loop({ generator: coder, critic, max: 2, onExhausted: "best", name: "lenient" }), "a poem")).toBe(
      "draft 3",
    );
  });
});

describe("handoff", () => {
  it("the agent that works hands over by name, and the last one's answer is the run's (B011)", async () => {
    const triage = answering("triage", ({ input }) =>
      handOver(wordOf(input).includes("charged") ? "billing" : "returns", { message: "please" }),
    );
    const billing = answering("billing", ({ handoff: from }) => ({ refunded: true, from: from ?? null }));
    const returns = answering("returns", () => ({ label: "sent" }));
    await using orchestrator = await openInMemory([]);
    const output = await orchestrator.run(handoff([billing, triage, returns], { start: triage, max: 4 }), "I was charged twice.");
    expect(output).toMatchObject({ refunded: true, from: { from: "triage", message: "please" } });
  });
});

describe("the general graph", () => {
  const Sales = z.object({ rows: z.array(z.object({ product: z.string(), amount: z.number() })) });
  const source = defineAgent({
    name: "source",
    description: "Has the sales.",
    version: "1.0.0",
    capabilities: {
      query: {
        description: "The sales of a region.",
        input: z.object({ region: z.string() }),
        output: Sales,
        run: ({ input }) => ({
          rows: [
            { product: `lamp ${input.region}`, amount: 3 },
            { product: "chair", amount: 11 },
          ],
        }),
      },
    },
  });
  const shout = answering("shout", ({ product }) => wordOf(product).toUpperCase());

  it("references flow from step to step, through lists, conditions and agents (B012, W054)", async () => {
    const report = workflow("report", { version: "1.0.0", input: z.object({ region: z.string(), least: z.number().default(5) }) })
      .step("sales", { agent: source, with: ({ input }) => ({ region: input.region }) })
      .step("loud", {
        each: ({ steps, input }) => steps.sales.output.rows.filter((row) => cel`${row.amount} >= ${input.least}`),
        as: "row",
        agent: shout,
        with: ({ row }) => ({ product: row.product }),
        output: z.string(),
      })
      .step("quiet", { if: ({ steps }) => cel`size(${steps.loud.output}) == 0`, agent: shout, with: { product: "nothing" } })
      .output(({ steps, input }) => ({
        region: input.region,
        products: steps.loud.output,
        all: steps.sales.output.rows.map((row) => row.product),
        quiet: steps.quiet.output.orValue("not needed"),
      }));
    await using orchestrator = await openInMemory([]);
    expect(await orchestrator.run(report, { region: "north" })).toEqual({
      region: "north",
      products: ["CHAIR"],
      all: ["lamp north", "chair"],
      quiet: "not needed",
    });
  });

  it("a workflow takes another as a step, and brings it along with its agents (W055)", async () => {
    const child = workflow("loud_name", { version: "1.0.0" })
      .step("shout", { agent: shout, with: ({ input }) => ({ product: input }), output: z.string() })
      .output(({ steps }) => steps.shout.output);
    const parent = workflow("greeting", { version: "1.0.0" })
      .step("name", { workflow: child, with: ({ input }) => input })
      .output(({ steps }) => ({ name: steps.name.output }));
    await using orchestrator = await openInMemory([]);
    expect(await orchestrator.run(parent, "ada")).toEqual({ name: "ADA" });
  });

  it("an agent that is registered under a name goes before the one that a workflow brings along (W028)", async () => {
    const real = answering("teller", () => "the truth");
    const stand = answering("teller", () => "what the test says");
    const ask = workflow("ask", { version: "1.0.0" }).step("tell", { agent: real });
    await using orchestrator = await openInMemory([stand]);
    expect(await orchestrator.run(ask, {})).toBe("what the test says");
  });

  it("two workflows that bring along different agents of one name do not get each other's (T2105)", async () => {
    const ask = (answer: string) => workflow("ask", { version: "1.0.0" }).step("tell", { agent: answering("teller", () => answer) });
    await using orchestrator = await openInMemory([]);
    expect(await orchestrator.run(ask("one"), {})).toBe("one");
    await expect(orchestrator.run(ask("two"), {})).rejects.toMatchObject({ code: "T2105" });
  });

  it("the same id is the same run after a restart, and no agent is asked again (W110)", async () => {
    await using place = new Place();
    let calls = 0;
    const once = sequential([answering("one", () => (calls += 1))], { name: "once", version: "1.0.0" });
    for (const _ of [1, 2]) {
      await using orchestrator = await openOrchestrator({ db: place.db });
      expect(await orchestrator.run(once, "go", { id: "once-1" })).toBe(1);
    }
    expect(calls).toBe(1);
  });

  it("an open run goes on in another process that is given the workflow, with its agents", async () => {
    await using place = new Place();
    const waiting = new Gate();
    const make = (answer: () => Promise<string> | string) =>
      sequential(
        [
          defineAgent({
            name: "slow",
            description: "Takes its time.",
            version: "1.0.0",
            capabilities: { work: { description: "Works.", run: answer } },
          }),
        ],
        { name: "patient", version: "1.0.0" },
      );
    const first = await place.open([]);
    await first.start(
      make(() => {
        waiting.open();
        return new Promise<string>(() => undefined);
      }),
      "go",
      { id: "patient-1" },
    );
    await waiting.opened;
    await first.close();
    const second = place.keep(await openOrchestrator({ db: place.db, workflows: [make(() => "done")] }));
    expect(await (await second.open("patient-1")).result()).toMatchObject({ status: "completed", output: "done" });
  });
});
