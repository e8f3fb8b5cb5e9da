/** The composition root: with the files beside it, the only one that knows every part. */
import { createAgentFactory, type ReadSecret } from "../agents/agent-factory.ts";
import type { Agent } from "../ports/agents.ts";
import { systemClock, type Clock } from "../ports/clock.ts";
import type { Host } from "../ports/host.ts";
import { silentLog, type Log } from "../ports/log.ts";
import { openEmbedded } from "../hosts/embedded/open-embedded.ts";
import type { MailboxHost } from "../hosts/mailbox/mailbox-host.ts";
import { openMemory } from "../hosts/memory/open-memory.ts";
import { type RunnableWorkflow, takeWorkflow } from "../runtime/workflows/built-workflow.ts";
import { Effects } from "../runtime/effects/effects.ts";
import { Orchestrator } from "../runtime/orchestrator.ts";
import { Registry } from "../runtime/registry/registry.ts";

/** Where an orchestrator keeps its runs, and who works for it; every part has a default. */
export type OrchestratorOptions = {
  /** The database file; `:memory:` keeps everything in this process and loses it with the process. */
  readonly db?: string;
  readonly agents?: readonly Agent[];
  readonly log?: Log;
  readonly clock?: Clock;
  /** Where secrets come from; the environment by default. */
  readonly readSecret?: ReadSecret;
  /**
   * Workflows that others may refer to as sub-workflows, by `workflow: name@range`. The agents that a
   * builder's workflow brings along are known from the start, so that its open runs go on.
   */
  readonly workflows?: readonly RunnableWorkflow[];
  /** False: open runs stay as they are until they are spoken to. */
  readonly recover?: boolean;
};

/** The default database, relative to the working directory. */
export const DEFAULT_DB = ".tutti/tutti.db";

/**
 * Opens a database as its owner and takes up every open run whose agents can be bound.
 * Throws T5001 when another process owns it, T5002 and T5003 when it cannot be used.
 *
 * @example
 * await using orchestrator = await openOrchestrator({ db: ":memory:", agents: [greeter] });
 * const output = await orchestrator.run(hello, { name: "Ada" });
 */
export function openOrchestrator(options: OrchestratorOptions = {}): Promise<Orchestrator> {
  const { db = DEFAULT_DB } = options;
  return assemble(options, (parts) => (db === ":memory:" ? openMemory(parts) : openEmbedded({ path: db, ...parts })));
}

/** What a host is opened with. */
export type HostParts = { readonly performer: Effects; readonly clock: Clock; readonly log: Log };

/** An orchestrator on a host of the caller's choice. */
export async function assemble(
  options: Omit<OrchestratorOptions, "db">,
  openHost: (parts: HostParts) => MailboxHost | Promise<MailboxHost>,
): Promise<Orchestrator> {
  const { agents = [], workflows = [], log = silentLog, clock = systemClock, recover = true } = options;
  const registry = new Registry(createAgentFactory(options.readSecret ?? ((name) => process.env[name]), log));
  for (const agent of agents) registry.register(agent);
  const taken = workflows.map((workflow) => takeWorkflow(workflow, registry));
  // The effects answer to the host, and the host performs through the effects.
  const wiring: { host?: MailboxHost } = {};
  const hostOf = (): Host => wiring.host ?? notYet();
  const effects = new Effects({ registry, host: hostOf, clock, log, random: Math.random });
  const host = await openHost({ performer: effects, clock, log });
  wiring.host = host;
  if (recover) {
    host.recover();
    effects.takeUpOrphans();
  }
  const orchestrator = new Orchestrator({
    host,
    registry,
    async close() {
      effects.close();
      await host.close();
    },
  });
  for (const { definition, children } of taken) for (const one of [{ definition }, ...children]) orchestrator.workflows.add(one.definition);
  return orchestrator;
}

function notYet(): never {
  throw new Error("An effect answered before its host was open.");
}
