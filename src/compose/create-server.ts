import type { Tenant } from "../base/ids.ts";
import type { LocalAgent } from "../ports/agents.ts";
import type { Host } from "../ports/host.ts";
import { logToStandardError } from "../ports/log.ts";
import type { Orchestrator } from "../runtime/orchestrator.ts";
import { type RunnableWorkflow, takeWorkflow } from "../runtime/workflows/built-workflow.ts";
import type { ServedPath, ServingOptions } from "./serving.ts";
import { servedParts, type ServerIdentity } from "./served-paths.ts";

export type ServerOptions = ServingOptions &
  ServerIdentity & {
    readonly workflows?: readonly RunnableWorkflow[];
    /** Agents of this process. */
    readonly agents?: readonly LocalAgent[];
  };

/** A server that is running, and how it ends. */
export type Server = AsyncDisposable & {
  readonly url: string;
  /** Where gRPC is served, as cards give it; null without `grpc`. */
  readonly grpcUrl: string | null;
  /** Where the cards are: of the whole server first, then of everything that it serves. */
  readonly cards: readonly { readonly name: string; readonly url: string }[];
  /** Takes nothing new, and lets what is open end for a while. The orchestrator goes on. */
  close(): Promise<void>;
};

/**
 * Serves workflows and agents of an orchestrator over A2A 1.0: all of them as skills of the server
 * itself, and each under a path of its own, `/workflows/<name>` or `/agents/<name>`, with its own
 * card. Every task is a run of the orchestrator. Throws T3012 when two of them have one skill, T1501 when
 * a workflow's version is another definition in the database, and as `serveAgent` does.
 *
 * @example
 * await using orchestrator = await openOrchestrator({ agents: [greeter] });
 * await using server = await createServer(orchestrator, { workflows: [hello], port: 4000 });
 * console.log(server.cards[0]?.url);
 */
export async function createServer(orchestrator: Orchestrator, options: ServerOptions = {}): Promise<Server> {
  const { agents = [], workflows = [], log = logToStandardError } = options;
  const taken = workflows.map((workflow) => takeWorkflow(workflow, orchestrator.registry));
  const { desk, workers, paths } = servedParts({ identity: options, agents, workflows: taken, log });
  for (const worker of workers) orchestrator.register(worker);
  const { fallbacks } = orchestrator.registry;
  for (const { definition } of taken) await orchestrator.workflows.store(fallbacks.complete(definition));
  // Whoever only runs workflows, or defines an agent, does without a server.
  const { serve } = await import("./serving.ts");
  const server = await serve({ orchestrator, desk, paths }, { ...options, log });
  await takeUp(orchestrator, paths);
  const close = (): Promise<void> => server.close();
  return { url: server.url, grpcUrl: server.grpcUrl, cards: cardsOf(paths, server), close, [Symbol.asyncDispose]: close };
}

/** Where the card of each path is. */
export function cardsOf(paths: readonly ServedPath[], server: { cardUrl(path: string): string }): Server["cards"] {
  return paths.map(({ path, things }) => ({
    name: path === "" ? "server" : (things[0]?.shape.name ?? ""),
    url: server.cardUrl(path),
  }));
}

/** Each page looks at all open runs, so there are to be few. */
const RUNS_PER_PAGE = 5_000;

/** Work that an earlier process left, of whatever tenant, and nobody in this one could do until now. */
async function takeUp({ host }: Orchestrator, paths: readonly ServedPath[]): Promise<void> {
  const agents = (paths[0]?.things ?? []).filter(({ shape }) => shape.kind === "agent");
  if (agents.length === 0) return;
  const left = await host.tasksAtWork(Number.MAX_SAFE_INTEGER);
  for (const tenant of new Set(left.map((run) => run.tenant))) {
    for (const { definition } of agents) await takeUpTasks(host, tenant, definition.name);
  }
}

async function takeUpTasks(host: Host, tenant: Tenant, workflow: string): Promise<void> {
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof host.list>> = await host.list({
      tenant,
      workflow,
      status: ["running", "canceling"],
      limit: RUNS_PER_PAGE,
      ...(cursor === null ? {} : { cursor }),
    });
    await Promise.all(page.items.map(({ run }) => host.post(run, { kind: "takenUp" })));
    cursor = page.nextCursor;
  } while (cursor !== null);
}
