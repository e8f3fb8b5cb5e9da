/** Our client at agents of A2A 0.3: the official SDK's own server in its legacy mode, and ours. */
import { afterAll, afterEach, describe, expect, test } from "vitest";

import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { JsonObject } from "../../../src/base/json.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import { serveAgent } from "../../../src/compose/serve-agent.ts";
import type { RemoteAgent } from "../../../src/ports/agents.ts";
import { Egress } from "../../../src/runtime/egress/egress.ts";
import type { Intent } from "../../../src/scheduler/input.ts";
import { DatabaseFolder } from "../../unit/hosts/database-folder.ts";
import { give, intentFor, never, stage, taskOf, watching, work } from "./harness.ts";
import { legacySdkAgent } from "./legacy-sdk-server.ts";
import { type Call, rawAgent, type RawOptions } from "./raw-agent.ts";

const egress = new Egress();
const running: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((one) => one[Symbol.asyncDispose]()));
});
afterAll(() => egress.close());

function keep<Kept extends AsyncDisposable>(one: Kept): Kept {
  running.push(one);
  return one;
}

/** What a runtime would record before it sends. */
async function intentOf(agent: RemoteAgent, more: Partial<Intent> = {}): Promise<Intent> {
  const described = await agent.describe(never());
  if (!described.ok) throw new Error(JSON.stringify(described.outcome));
  const { version } = described.identity;
  return intentFor(agent, { ...(version === undefined ? {} : { version }), ...more });
}

const WORKFLOW = workflowFromObject({
  name: "legacy",
  agents: { sdk: { local: "sdk" } },
  steps: { work: { agent: "sdk", skill: "ask", retry: { attempts: 1 } } },
  output: "${{ steps.work.output }}",
});

const DATA = { sum: 3 };
const REPLY = {
  text: "three",
  data: [DATA],
  artifacts: [
    { name: "sum", mediaType: "application/json", data: DATA },
    { name: "sum", mediaType: "text/plain", text: "three" },
  ],
};

describe.each([
  ["JSONRPC", true],
  ["JSONRPC", false],
  ["HTTP+JSON", true],
  ["HTTP+JSON", false],
] as const)("an agent of the official SDK that speaks 0.3 over %s, streaming: %s", (binding, streaming) => {
  const connect = async () => {
    const served = keep(await legacySdkAgent({ binding, streaming }));
    return { served, remote: remoteAgent(served.url, { name: "sdk", egress, log: () => undefined }) };
  };

  test("is told apart by its card, and does a task, quick or slow", async () => {
    const { served, remote } = await connect();
    expect(await remote.describe(never())).toMatchObject({ ok: true, identity: { binding, version: "0.3", protocolVersion: "0.3" } });
    const quick = await remote.send(work("sum", { a: 1 }), await intentOf(remote), never());
    expect(quick).toMatchObject({ kind: "task", task: { binding, version: "0.3" } });
    expect(await remote.attend(taskOf(quick), watching().watch)).toEqual({ kind: "completed", reply: REPLY });
    const slow = taskOf(await remote.send(work("slow", null), await intentOf(remote), never()));
    const attended = remote.attend(slow, watching().watch);
    served.release.open();
    expect(await attended).toEqual({ kind: "completed", reply: REPLY });
    expect(new Set(served.asked.slice(1).map((line) => line.split(" ")[0]))).toEqual(new Set(["0.3"]));
    const place = binding === "JSONRPC" ? "POST /rpc" : "GET /rest/v1/tasks/{id}:subscribe";
    if (streaming)
      expect(
        served.asked.map((line) => line.replace(/^\S* /, "").replace("POST /rest/v1/tasks/{id}:s", "GET /rest/v1/tasks/{id}:s")),
      ).toContain(place);
  });

  test("answers directly, and fails", async () => {
    const { remote } = await connect();
    const send = async (operation: string) => remote.send(work(operation, null), await intentOf(remote), never());
    expect(await send("hello")).toEqual({ kind: "answer", outcome: { kind: "completed", reply: { text: "Hello." } } });
    expect(await remote.attend(taskOf(await send("fail")), watching().watch)).toMatchObject({
      kind: "failed",
      failure: { message: "It broke." },
    });
  });

  test("cancels a task, and says of what it does not know that it does not", async () => {
    const { remote } = await connect();
    const task = taskOf(await remote.send(work("slow", null), await intentOf(remote), never()));
    expect(await remote.cancel(task, "Enough.", never())).toEqual({ kind: "canceled" });
    expect(await remote.attend(task, watching().watch)).toMatchObject({ kind: "canceled" });
    expect(await remote.attend({ ...task, taskId: "none" }, watching().watch)).toMatchObject({
      kind: "unknown",
      failure: { code: "T3007" },
    });
  });

  test("cannot be asked for its tasks, so that nobody knows what became of a message that it did not answer", async () => {
    const { remote } = await connect();
    expect(await remote.find(work("slow", null), await intentOf(remote), never())).toMatchObject({ kind: "unknowable" });
  });

  test("asks a question that is answered after our restart, in the same task", async () => {
    const { served, remote } = await connect();
    const folder = keep(new DatabaseFolder());
    const before = await openOrchestrator({ db: folder.file(), agents: [remote], log: () => undefined });
    const { run } = await before.start(WORKFLOW, {});
    await expect.poll(async () => (await before.questions()).length).toBe(1);
    await before.close();
    // Another process: it knows the agent's address, and of the task what was recorded.
    const again = remoteAgent(served.url, { name: "sdk", egress, log: () => undefined });
    await using after = await openOrchestrator({ db: folder.file(), agents: [again], log: () => undefined });
    const [question] = await after.questions();
    expect(question).toMatchObject({ question: { prompt: "Which?" } });
    await after.answer(question?.id ?? "", "that");
    expect(await after.host.whenOver(run)).toMatchObject({ status: "completed" });
    expect(served.executions).toHaveLength(2);
    const facts = (await after.host.history(run, 1, 1_000)).map(({ fact }) => fact);
    const intents = facts.flatMap((fact) => (fact.kind === "messageIntended" ? [fact.intent] : []));
    expect(intents.map(({ version }) => version)).toEqual(["0.3", "0.3"]);
  });
});

describe("ours at ours", () => {
  /** Our own server behind a card that says nothing of 1.0. */
  const connect = async (binding: string) => {
    const here = stage();
    const served = keep(await serveAgent(here.agent, { log: () => undefined, drainMs: 50, grpc: {} }));
    const url = binding === "GRPC" ? served.grpcUrl : served.url;
    const offered = { url, protocolBinding: binding, protocolVersion: "0.3" };
    const shown = keep(
      await rawAgent(() => undefined, {
        card: () => ({
          name: "stage",
          version: "1",
          description: "d",
          capabilities: { streaming: true },
          skills: [],
          supportedInterfaces: [offered],
        }),
        origins: [served.url],
      }),
    );
    return { here, served, remote: shown.remote };
  };

  test.each(["JSONRPC", "HTTP+JSON", "GRPC"])("0.3 over %s: done, asked, streamed and canceled", async (binding) => {
    const { here, remote } = await connect(binding);
    const send = async (operation: string, input: JsonObject | null = null) =>
      remote.send(work(operation, input), await intentOf(remote, { contextId: null }), never());
    const outcome = async (operation: string, input?: JsonObject) => remote.attend(taskOf(await send(operation, input)), watching().watch);
    expect(await outcome("double", { n: 4 })).toMatchObject({ kind: "completed", reply: { data: [{ n: 8 }] } });
    expect(await outcome("question")).toMatchObject({ kind: "inputRequired", question: { prompt: "Which colour?" } });
    const slow = taskOf(await send("slow"));
    const seen = watching({ progress: () => here.speak.open(), chunk: () => here.release.open() });
    expect(await remote.attend(slow, seen.watch)).toMatchObject({ kind: "completed", reply: { text: "one two three" } });
    expect(seen.chunks.join("")).toContain("two");
    const canceled = taskOf(await send("question"));
    expect(await remote.cancel(canceled, "Enough.", never())).toEqual({ kind: "canceled" });
  });

  test("1.0 is spoken where both are offered", async () => {
    const here = stage();
    const served = keep(await serveAgent(here.agent, { log: () => undefined, drainMs: 50 }));
    const remote = remoteAgent(served.url, { egress, log: () => undefined });
    expect(await remote.describe(never())).toMatchObject({ ok: true, identity: { protocolVersion: "1.0" } });
    expect(await give(remote, work("double", { n: 4 }))).toMatchObject({ kind: "completed" });
  });
});

describe("which version an agent gets", () => {
  const both =
    (first: string, second: string): NonNullable<RawOptions["card"]> =>
    (url) => ({
      name: "raw",
      version: "1",
      description: "d",
      capabilities: {},
      skills: [],
      supportedInterfaces: [first, second].map((protocolVersion) => ({ url, protocolBinding: "JSONRPC", protocolVersion })),
    });
  const done = {
    kind: "task",
    id: "t1",
    contextId: "c1",
    status: { state: "completed" },
    artifacts: [{ artifactId: "a", parts: [{ kind: "text", text: "done" }] }],
  };

  test("is 1.0 also where its card names 0.3 first", async () => {
    const agent = keep(
      await rawAgent((call) => call.reply({ message: { messageId: "m", role: "ROLE_AGENT", parts: [{ text: "Hi." }] } }), {
        card: both("0.3.0", "1.0"),
      }),
    );
    expect(await give(agent.remote, work("x", null))).toMatchObject({ kind: "completed", reply: { text: "Hi." } });
    expect(agent.methods()).toEqual(["SendMessage"]);
  });

  test("is 0.3 at the same address when the agent refuses 1.0, and the message is the same", async () => {
    const answer = (call: Call): void => {
      if (call.method === "SendMessage")
        call.text(JSON.stringify({ jsonrpc: "2.0", id: call.id, error: { code: -32009, message: "Only 0.3." } }));
      else call.reply(done);
    };
    const agent = keep(await rawAgent(answer, { name: "sdk", card: both("1.0", "0.3") }));
    await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [agent.remote], log: () => undefined });
    const { run } = await orchestrator.start(WORKFLOW, {});
    expect(await orchestrator.host.whenOver(run)).toMatchObject({ status: "completed" });
    expect(agent.methods()).toEqual(["SendMessage", "message/send"]);
    const ids = agent.calls.map(
      ({ body }) => (JSON.parse(body) as { params: { message: { messageId: string } } }).params.message.messageId,
    );
    expect(new Set(ids).size).toBe(1);
    expect(agent.calls.map(({ headers }) => headers["a2a-version"])).toEqual(["1.0", "0.3"]);
  });
});

describe("an agent of 0.3 that answers out of shape", () => {
  const card: NonNullable<RawOptions["card"]> = (url) => ({
    protocolVersion: "0.3.0",
    name: "raw",
    version: "1",
    description: "d",
    url,
    capabilities: {},
    skills: [],
  });
  const working = { kind: "task", id: "t1", contextId: "c1", status: { state: "working" } };
  const file = (content: object) => ({
    ...working,
    status: { state: "completed" },
    artifacts: [{ artifactId: "a", parts: [{ kind: "file", file: content }] }],
  });

  test.each<readonly [string, unknown]>([
    ["says of nothing what kind it is", { id: "t1" }],
    ["has a kind that nobody knows", { kind: "dream" }],
    ["has parts that are none", { kind: "message", messageId: "m", role: "agent", parts: [{ kind: "video" }] }],
    ["has bytes that are an object", file({ bytes: { length: 1_000_000_000 } })],
    ["has an address that is a number", file({ uri: 7 })],
    ["has a state that is a list", { ...working, status: { state: ["working"] } }],
    ["has a task without an id", { ...working, id: "" }],
    ["has no result", undefined],
  ])("is not believed when it %s", async (_what, result) => {
    const agent = keep(await rawAgent((call) => call.reply(result), { card }));
    expect(await agent.remote.send(work("x", null), await intentOf(agent.remote), never())).toMatchObject({ kind: "ambiguous" });
  });

  test("gets a typed failure, also over HTTP+JSON", async () => {
    const restCard: NonNullable<RawOptions["card"]> = (url) => ({ ...(card(url) as object), preferredTransport: "HTTP+JSON" });
    const answers: readonly (readonly [number, string, string])[] = [
      [404, JSON.stringify({ message: "Task not found", type: "TaskNotFoundError" }), "TASK_NOT_FOUND"],
      [400, JSON.stringify({ code: -32602, message: "No." }), "INVALID_PARAMS"],
      [501, JSON.stringify({ code: -32004, message: "No." }), "UNSUPPORTED_OPERATION"],
      [400, "<h1>No.</h1>", "HTTP error"],
    ];
    for (const [status, body, words] of answers) {
      const agent = keep(
        await rawAgent(({ out }) => out.writeHead(status, { "content-type": "application/json" }).end(body), { card: restCard }),
      );
      const sent = await agent.remote.send(work("x", null), await intentOf(agent.remote), never());
      expect(sent).toMatchObject({ kind: "notSent", outcome: { failure: { code: "T3006", message: expect.stringContaining(words) } } });
      expect(agent.calls[0]?.method).toBe("POST /v1/message:send");
    }
  });
});

test("a card of 0.3 is pinned by what it says of where the agent is", async () => {
  const agent = keep(
    await rawAgent(() => undefined, {
      pin: "0".repeat(64),
      card: (url) => ({ protocolVersion: "0.3.0", name: "raw", url, capabilities: {}, skills: [] }),
    }),
  );
  const elsewhere = keep(
    await rawAgent(() => undefined, {
      pin: "0".repeat(64),
      card: (url) => ({ protocolVersion: "0.3.0", name: "raw", url: `${url}/x`, capabilities: {}, skills: [] }),
    }),
  );
  const printOf = async (remote: RemoteAgent): Promise<string> =>
    /print (\w{64})/.exec(JSON.stringify(await remote.describe(never())))?.[1] ?? "";
  expect(await printOf(agent.remote)).toMatch(/^\w{64}$/);
  expect(await printOf(agent.remote)).not.toBe(await printOf(elsewhere.remote));
});
