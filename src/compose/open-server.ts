import type { LocalAgent } from "../ports/agents.ts";
import { logToStandardError } from "../ports/log.ts";
import type { KnownCaller } from "../server/authentication.ts";
import { openOrchestrator } from "./open-orchestrator.ts";
import { cardsOf, type Server } from "./create-server.ts";
import { servedParts, type ServerIdentity, type WorkflowToServe } from "./served-paths.ts";
import { serve, type ServingOptions } from "./serving.ts";

export type OpenServerOptions = Omit<ServingOptions, "auth"> &
  ServerIdentity & {
    readonly db: string;
    readonly workflows: readonly WorkflowToServe[];
    readonly agents: readonly LocalAgent[];
    /** Callers must send it; asked for at each request. */
    readonly token?: () => string | undefined;
    /** Callers with names, besides. */
    readonly callers?: readonly KnownCaller[];
  };

/** Opens a database as its owner, and serves workflows and agents on it: `tutti serve`. */
export async function openServer(options: OpenServerOptions): Promise<Server> {
  const { db, workflows, agents, token, callers = [], log = logToStandardError } = options;
  const { desk, workers, paths } = servedParts({ identity: options, agents, workflows, log });
  const orchestrator = await openOrchestrator({ db, agents: [...agents, ...workers], log });
  try {
    // A file is under development: edited without a new version, it is served all the same.
    for (const { definition } of workflows) await orchestrator.workflows.store(definition, true);
    const server = await serve(
      { orchestrator, desk, paths },
      { ...options, log, auth: { callers, ...(token === undefined ? {} : { token }) } },
    );
    const close = async (): Promise<void> => {
      await server.close();
      await orchestrator.close();
    };
    return { url: server.url, grpcUrl: server.grpcUrl, cards: cardsOf(paths, server), close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await orchestrator.close();
    throw error;
  }
}
