import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

import { createAdaptorServer } from "@hono/node-server";

import { agentCard } from "../a2a/server/agent-card.ts";
import { AgentRequestHandler } from "../a2a/server/request-handler.ts";
import { MemoryTaskStore, type TaskStore } from "../a2a/server/task-store.ts";
import { isDirect } from "../agents/answers.ts";
import { TuttiError } from "../base/errors.ts";
import { DRAIN_MS, HEARTBEAT_MS, MAX_REQUEST_BYTES, MAX_SERVED_TASKS, MAX_SERVED_WORKING } from "../base/limits.ts";
import type { LocalAgent } from "../ports/agents.ts";
import { type Clock, systemClock } from "../ports/clock.ts";
import type { Log } from "../ports/log.ts";
import { a2aRoutes } from "./a2a-routes.ts";

export type ServeOptions = {
  /** 0, the default, takes any free port. */
  readonly port?: number;
  /** The address to listen on. Anything but loopback needs a `token`. */
  readonly host?: string;
  /** Callers must send it as a bearer token. */
  readonly token?: string;
  /** The address that the card gives, when callers reach this server by another one. */
  readonly publicUrl?: string;
  /** How long `close` waits for handlers. In milliseconds. */
  readonly drainMs?: number;
  readonly maxRequestBytes?: number;
  /** Tasks worked on at once; more are answered with 503. */
  readonly maxWorking?: number;
  readonly maxTasks?: number;
  readonly heartbeatMs?: number;
  readonly store?: TaskStore;
  readonly log?: Log;
  readonly clock?: Clock;
};

/** An agent that is being served, and how it ends. */
export type ServedAgent = {
  /** Give it to `remoteAgent`. */
  readonly url: string;
  readonly cardUrl: string;
  /** Takes nothing new, lets handlers finish for a while, then stops them and closes. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Serves an agent of this process over A2A 1.0: JSON-RPC and HTTP+JSON at one address, the card at
 * the well-known path. Tasks live in memory. Throws T3010 when the port is in use, T3011 when it
 * cannot listen for another reason, T6002 when it would be open to the network without a token.
 *
 * @example
 * const served = await serveAgent(greeter, { port: 4001 });
 * console.log(served.cardUrl);
 */
export async function serveAgent(agent: LocalAgent, options: ServeOptions = {}): Promise<ServedAgent> {
  const host = options.host ?? "127.0.0.1";
  const isLoopback = LOOPBACK.has(host);
  if (!isLoopback && options.token === undefined) {
    throw new TuttiError("T6002", `Agent "${agent.name}" would be open to everyone who can reach ${host}.`, {
      help: "Give `serveAgent` a `token`, or listen on 127.0.0.1.",
    });
  }
  const clock = options.clock ?? systemClock;
  const log = options.log ?? logToStandardError;
  let url = "";
  let isClosing = false;
  const handler = new AgentRequestHandler({
    agent,
    card: () => agentCard(agent, { url: options.publicUrl ?? url, needsToken: options.token !== undefined }),
    store: options.store ?? new MemoryTaskStore(options.maxTasks ?? MAX_SERVED_TASKS),
    log,
    now: () => clock.now(),
    maxWorking: options.maxWorking ?? MAX_SERVED_WORKING,
    isDirect,
  });
  const app = a2aRoutes({
    handler,
    token: options.token ?? null,
    maxRequestBytes: options.maxRequestBytes ?? MAX_REQUEST_BYTES,
    heartbeatMs: options.heartbeatMs ?? HEARTBEAT_MS,
    log,
    isClosing: () => isClosing,
    hosts: isLoopback && options.publicUrl === undefined ? LOOPBACK : null,
  });
  // Plain HTTP/1 is what it makes when no other server is asked for.
  const server = createAdaptorServer({ fetch: app.fetch, hostname: host }) as Server;
  const port = await listen(server, { agent: agent.name, host, port: options.port ?? 0 });
  url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
  let closing: Promise<void> | null = null;
  const close = (): Promise<void> => {
    isClosing = true;
    closing ??= shutDown({ server, handler, clock, drainMs: options.drainMs ?? DRAIN_MS });
    return closing;
  };
  return { url, cardUrl: `${url}/.well-known/agent-card.json`, close, [Symbol.asyncDispose]: close };
}

const LOOPBACK: ReadonlySet<string> = new Set(["127.0.0.1", "localhost", "::1", "[::1]"]);

function listen(server: Server, at: { readonly agent: string; readonly host: string; readonly port: number }): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => reject(listenError(error, at)));
    server.listen({ host: at.host, port: at.port }, () => resolve((server.address() as AddressInfo).port));
  });
}

function listenError(
  error: NodeJS.ErrnoException,
  at: { readonly agent: string; readonly host: string; readonly port: number },
): TuttiError {
  if (error.code === "EADDRINUSE") {
    return new TuttiError("T3010", `Agent "${at.agent}" cannot listen on ${at.host}:${at.port}: the port is in use.`, {
      help: "Stop the process that has it, or choose another port; port 0 takes any free one.",
      cause: error,
    });
  }
  return new TuttiError("T3011", `Agent "${at.agent}" cannot listen on ${at.host}:${at.port}: ${error.message}.`, {
    help: "Check that the address is one of this machine's, and that you may use the port.",
    cause: error,
  });
}

async function shutDown({
  server,
  handler,
  clock,
  drainMs,
}: {
  readonly server: Server;
  readonly handler: AgentRequestHandler;
  readonly clock: Clock;
  readonly drainMs: number;
}): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  await within(clock, drainMs, handler.drained());
  handler.abandon();
  // Answers that are ready get one turn to be written.
  await within(clock, 50, closed);
  server.closeAllConnections();
  await closed;
}

async function within(clock: Clock, limitMs: number, work: Promise<void>): Promise<void> {
  const limit = Promise.withResolvers<void>();
  const cancel = clock.schedule(limitMs, limit.resolve);
  await Promise.race([work, limit.promise]).finally(cancel);
}

const logToStandardError: Log = (level, event, fields) => {
  process.stderr.write(`${JSON.stringify({ level, event, ...fields })}\n`);
};
