/** What steps say of the work at their agents, in whole runs: limits, repairs, conversations, context, events, streams. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

import { defineAgent, fail, handOver, type JsonObject, type LocalAgent, remoteAgent, result, serveAgent, workflowFromObject } from "tutti";
import { describe, expect, it } from "vitest";

import { Gate, historyOf, ofKind, openInMemory, Place, QUICKLY } from "../support/scenario.ts";

function agentOf(name: string, capabilities: { readonly [name: string]: (call: never) => unknown }): LocalAgent {
  const entries = Object.entries(capabilities).map(([id, run]) => [id, { description: id, run: run as () => string }] as const);
  return defineAgent({ name, description: name, version: "1.0.0", capabilities: Object.fromEntries(entries) });
}

function workflow(steps: JsonObject, rest: JsonObject = {}) {
  return workflowFromObject({ tutti: "1.0", name: "scenario", steps, ...rest });
}

describe("a step's limit", () => {
  it("is kept across runs that go on at the same time (W193)", async () => {
    let working = 0;
    let most = 0;
    const agent = agentOf("worker", {
      query: async () => {
        working += 1;
        most = Math.max(most, working);
        await new Promise((resolve) => setImmediate(resolve));
        working -= 1;
        return "done";
      },
    });
    await using orchestrator = await openInMemory([agent]);
    const definition = workflow({ a: { capability: "query", each: "${{ input.items }}", limit: 3 } });
    const handles = await Promise.all([1, 2, 3, 4].map(() => orchestrator.start(definition, { items: [1, 2, 3, 4, 5] })));
    for (const handle of handles) expect(await handle.result()).toMatchObject({ status: "completed" });
    expect(most).toBe(3);
  });
});

describe("an output that breaks its contract", () => {
  const output = { type: "object", required: ["rows"], properties: { rows: { type: "number" } } };

  it("is mended by an agent of this process that is told what was wrong", async () => {
    const repairs: unknown[] = [];
    const agent = agentOf("worker", {
      query: ({ repair }: { readonly repair: unknown }) => (repairs.push(repair), repair === null ? { rows: "three" } : { rows: 3 }),
    });
    await using orchestrator = await openInMemory([agent]);
    expect(await orchestrator.run(workflow({ a: { capability: "query", output } }), {})).toEqual({ rows: 3 });
    expect(repairs).toEqual([null, expect.objectContaining({ problems: [expect.stringContaining("/rows")] })]);
  });

  it("is mended by a remote agent as a new task in the same context", async () => {
    await using place = new Place();
    const repairs: unknown[] = [];
    const agent = agentOf("worker", {
      query: ({ repair }: { readonly repair: unknown }) => (repairs.push(repair), repair === null ? { rows: "three" } : { rows: 3 }),
    });
    const served = place.keep(await serveAgent(agent));
    const orchestrator = await place.open([remoteAgent(served.url, { name: "worker" })]);
    const handle = await orchestrator.start(workflow({ a: { agent: "worker", output } }), {});
    expect(await handle.result()).toMatchObject({ status: "completed", output: { rows: 3 } });
    expect(repairs).toEqual([null, expect.objectContaining({ problems: [expect.stringContaining("/rows")] })]);
    const intents = ofKind(await historyOf(handle), "messageIntended").map(({ intent }) => intent);
    expect(new Set(intents.map(({ contextId }) => contextId)).size).toBe(1);
    expect(new Set(intents.map(({ messageId }) => messageId)).size).toBe(2);
  });
});

describe("the run context", () => {
  it.each(["in this process", "over A2A"])("is read and changed by an agent %s, as far as its step may (W081, W095)", async (where) => {
    await using place = new Place();
    const seen: unknown[] = [];
    const agent = agentOf("worker", {
      load: () => result("loaded", { contextUpdate: { "data.uri": "s3://1" } }),
      report: ({ context }: { readonly context: unknown }) => (seen.push(context), "reported"),
    });
    const served = place.keep(await serveAgent(agent));
    const orchestrator = await place.open([where === "over A2A" ? remoteAgent(served.url, { name: "worker" }) : agent]);
    const definition = workflow({
      seed: { set: { "secret.key": "hidden" } },
      load: { agent: "worker", skill: "load", needs: ["seed"], context: { write: ["data"] } },
      report: { agent: "worker", skill: "report", needs: ["load"], context: { read: ["data.uri"] } },
    });
    expect(await (await orchestrator.start(definition, {})).result()).toMatchObject({ status: "completed" });
    expect(seen).toEqual([{ data: { uri: "s3://1" } }]);
  });
});

it("agents hand over to each other by `handOver` (B011)", async () => {
  const heard: unknown[] = [];
  const triage = agentOf("triage", { help: () => handOver("billing", { message: "It is about an invoice." }) });
  const billing = agentOf("billing", { help: ({ input }: { readonly input: unknown }) => (heard.push(input), "paid back") });
  await using orchestrator = await openInMemory([triage, billing]);
  const definition = workflow({ desk: { handoff: { agents: ["triage", "billing"] }, with: { question: "?" } } }, { agents: LOCAL });
  expect(await orchestrator.run(definition, {})).toBe("paid back");
  expect(heard).toMatchObject([{ question: "?", handoff: { from: "triage", message: "It is about an invoice." } }]);
});

const LOCAL = { triage: { local: "triage" }, billing: { local: "billing" } };

it("one conversation lasts a whole loop: each message to an agent is in the same context", async () => {
  await using place = new Place();
  const served = place.keep(await serveAgent(agentOf("writer", { write: () => "draft" })));
  const orchestrator = await place.open([remoteAgent(served.url, { name: "writer" })]);
  const loop = { max: 3, until: "iter.number == 3", steps: { write: { agent: "writer", conversation: "loop" } } };
  const handle = await orchestrator.start(workflow({ draft: { loop }, after: { agent: "writer", needs: ["draft"] } }), {});
  expect(await handle.result()).toMatchObject({ status: "completed" });
  const contexts = ofKind(await historyOf(handle), "messageIntended").map(({ intent }) => intent.contextId);
  expect(contexts).toHaveLength(4);
  expect(new Set(contexts.slice(0, 3)).size).toBe(1);
  expect(contexts[3]).not.toBe(contexts[0]);
});

it("each orchestrator that a request passes counts one hop", async () => {
  const hops: unknown[] = [];
  const agent = agentOf("worker", {
    query: ({ assignment }: { readonly assignment: { readonly hop_count: number } }) => (hops.push(assignment.hop_count), "done"),
  });
  await using orchestrator = await openInMemory([agent]);
  await orchestrator.run(workflow({ a: { capability: "query" } }), {});
  expect(hops).toEqual([1]);
});

it("an event goes to a webhook once it is taken, under one id, however often it was turned away", async () => {
  const ids: string[] = [];
  const server = createServer((request, response) => {
    ids.push(request.headers["idempotency-key"] as string);
    request.resume().on("end", () => response.writeHead(ids.length < 3 ? 500 : 204).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await using orchestrator = await openInMemory([]);
    const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    const emit = { event: "done", to, data: { rows: 3 } };
    const output = await orchestrator.run(workflow({ tell: { emit, retry: QUICKLY } }), {});
    expect(output).toMatchObject({ event: "done" });
    expect(ids).toHaveLength(3);
    expect(new Set(ids).size).toBe(1);
  } finally {
    server.close();
  }
});

it.each<[string, JsonObject, string]>([
  ["are shown to those who watch where the step says so", { deliver: "stream" }, "one two"],
  ["are shown to nobody else", {}, ""],
])("pieces of an answer %s", async (_what, more, shown) => {
  const watched = new Gate();
  const write = async ({ chunk }: { readonly chunk: (text: string) => void }) => {
    await watched.opened;
    chunk("one ");
    chunk("two");
    return "one two";
  };
  await using orchestrator = await openInMemory([agentOf("writer", { write })]);
  const handle = await orchestrator.start(workflow({ a: { capability: "write", ...more } }), {});
  let pieces = "";
  for await (const entry of handle.watch()) {
    if (entry.kind === "chunk") pieces += entry.text;
    else if (entry.fact.kind === "subtaskAssigned") watched.open();
  }
  expect(pieces).toBe(shown);
});

it("an agent that has no room is tried again when it says, and what it used is counted", async () => {
  let calls = 0;
  const agent = agentOf("worker", {
    query: () => {
      calls += 1;
      if (calls === 1) return fail("AGENT_OVERLOADED", "no room", { retryable: true, retryAfterMs: 30 });
      return result("done", { usage: { tokens: 7, cost: 0.1 } });
    },
  });
  await using orchestrator = await openInMemory([agent]);
  const handle = await orchestrator.start(workflow({ a: { capability: "query", retry: QUICKLY } }), {});
  expect(await handle.result()).toMatchObject({ status: "completed" });
  const history = await historyOf(handle);
  const [failed] = ofKind(history, "attemptFailed");
  expect((failed?.retryAt ?? 0) - (failed?.at ?? 0)).toBeGreaterThanOrEqual(30);
  expect(ofKind(history, "subtaskCompleted")[0]?.usage).toMatchObject({ tokens: 7, cost: 0.1 });
});

it.each([
  ["one agent have one vote", "failed"],
  ["two agents have two", "completed"],
])("two names of %s in a quorum (W160)", async (_what, status) => {
  await using place = new Place();
  const serve = async () => place.keep(await serveAgent(agentOf("checker", { check: () => ({ verdict: "fine" }) }))).url;
  const first = await serve();
  const second = status === "failed" ? `${first}/` : await serve();
  const orchestrator = await place.open([remoteAgent(first, { name: "a" }), remoteAgent(second, { name: "b" })]);
  const parallel = { agents: ["a", "b"], succeed: { quorum: 2, on: "result.verdict" } };
  const handle = await orchestrator.start(workflow({ facts: { parallel } }), {});
  expect(await handle.result()).toMatchObject({ status });
});
