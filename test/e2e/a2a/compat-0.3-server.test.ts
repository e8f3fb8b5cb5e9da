/** Clients of A2A 0.3 at our server: the official SDK's, and requests as the 0.3 specification writes them. */
import { Role, TaskState } from "@a2a-js/sdk";
import { type Client, ClientFactory, DefaultAgentCardResolver, JsonRpcTransportFactory, RestTransportFactory } from "@a2a-js/sdk/client";
import { GrpcTransportFactory } from "@a2a-js/sdk/client/grpc";
import { afterEach, describe, expect, test } from "vitest";

import { dataPart, message, textPart } from "../../../src/a2a/wire/wire.ts";
import { serveAgent, type ServeOptions } from "../../../src/compose/serve-agent.ts";
import { Receiver } from "../../unit/a2a/push/receiver.ts";
import { type Stage, stage } from "./harness.ts";
import { type Answer, eventsIn, post, request } from "./http/harness.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one[Symbol.asyncDispose]()));
});

async function serve(options: ServeOptions = {}) {
  const here: Stage = stage();
  const served = await serveAgent(here.agent, { log: () => undefined, drainMs: 50, ...options });
  open.push(served);
  return { here, served, url: served.url };
}

/** What a client of 0.3 sends: no version at all. */
const PLAIN = { "content-type": "application/json" };

describe.each(["JSONRPC", "HTTP+JSON", "GRPC"])("the official SDK's client, speaking 0.3 over %s", (binding) => {
  const connect = async () => {
    const { here, url } = await serve({ grpc: {}, push: { allow: ["http://127.0.0.1:*"] } });
    const legacyCompat = { enabled: true };
    const resolver = new DefaultAgentCardResolver({ legacyCompat });
    const card = await resolver.resolve(url);
    // Nothing newer is offered to it.
    const supportedInterfaces = card.supportedInterfaces.filter((one) => one.protocolVersion === "0.3" && one.protocolBinding === binding);
    const factories = [JsonRpcTransportFactory, RestTransportFactory, GrpcTransportFactory];
    const transports = factories.map((Factory) => new Factory({ legacyCompat }));
    const client: Client = await new ClientFactory({ transports }).createFromAgentCard({ ...card, supportedInterfaces });
    return { here, client };
  };
  const ask = (operation: string, more: { taskId?: string; text?: string; waits?: boolean } = {}) => ({
    tenant: "",
    message: message({
      id: crypto.randomUUID(),
      role: Role.ROLE_USER,
      parts: more.text === undefined ? [dataPart({ n: 4 })] : [textPart(more.text)],
      contextId: "",
      taskId: more.taskId ?? "",
      metadata: { operation },
    }),
    configuration: {
      acceptedOutputModes: [],
      taskPushNotificationConfig: undefined,
      historyLength: undefined,
      returnImmediately: more.waits === false,
    },
    metadata: undefined,
  });

  test("gets a task when it waits, and a message when there is none", async () => {
    const { client } = await connect();
    expect(await client.sendMessage(ask("double"))).toMatchObject({
      status: { state: TaskState.TASK_STATE_COMPLETED },
      artifacts: [{ artifactId: "reply", parts: [{ content: { $case: "data", value: { n: 8 } } }] }],
    });
    expect(await client.sendMessage(ask("hello"))).toMatchObject({
      role: Role.ROLE_AGENT,
      parts: [{ content: { $case: "text", value: "Hello." } }],
    });
  });

  test("follows a task from its first event to its last, and takes a stream up again", async () => {
    const { client, here } = await connect();
    const kinds: (string | undefined)[] = [];
    const again: (string | undefined)[] = [];
    let reading: Promise<void> = Promise.resolve();
    for await (const { payload } of client.sendMessageStream(ask("slow"))) {
      kinds.push(payload?.$case);
      if (payload?.$case !== "task") continue;
      const { id } = payload.value;
      reading = (async () => {
        for await (const event of client.resubscribeTask({ tenant: "", id })) {
          again.push(event.payload?.$case);
          if (again.length === 1) here.release.open();
        }
      })();
    }
    await reading;
    expect([kinds[0], kinds.at(-1)]).toEqual(["task", "statusUpdate"]);
    expect([again[0], again.at(-1)]).toEqual(["task", "statusUpdate"]);
    expect(kinds).toContain("artifactUpdate");
  });

  test("answers a question in the same task", async () => {
    const { client } = await connect();
    const asked = await client.sendMessage(ask("question"));
    if (!("id" in asked)) throw new Error("A question makes a task.");
    expect(asked.status).toMatchObject({ state: TaskState.TASK_STATE_INPUT_REQUIRED, message: { role: Role.ROLE_AGENT } });
    expect(await client.sendMessage(ask("question", { taskId: asked.id, text: "blue" }))).toMatchObject({
      id: asked.id,
      status: { state: TaskState.TASK_STATE_COMPLETED },
    });
  });

  test("asks for a task, cancels it, and hears what cannot be", async () => {
    const { client, here } = await connect();
    const made = await client.sendMessage(ask("slow", { waits: false }));
    if (!("id" in made)) throw new Error("There is no task.");
    await here.started.opened;
    expect(await client.getTask({ tenant: "", id: made.id })).toMatchObject({
      id: made.id,
      history: expect.arrayContaining([expect.objectContaining({ role: Role.ROLE_USER })]),
    });
    expect((await client.cancelTask({ tenant: "", id: made.id, metadata: undefined })).status?.state).toBe(TaskState.TASK_STATE_CANCELED);
    await expect(client.cancelTask({ tenant: "", id: made.id, metadata: undefined })).rejects.toMatchObject({
      name: "TaskNotCancelableError",
    });
    await expect(client.getTask({ tenant: "", id: "none" })).rejects.toMatchObject({ name: "TaskNotFoundError" });
    await expect(client.sendMessage(ask("slow", { taskId: made.id }))).rejects.toMatchObject({ name: "UnsupportedOperationError" });
  });

  test("keeps push configs, and is sent the whole task in the words of 0.3", async () => {
    const { client, here } = await connect();
    const hook = await Receiver.listen();
    open.push(hook);
    const made = await client.sendMessage(ask("slow", { waits: false }));
    if (!("id" in made)) throw new Error("There is no task.");
    const target = { tenant: "", taskId: made.id, url: `${hook.origin}/hook`, token: "t", authentication: undefined };
    const kept = await client.createTaskPushNotificationConfig({ ...target, id: "p1" });
    expect(kept).toMatchObject({ taskId: made.id, id: "p1", url: `${hook.origin}/hook` });
    await client.createTaskPushNotificationConfig({ ...target, id: "p2" });
    await client.deleteTaskPushNotificationConfig({ tenant: "", taskId: made.id, id: "p2" });
    const listed = await client.listTaskPushNotificationConfig({ tenant: "", taskId: made.id, pageSize: 0, pageToken: "" });
    expect(listed.configs.map(({ id }) => id)).toEqual(["p1"]);
    expect(await client.getTaskPushNotificationConfig({ tenant: "", taskId: made.id, id: "p1" })).toMatchObject({ id: "p1" });
    here.release.open();
    const states = () => hook.all.map(({ body }) => (JSON.parse(body) as { status: { state: string } }).status.state);
    await expect.poll(() => states().at(-1)).toBe("completed");
    expect(hook.all.every(({ body }) => (JSON.parse(body) as { kind: string }).kind === "task")).toBe(true);
    expect(hook.all[0]?.headers).toMatchObject({ "content-type": "application/json", "x-a2a-notification-token": "t" });
  });
});

type Result = { readonly result?: unknown; readonly error?: { readonly code: number; readonly message: string } };
const call = async (url: string, method: string, params?: unknown, headers: { readonly [name: string]: string } = PLAIN): Promise<Result> =>
  (await post(url, { jsonrpc: "2.0", id: 1, method, ...(params === undefined ? {} : { params }) }, headers)).body as Result;

/** A request of the specification (0.3, 9), to one of the stage's skills. */
const saying = (operation: string, parts: readonly object[] = [{ kind: "data", data: { n: 4 } }], more: object = {}) => ({
  message: { role: "user", parts, messageId: crypto.randomUUID(), metadata: { operation }, ...more },
  metadata: {},
});

describe("requests as the 0.3 specification writes them", () => {
  test("JSON-RPC: a message is waited for, and its task has kinds, parts and states of 0.3", async () => {
    const { url } = await serve();
    const { result } = await call(url, "message/send", saying("words", [{ kind: "text", text: "tell me a joke" }]));
    expect(result).toMatchObject({
      kind: "task",
      id: expect.any(String),
      contextId: expect.any(String),
      status: { state: "completed" },
      artifacts: [{ artifactId: "reply", parts: [{ kind: "text", text: "You said tell me a joke." }] }],
      history: expect.arrayContaining([
        expect.objectContaining({ kind: "message", role: "user", parts: [{ kind: "text", text: "tell me a joke" }] }),
      ]),
    });
    expect((await call(url, "message/send", saying("hello"))).result).toMatchObject({
      kind: "message",
      role: "agent",
      parts: [{ kind: "text" }],
    });
  });

  test.each(["", "0.3", "0.3.0"])("JSON-RPC: also by the version %j", async (version) => {
    const { url } = await serve();
    const headers = { ...PLAIN, "a2a-version": version };
    expect((await call(url, "message/send", saying("double"), headers)).result).toMatchObject({ kind: "task" });
  });

  test("JSON-RPC: one who does not wait asks later, with as much history as is wanted", async () => {
    const { url, here } = await serve();
    const { result } = await call(url, "message/send", { ...saying("slow"), configuration: { blocking: false } });
    const { id } = result as { id: string };
    expect(result).toMatchObject({ kind: "task", status: { state: expect.stringMatching(/^(submitted|working)$/) } });
    here.release.open();
    const asked = async () =>
      ((await call(url, "tasks/get", { id, historyLength: 1 })).result as { status: { state: string } }).status.state;
    await expect.poll(asked).toBe("completed");
  });

  test("JSON-RPC: a stream has envelopes, ids that it is taken up by, and a last event that says so", async () => {
    const { url, here } = await serve();
    const body = JSON.stringify({ jsonrpc: "2.0", id: "s", method: "message/stream", params: saying("slow") });
    const answer = await fetch(url, { method: "POST", headers: PLAIN, body });
    const events: { id?: string | undefined; result: { kind: string; final?: boolean; status?: { state: string }; id?: string } }[] = [];
    for await (const { id, data } of eventsIn(answer)) {
      const { result, id: requestId } = data as { result: (typeof events)[number]["result"]; id: string };
      expect(requestId).toBe("s");
      events.push({ id, result });
      here.release.open();
    }
    expect(events[0]?.result.kind).toBe("task");
    expect(events.at(-1)?.result).toMatchObject({ kind: "status-update", final: true, status: { state: "completed" } });
    expect(events.slice(0, -1).every(({ result }) => result.final !== true)).toBe(true);
    const again = await fetch(url, {
      method: "POST",
      headers: { ...PLAIN, "last-event-id": events[0]?.id ?? "" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 2, method: "tasks/resubscribe", params: { id: events[0]?.result.id } }),
    });
    const ids: (string | undefined)[] = [];
    for await (const { id } of eventsIn(again)) ids.push(id);
    // Pieces of an answer are for those who are there when they come.
    expect(ids).toEqual(events.slice(1).flatMap(({ id }) => (id === undefined ? [] : [id])));
    expect(here.callCount).toBe(1);
  });

  test("JSON-RPC: every error has the code of 0.3, and no request is answered with less", async () => {
    const { url } = await serve();
    const codeOf = async (method: string, params?: unknown) => (await call(url, method, params)).error?.code;
    expect(await codeOf("tasks/get", { id: "none" })).toBe(-32001);
    const done = (await call(url, "message/send", saying("double"))).result as { id: string };
    expect(await codeOf("tasks/cancel", { id: done.id })).toBe(-32002);
    expect(await codeOf("message/send", saying("double", undefined, { taskId: done.id }))).toBe(-32004);
    expect(await codeOf("agent/getAuthenticatedExtendedCard")).toBe(-32004);
    expect(await codeOf("tasks/foo", {})).toBe(-32601);
    expect(await codeOf("tasks/list", {})).toBe(-32601);
    expect(await codeOf("message/send", {})).toBe(-32602);
    expect(await codeOf("message/send", [])).toBe(-32602);
    const bad = await call(url, "message/send", saying("double", [{ kind: "text", text: "a" }, { kind: "video" }]));
    expect(bad.error).toMatchObject({ code: -32602, message: expect.stringContaining("message.parts[1]") });
    expect((await call(url, "message/send", saying("double", [{ kind: "text", text: 1 }]))).error).toMatchObject({
      code: -32602,
      message: expect.stringContaining("message.parts[0].text"),
    });
    expect((await post(url, "{", PLAIN)).body).toMatchObject({ error: { code: -32700 } });
    // A method of 1.0 by one who does not say that they speak it.
    expect(await codeOf("SendMessage", saying("double"))).toBe(-32009);
    expect((await call(url, "message/send", saying("double"), { ...PLAIN, "a2a-version": "1.0" })).error?.code).toBe(-32601);
    expect((await call(url, "message/send", saying("double"), { ...PLAIN, "a2a-version": "0.2" })).error?.code).toBe(-32009);
  });

  test("JSON-RPC: a config without an id is the task's own, and may come with the message", async () => {
    const { url } = await serve({ push: { allow: ["http://127.0.0.1:*"] } });
    const hook = await Receiver.listen();
    open.push(hook);
    const configuration = {
      blocking: true,
      pushNotificationConfig: { url: `${hook.origin}/a`, token: "t", authentication: { schemes: ["Bearer"] } },
    };
    const { result } = await call(url, "message/send", { ...saying("double"), configuration });
    const { id } = result as { id: string };
    await expect
      .poll(() => hook.all.map(({ body }) => (JSON.parse(body) as { status: { state: string } }).status.state).at(-1))
      .toBe("completed");
    const first = await call(url, "tasks/pushNotificationConfig/get", { id });
    expect(first.result).toMatchObject({
      taskId: id,
      pushNotificationConfig: { url: `${hook.origin}/a`, authentication: { schemes: ["Bearer"] } },
    });
    for (const path of ["b", "c"]) {
      const set = { taskId: id, pushNotificationConfig: { url: `${hook.origin}/${path}` } };
      expect((await call(url, "tasks/pushNotificationConfig/set", set)).result).toMatchObject({ pushNotificationConfig: { id } });
    }
    const named = { id, pushNotificationConfigId: id };
    expect((await call(url, "tasks/pushNotificationConfig/get", named)).result).toMatchObject({
      pushNotificationConfig: { url: `${hook.origin}/c` },
    });
    expect((await call(url, "tasks/pushNotificationConfig/delete", named)).result).toBeNull();
    expect((await call(url, "tasks/pushNotificationConfig/list", { id })).result).toHaveLength(1);
    expect(
      (await call(url, "tasks/pushNotificationConfig/set", { taskId: id, pushNotificationConfig: { url: "javascript:1" } })).error?.code,
    ).toBe(-32602);
  });

  const rest = (url: string, method: string, path: string, body?: unknown): Promise<Answer> =>
    request(`${url}${path}`, { method, headers: PLAIN, ...(body === undefined ? {} : { body }) });
  const proto = (operation: string, more: object = {}) => ({
    message: {
      messageId: crypto.randomUUID(),
      role: "ROLE_USER",
      content: [{ data: { data: { n: 4 } } }],
      metadata: { operation },
      ...more,
    },
  });

  test("HTTP+JSON: messages, tasks and errors are those of its protocol buffers, and nothing that they do not know", async () => {
    const { url } = await serve();
    const sent = await rest(url, "POST", "/v1/message:send", proto("double"));
    expect(sent).toMatchObject({ status: 200, body: { task: { status: { state: "TASK_STATE_COMPLETED" } } } });
    const { task } = sent.body as { task: { id: string; history: unknown[]; artifacts: { parts: unknown[] }[] } };
    expect(task.artifacts[0]?.parts).toEqual([{ data: { data: { n: 8 } } }]);
    expect(task.history[0]).toMatchObject({ role: "ROLE_USER", content: [{ data: { data: { n: 4 } } }] });
    expect((await rest(url, "GET", `/v1/tasks/${task.id}?historyLength=1`)).body).toMatchObject({ id: task.id, history: [{}] });
    expect((await rest(url, "POST", "/v1/message:send", proto("hello"))).body).toMatchObject({
      message: { content: [{ text: "Hello." }] },
    });
    expect((await rest(url, "GET", "/v1/tasks")).body).toContainEqual(expect.objectContaining({ id: task.id }));
    expect(await rest(url, "GET", "/v1/tasks/none")).toMatchObject({ status: 404, body: { code: -32001, message: expect.any(String) } });
    expect(await rest(url, "POST", `/v1/tasks/${task.id}:cancel`, "null")).toMatchObject({ status: 400, body: { code: -32002 } });
    expect(await rest(url, "GET", "/v1/card")).toMatchObject({ status: 400, body: { code: -32004 } });
    expect(await rest(url, "GET", "/v1/nothing")).toMatchObject({ status: 404 });
    expect(await rest(url, "POST", "/acme/v1/message:send", proto("double"))).toMatchObject({ status: 404 });
    expect(await rest(url, "POST", "/v1/message:send", "{")).toMatchObject({ status: 400, body: { code: -32602 } });
    // Without a version, only the paths of 0.3 are 0.3.
    expect(await rest(url, "GET", `/tasks/${task.id}`)).toMatchObject({ status: 400, body: { error: { code: 400 } } });
  });

  test("HTTP+JSON: the parts of JSON-RPC are understood as well", async () => {
    const { url } = await serve();
    expect((await rest(url, "POST", "/v1/message:send", saying("double"))).body).toMatchObject({
      task: { status: { state: "TASK_STATE_COMPLETED" } },
    });
  });

  test("HTTP+JSON: a canceled task is spelled with two Ls, in a stream too", async () => {
    const { url, here } = await serve();
    const answer = await fetch(`${url}/v1/message:stream`, { method: "POST", headers: PLAIN, body: JSON.stringify(proto("slow")) });
    const events: { task?: { id: string }; statusUpdate?: { final: boolean; status: { state: string } } }[] = [];
    for await (const { data } of eventsIn(answer)) {
      const event = data as (typeof events)[number];
      events.push(event);
      if (event.task === undefined) continue;
      await here.started.opened;
      await rest(url, "POST", `/v1/tasks/${event.task.id}:cancel`);
    }
    expect(events.at(-1)).toMatchObject({ statusUpdate: { final: true, status: { state: "TASK_STATE_CANCELLED" } } });
  });
});

describe("the card", () => {
  const cardFor = async (url: string, headers: { readonly [name: string]: string } = {}) => request(url, { headers });

  test("says both to one who names no version, and only 1.0 to one who names it; caches keep them apart", async () => {
    const { served, url } = await serve({ token: "t" });
    const both = await cardFor(served.cardUrl);
    expect(both.body).toMatchObject({
      url,
      protocolVersion: "0.3.0",
      preferredTransport: "JSONRPC",
      additionalInterfaces: [
        { url, transport: "JSONRPC" },
        { url, transport: "HTTP+JSON" },
      ],
      supportedInterfaces: [{ protocolVersion: "1.0" }, { protocolVersion: "1.0" }, { protocolVersion: "0.3" }, { protocolVersion: "0.3" }],
      securitySchemes: { bearer: { type: "http", scheme: "Bearer", httpAuthSecurityScheme: { scheme: "Bearer" } } },
    });
    const current = await cardFor(served.cardUrl, { "a2a-version": "1.0" });
    expect(current.body).not.toHaveProperty("url");
    expect([both, current].map(({ headers }) => headers.get("vary"))).toEqual(["A2A-Version", "A2A-Version"]);
    const [first, second] = [both.headers.get("etag") ?? "", current.headers.get("etag") ?? ""];
    expect(first).not.toBe(second);
    expect((await cardFor(served.cardUrl, { "if-none-match": first })).status).toBe(304);
    expect((await cardFor(served.cardUrl, { "if-none-match": first, "a2a-version": "1.0" })).status).toBe(200);
  });

  test("is also where it was before 0.3", async () => {
    const { url } = await serve();
    expect((await cardFor(`${url}/.well-known/agent.json`)).body).toMatchObject({ name: "stage", protocolVersion: "0.3.0" });
  });
});

test("where 0.3 is switched off, it is neither offered nor spoken", async () => {
  const { url, served } = await serve({ legacy: false });
  const { body } = await request(served.cardUrl, { headers: {} });
  expect(body).not.toHaveProperty("url");
  expect((body as { supportedInterfaces: { protocolVersion: string }[] }).supportedInterfaces.map((one) => one.protocolVersion)).toEqual([
    "1.0",
    "1.0",
  ]);
  expect((await call(url, "message/send", saying("double"))).error?.code).toBe(-32009);
  expect((await request(`${url}/.well-known/agent.json`, { headers: {} })).status).toBe(404);
});
