/** What a step says besides its input, on the way to the agent and back: in this process, and over A2A. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { defineAgent, handOver, remoteAgent, result, serveAgent, type Json, type ServedAgent } from "tutti";

import type { Intent } from "../../../src/scheduler/input.ts";
import type { Assignment } from "../../../src/scheduler/index.ts";
import type { Outcome } from "../../../src/scheduler/outcome.ts";
import { workToRequest } from "../../../src/a2a/client/work-to-message.ts";
import { assignment, delegate, EffectsWorld, intentFor, taskOf } from "./effects-world.ts";
import { farAgent, turns } from "./far-world.ts";

type Seen = { readonly [name: string]: unknown };

const seen: Seen[] = [];
const probe = defineAgent({
  name: "probe",
  description: "Says what it was given.",
  version: "1.0.0",
  capabilities: {
    look: {
      description: "Keeps what it gets.",
      run: ({ input, text, context, files, repair, assignment: metadata }) => {
        seen.push({ input, text, context, files, repair, assignment: metadata });
        return result("seen", { usage: { tokens: 12, cost: 0.5, model: "small" } });
      },
    },
  },
});

let served: ServedAgent;
let world: EffectsWorld;
beforeEach(async () => {
  seen.length = 0;
  served = await serveAgent(probe);
  world = new EffectsWorld();
});
afterEach(async () => {
  world[Symbol.dispose]();
  await served.close();
});

const TARGET = { target: { kind: "agent", agent: "probe", skill: "look" } } as const;

/** Gives the same work to the agent in this process, or over A2A, and says what came of it. */
async function giveTo(
  where: "here" | "far",
  more: Partial<Assignment>,
): Promise<{ readonly outcome: Outcome; readonly principal: unknown }> {
  world.register(where === "here" ? probe : remoteAgent(served.url, { name: "probe" }));
  const work = { ...TARGET, ...more };
  world.perform("run_1", delegate("step", work));
  if (where === "far") {
    const intent = await intentOf("run_1", "step");
    world.perform("run_1", { kind: "send", ...assignment("step", work), intent, again: false, regardless: false });
  }
  const { outcome, principal } = await world.answerTo("run_1", "step");
  return { outcome, principal };
}

async function intentOf(run: string, path: string): Promise<Intent> {
  for (;;) {
    const told = world.told.find(({ run: of, input }) => of === run && input.kind === "intended" && input.path === path);
    if (told?.input.kind === "intended") return told.input.intent;
    await world.next();
  }
}

describe.each(["here", "far"] as const)("an agent that is %s", (where) => {
  it("gets no more than the usual when the step says nothing more", async () => {
    await giveTo(where, { input: { a: 1 }, text: "Look." });
    expect(seen).toMatchObject([{ input: { a: 1 }, text: "Look.", context: {}, files: [], repair: null }]);
    expect(seen[0]?.["assignment"]).toMatchObject({ ttl_ms: 30_000, hop_count: 1 });
    expect(seen[0]?.["assignment"]).not.toHaveProperty("context_ref");
  });

  it("gets the step's files: addresses as they are, payloads as their content", async () => {
    world.payloads.set("hash-1", Buffer.from("from the host"));
    const files = [
      { url: "https://files.example.com/a.pdf", mediaType: "application/pdf", name: "a.pdf" },
      { payload: "hash-1", bytes: 13, mediaType: "text/plain", name: "b.txt" },
      { name: "c.txt", mediaType: "text/plain", text: "from a step" },
    ];
    await giveTo(where, { files });
    const got = seen[0]?.["files"] as { readonly bytes?: Uint8Array }[];
    expect(
      got.map(({ bytes, ...rest }) => ({ ...rest, ...(bytes === undefined ? {} : { content: Buffer.from(bytes).toString() }) })),
    ).toEqual([
      { kind: "url", url: "https://files.example.com/a.pdf", name: "a.pdf", mediaType: "application/pdf" },
      { kind: "bytes", name: "b.txt", mediaType: "text/plain", content: "from the host" },
      { kind: "bytes", name: "c.txt", mediaType: "text/plain", content: "from a step" },
    ]);
  });

  it.each<[string, Json, string]>([
    ["files that are no list", { url: "https://files.example.com/a" }, "T3101"],
    ["a file without an address or content", [{ name: "a" }], "T3101"],
    ["an address that is none", [{ url: "a" }], "T3101"],
    ["more files than a message holds", Array.from({ length: 101 }, () => ({ text: "" })), "T3101"],
    ["a payload that is not there", [{ payload: "gone" }], "T5010"],
    ["files that are too large together", [{ text: "x".repeat(5_000_000) }, { text: "x".repeat(5_000_000) }], "T3101"],
  ])("is not given %s", async (_what, files, code) => {
    world.register(where === "here" ? probe : remoteAgent(served.url, { name: "probe" }));
    world.perform("run_1", delegate("step", { ...TARGET, files }));
    expect(await world.outcomeOf("run_1", "step")).toMatchObject({ kind: "failed", failure: { code, retryable: false } });
    expect(world.of("run_1")).toEqual(["answered step"]);
    expect(seen).toEqual([]);
  });

  it("gets exactly the context that the step may read, and its name (W080, W095)", async () => {
    await giveTo(where, { context: { intermediate: { uri: "s3://1" } } });
    expect(seen[0]?.["context"]).toEqual({ intermediate: { uri: "s3://1" } });
    expect(seen[0]?.["assignment"]).toMatchObject({ context_ref: "tutti://run/run_1/context" });
  });

  it("is told what was wrong with the last output, apart from its instruction", async () => {
    await giveTo(where, { text: "Look.", input: { a: 1 }, repair: { problems: ["/rows must be a number"], task: null } });
    expect(seen).toMatchObject([{ text: "Look.", input: { a: 1 }, repair: { problems: ["/rows must be a number"] } }]);
  });

  it("gets the step's time to live (W082)", async () => {
    await giveTo(where, { ttlMs: 5_000 });
    expect(seen[0]?.["assignment"]).toMatchObject({ ttl_ms: 5_000 });
  });

  it("is told how many orchestrators the request has passed, this one included", async () => {
    world.hops = 2;
    await giveTo(where, {});
    expect(seen[0]?.["assignment"]).toMatchObject({ hop_count: 3 });
  });

  it("says what it has used", async () => {
    const { outcome } = await giveTo(where, {});
    expect(outcome).toMatchObject({ kind: "completed", reply: { usage: { tokens: 12, cost: 0.5, model: "small" } } });
  });

  it("says it under the definition's keys, where it is asked over A2A", async () => {
    world.usage = { tokens: "usage.tokens", model: "usage.model" };
    const { outcome } = await giveTo(where, {});
    const all = { tokens: 12, cost: 0.5, model: "small" };
    expect(outcome).toMatchObject({ kind: "completed" });
    expect(outcome.kind === "completed" && outcome.reply.usage).toEqual(where === "here" ? all : { tokens: 12, model: "small" });
  });

  it("votes as who it is, whatever it is called", async () => {
    const { principal } = await giveTo(where, {});
    expect(principal).toBe(where === "here" ? "local:probe" : served.url.replace("127.0.0.1", "localhost").replace(/\/$/, ""));
  });
});

describe("a message to a remote agent", () => {
  it("with too much context is not sent: that would be an agent that sees a part and does not know", async () => {
    world.register(remoteAgent(served.url, { name: "probe" }));
    world.perform("run_1", delegate("step", { ...TARGET, context: { large: "x".repeat(70_000) } }));
    expect(await world.outcomeOf("run_1", "step")).toMatchObject({ kind: "failed", failure: { code: "T3102", retryable: false } });
    expect(world.of("run_1")).toEqual(["answered step"]);
  });

  it("belongs to the step's conversation: one for all subtasks with the same key and agent, in one run", async () => {
    const { agent } = farAgent([]);
    world.register(agent);
    const to = { target: { kind: "agent", agent: "far", skill: null } } as const;
    const contextOf = async (run: string, path: string, more: Partial<Assignment>): Promise<string | null> => {
      world.perform(run, delegate(path, { ...to, ...more }));
      return (await intentOf(run, path)).contextId;
    };
    const first = await contextOf("run_1", "draft#1/write", { conversation: "draft" });
    expect(await contextOf("run_1", "draft#2/write", { conversation: "draft" })).toBe(first);
    expect(await contextOf("run_1", "draft#2/other", { conversation: "run" })).not.toBe(first);
    expect(await contextOf("run_2", "draft#1/write", { conversation: "draft" })).not.toBe(first);
    expect(await contextOf("run_1", "draft", {})).not.toBe(first);
  });

  it("that asks for a better output goes to the agent that made it, as a new task in the same context", async () => {
    const { agent } = farAgent([]);
    const other = farAgent([]);
    world.register(agent);
    world.register({ ...other.agent, name: "other" });
    world.registry.provide("work", { ...other.agent, name: "other" });
    const task = { ...taskOf("far", "x"), contextId: "the agent's own" };
    world.perform("run_1", delegate("step", { repair: { problems: ["no"], task } }));
    const intent = await intentOf("run_1", "step");
    expect(intent).toMatchObject({ agent: "far", contextId: "the agent's own" });
  });
});

it("a message that asks for a better output names the task, when it goes to the agent that has it", async () => {
  const named: (readonly string[])[] = [];
  const { agent } = farAgent([], {
    async send(work, intent) {
      const { message } = workToRequest(work, intent);
      named.push(message?.referenceTaskIds ?? []);
      return { kind: "answer", outcome: { kind: "completed", reply: {} } };
    },
  });
  world.register(agent);
  const work = { repair: { problems: ["no"], task: taskOf("far", "x") } };
  const at = { ...intentFor("far", "step") };
  world.perform("run_1", { kind: "send", ...assignment("step", work), intent: at, again: false, regardless: false });
  await world.answerTo("run_1", "step");
  const elsewhere = { ...at, url: "http://other.test" };
  world.perform("run_2", { kind: "send", ...assignment("step", work), intent: elsewhere, again: false, regardless: false });
  await world.answerTo("run_2", "step");
  expect(named).toEqual([["t-x"], []]);
});

describe("a streamed answer", () => {
  const chatty = defineAgent({
    name: "chatty",
    description: "Streams.",
    version: "1.0.0",
    capabilities: { say: { description: "Streams.", run: ({ chunk }) => (chunk("one "), chunk("two"), "one two") } },
  });
  const to = { target: { kind: "agent", agent: "chatty", skill: null } } as const;

  it("is shown only where the step says so", async () => {
    world.register(chatty);
    world.perform("run_1", delegate("quiet", to));
    await world.answerTo("run_1", "quiet");
    expect(world.chunks).toEqual([]);
    world.perform("run_1", delegate("loud", { ...to, deliver: "stream" }));
    await world.answerTo("run_1", "loud");
    expect(world.chunks).toEqual(["one ", "two"]);
  });

  it("of an agent that was stopped is not shown any more", async () => {
    const late = Promise.withResolvers<void>();
    world.register(
      defineAgent({
        name: "late",
        description: "Streams late.",
        version: "1.0.0",
        capabilities: { say: { description: "Streams.", run: async ({ chunk }) => (await late.promise, chunk("late"), "late") } },
      }),
    );
    world.perform("run_1", delegate("a", { target: { kind: "agent", agent: "late", skill: null }, deliver: "stream" }));
    world.perform("run_1", { kind: "abort", path: "a", attempt: 1, turn: 1, task: null, intent: null });
    late.resolve();
    await turns(3);
    expect(world.chunks).toEqual([]);
  });
});

describe("a function agent's answer", () => {
  const answering = (answer: unknown) =>
    defineAgent({
      name: "answering",
      description: "Answers.",
      version: "1.0.0",
      capabilities: {
        work: {
          description: "Answers.",
          output: { type: "object", required: ["rows"] },
          run: (() => answer) as () => { readonly rows: number },
        },
      },
    });
  const outcomeOf = async (answer: unknown): Promise<Outcome> => {
    world.register(answering(answer));
    world.perform("run_1", delegate("step"));
    return world.outcomeOf("run_1", "step");
  };

  it("may change the run context, beside a result that its schema applies to (W081)", async () => {
    const outcome = await outcomeOf(result({ rows: 3 }, { contextUpdate: { "intermediate.uri": "s3://1" }, text: "Three rows." }));
    const data = [{ result: { rows: 3 }, context_update: { "intermediate.uri": "s3://1" } }];
    expect(outcome).toEqual({ kind: "completed", reply: { text: "Three rows.", data } });
  });

  it("with a change of the context is held to its schema all the same", async () => {
    expect(await outcomeOf(result({}, { contextUpdate: { a: 1 } }))).toMatchObject({ kind: "failed", failure: { code: "INVALID_OUTPUT" } });
  });

  it("may hand over to another agent, which its schema does not apply to (B011)", async () => {
    const outcome = await outcomeOf(handOver("billing", { message: "It is about an invoice.", invoice: 7 }));
    const data = [{ handoff_to: "billing", message: "It is about an invoice.", invoice: 7 }];
    expect(outcome).toEqual({ kind: "completed", reply: { data } });
  });

  it("with a change that is not plain JSON is a failure", async () => {
    const contextUpdate = { a: 1n } as unknown as { readonly a: number };
    expect(await outcomeOf(result({ rows: 3 }, { contextUpdate }))).toMatchObject({ kind: "failed", failure: { code: "INVALID_OUTPUT" } });
  });
});
