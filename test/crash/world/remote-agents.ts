/**
 * A program: the agents of the other process, over real HTTP on loopback, until its standard input
 * closes. It prints their addresses as one JSON line. `plain` stands for an agent of somebody else:
 * it does not promise to ignore a message that comes twice, and makes two tasks of it. `hook` receives
 * events: it takes each, but says so only when it comes again under its key.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

import type { Message, SendMessageRequest, Task } from "@a2a-js/sdk";

import { cardOfAgent } from "../../../src/a2a/card/make-card.ts";
import { AgentDesk } from "../../../src/a2a/server/agent-desk.ts";
import type { TaskHandler } from "../../../src/a2a/server/handler.ts";
import { RunTaskHandler, type RunTaskHandlerOptions } from "../../../src/a2a/server/run-task-handler.ts";
import { servedAgent } from "../../../src/a2a/server/served-agent.ts";
import { DEDUPE_EXTENSION } from "../../../src/a2a/wire/wire.ts";
import { openOrchestrator } from "../../../src/compose/open-orchestrator.ts";
import type { LocalAgent } from "../../../src/ports/agents.ts";
import type { Log } from "../../../src/ports/log.ts";
import { createA2aServer } from "../../../src/server/a2a-server.ts";
import { remoteAgents } from "./agents.ts";
import * as journal from "./journal.ts";

const CAPACITY = 100_000;

const logErrors: Log = (level, event, fields) => {
  if (level === "error") process.stderr.write(`${event} ${JSON.stringify(fields)}\n`);
};

/** A handler that writes down every message that comes, and the task that holds it. Its clients stream no message. */
class Witness extends RunTaskHandler {
  readonly #directory: string;
  readonly #agent: string;
  readonly #dedupes: boolean;
  readonly #arrived = new Set<string>();
  readonly #held = new Set<string>();

  constructor(options: RunTaskHandlerOptions, directory: string) {
    super(options);
    this.#directory = directory;
    this.#agent = options.name;
    this.#dedupes = options.dedupe === true;
  }

  override async sendMessage(...[params, context]: Parameters<TaskHandler["sendMessage"]>): Promise<Message | Task> {
    const { messageId = "" } = params.message ?? {};
    const known = this.#dedupes && this.#arrived.has(messageId);
    journal.write(this.#directory, { event: "arrival", agent: this.#agent, messageId, known });
    this.#arrived.add(messageId);
    const answer = await super.sendMessage(params, context);
    if (!("messageId" in answer)) this.#hold(params, answer.id);
    return answer;
  }

  #hold({ message }: SendMessageRequest, taskId: string): void {
    const { messageId = "", metadata } = message ?? {};
    if (this.#held.has(`${taskId} ${messageId}`)) return;
    this.#held.add(`${taskId} ${messageId}`);
    const { correlation_id: correlation, workflow_id: run, subtask_id: path, attempt } = metadata ?? {};
    const whose = { correlation: String(correlation), run: String(run), path: String(path), attempt: Number(attempt) };
    journal.write(this.#directory, { event: "message", agent: this.#agent, messageId, taskId, ...whose });
  }
}

async function serveWitnessed(agent: LocalAgent, directory: string): Promise<string> {
  const dedupe = agent.name !== "plain";
  const desk = new AgentDesk();
  const { thing, worker } = servedAgent({ agent, desk, log: logErrors, isDirect: () => false });
  const orchestrator = await openOrchestrator({ db: ":memory:", agents: [worker], log: logErrors });
  let url = "";
  const card = async () => {
    const interfaces = [{ url, binding: "JSONRPC", version: "1.0" } as const];
    const whole = cardOfAgent(agent, { interfaces, streaming: true, pushNotifications: false, extendedAgentCard: false, security: [] });
    const { capabilities } = whole;
    if (dedupe || capabilities === undefined) return whole;
    const extensions = capabilities.extensions.filter(({ uri }) => uri !== DEDUPE_EXTENSION);
    return { ...whole, capabilities: { ...capabilities, extensions } };
  };
  const options = { orchestrator, desk, things: [thing], name: agent.name, card, dedupe, maxWorking: CAPACITY };
  const served = [{ path: "", handler: new Witness(options, directory) }];
  ({ url } = await createA2aServer({ served, limits: { callsPerCaller: CAPACITY }, log: logErrors }));
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
    addresses[agent.name] = await serveWitnessed(agent, directory);
  }
  process.stdin.on("end", () => process.exit(0)).resume();
  process.stdout.write(`${JSON.stringify(addresses)}\n`);
}

await main(process.argv[2] ?? ".");
