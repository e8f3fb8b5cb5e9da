/** Which interface of an agent gets a message, and what goes with every request about it. */
import { afterEach, describe, expect, test } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import type { RemoteAgent } from "../../../src/ports/agents.ts";
import { type Call, DONE, type RawAgent, rawAgent, type RawOptions, wireTask } from "./raw-agent.ts";

const open: RawAgent[] = [];
afterEach(async () => {
  for (const agent of open.splice(0)) await agent[Symbol.asyncDispose]();
});

async function agentThat(answer: (call: Call) => void, options?: RawOptions): Promise<RawAgent> {
  const agent = await rawAgent(answer, options);
  open.push(agent);
  return agent;
}

type Offered = { readonly url: string; readonly protocolBinding: string; readonly protocolVersion?: string; readonly tenant?: string };

function offering(interfaces: readonly Offered[]): RawOptions["card"] {
  const supportedInterfaces = interfaces.map((offered) => ({ protocolVersion: "1.0", ...offered }));
  return () => ({ name: "raw", version: "1", description: "d", capabilities: {}, skills: [], supportedInterfaces });
}

const WORKFLOW = workflowFromObject({
  name: "ask",
  agents: { raw: { local: "raw" } },
  steps: { work: { agent: "raw", retry: { attempts: 1 } } },
  output: "${{ steps.work.output }}",
});

async function runWith(agent: RemoteAgent) {
  await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [agent] });
  const handle = await orchestrator.start(WORKFLOW, {});
  const over = await orchestrator.host.whenOver(handle.run);
  const facts = (await orchestrator.host.history(handle.run, 1, 1_000)).map(({ fact }) => fact);
  return { over, facts, intents: facts.flatMap((fact) => (fact.kind === "messageIntended" ? [fact.intent] : [])) };
}

/** How an interface can turn out to be nobody's. */
const ABSENT: readonly (readonly [string, (call: Call) => void])[] = [
  [
    "speaks another version",
    (call) => call.text(JSON.stringify({ jsonrpc: "2.0", id: call.id, error: { code: -32009, message: "Only 0.3." } })),
  ],
  ["knows no such method", (call) => call.text(JSON.stringify({ jsonrpc: "2.0", id: call.id, error: { code: -32601, message: "What?" } }))],
  ["is a web site without that page", ({ out }) => out.writeHead(404, { "content-type": "text/html" }).end("<h1>Not found</h1>")],
  ["takes no POST", ({ out }) => out.writeHead(405).end()],
  ["redirects", ({ out }) => out.writeHead(308, { location: "https://elsewhere.example" }).end()],
];

describe("the first interface of a card", () => {
  test.each(ABSENT)("that %s is passed over for the next, which gets the same message", async (_why, answer) => {
    const second = await agentThat((call) => call.reply({ task: DONE }));
    const first = await agentThat(answer, {
      card: (url) =>
        offering([
          { url, protocolBinding: "JSONRPC" },
          { url: second.url, protocolBinding: "JSONRPC" },
        ])?.(url),
      origins: [second.url],
    });
    const { over, intents } = await runWith(first.remote);
    expect(over.status).toBe("completed");
    expect(intents.map(({ url }) => url)).toEqual([first.url, second.url]);
    expect(new Set(intents.map(({ messageId }) => messageId)).size).toBe(1);
    expect([first.calls.length, second.calls.length]).toEqual([1, 1]);
  });

  test("that cannot be reached is passed over for a while, and the next work goes to the other at once", async () => {
    const gone = await rawAgent(() => undefined);
    await gone[Symbol.asyncDispose]();
    const second = await agentThat((call) => call.reply({ task: DONE }), {
      card: (url) =>
        offering([
          { url: gone.url, protocolBinding: "JSONRPC" },
          { url, protocolBinding: "JSONRPC", tenant: "acme" },
        ])?.(url),
      origins: [gone.url],
    });
    expect((await runWith(second.remote)).intents.map(({ url }) => url)).toEqual([gone.url, second.url]);
    expect((await runWith(second.remote)).intents.map(({ url, tenant }) => [url, tenant])).toEqual([[second.url, "acme"]]);
    expect(second.calls.map(({ body }) => (JSON.parse(body) as { params: { tenant: string } }).params.tenant)).toEqual(["acme", "acme"]);
  });

  test("keeps a message that may have arrived there: nothing of it goes to another", async () => {
    const second = await agentThat((call) => call.reply({ task: DONE }));
    const first = await agentThat(
      (call) => {
        // Whatever else is asked, this agent lists no tasks.
        if (call.method === "SendMessage") call.out.destroy();
        else call.out.writeHead(404).end();
      },
      {
        card: (url) =>
          offering([
            { url, protocolBinding: "JSONRPC" },
            { url: second.url, protocolBinding: "JSONRPC" },
          ])?.(url),
        origins: [second.url],
      },
    );
    const { over, intents } = await runWith(first.remote);
    expect(over).toMatchObject({ status: "failed", error: { code: "T4108" } });
    expect(intents).toHaveLength(1);
    expect(second.calls).toEqual([]);
  });

  test("is not looked at when it is of a kind that we do not speak", async () => {
    const agent = await agentThat((call) => call.reply({ task: DONE }), {
      card: (url) =>
        offering([
          { url, protocolBinding: "CARRIER-PIGEON" },
          { url, protocolBinding: "JSONRPC", protocolVersion: "7.0" },
          { url, protocolBinding: "JSONRPC", protocolVersion: "1.4" },
        ])?.(url),
    });
    expect((await runWith(agent.remote)).over.status).toBe("completed");
    expect(agent.calls[0]?.headers["a2a-version"]).toBe("1.0");
  });
});

describe("trace context", () => {
  test("goes with every request about a piece of work, and with the work itself", async () => {
    let asked = 0;
    const agent = await agentThat((call) => {
      if (call.method === "SendMessage") return call.reply({ task: wireTask("WORKING") });
      return call.reply((asked += 1) === 2 ? DONE : wireTask("WORKING"));
    });
    const { intents } = await runWith(agent.remote);
    expect(agent.methods()).toEqual(["SendMessage", "GetTask", "GetTask"]);
    const [traceparent] = agent.calls.map(({ headers }) => headers["traceparent"]);
    expect(traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(new Set(agent.calls.map(({ headers }) => headers["traceparent"]))).toEqual(new Set([traceparent]));
    expect(intents[0]?.traceparent).toBe(traceparent);
    const sent = JSON.parse(agent.calls[0]?.body ?? "") as { params: { message: { metadata: { [key: string]: unknown } } } };
    expect(sent.params.message.metadata["traceparent"]).toBe(traceparent);
  });

  test("is that of whoever asked for the run: the same trace, another span", async () => {
    const agent = await agentThat((call) => call.reply({ task: DONE }));
    await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [agent.remote] });
    const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00";
    const handle = await orchestrator.start(WORKFLOW, {}, { trace });
    await orchestrator.host.whenOver(handle.run);
    expect(agent.calls[0]?.headers["traceparent"]).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-(?!b7ad6b7169203331)[0-9a-f]{16}-00$/);
  });
});
