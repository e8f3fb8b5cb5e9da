/**
 * A program: the agents of the other process, over real HTTP on loopback, until its standard input
 * closes. It prints their addresses as one JSON line. `plain` stands for an agent of somebody else:
 * it does not promise to ignore a message that comes twice, and makes two tasks of it. `hook` receives
 * events: it takes each, but says so only when it comes again under its key.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import { Role } from "@a2a-js/sdk";
import { createAdaptorServer } from "@hono/node-server";

import { agentCard } from "../../../src/a2a/server/agent-card.ts";
import { AgentRequestHandler } from "../../../src/a2a/server/request-handler.ts";
import { type Claim, MemoryTaskStore, type StoredTask, type TaskStore } from "../../../src/a2a/server/task-store.ts";
import { DEDUPE_EXTENSION } from "../../../src/a2a/wire/wire.ts";
import type { LocalAgent } from "../../../src/ports/agents.ts";
import type { Log } from "../../../src/ports/log.ts";
import { a2aRoutes } from "../../../src/server/a2a-routes.ts";
import { serveAgent } from "../../../src/server/serve-agent.ts";
import { remoteAgents } from "./agents.ts";
import * as journal from "./journal.ts";

const CAPACITY = 100_000;

const logErrors: Log = (level, event, fields) => {
  if (level === "error") process.stderr.write(`${event} ${JSON.stringify(fields)}\n`);
};

/** A store that writes down every message that comes. */
class WitnessStore extends MemoryTaskStore {
  readonly #agent: string;
  readonly #directory: string;
  readonly #seen = new Set<string>();

  constructor(agent: string, directory: string) {
    super(CAPACITY);
    this.#agent = agent;
    this.#directory = directory;
  }

  override async claim(message: Parameters<TaskStore["claim"]>[0]): Promise<Claim> {
    const claim = await super.claim(message);
    journal.write(this.#directory, { event: "arrival", agent: this.#agent, messageId: message.id, known: claim.kind === "known" });
    return claim;
  }

  override save(stored: StoredTask): Promise<void> {
    for (const { messageId, role, metadata } of stored.task.history) {
      const place = `${stored.task.id} ${messageId}`;
      if (role !== Role.ROLE_USER || this.#seen.has(place)) continue;
      this.#seen.add(place);
      const { correlation_id: correlation, workflow_id: run, subtask_id: path, attempt } = metadata ?? {};
      const whose = { correlation: String(correlation), run: String(run), path: String(path), attempt: Number(attempt) };
      journal.write(this.#directory, { event: "message", agent: this.#agent, messageId, taskId: stored.task.id, ...whose });
    }
    return super.save(stored);
  }
}

/** It knows no message again: each makes a task of its own. */
class ForgetfulStore extends WitnessStore {
  #count = 0;

  override claim(message: Parameters<TaskStore["claim"]>[0]): Promise<Claim> {
    this.#count += 1;
    return super.claim({ ...message, id: `${message.id} ${this.#count}` });
  }
}

async function servePlain(agent: LocalAgent, directory: string): Promise<string> {
  let url = "";
  const card = () => {
    const whole = agentCard(agent, { url, needsToken: false });
    const { capabilities } = whole;
    if (capabilities === undefined) return whole;
    return {
      ...whole,
      capabilities: { ...capabilities, extensions: capabilities.extensions.filter(({ uri }) => uri !== DEDUPE_EXTENSION) },
    };
  };
  const store = new ForgetfulStore(agent.name, directory);
  const handler = new AgentRequestHandler({
    agent,
    card,
    store,
    log: logErrors,
    now: Date.now,
    maxWorking: CAPACITY,
    isDirect: () => false,
  });
  const app = a2aRoutes({
    handler,
    token: null,
    maxRequestBytes: 1_000_000,
    heartbeatMs: 15_000,
    log: logErrors,
    isClosing: () => false,
    hosts: null,
  });
  url = await listen(createAdaptorServer({ fetch: app.fetch, hostname: "127.0.0.1" }) as Server);
  return url;
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => {
    server.listen({ host: "127.0.0.1", port: 0 }, resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

type CloudEvent = { readonly id: string; readonly type: string; readonly source: string; readonly subject: string; readonly data: unknown };

/** The first answer to a key is lost, so to speak: the event has been taken, and will come again. */
function serveHook(directory: string): Promise<string> {
  const keys = new Set<string>();
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const { id, type, source, subject: path, data } = JSON.parse(body) as CloudEvent;
      const key = String(request.headers["idempotency-key"]);
      const status = keys.has(key) ? 204 : 503;
      keys.add(key);
      const run = source.replace("tutti://run/", "");
      journal.write(directory, { event: "delivery", at: Date.now(), run, path, type, id, key, data, status });
      response.writeHead(status).end();
    });
  });
  return listen(server);
}

async function main(directory: string): Promise<void> {
  const addresses: { [name: string]: string } = { hook: await serveHook(directory) };
  for (const agent of Object.values(remoteAgents({ directory, life: journal.REMOTE_LIFE }))) {
    if (agent.name === "plain") addresses[agent.name] = await servePlain(agent, directory);
    else addresses[agent.name] = (await serveAgent(agent, { store: new WitnessStore(agent.name, directory), log: logErrors })).url;
  }
  process.stdin.on("end", () => process.exit(0)).resume();
  process.stdout.write(`${JSON.stringify(addresses)}\n`);
}

await main(process.argv[2] ?? ".");
