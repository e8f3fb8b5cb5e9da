import { afterEach, describe, expect, test } from "vitest";

import { HEADERS, post, request, rpc, saying, Servers } from "./harness.ts";
import { agentCard, eventsOf, scriptedHandler, taskEvent } from "./scripted-handler.ts";

const servers = new Servers();
afterEach(() => servers.close());

const CONFIG = { url: "https://here.example/hook", token: "t" };
const REST: readonly (readonly [method: string, path: string, operation: string, params: object, body: object | null])[] = [
  ["POST", "/message:send", "sendMessage", { message: { parts: [{ content: { value: "hi" } }] } }, saying("hi")],
  ["GET", "/tasks/t%3A1?historyLength=3", "getTask", { id: "t:1", historyLength: 3 }, null],
  [
    "GET",
    "/tasks?contextId=c&status=TASK_STATE_WORKING&pageSize=5&pageToken=p&includeArtifacts=true&statusTimestampAfter=2026-01-01T00:00:00Z",
    "listTasks",
    { contextId: "c", status: 2, pageSize: 5, pageToken: "p", includeArtifacts: true, statusTimestampAfter: "2026-01-01T00:00:00Z" },
    null,
  ],
  ["GET", "/tasks?include_artifacts=true", "listTasks", { includeArtifacts: true }, null],
  [
    "GET",
    "/tasks?context_id=c&page_size=5&includeArtifacts=false",
    "listTasks",
    { contextId: "c", pageSize: 5, includeArtifacts: false },
    null,
  ],
  ["POST", "/tasks/t1:cancel", "cancelTask", { id: "t1", metadata: { why: "enough" } }, { metadata: { why: "enough" } }],
  ["GET", "/extendedAgentCard", "extendedCard", {}, null],
  ["POST", "/tasks/t1/pushNotificationConfigs", "createPushConfig", { taskId: "t1", ...CONFIG }, CONFIG],
  ["GET", "/tasks/t1/pushNotificationConfigs/c1", "getPushConfig", { taskId: "t1", id: "c1" }, null],
  ["GET", "/tasks/t1/pushNotificationConfigs?pageSize=2", "listPushConfigs", { taskId: "t1", pageSize: 2 }, null],
  ["DELETE", "/tasks/t1/pushNotificationConfigs/c1", "deletePushConfig", { taskId: "t1", id: "c1" }, null],
];

describe("HTTP+JSON", () => {
  test.each(REST)("%s %s is the operation %s", async (method, path, operation, params, body) => {
    const { url, handler } = await servers.serve();
    const answer = await request(url + path, { method, ...(body === null ? {} : { body }) });
    expect(answer).toMatchObject({ status: 200, body: {} });
    expect(answer.headers.get("content-type")).toBe("application/a2a+json");
    expect(handler.asked).toMatchObject([{ operation, params, context: { caller: { name: "anonymous", tenant: "default" } } }]);
  });

  test.each(REST)("%s %s stands below a tenant too", async (method, path, operation, _params, body) => {
    const { url, handler } = await servers.serve();
    expect(await request(`${url}/acme${path}`, { method, ...(body === null ? {} : { body }) })).toMatchObject({ status: 200 });
    expect(handler.asked).toMatchObject([{ operation, context: { caller: { tenant: "acme" } } }]);
  });

  test.each([
    ["POST", "/message:stream", "sendStreamingMessage"],
    ["POST", "/acme/message:stream", "sendStreamingMessage"],
    ["GET", "/tasks/t1:subscribe", "subscribeToTask"],
    ["POST", "/tasks/t1:subscribe", "subscribeToTask"],
    ["GET", "/acme/tasks/t1:subscribe", "subscribeToTask"],
  ])("%s %s is a stream", async (method, path, operation) => {
    const { url, handler } = await servers.serve({ events: () => eventsOf([taskEvent("1.0", "done")]) });
    const answer = await fetch(url + path, { method, headers: HEADERS, ...(method === "POST" ? { body: "{}" } : {}) });
    expect(answer.headers.get("content-type")).toBe("text/event-stream");
    expect(await answer.text()).toMatch(/^id: 1\.0\ndata: \{"task":\{.*"done".*\}\}\n\n$/);
    expect(handler.asked).toMatchObject([{ operation }]);
  });

  test.each([
    ["POST", "/tasks/t1"],
    ["PUT", "/message:send"],
    ["GET", "/message:send"],
    ["DELETE", "/tasks/t1/pushNotificationConfigs"],
    ["GET", "/a/b/tasks"],
    ["GET", "/tasks/t1/pushNotificationConfigs/c1/more"],
    ["GET", "/"],
    ["GET", "//tasks"],
  ])("%s %s is nothing, said as JSON", async (method, path) => {
    const { url, handler } = await servers.serve();
    expect(await request(url + path, { method })).toMatchObject({ status: 404, body: { error: { code: 404, status: "NOT_FOUND" } } });
    expect(handler.asked).toEqual([]);
  });

  test("creating a push config answers 200 with the config, deleting one 200 with nothing", async () => {
    const { url } = await servers.serve();
    expect(await post(`${url}/tasks/t1/pushNotificationConfigs`, CONFIG)).toMatchObject({ status: 200, body: { id: "c1", taskId: "t1" } });
    expect(await request(`${url}/tasks/t1/pushNotificationConfigs/c1`, { method: "DELETE" })).toMatchObject({ status: 200, body: {} });
  });
});

describe("JSON-RPC", () => {
  test.each([
    ["SendMessage", saying("hi"), "sendMessage", { task: { id: "t1" } }],
    ["GetTask", { id: "t1", history_length: "3" }, "getTask", { id: "t1" }],
    ["ListTasks", { status: "TASK_STATE_WORKING" }, "listTasks", { tasks: [{ id: "t1" }], nextPageToken: "", totalSize: 1 }],
    ["CancelTask", { id: "t1" }, "cancelTask", { id: "t1" }],
    ["GetExtendedAgentCard", {}, "extendedCard", { name: "extended" }],
    ["CreateTaskPushNotificationConfig", { taskId: "t1", ...CONFIG }, "createPushConfig", { id: "c1" }],
    ["GetTaskPushNotificationConfig", { taskId: "t1", id: "c1" }, "getPushConfig", { id: "c1" }],
    ["ListTaskPushNotificationConfigs", { taskId: "t1" }, "listPushConfigs", { configs: [{ id: "c1" }], nextPageToken: "" }],
    ["DeleteTaskPushNotificationConfig", { taskId: "t1", id: "c1" }, "deletePushConfig", {}],
  ])("%s is answered under its id, for the tenant of its params", async (method, params, operation, result) => {
    const { url, handler } = await servers.serve();
    expect(await rpc(url, method, { ...params, tenant: "acme" })).toMatchObject({ status: 200, body: { jsonrpc: "2.0", id: 7, result } });
    expect(handler.asked).toMatchObject([{ operation, context: { caller: { tenant: "acme" } } }]);
  });

  test("params may be left out where nothing is needed", async () => {
    const { url } = await servers.serve();
    expect(await post(url, { jsonrpc: "2.0", id: "a", method: "GetExtendedAgentCard" })).toMatchObject({ body: { id: "a", result: {} } });
  });

  test("an error of the envelope still names the request, when it has an id that can be told", async () => {
    const { url } = await servers.serve();
    expect(await post(url, { id: 9, method: "GetTask" })).toMatchObject({ body: { id: 9, error: { code: -32600 } } });
    expect(await post(url, { jsonrpc: "2.0", id: {}, method: "GetTask" })).toMatchObject({ body: { id: null, error: { code: -32600 } } });
  });
});

const LEGACY = { "content-type": "application/json" };

describe("a request without an id, a notification", () => {
  test.each([
    ["SendMessage", saying("hi"), HEADERS],
    ["SendStreamingMessage", saying("hi"), HEADERS],
    ["CancelTask", { id: "t1" }, HEADERS],
    ["message/send", { message: { kind: "message", messageId: "m", role: "user", parts: [{ kind: "text", text: "hi" }] } }, LEGACY],
  ])("of %s is refused before anything is done", async (method, params, headers) => {
    const { url, handler } = await servers.serve();
    expect(await post(url, { jsonrpc: "2.0", method, params }, headers)).toMatchObject({
      status: 200,
      body: { jsonrpc: "2.0", id: null, error: { code: -32600, message: expect.stringContaining("no id") as string } },
    });
    expect(handler.asked).toEqual([]);
  });

  test("is not one whose id is null, which is answered under it", async () => {
    const { url } = await servers.serve();
    expect(await post(url, { jsonrpc: "2.0", id: null, method: "GetExtendedAgentCard" })).toMatchObject({ body: { id: null, result: {} } });
  });
});

describe("an id that is a number", () => {
  test.each(["0", "-7", "9007199254740991", "-9007199254740991"])("%s comes back as it was", async (id) => {
    const { url } = await servers.serve();
    const answer = await fetch(url, {
      method: "POST",
      headers: HEADERS,
      body: `{"jsonrpc":"2.0","id":${id},"method":"GetExtendedAgentCard"}`,
    });
    expect(await answer.text()).toContain(`"id":${id},"result"`);
  });

  test.each(["12345678901234567890", "9007199254740993", "-9007199254740992", "1e400", "1.5"])(
    "%s is refused, as it could not come back as it was",
    async (id) => {
      const { url, handler } = await servers.serve();
      for (const headers of [HEADERS, { "content-type": "application/json" }]) {
        const answer = await post(url, `{"jsonrpc":"2.0","id":${id},"method":"GetTask","params":{"id":"t1"}}`, headers);
        expect(answer).toMatchObject({ status: 200, body: { id: null, error: { code: -32600 } } });
      }
      expect(handler.asked).toEqual([]);
    },
  );
});

describe("what comes beside the parameters", () => {
  test("the version is asked of both bindings, in the header or the query, and without its patch", async () => {
    const { url } = await servers.serve();
    const plain = { "content-type": "application/json" };
    for (const [query, headers] of [
      ["", { ...plain, "a2a-version": "1.0" }],
      ["", { ...plain, "A2A-Version": "1.0.1" }],
      ["?A2A-Version=1.0", plain],
      ["", { ...plain, "a2a-version": "1.0, 1.0" }],
    ] as const) {
      expect(await rpc(url + query, "GetTask", { id: "x" }, headers)).toMatchObject({ body: { result: {} } });
      expect(await request(`${url}/tasks/x${query}`, { headers })).toMatchObject({ status: 200 });
    }
    for (const version of ["", "0.3", "2.0", "1", "x", "1.0, 2.0", "1.0, 0.3"]) {
      const headers = { ...plain, "a2a-version": version };
      const details = [{ reason: "VERSION_NOT_SUPPORTED", domain: "a2a-protocol.org" }];
      expect(await rpc(url, "GetTask", {}, headers)).toMatchObject({ body: { id: 7, error: { code: -32009, data: details } } });
      expect(await request(`${url}/tasks/x`, { headers })).toMatchObject({ status: 400, body: { error: { details } } });
    }
  });

  test("an extension that the card requires must be named; those that are active are told", async () => {
    const extension = (uri: string, required: boolean) => ({ uri, required, description: "", params: undefined });
    const capabilities = { ...agentCard().capabilities, extensions: [extension("urn:must", true), extension("urn:may", false)] };
    const { url, handler } = await servers.serve({ card: { capabilities } });
    const details = [{ reason: "EXTENSION_SUPPORT_REQUIRED" }];
    expect(await rpc(url, "GetTask", { id: "x" })).toMatchObject({ body: { error: { code: -32008, data: details } } });
    expect(await request(`${url}/tasks/x`, {})).toMatchObject({ status: 400, body: { error: { status: "FAILED_PRECONDITION", details } } });
    expect(handler.asked).toEqual([]);
    const headers = { ...HEADERS, "a2a-extensions": "urn:other, urn:must ,urn:may" };
    expect((await rpc(url, "GetTask", { id: "x" }, headers)).headers.get("a2a-extensions")).toBe("urn:must, urn:may");
    expect((await request(`${url}/tasks/x:subscribe`, { headers })).headers.get("a2a-extensions")).toBe("urn:must, urn:may");
  });

  test("a trace goes on when the header is one of W3C, and only then", async () => {
    const { url, handler } = await servers.serve();
    const good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    for (const traceparent of [good, good.toUpperCase(), `${good}-more`, `${good}, ${good}`, "x"])
      await request(`${url}/tasks/x`, { headers: { ...HEADERS, traceparent } });
    expect(handler.asked.map(({ context }) => context.traceparent)).toEqual([good, null, null, null, null]);
  });
});

describe("several served things", () => {
  test("each has its own card and operations at its path, and the rest is the server's", async () => {
    const [root, planner, deep] = ["root", "planner", "deep"].map((name) => scriptedHandler({ card: { name } }));
    if (root === undefined || planner === undefined || deep === undefined) throw new Error("There are three.");
    const { server } = await servers.serve(
      {},
      {
        served: [
          { path: "", handler: root },
          { path: "/agents/planner", handler: planner },
          { path: "/agents/planner/deep", handler: deep },
        ],
      },
    );
    const nameAt = async (path: string) => ((await request(server.cardUrl(path), {})).body as { name: string }).name;
    expect(await Promise.all(["", "/agents/planner", "/agents/planner/deep"].map(nameAt))).toEqual(["root", "planner", "deep"]);
    await rpc(`${server.url}/agents/planner`, "GetTask", { id: "by rpc" });
    await rpc(`${server.url}/agents/planner/`, "GetTask", { id: "by rpc" });
    await request(`${server.url}/agents/planner/tasks/by-rest`, {});
    await request(`${server.url}/agents/planner/acme/tasks/by-tenant`, {});
    await request(`${server.url}/agents/planner/deep/tasks/x`, {});
    await request(`${server.url}/agents/tasks/of-tenant-agents`, {});
    expect([root, planner, deep].map(({ asked }) => asked.length)).toEqual([1, 4, 1]);
  });

  test.each([
    ["POST", "/agents/%74arget", "getTask"],
    ["POST", "/%61gents/target/", "getTask"],
    ["GET", "/agents/%74arget/tasks", "listTasks"],
    ["GET", "/agents/target/%74asks/t%31", "getTask"],
    ["POST", "/agents/%74arget/tasks/t1:%63ancel", "cancelTask"],
    ["POST", "/agents/t%61rget/acme/messag%65:send", "sendMessage"],
    ["GET", "/agents/target/extended%41gentCard", "extendedCard"],
    ["GET", "/agents/target/tasks/t1/push%4eotificationConfigs/c1", "getPushConfig"],
    ["GET", "/caf%C3%A9/tasks/t1", "getTask"],
    ["GET", "/café/%74asks/t1", "getTask"],
  ])("%s %s is what it is without its escapes: %s", async (method, path, operation) => {
    const handler = scriptedHandler();
    const paths = ["/agents/target", "/café"];
    const { url } = await servers.serve({}, { served: paths.map((one) => ({ path: one, handler })) });
    const body = { jsonrpc: "2.0", id: 7, method: "GetTask", params: { id: "t1" }, ...saying("hi") };
    expect(await request(url + path, { method, ...(method === "POST" ? { body } : {}) })).toMatchObject({ status: 200 });
    const tenant = path.includes("acme") ? "acme" : "default";
    expect(handler.asked).toMatchObject([{ operation, context: { caller: { tenant } } }]);
  });

  test.each([
    ["/agents%2Ftarget", 404, []],
    ["/agents/target%2Ftasks", 404, []],
    ["/agents/%zztarget/tasks", 404, []],
    ["/agents/target/%E0%A4%A", 404, []],
    ["/agents/target/%74asks/%zz", 200, [{ params: { id: "%zz" } }]],
    ["/agents/target/tasks/%2574asks", 200, [{ params: { id: "%74asks" } }]],
    ["/agents/target/tasks/a%2Fb", 200, [{ params: { id: "a/b" } }]],
  ])("escapes in %s that are needed, or are none, stay what they are", async (path, status, asked) => {
    const handler = scriptedHandler();
    const { url, logged } = await servers.serve({}, { served: [{ path: "/agents/target", handler }] });
    expect(await request(url + path, {})).toMatchObject({ status });
    expect([handler.asked, logged]).toMatchObject([asked, []]);
  });

  test("where nothing is served there is nothing", async () => {
    const { url } = await servers.serve({}, { served: [{ path: "/agents/a", handler: scriptedHandler() }] });
    for (const path of ["", "/tasks", "/.well-known/agent-card.json", "/agents/ab/tasks"]) {
      expect(await request(url + path, {})).toMatchObject({ status: 404, body: { error: { status: "NOT_FOUND" } } });
    }
  });
});
