/**
 * Where the official SDK's server gives way, ours does not: the table of what was measured of
 * @a2a-js/sdk 1.3.0, row by row, on a whole server over HTTP. The numbers are the table's.
 */
import { randomUUID } from "node:crypto";

import { afterEach, expect, test } from "vitest";

import { readSigningKey } from "../../../src/a2a/card/signing-key.ts";
import { verifyCard } from "../../../src/a2a/card/verify-card.ts";
import type { JsonObject } from "../../../src/base/json.ts";
import { serveAgent, type ServedAgent, type ServeOptions } from "../../../src/compose/serve-agent.ts";
import { result } from "../../../src/agents/answers.ts";
import { defineAgent } from "../../../src/agents/function-agent.ts";
import type { LocalAgent } from "../../../src/ports/agents.ts";
import { newKeySecret } from "../../unit/a2a/card/cards.ts";
import { folder } from "../../unit/a2a/handler/stage.ts";
import { answering, Receiver } from "../../unit/a2a/push/receiver.ts";
import { type Stage, stage } from "./harness.ts";
import { eventsIn, HEADERS, post, request, rpc, type SentEvent } from "./http/harness.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function serve(agent: LocalAgent, options: ServeOptions = {}): Promise<ServedAgent> {
  const served = await serveAgent(agent, { log: () => undefined, drainMs: 20, ...options });
  open.push(served);
  return served;
}

async function serveStage(options: ServeOptions = {}): Promise<{ readonly here: Stage; readonly url: string }> {
  const here = stage();
  open.push({ [Symbol.asyncDispose]: async () => here.release.open() });
  return { here, url: (await serve(here.agent, options)).url };
}

type Task = {
  readonly id: string;
  readonly status: { readonly state: string; readonly timestamp: string };
  readonly history?: readonly { readonly messageId: string }[];
};

const messageOf = (operation: string, more: object = {}) => ({
  messageId: randomUUID(),
  role: "ROLE_USER",
  parts: [{ data: { n: 1 } }],
  metadata: { operation },
  ...more,
});

async function send(url: string, message: object, configuration: object = {}): Promise<Task> {
  const { body } = await rpc(url, "SendMessage", { message, configuration });
  const { task } = (body as { readonly result?: { readonly task: Task } }).result ?? {};
  if (task === undefined) throw new Error(`There is no task: ${JSON.stringify(body)}`);
  return task;
}

const sendNow = (url: string, message: object, more: object = {}): Promise<Task> =>
  send(url, message, { returnImmediately: true, ...more });
const stateOf = async (url: string, id: string): Promise<string> => {
  const { body } = await rpc(url, "GetTask", { id });
  return (body as { readonly result: Task }).result.status.state.replace("TASK_STATE_", "");
};
const codeOf = (body: unknown): number | undefined => (body as { readonly error?: { readonly code: number } }).error?.code;

const stream = (url: string, message: object, signal?: AbortSignal): Promise<Response> =>
  fetch(`${url}/message:stream`, {
    method: "POST",
    headers: HEADERS,
    body: JSON.stringify({ message }),
    ...(signal === undefined ? {} : { signal }),
  });

async function allOf(answer: Response): Promise<readonly SentEvent[]> {
  const events: SentEvent[] = [];
  for await (const event of eventsIn(answer)) events.push(event);
  return events;
}

test("row 1: the same message twice is one task and one execution", async () => {
  const { here, url } = await serveStage();
  const message = messageOf("double");
  expect((await send(url, message)).id).toBe((await send(url, message)).id);
  expect(here.callCount).toBe(1);
});

test("row 2: a task whose reader goes away comes to its end", async () => {
  const { here, url } = await serveStage();
  const reader = new AbortController();
  const answer = await stream(url, messageOf("slow"), reader.signal);
  const first = await eventsIn(answer).next();
  const { id } = (first.value as { readonly data: { readonly task: Task } }).data.task;
  reader.abort();
  here.release.open();
  await expect.poll(() => stateOf(url, id)).toBe("COMPLETED");
});

test("row 3: a second message to a task that works is refused, begins nothing, and leaves the first reader alone", async () => {
  const { here, url } = await serveStage();
  const answer = await stream(url, messageOf("slow", { messageId: "m-1" }));
  await here.started.opened;
  const { id: taskId } = await sendNow(url, messageOf("slow", { messageId: "m-1" }));
  expect(codeOf((await rpc(url, "SendMessage", { message: messageOf("slow", { taskId }) })).body)).toBe(-32004);
  here.release.open();
  expect((await allOf(answer)).at(-1)).toMatchObject({ data: { statusUpdate: { status: { state: "TASK_STATE_COMPLETED" } } } });
  expect(here.callCount).toBe(1);
});

test("row 4: a body of 150 KiB is taken, and one that is too large is refused as JSON", async () => {
  const { url } = await serveStage();
  const large = (bytes: number) => ({ message: messageOf("words", { parts: [{ text: "x".repeat(bytes) }] }) });
  expect(await post(`${url}/message:send`, large(150 * 1024))).toMatchObject({ status: 200 });
  const refused = await post(`${url}/message:send`, large(17 * 1024 * 1024));
  expect([refused.status, refused.headers.get("content-type")]).toEqual([413, "application/json"]);
});

test("row 5: a handler that throws is a failed task without its words", async () => {
  const { url } = await serveStage();
  const task = await send(url, messageOf("broken"));
  expect(task.status.state).toBe("TASK_STATE_FAILED");
  expect(JSON.stringify(task)).not.toContain("hunter2");
});

test("row 6: a list of what has changed since an instant has what changed at that instant", async () => {
  const { url } = await serveStage();
  const { id, status } = await send(url, messageOf("double"));
  const { body } = await rpc(url, "ListTasks", { statusTimestampAfter: status.timestamp });
  expect(body).toMatchObject({ result: { totalSize: 1, tasks: [{ id }] } });
  const later = new Date(Date.parse(status.timestamp) + 1).toISOString();
  expect((await rpc(url, "ListTasks", { statusTimestampAfter: later })).body).toMatchObject({ result: { totalSize: 0, tasks: [] } });
});

test.each([
  ["no parts", { message: messageOf("double", { parts: [] }) }],
  ["no role", { message: messageOf("double", { role: undefined }) }],
  ["the role of an agent", { message: messageOf("double", { role: "ROLE_AGENT" }) }],
  ["a history of minus five", { message: messageOf("double"), configuration: { historyLength: -5 } }],
])("row 7: a message with %s is refused, and calls nobody", async (_what, params) => {
  const { here, url } = await serveStage();
  expect(codeOf((await rpc(url, "SendMessage", params)).body)).toBe(-32602);
  expect(here.callCount).toBe(0);
});

test("row 8: a webhook on a private host, or of no web address, is refused before the task begins", async () => {
  const { here, url } = await serveStage();
  for (const hook of ["http://127.0.0.1:9/", "https://10.0.0.1/", "javascript:1"]) {
    const configuration = { taskPushNotificationConfig: { url: hook } };
    expect(codeOf((await rpc(url, "SendMessage", { message: messageOf("double"), configuration })).body)).toBe(-32602);
  }
  expect(here.callCount).toBe(0);
});

test("row 8: a webhook that redirects is not followed with its token, and one that fails is asked again", async () => {
  const elsewhere = await Receiver.listen();
  const hook = await Receiver.listen();
  open.push(elsewhere, hook);
  hook.reply = (response, received, index) =>
    (index === 0 ? answering(500) : answering(307, { location: elsewhere.origin }))(response, received, index);
  const { url } = await serveStage({ push: { allow: ["http://127.0.0.1:*"] } });
  await send(url, messageOf("double"), { taskPushNotificationConfig: { url: hook.origin, token: "s3cret" } });
  await hook.count(2);
  expect(hook.ids[1]).toBe(hook.ids[0]);
  expect(elsewhere.all).toEqual([]);
});

test("row 9: a cancel does not wait for a handler that does not listen", async () => {
  const { promise, resolve } = Promise.withResolvers<null>();
  const deaf = defineAgent({
    name: "deaf",
    description: "Hears no cancel.",
    version: "1.0.0",
    capabilities: { sit: { description: "Sits.", run: () => promise } },
  });
  const { url } = await serve(deaf);
  const { id } = await sendNow(url, messageOf("sit"));
  expect((await rpc(url, "CancelTask", { id })).body).toMatchObject({ result: { id, status: { state: "TASK_STATE_CANCELED" } } });
  resolve(null);
});

test("row 10: after a restart a task that lacks an authorisation is followed on, and a cancel of one at work reaches its handler", async () => {
  using place = folder();
  const before = stage();
  const old = await serveAgent(before.agent, { db: place.db, log: () => undefined, drainMs: 20 });
  const lacking = await send(old.url, messageOf("auth"));
  const working = await sendNow(old.url, messageOf("slow"));
  await before.started.opened;
  await old.close();
  const { here, url } = await serveStage({ db: place.db });
  await here.started.opened;
  const events = eventsIn(await fetch(`${url}/tasks/${lacking.id}:subscribe`, { headers: HEADERS }));
  expect((await events.next()).value).toMatchObject({ data: { task: { status: { state: "TASK_STATE_AUTH_REQUIRED" } } } });
  const next = events.next();
  await send(url, messageOf("auth", { taskId: lacking.id, parts: [{ text: "Allowed." }] }));
  expect((await next).value).toMatchObject({ data: { statusUpdate: {} } });
  await events.return();
  await rpc(url, "CancelTask", { id: working.id });
  await here.stopped.opened;
  expect(await stateOf(url, working.id)).toBe("CANCELED");
});

test("row 11: who cannot be told is answered 401 with a challenge, also when finding out fails, and hears nothing of why", async () => {
  const authenticate = () => {
    throw new Error("the key store says hunter2");
  };
  const { url } = await serveStage({ auth: { authenticate } });
  for (const answer of [await rpc(url, "GetTask", { id: "x" }), await request(`${url}/tasks/x`, {})]) {
    expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, expect.stringContaining("Bearer")]);
    expect(JSON.stringify(answer.body)).not.toContain("hunter2");
  }
});

const KEY = newKeySecret("ES256");
const SIGNED = { token: "t", signing: [{ secret: "KEY" }], readSecret: KEY };
const cardAt = (url: string): string => `${url}/.well-known/agent-card.json`;

test("row 12: a card has its security schemes as the protocol writes them", async () => {
  const { url } = await serveStage(SIGNED);
  const { body } = await request(cardAt(url), {});
  expect(body).toMatchObject({ securitySchemes: { bearer: { httpAuthSecurityScheme: { scheme: "Bearer" } } } });
});

test("row 13: the signature of a card covers its security schemes", async () => {
  const { url } = await serveStage(SIGNED);
  const card = (await request(cardAt(url), {})).body as JsonObject;
  const keys = [readSigningKey("KEY", KEY).publicKey];
  expect(await verifyCard(card, { keys })).toMatchObject({ kind: "verified" });
  expect(await verifyCard({ ...card, securitySchemes: {} }, { keys })).toMatchObject({ kind: "invalid" });
});

test("row 14: a card is signed once, so that whoever has it is told that it has not been modified", async () => {
  const { url } = await serveStage(SIGNED);
  const first = await request(cardAt(url), {});
  expect(first.body).toMatchObject({ signatures: [{ protected: expect.any(String), signature: expect.any(String) }] });
  // Every request has its version checked against the card.
  await rpc(url, "GetTask", { id: "x" }, { ...HEADERS, authorization: "Bearer t" });
  expect((await request(cardAt(url), {})).body).toEqual(first.body);
  const etag = first.headers.get("etag") ?? "";
  expect(await request(cardAt(url), { headers: { ...HEADERS, "if-none-match": etag } })).toMatchObject({ status: 304, body: null });
});

test("row 15: a message does not wait for ever, and a silence is broken before anyone on the way gives up", async () => {
  const { url } = await serveStage({ blockingMs: 20, heartbeatMs: 5 });
  const task = await send(url, messageOf("slow"));
  expect(["TASK_STATE_SUBMITTED", "TASK_STATE_WORKING"]).toContain(task.status.state);
  const events = eventsIn(await fetch(`${url}/tasks/${task.id}:subscribe`, { headers: HEADERS }));
  for await (const { comment } of events) if (comment === "heartbeat") break;
});

test("row 16: the version may be a parameter of the query", async () => {
  const { url } = await serveStage();
  const body = { jsonrpc: "2.0", id: 1, method: "GetTask", params: { id: "none" } };
  const plain = { "content-type": "application/json" };
  expect(codeOf((await post(`${url}?A2A-Version=1.0`, body, plain)).body)).toBe(-32001);
  expect(await request(`${url}/tasks/none?A2A-Version=1.0`, { headers: plain })).toMatchObject({ status: 404 });
});

test.each([
  ["a batch", [{ jsonrpc: "2.0", id: 1, method: "GetTask", params: { id: "x" } }]],
  ["no method", { jsonrpc: "2.0", id: 1 }],
  ["no version", { id: 1, method: "GetTask", params: { id: "x" } }],
])("row 17: an envelope with %s is an invalid request", async (_what, envelope) => {
  const { url } = await serveStage();
  expect(codeOf((await post(url, envelope)).body)).toBe(-32600);
});

test("read in the code: answers at the same moment lose no message of the history", async () => {
  const { url } = await serveStage();
  const { id: taskId } = await send(url, messageOf("question"));
  const answers = ["m-1", "m-2", "m-3"].map((messageId) => messageOf("question", { messageId, taskId, parts: [{ text: "blue" }] }));
  const told = await Promise.all(answers.map((message) => rpc(url, "SendMessage", { message })));
  const taken = answers.filter((_message, index) => codeOf(told[index]?.body) === undefined).map(({ messageId }) => messageId);
  expect(taken).toHaveLength(1);
  const { body } = await rpc(url, "GetTask", { id: taskId });
  const { history = [] } = (body as { readonly result: Task }).result;
  expect(history.map(({ messageId }) => messageId).filter((id) => id.startsWith("m-"))).toEqual(taken);
});

test("read in the code: what the task told to a subscriber has, no event tells again", async () => {
  const { here, url } = await serveStage();
  const { id } = await sendNow(url, messageOf("slow"));
  await here.started.opened;
  const reading = fetch(`${url}/tasks/${id}:subscribe`, { headers: HEADERS }).then(allOf);
  await expect.poll(() => stateOf(url, id)).toBe("WORKING");
  here.release.open();
  const told = (await reading).filter((event) => event.id !== undefined);
  const [first] = told.map(({ data }) => data as { readonly task?: Task });
  const history = first?.task?.history ?? [];
  const later = told
    .slice(1)
    .flatMap(
      ({ data }) =>
        (data as { readonly statusUpdate?: { readonly status: { readonly message?: { readonly messageId: string } } } }).statusUpdate
          ?.status.message?.messageId ?? [],
    );
  expect(later.filter((messageId) => history.some((message) => message.messageId === messageId))).toEqual([]);
  expect(new Set(told.map((event) => event.id)).size).toBe(told.length);
});

test("read in the code: nobody without a name gets an extended card, and not the public one in its place", async () => {
  const extended = () => ({ description: "More." });
  const { url } = await serveStage({ token: "t", extendedCard: extended });
  expect(await request(`${url}/extendedAgentCard`, {})).toMatchObject({ status: 401 });
  const known = { ...HEADERS, authorization: "Bearer t" };
  expect(await request(`${url}/extendedAgentCard`, { headers: known })).toMatchObject({
    status: 200,
    body: { description: expect.stringContaining("More.") },
  });
  const plain = await serveStage();
  expect(await request(`${plain.url}/extendedAgentCard`, {})).toMatchObject({
    status: 400,
    body: { error: { status: "FAILED_PRECONDITION" } },
  });
});

test("read in the code: a webhook of a task that is over keeps no secret, and takes nothing more", async () => {
  const hook = await Receiver.listen();
  open.push(hook);
  const { url } = await serveStage({ push: { allow: ["http://127.0.0.1:*"] } });
  const { id } = await send(url, messageOf("double"), { taskPushNotificationConfig: { id: "c1", url: hook.origin, token: "s3cret" } });
  await hook.until(() => hook.all.some(({ body }) => body.includes("TASK_STATE_COMPLETED")));
  const { body } = await rpc(url, "GetTaskPushNotificationConfig", { taskId: id, id: "c1" });
  expect(JSON.stringify(body)).not.toContain("s3cret");
  const count = hook.all.length;
  await send(url, messageOf("double"));
  expect(hook.all).toHaveLength(count);
});

test("read in the code: what an agent has worked out is given in artifacts, also when it is a file", async () => {
  const files = defineAgent({
    name: "files",
    description: "Makes a file.",
    version: "1.0.0",
    capabilities: {
      make: {
        description: "Makes.",
        run: () => result(null, { artifacts: [{ name: "a.bin", mediaType: "application/octet-stream", bytes: "AAEC" }] }),
      },
    },
  });
  const { url } = await serve(files);
  const task = await send(url, messageOf("make"));
  expect(task).toMatchObject({
    artifacts: expect.arrayContaining([expect.objectContaining({ parts: [expect.objectContaining({ raw: "AAEC" })] })]),
  });
});
