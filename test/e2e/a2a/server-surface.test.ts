import { request as httpRequest } from "node:http";

import { afterEach, describe, expect, test } from "vitest";

import { serveAgent, type ServedAgent, type ServeOptions } from "../../../src/compose/serve-agent.ts";
import { type Stage, stage } from "./harness.ts";

const open: ServedAgent[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((served) => served.close()));
});

async function serve(options: ServeOptions = {}): Promise<{ readonly here: Stage; readonly served: ServedAgent; readonly url: string }> {
  const here = stage();
  const served = await serveAgent(here.agent, { log: () => undefined, drainMs: 50, ...options });
  open.push(served);
  return { here, served, url: served.url };
}

const HEADERS = { "content-type": "application/json", "a2a-version": "1.0" };

async function post(url: string, body: unknown, headers: { readonly [name: string]: string } = HEADERS) {
  const answer = await fetch(url, { method: "POST", headers, body: typeof body === "string" ? body : JSON.stringify(body) });
  return { status: answer.status, headers: answer.headers, body: (await answer.json()) as Record<string, unknown> };
}

const rpc = (url: string, method: string, params: unknown) => post(url, { jsonrpc: "2.0", id: 1, method, params });
const messageOf = (operation: string, more: object = {}) => ({
  message: { messageId: crypto.randomUUID(), role: "ROLE_USER", parts: [{ data: { n: 1 } }], metadata: { operation }, ...more },
});

describe("JSON-RPC", () => {
  test.each([
    ["no JSON", "{", -32700],
    ["a batch", [], -32600],
    ["another version", { jsonrpc: "1.0", id: 1, method: "GetTask" }, -32600],
    ["an unknown method", { jsonrpc: "2.0", id: 1, method: "toString", params: {} }, -32601],
    ["no parameters that are an object", { jsonrpc: "2.0", id: 1, method: "GetTask", params: [] }, -32602],
    ["no message", { jsonrpc: "2.0", id: 1, method: "SendMessage", params: {} }, -32602],
    ["parameters of another form", { jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message: { parts: 7 } } }, -32602],
    ["a task that is none", { jsonrpc: "2.0", id: 1, method: "GetTask", params: { id: "x" } }, -32001],
    ["a cancel of no task", { jsonrpc: "2.0", id: 1, method: "CancelTask", params: { id: "x" } }, -32001],
    ["a subscription to no task", { jsonrpc: "2.0", id: 1, method: "SubscribeToTask", params: { id: "x" } }, -32001],
    ["push notifications of no task", { jsonrpc: "2.0", id: 1, method: "CreateTaskPushNotificationConfig", params: {} }, -32001],
    ["an extended card where none is announced", { jsonrpc: "2.0", id: 1, method: "GetExtendedAgentCard" }, -32004],
    ["a page of no size", { jsonrpc: "2.0", id: 1, method: "ListTasks", params: { pageSize: 0 } }, -32602],
    ["a page token of somebody else", { jsonrpc: "2.0", id: 1, method: "ListTasks", params: { pageToken: "x" } }, -32602],
  ])("a request with %s gets the code that the protocol has for it", async (_what, body, code) => {
    const { url } = await serve();
    expect(await post(url, body)).toMatchObject({ status: 200, body: { jsonrpc: "2.0", error: { code } } });
  });

  test("an error of A2A carries its ErrorInfo", async () => {
    const { url } = await serve();
    expect((await rpc(url, "GetTask", { id: "x" })).body).toMatchObject({
      id: 1,
      error: { data: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "TASK_NOT_FOUND", domain: "a2a-protocol.org" }] },
    });
  });

  test.each([
    ["no parts", { parts: [] }],
    ["an empty part", { parts: [{}] }],
    ["no id", { messageId: "" }],
    ["the role of an agent", { role: "ROLE_AGENT" }],
    ["no skill that there is", { metadata: { operation: "fly" } }],
    ["no skill at all", { metadata: {} }],
  ])("a message with %s is refused and calls no handler", async (_what, more) => {
    const { url, here } = await serve();
    expect(await rpc(url, "SendMessage", messageOf("double", more))).toMatchObject({ body: { error: { code: -32602 } } });
    expect(here.callCount).toBe(0);
  });

  test("JSON nested without end is refused", async () => {
    const { url } = await serve();
    const deep = `${'{"a":'.repeat(20_000)}1${"}".repeat(20_000)}`;
    const body = `{"jsonrpc":"2.0","id":1,"method":"SendMessage","params":{"message":{"metadata":${deep}}}}`;
    expect(await post(url, body)).toMatchObject({ body: { error: { code: -32602 } } });
  });

  test("a task in another context than its message is refused", async () => {
    const { url } = await serve();
    const { body } = await rpc(url, "SendMessage", messageOf("question", { contextId: "mine" }));
    const { id, contextId } = (body as { result: { task: { id: string; contextId: string } } }).result.task;
    expect(contextId).toBe("mine");
    const answer = messageOf("question", { taskId: id, contextId: "other" });
    expect(await rpc(url, "SendMessage", answer)).toMatchObject({ body: { error: { code: -32602 } } });
  });

  test("a server without push notifications says so", async () => {
    const { url } = await serve({ push: false });
    expect((await rpc(url, "CreateTaskPushNotificationConfig", {})).body).toMatchObject({ error: { code: -32003 } });
    expect((await rpc(url, "ListTaskPushNotificationConfigs", { taskId: "x" })).body).toMatchObject({ error: { code: -32003 } });
  });

  test("a server without streams says so on its card, and opens none in either binding; its tasks are polled", async () => {
    const { url, served, here } = await serve({ streaming: false });
    const card = (await (await fetch(served.cardUrl)).json()) as { readonly capabilities: { readonly streaming?: boolean } };
    expect(card.capabilities.streaming ?? false).toBe(false);
    const { body } = await rpc(url, "SendMessage", messageOf("question"));
    const { id } = (body as { result: { task: { id: string } } }).result.task;
    for (const [method, params] of [["SendStreamingMessage", messageOf("double")] as const, ["SubscribeToTask", { id }] as const])
      expect(await rpc(url, method, params)).toMatchObject({ status: 200, body: { error: { code: -32004 } } });
    const refused = { status: 400, body: { error: { status: "FAILED_PRECONDITION" } } };
    expect(await post(`${url}/message:stream`, messageOf("double"))).toMatchObject(refused);
    expect(await post(`${url}/tasks/${id}:subscribe`, {})).toMatchObject(refused);
    expect((await rpc(url, "GetTask", { id })).body).toMatchObject({ result: { status: { state: "TASK_STATE_INPUT_REQUIRED" } } });
    expect(here.callCount).toBe(1);
  });

  test("two answers at the same moment call the handler once", async () => {
    const { url, here } = await serve();
    const { body } = await rpc(url, "SendMessage", messageOf("question"));
    const taskId = (body as { result: { task: { id: string } } }).result.task.id;
    const parts = [{ text: "blue" }];
    const answers = await Promise.all([1, 2, 3].map(() => rpc(url, "SendMessage", messageOf("question", { taskId, parts }))));
    expect(answers.filter((answer) => "result" in answer.body)).toHaveLength(1);
    expect(here.callCount).toBe(2);
  });

  test("fifty equal messages at once make one task", async () => {
    const { url, here } = await serve();
    const params = messageOf("double");
    const answers = await Promise.all(Array.from({ length: 50 }, () => rpc(url, "SendMessage", params)));
    const ids = answers.map(({ body }) => (body as { result: { task: { id: string } } }).result.task.id);
    expect([new Set(ids).size, here.callCount]).toEqual([1, 1]);
  });
});

describe("HTTP+JSON", () => {
  test.each([
    ["GET", "/tasks/none", 404, "NOT_FOUND"],
    ["POST", "/tasks/none:cancel", 404, "NOT_FOUND"],
    ["GET", "/tasks/none:subscribe", 404, "NOT_FOUND"],
    ["POST", "/message:send", 400, "INVALID_ARGUMENT"],
    ["GET", "/tasks?pageSize=many", 400, "INVALID_ARGUMENT"],
    ["GET", "/extendedAgentCard", 400, "FAILED_PRECONDITION"],
    ["POST", "/tasks/x/pushNotificationConfigs", 404, "NOT_FOUND"],
    ["GET", "/nothing/here", 404, undefined],
    ["PUT", "/tasks/x", 404, undefined],
  ])("%s %s answers %i as JSON", async (method, path, status, name) => {
    const { url } = await serve();
    const answer = await fetch(url + path, { method, headers: HEADERS, ...(method === "POST" ? { body: "{}" } : {}) });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error: { code: status, ...(name === undefined ? {} : { status: name }) } });
  });

  test("artifacts are listed only when they are asked for", async () => {
    const { url } = await serve();
    await post(`${url}/message:send`, messageOf("double"));
    const list = async (query: string) => (await fetch(`${url}/tasks${query}`, { headers: HEADERS })).json();
    const plain = (await list("?historyLength=0")) as { tasks: object[] };
    expect(plain).toMatchObject({
      tasks: [{ id: expect.any(String), contextId: expect.any(String), status: { state: "TASK_STATE_COMPLETED" } }],
      nextPageToken: "",
      pageSize: 50,
      totalSize: 1,
    });
    expect(plain.tasks.map((task) => ["artifacts" in task, "history" in task])).toEqual([[false, false]]);
    expect(await list("?includeArtifacts=true")).toMatchObject({
      tasks: [{ artifacts: [{ parts: [{ data: { n: 2 } }] }], history: [{ role: "ROLE_USER" }, {}, {}] }],
    });
    expect(await list("?status=TASK_STATE_FAILED")).toMatchObject({ tasks: [], totalSize: 0 });
  });
});

describe("before A2A", () => {
  test("the version is taken from the header or the query, and is needed", async () => {
    const { url } = await serve();
    const plain = { "content-type": "application/json" };
    const body = { jsonrpc: "2.0", id: 1, method: "GetTask", params: { id: "x" } };
    expect((await post(url, body, plain)).body).toMatchObject({ error: { code: -32009 } });
    expect((await post(`${url}?A2A-Version=1.0`, body, plain)).body).toMatchObject({ error: { code: -32001 } });
    expect((await post(url, body, { ...plain, "a2a-version": "2.0" })).body).toMatchObject({ error: { code: -32009 } });
    expect(await post(`${url}/message:send`, {}, plain)).toMatchObject({ status: 400, body: { error: { status: "FAILED_PRECONDITION" } } });
  });

  test("a page of the web can neither post a form nor come under another name", async () => {
    const { url } = await serve();
    expect(await post(url, "{}", { "content-type": "text/plain", "a2a-version": "1.0" })).toMatchObject({ status: 415 });
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const outgoing = httpRequest(`${url}/.well-known/agent-card.json`, { headers: { host: "evil.example" } }, (incoming) => {
        incoming.resume();
        resolve(incoming.statusCode);
      });
      outgoing.on("error", reject).end();
    });
    expect(status).toBe(403);
  });

  test("the card may be kept, and is asked for again by its ETag", async () => {
    const { served } = await serve({ token: "t" });
    const first = await fetch(served.cardUrl);
    const card = (await first.json()) as Record<string, unknown>;
    expect(first.headers.get("cache-control")).toBe("public, max-age=60");
    expect(card).toMatchObject({
      name: "stage",
      supportedInterfaces: [
        { url: served.url, protocolBinding: "JSONRPC", protocolVersion: "1.0" },
        { url: served.url, protocolBinding: "HTTP+JSON", protocolVersion: "1.0" },
        { url: served.url, protocolBinding: "JSONRPC", protocolVersion: "0.3" },
        { url: served.url, protocolBinding: "HTTP+JSON", protocolVersion: "0.3" },
      ],
      capabilities: { streaming: true },
      securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: "Bearer" } } },
    });
    expect((await fetch(served.cardUrl, { headers: { "if-none-match": first.headers.get("etag") ?? "" } })).status).toBe(304);
  });

  test("a body without a length is cut off at the limit too", async () => {
    const { url } = await serve({ maxRequestBytes: 1000 });
    const endless = new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(new Uint8Array(600)) });
    const answer = await fetch(url, { method: "POST", headers: HEADERS, body: endless, duplex: "half" }).catch(() => null);
    expect(answer?.status ?? 413).toBe(413);
    expect(await rpc(url, "SendMessage", messageOf("double"))).toMatchObject({ status: 200 });
  });
});

describe("over time", () => {
  test("an idle stream is kept open by comments", async () => {
    const { url, here } = await serve({ heartbeatMs: 5 });
    const answer = await fetch(`${url}/message:stream`, { method: "POST", headers: HEADERS, body: JSON.stringify(messageOf("slow")) });
    let text = "";
    for await (const chunk of answer.body ?? []) {
      text += new TextDecoder().decode(chunk);
      if (text.includes(": heartbeat")) here.release.open();
    }
    expect(text).toContain("TASK_STATE_COMPLETED");
  });

  test("only so many tasks are remembered, and open ones are never forgotten", async () => {
    const { url, here } = await serve({ maxTasks: 3 });
    const ids: string[] = [];
    for (const operation of ["slow", "double", "double", "double", "double"]) {
      const params = { ...messageOf(operation), configuration: { returnImmediately: true } };
      const { body } = await rpc(url, "SendMessage", params);
      ids.push((body as { result: { task: { id: string } } }).result.task.id);
    }
    const known = await Promise.all(ids.map(async (id) => "result" in (await rpc(url, "GetTask", { id })).body));
    expect(known).toEqual([true, false, false, true, true]);
    here.release.open();
  });

  test("a server that closes lets its handlers finish, takes nothing new, and then stops them", async () => {
    const { served, here } = await serve({ drainMs: 20 });
    const sent = rpc(served.url, "SendMessage", messageOf("slow")).catch(() => null);
    await here.started.opened;
    await served.close();
    await here.stopped.opened;
    await sent;
    await expect(fetch(served.cardUrl)).rejects.toThrow("fetch failed");
  });
});
