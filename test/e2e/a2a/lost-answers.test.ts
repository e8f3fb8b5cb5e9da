import { afterEach, expect, test } from "vitest";

import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import { Egress } from "../../../src/runtime/egress/egress.ts";
import { serveAgent } from "../../../src/compose/serve-agent.ts";
import { gate, intentFor, never, stage, taskOf, watching, work } from "./harness.ts";
import { Proxy } from "./proxy.ts";
import { type Answer, type Asked, card, isCard, rpcOf, scripted as openScripted, type Scripted } from "./scripted.ts";

const cleanUps: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

async function behindProxy() {
  const egress = new Egress();
  const proxy = await Proxy.start();
  const here = stage();
  const served = await serveAgent(here.agent, { publicUrl: proxy.url, log: () => undefined, drainMs: 50 });
  proxy.forwardTo(served.url);
  cleanUps.push(
    () => proxy[Symbol.asyncDispose](),
    () => served.close(),
    () => egress.close(),
  );
  return { proxy, here, served, remote: remoteAgent(proxy.url, { name: "stage", egress }) };
}

const isSend = ({ body }: { readonly body: string }): boolean => body.includes('"SendMessage"');
const isSubscribe = ({ body }: { readonly body: string }): boolean => body.includes('"SubscribeToTask"');

test("an answer lost after the agent took the work is ambiguous, and the task is found by our message id", async () => {
  const { proxy, here, remote } = await behindProxy();
  const intent = await intentFor(remote);
  proxy.fateOf = (request) => (isSend(request) ? "cutBeforeAnswer" : "pass");
  expect(await remote.send(work("slow", null), intent, never())).toMatchObject({ kind: "ambiguous" });
  const found = await remote.find(work("slow", null), intent, never());
  expect(found).toMatchObject({ kind: "task", task: { agent: "stage", url: proxy.url, contextId: intent.contextId } });
  here.release.open();
  expect(found.kind === "task" ? await remote.attend(found.task, watching().watch) : null).toMatchObject({ kind: "completed" });
  expect(here.callCount).toBe(1);
});

test("a send of which nothing arrived is known not to have made a task", async () => {
  const { remote } = await behindProxy();
  expect(await remote.find(work("slow", null), await intentFor(remote), never())).toEqual({ kind: "none" });
});

test("without a context id of ours nobody can know", async () => {
  const { remote } = await behindProxy();
  expect(await remote.find(work("slow", null), await intentFor(remote, { contextId: null }), never())).toMatchObject({
    kind: "unknowable",
  });
});

test("a stream cut in the middle neither loses the task nor shows a piece twice", async () => {
  const { proxy, here, remote } = await behindProxy();
  let cuts = 0;
  const again = gate();
  proxy.fateOf = (request) => {
    if (!isSubscribe(request)) return "pass";
    cuts += 1;
    if (cuts === 2) again.open();
    return cuts === 1 ? "cutAfterFirstChunk" : "pass";
  };
  const task = taskOf(await remote.send(work("slow", null), await intentFor(remote), never()));
  await here.started.opened;
  const seen = watching();
  const attended = remote.attend(task, seen.watch);
  await again.opened;
  here.release.open();
  expect(await attended).toEqual({ kind: "completed", reply: { text: "one two three" } });
  // Pieces are for those who are there when they come.
  expect(["one two", "two", ""]).toContain(seen.chunks.join(""));
  expect(here.callCount).toBe(1);
});

test("an agent that is away for a while is waited for, and the reason is told", async () => {
  const { proxy, here, remote } = await behindProxy();
  const task = taskOf(await remote.send(work("slow", null), await intentFor(remote), never()));
  await here.started.opened;
  let isAway = true;
  proxy.fateOf = () => (isAway ? "cutBeforeAnswer" : "pass");
  const told = gate();
  const attended = remote.attend(task, watching({ progress: ({ note }) => note?.includes("Trying again") === true && told.open() }).watch);
  await told.opened;
  isAway = false;
  here.release.open();
  expect(await attended).toMatchObject({ kind: "completed" });
});

test("one who stops waiting is released at once", async () => {
  const { here, remote } = await behindProxy();
  const task = taskOf(await remote.send(work("slow", null), await intentFor(remote), never()));
  await here.started.opened;
  const seen = watching();
  const attended = remote.attend(task, seen.watch);
  seen.stop();
  expect(await attended).toMatchObject({ kind: "unknown" });
});

async function scripted(answer: (asked: Asked) => Answer): Promise<Scripted> {
  const made = await openScripted(answer);
  cleanUps.push(() => made.close());
  return made;
}

test("an agent that takes no context ids is sent to without, from then on", async () => {
  const { remote } = await scripted(({ path, body, headers }) => {
    if (path.endsWith("agent-card.json")) return { body: card(`http://${String(headers["host"])}/rpc`) };
    const request = JSON.parse(body) as { id: number; params: { message: { contextId?: string } } };
    if (request.params.message.contextId !== undefined)
      return { body: { jsonrpc: "2.0", id: request.id, error: { code: -32602, message: "Client-supplied contextId is not accepted." } } };
    return {
      body: {
        jsonrpc: "2.0",
        id: request.id,
        result: { task: { id: "t1", contextId: "theirs", status: { state: "TASK_STATE_WORKING" } } },
      },
    };
  });
  const intent = await intentFor(remote);
  expect(await remote.send(work("x", null), intent, never())).toEqual({ kind: "contextRefused" });
  expect(await remote.describe(never())).toMatchObject({ identity: { takesContextId: false, dedupes: false } });
  expect(await remote.send(work("x", null), { ...intent, contextId: null }, never())).toMatchObject({
    kind: "task",
    task: { taskId: "t1", contextId: "theirs" },
    over: null,
  });
});

test("of an agent that has answered without a task, a list of its tasks does not say that it got nothing", async () => {
  const { remote } = await scripted((asked) => {
    if (isCard(asked)) return { body: card(`http://${String(asked.headers["host"])}/rpc`) };
    const { method, result } = rpcOf(asked);
    if (method === "ListTasks") return result({ tasks: [], nextPageToken: "", pageSize: 50, totalSize: 0 });
    return result({ message: { messageId: "m", role: "ROLE_AGENT", parts: [{ text: "done" }] } });
  });
  const intent = await intentFor(remote);
  expect(await remote.find(work("x", null), intent, never())).toEqual({ kind: "none" });
  expect(await remote.send(work("x", null), intent, never())).toMatchObject({ kind: "answer" });
  expect(await remote.find(work("x", null), intent, never())).toMatchObject({
    kind: "unknowable",
    message: expect.stringContaining("without one"),
  });
});

test.each(["Content type not supported.", "The context window is full.", "Agent context_builder takes no images."])(
  "a refusal for another reason is final, whatever the agent is called: %s",
  async (reason) => {
    const { another } = await scripted((asked) =>
      isCard(asked) ? { body: card(`http://${String(asked.headers["host"])}/rpc`) } : rpcOf(asked).error(-32005, reason),
    );
    const remote = another("context_id_builder");
    expect(await remote.send(work("x", null), await intentFor(remote), never())).toMatchObject({
      kind: "notSent",
      outcome: { kind: "failed", failure: { code: "T3006", message: expect.stringContaining(reason) } },
    });
    expect(await remote.describe(never())).toMatchObject({ identity: { takesContextId: true } });
  },
);

test("a card is kept as long as HTTP allows, and then asked for by its ETag", async () => {
  const asked: (string | undefined)[] = [];
  let maxAge = 60;
  const { remote } = await scripted(({ path, headers }) => {
    if (!path.endsWith("agent-card.json")) return { status: 404 };
    const etag = headers["if-none-match"];
    asked.push(typeof etag === "string" ? etag : undefined);
    const caching = { etag: '"v1"', "cache-control": `max-age=${maxAge}` };
    return etag === '"v1"' ? { status: 304, headers: caching } : { headers: caching, body: card(`http://${String(headers["host"])}/`) };
  });
  maxAge = 0;
  const first = await remote.describe(never());
  maxAge = 60;
  expect(await remote.describe(never())).toEqual(first);
  await remote.describe(never());
  expect(asked).toEqual([undefined, '"v1"']);
});

test.each([
  ["is not JSON", { headers: { "content-type": "text/html" } }],
  ["has no name", { body: { hello: 1 } }],
  ["lists no interfaces", { body: { name: "nobody", protocolVersion: "1.0" } }],
  [
    "offers nothing that we speak",
    { body: { name: "g", supportedInterfaces: [{ url: "http://x", protocolBinding: "CARRIER-PIGEON", protocolVersion: "1.0" }] } },
  ],
  ["answered 404", { status: 404 }],
])("a card that %s is refused with a reason", async (_why, answer) => {
  const { remote } = await scripted(() => answer);
  expect(await remote.describe(never())).toMatchObject({
    ok: false,
    outcome: { kind: "failed", failure: { code: "T3003", retryable: false } },
  });
});

test.each([
  [500, "ambiguous"],
  [502, "ambiguous"],
  [504, "ambiguous"],
  [429, "notSent"],
  [503, "notSent"],
  [302, "notSent"],
  [400, "notSent"],
  [401, "notSent"],
])("a send answered with status %i is %s", async (status, kind) => {
  const { remote } = await scripted(({ path, headers }) =>
    path.endsWith("agent-card.json")
      ? { body: card(`http://${String(headers["host"])}/`) }
      : { status, headers: { location: "http://127.0.0.1:1/" } },
  );
  expect(await remote.send(work("x", null), await intentFor(remote), never())).toMatchObject({ kind });
});

test.each([
  [-32603, "ambiguous"],
  [-32000, "ambiguous"],
  [-32602, "notSent"],
  [-32601, "notSent"],
  [-32004, "notSent"],
])("a send answered with the JSON-RPC error %i is %s", async (code, kind) => {
  const { remote } = await scripted(({ path, headers, body }) =>
    path.endsWith("agent-card.json")
      ? { body: card(`http://${String(headers["host"])}/`) }
      : { body: { jsonrpc: "2.0", id: (JSON.parse(body) as { id: number }).id, error: { code, message: "No." } } },
  );
  expect(await remote.send(work("x", null), await intentFor(remote), never())).toMatchObject({ kind });
});

test("a card that leads to another private host gets neither requests nor secrets", async () => {
  const { url } = await scripted(({ path }) => (path.endsWith("agent-card.json") ? { body: card("https://10.0.0.1/") } : { status: 500 }));
  const egress = new Egress();
  cleanUps.push(() => egress.close());
  const remote = remoteAgent(url, { egress, secret: "s3cret" });
  expect(await remote.send(work("x", null), await intentFor(remote), never())).toMatchObject({
    kind: "notSent",
    outcome: { failure: { code: "T6001", retryable: false } },
  });
});
