/** Somebody sets the wall clock while a task is followed: how often its agent is asked does not change. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { json } from "node:stream/consumers";

import { afterEach, expect, test } from "vitest";

import { remoteAgent } from "../../../src/agents/remote-agent.ts";
import { POLL_MAX_MS } from "../../../src/base/limits.ts";
import type { Watch } from "../../../src/ports/agents.ts";
import { systemClock, type Clock } from "../../../src/ports/clock.ts";

const HOUR_MS = 3_600_000;
/** Enough for the pauses to have grown as far as they do. */
const LOOKS = 12;

const servers: ReturnType<typeof createServer>[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

test("an agent is not asked more seldom because the clock was set forward", async () => {
  const done = new AbortController();
  const url = await slowAgent((looks) => {
    if (looks === LOOKS) done.abort();
  });
  const pausesMs: number[] = [];
  let aheadMs = 0;
  const clock: Clock = {
    ...systemClock,
    now: () => Date.now() + aheadMs,
    schedule: (delayMs, action) => {
      pausesMs.push(delayMs);
      aheadMs = 10 * HOUR_MS;
      return systemClock.schedule(0, action);
    },
  };
  const watch: Watch = { signal: done.signal, progress: () => undefined, chunk: () => undefined };
  const task = { agent: "slow", url, binding: "JSONRPC", tenant: "", taskId: "task-1", contextId: "context-1" };
  await remoteAgent(url, { name: "slow", clock, log: () => undefined }).attend(task, watch);
  expect(pausesMs.length).toBeGreaterThanOrEqual(LOOKS - 1);
  expect(Math.max(...pausesMs)).toBeLessThanOrEqual(1.2 * POLL_MAX_MS);
});

/** Its only task is worked on for ever; it tells how often it was asked for it. */
async function slowAgent(onLook: (looks: number) => void): Promise<string> {
  let looks = 0;
  const look = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { id } = (await json(request)) as { readonly id: number };
    looks += 1;
    onLook(looks);
    const result = { id: "task-1", contextId: "context-1", status: { state: "TASK_STATE_WORKING" } };
    response.end(JSON.stringify({ jsonrpc: "2.0", id, result }));
  };
  const server = createServer((request, response) => {
    response.setHeader("content-type", "application/json");
    if (request.method === "GET") response.end(JSON.stringify(cardAt(`http://${request.headers.host ?? ""}`)));
    else look(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function cardAt(url: string) {
  return {
    name: "slow",
    description: "Works for ever.",
    version: "1.0.0",
    supportedInterfaces: [{ url, protocolBinding: "JSONRPC", protocolVersion: "1.0", tenant: "" }],
    capabilities: { streaming: false },
    defaultInputModes: [],
    defaultOutputModes: [],
    skills: [],
  };
}
