/** Push notifications between two of our servers: an agent that pushes, and an orchestrator that is woken by it. */
import { randomUUID } from "node:crypto";
import { createServer as createHttpServer } from "node:http";
import type { AddressInfo } from "node:net";

import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from "jose";
import { afterEach, describe, expect, test } from "vitest";

import { SIGNATURE_HEADER } from "../../../src/a2a/push/push-request.ts";
import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { createServer } from "../../../src/compose/create-server.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import { serveAgent, type ServeOptions } from "../../../src/compose/serve-agent.ts";
import { type Clock, systemClock } from "../../../src/ports/clock.ts";
import type { Orchestrator } from "../../../src/runtime/orchestrator.ts";
import { newKeySecret } from "../../unit/a2a/card/cards.ts";
import { actor } from "../../unit/a2a/handler/agents.ts";
import { Receiver } from "../../unit/a2a/push/receiver.ts";
import { freePort } from "./free-port.ts";
import { type Gate, gate } from "./harness.ts";

const QUIET = { log: () => undefined, drainMs: 20 };
const HEADERS = { "content-type": "application/json", "a2a-version": "1.0" };
const JOB = { tutti: "1.0", name: "job", version: "1.0.0", steps: { work: { agent: "actor", skill: "slow", with: {} } } };

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of opened.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

function keep<Kept extends AsyncDisposable>(one: Kept): Kept {
  opened.push(one);
  return one;
}

/** An agent whose card says that it pushes, and does not stream. */
async function pushingAgent(options: ServeOptions) {
  const here = actor();
  const served = keep(await serveAgent(here.agent, { ...QUIET, ...options }));
  const card = (await (await fetch(served.cardUrl, { headers: HEADERS })).json()) as { readonly capabilities: object };
  const told = JSON.stringify({ ...card, capabilities: { ...card.capabilities, streaming: false } });
  const cards = createHttpServer((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(told);
  });
  await new Promise<void>((resolve) => {
    cards.listen(0, "127.0.0.1", resolve);
  });
  keep({
    async [Symbol.asyncDispose]() {
      here.release.open();
      cards.closeAllConnections();
      cards.close();
    },
  });
  const url = `http://127.0.0.1:${(cards.address() as AddressInfo).port}`;
  return { ...here, remote: (clock: Clock) => remoteAgent(url, { name: "actor", origins: [served.url], clock, log: () => undefined }) };
}

/** Opens when somebody waits for a wake-up. */
function onWait({ registry }: Orchestrator): Gate {
  const waiting = gate();
  const { wakeUps: source } = registry;
  if (source === null) throw new Error("Nobody can be woken.");
  registry.wakeUps = {
    webhookFor: (task) => source.webhookFor(task),
    next: (task, signal) => {
      waiting.open();
      return source.next(task, signal);
    },
  };
  return waiting;
}

/** Nothing but a push ends a pause. */
const STOPPED: Clock = { ...systemClock, schedule: () => () => undefined };

async function orchestratorAt(publicUrl: string, port: number, agent: ReturnType<typeof remoteAgent>) {
  const orchestrator = keep(await openOrchestrator({ db: ":memory:", agents: [agent] }));
  const workflow = workflowFromObject(JOB);
  keep(await createServer(orchestrator, { ...QUIET, workflows: [workflow], publicUrl, port }));
  return { orchestrator, start: () => orchestrator.start(workflow, {}) };
}

const LOOPBACK = { push: { allow: ["http://127.0.0.1:*"] } };

describe("a step at an agent that pushes and does not stream", () => {
  test("ends by the agent's push, when nothing else would ask for its task", async () => {
    const agent = await pushingAgent(LOOPBACK);
    const port = await freePort();
    const { orchestrator, start } = await orchestratorAt(`http://127.0.0.1:${port}`, port, agent.remote(STOPPED));
    const waiting = onWait(orchestrator);
    const run = await start();
    await waiting.opened;
    agent.release.open();
    expect(await run.result()).toMatchObject({ status: "completed" });
  });

  test.each([
    ["refuses our address", {}],
    ["cannot reach us", LOOPBACK],
  ])("ends by polling when the agent %s", async (_why, options) => {
    const agent = await pushingAgent(options);
    const { start } = await orchestratorAt(`http://127.0.0.1:${await freePort()}`, 0, agent.remote(systemClock));
    const run = await start();
    await agent.started.opened;
    agent.release.open();
    expect(await run.result()).toMatchObject({ status: "completed" });
  });

  test("is polled without a word about pushes when nobody outside knows our address", async () => {
    const agent = await pushingAgent(LOOPBACK);
    const orchestrator = keep(await openOrchestrator({ db: ":memory:", agents: [agent.remote(systemClock)] }));
    const workflow = workflowFromObject(JOB);
    const server = keep(await createServer(orchestrator, { ...QUIET, workflows: [workflow] }));
    expect(orchestrator.registry.wakeUps).toBeNull();
    const answer = await fetch(`${server.url}/a2a/push/x`, { method: "POST", headers: HEADERS, body: "{}" });
    expect(answer.status).toBe(404);
    agent.release.open();
    expect(await (await orchestrator.start(workflow, {})).result()).toMatchObject({ status: "completed" });
  });
});

test("a webhook of ours needs no credentials of the server's callers, and believes nobody without its token", async () => {
  const port = await freePort();
  const publicUrl = `http://127.0.0.1:${port}`;
  const orchestrator = keep(await openOrchestrator({ db: ":memory:" }));
  keep(await createServer(orchestrator, { ...QUIET, publicUrl, port, auth: { token: "t" } }));
  const task = { agent: "actor", url: "https://agent.example.com", binding: "JSONRPC", tenant: "", taskId: "t1", contextId: "c1" };
  const { url, token } = orchestrator.registry.wakeUps?.webhookFor(task) ?? { url: "", token: "" };
  expect(new URL(url).origin).toBe(publicUrl);
  const body = JSON.stringify({ statusUpdate: { taskId: "t1", contextId: "c1", status: { state: "TASK_STATE_WORKING" } } });
  const push = async (more: object) => (await fetch(url, { method: "POST", body, headers: { ...more } })).status;
  expect([await push({ "x-a2a-notification-token": token }), await push({}), await push({ authorization: "Bearer t" })]).toEqual([
    204, 401, 401,
  ]);
});

test("a server with a key signs what it pushes, and receivers find the key where its name says", async () => {
  const hook = keep(await Receiver.listen());
  const { agent } = actor();
  const signing = { signing: [{ secret: "KEY" }], readSecret: newKeySecret("ES256") };
  const served = keep(await serveAgent(agent, { ...QUIET, ...LOOPBACK, ...signing }));
  const message = { messageId: randomUUID(), role: "ROLE_USER", parts: [{ text: "x" }], metadata: { skill: "echo" } };
  const configuration = { taskPushNotificationConfig: { url: hook.origin, token: "s3cret" } };
  await fetch(served.url, {
    method: "POST",
    headers: HEADERS,
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "SendMessage", params: { message, configuration } }),
  });
  await hook.count(1);
  const jwt = String(hook.all[0]?.headers[SIGNATURE_HEADER]);
  const keys = createLocalJWKSet((await (await fetch(`${served.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet);
  const { payload } = await jwtVerify(jwt, keys, { issuer: served.url, audience: hook.origin });
  expect(payload["taskId"]).toMatch(/^task_/);
});
