import { AGENT_CARD_PATH } from "@a2a-js/sdk";

import { cardOfAgent, type CardPlace } from "../a2a/card/make-card.ts";
import { AgentDesk } from "../a2a/server/agent-desk.ts";
import { servedAgent } from "../a2a/server/served-agent.ts";
import { isDirect } from "../agents/answers.ts";
import { MAX_SERVED_TASKS } from "../base/limits.ts";
import { openEmbedded } from "../hosts/embedded/open-embedded.ts";
import { MemoryStore } from "../hosts/memory/memory-store.ts";
import { openMemory } from "../hosts/memory/open-memory.ts";
import type { LocalAgent } from "../ports/agents.ts";
import { systemClock } from "../ports/clock.ts";
import { type Log, logToStandardError } from "../ports/log.ts";
import { assemble, type HostParts } from "./open-orchestrator.ts";
import type { ServingOptions } from "./serving.ts";

export type ServeOptions = ServingOptions & {
  /** Where tasks are kept, so that they survive a restart. Without it they live in memory. */
  readonly db?: string;
  /** Callers must send it as a bearer token; `auth` for more than one. */
  readonly token?: string;
  readonly maxRequestBytes?: number;
  /** Tasks that are remembered in memory; the oldest finished ones go first. */
  readonly maxTasks?: number;
};

/** An agent that is being served, and how it ends. */
export type ServedAgent = {
  /** Give it to `remoteAgent`. */
  readonly url: string;
  /** Where gRPC is served, as the card gives it; null without `grpc`. */
  readonly grpcUrl: string | null;
  readonly cardUrl: string;
  /** Takes nothing new, lets handlers finish for a while, then stops them and closes. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
};

/**
 * Serves an agent of this process over A2A 1.0: JSON-RPC and HTTP+JSON at one address, the card at
 * the well-known path. With a `db`, tasks survive a restart: work that a crash has ended is given to
 * the agent again under the same key, and questions wait. Throws T3010 when the port is in use, T3011
 * when it cannot listen for another reason, T6002 when it would be open to the network without a
 * token, T5001 when another process has the database.
 *
 * @example
 * const served = await serveAgent(greeter, { port: 4001 });
 * console.log(served.cardUrl);
 */
export async function serveAgent(agent: LocalAgent, options: ServeOptions = {}): Promise<ServedAgent> {
  const { db, token, maxRequestBytes, maxTasks = MAX_SERVED_TASKS, log = logToStandardError, clock = systemClock } = options;
  const desk = new AgentDesk();
  const { thing, worker } = servedAgent({ agent, desk, log, isDirect });
  const openHost = (parts: HostParts) =>
    db === undefined ? openMemory({ ...parts, store: new MemoryStore({ maxRuns: maxTasks }) }) : openEmbedded({ path: db, ...parts });
  const orchestrator = await assemble({ agents: [worker], log: warnings(log), clock }, openHost);
  try {
    const paths = [
      { path: "", name: `agent/${agent.name}`, things: [thing], cardAt: (place: CardPlace) => cardOfAgent(agent, place) },
    ] as const;
    // Whoever only runs workflows, or defines an agent, does without a server.
    const { serve } = await import("./serving.ts");
    const server = await serve(
      { orchestrator, desk, paths, ...(db === undefined ? { maxOpen: maxTasks } : {}) },
      {
        ...options,
        log,
        clock,
        ...(token === undefined ? {} : { auth: { ...options.auth, token } }),
        ...(maxRequestBytes === undefined ? {} : { limits: { ...options.limits, requestBytes: maxRequestBytes } }),
      },
    );
    const close = async (): Promise<void> => {
      await server.close();
      await orchestrator.close();
    };
    const { localUrl: url, grpcUrl } = server;
    return { url, grpcUrl, cardUrl: `${url}/${AGENT_CARD_PATH}`, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await orchestrator.close();
    throw error;
  }
}

/** What a run says of its steps is for who runs workflows; an agent's own lines come from its worker. */
function warnings(log: Log): Log {
  return (level, event, fields) => {
    if (level === "warn" || level === "error") log(level, event, fields);
  };
}
