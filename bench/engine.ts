/** The engine as users get it: the embedded host with full fsync, real effects, trivial function agents. */
import { randomUUID } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { openDatabase } from "../src/hosts/embedded/open-database.ts";
import { SqliteStore } from "../src/hosts/embedded/sqlite-store.ts";
import type { Batch } from "../src/hosts/mailbox/store.ts";
import { MailboxHost } from "../src/hosts/mailbox/mailbox-host.ts";
import { DEFAULT_TENANT, type RunId, type RunRef } from "../src/base/ids.ts";
import type { Json } from "../src/base/json.ts";
import type { Definition } from "../src/definition/definition.ts";
import { systemClock } from "../src/ports/clock.ts";
import type { AgentFactory } from "../src/runtime/registry/binder.ts";
import { Effects } from "../src/runtime/effects/effects.ts";
import { Registry } from "../src/runtime/registry/registry.ts";
import type { Agent } from "../src/ports/agents.ts";

/** The fact rows of one commit, as the floor writes them again. */
export type CommitRows = readonly (readonly [
  tenant: string,
  run: string,
  seq: number,
  version: number,
  body: string,
  payloads: string | null,
])[];

export type Engine = {
  readonly host: MailboxHost;
  readonly commits: CommitRows[];
  run(definition: Definition, input: Json): Promise<RunRef>;
  start(definition: Definition, input: Json): Promise<RunRef>;
  close(): Promise<void>;
};

export type EngineOptions = {
  readonly directory: string;
  readonly agents: readonly Agent[];
  readonly factory?: AgentFactory;
  readonly capture?: boolean;
};

const NO_FACTORY: AgentFactory = {
  card: () => {
    throw new Error("This benchmark binds no cards.");
  },
  module: () => Promise.reject(new Error("This benchmark loads no modules.")),
  cannotLoad: () => null,
};

export function openEngine({ directory, agents, factory = NO_FACTORY, capture = false }: EngineOptions): Engine {
  const registry = new Registry(factory);
  for (const agent of agents) registry.register(agent);
  const commits: CommitRows[] = [];
  const database = openDatabase({ path: join(directory, "engine.db") });
  const store = capture ? new CapturingStore(database, commits) : new SqliteStore(database, "owner");
  const log = (level: string, event: string, fields: object) => {
    if (level === "error") console.error(event, fields);
  };
  const wiring: { host?: MailboxHost } = {};
  const effects = new Effects({ registry, host: () => wiring.host as MailboxHost, clock: systemClock, log, random: Math.random });
  const host = new MailboxHost(store, { performer: effects, log });
  wiring.host = host;
  // What is sent has ids that follow from the run's: an agent does no work for those that it had from another engine.
  const series = randomUUID().slice(0, 8);
  let count = 0;
  const start = async (definition: Definition, input: Json): Promise<RunRef> => {
    const run = { tenant: DEFAULT_TENANT, id: `run_${series}${String((count += 1)).padStart(9, "0")}` as RunId };
    const fingerprint = await host.define(DEFAULT_TENANT, definition);
    const request = { run, seed: run.id, workflow: definition.name, version: "1.0.0", fingerprint, input, by: "bench" };
    // As the orchestrator says of ids that it has made.
    await host.start(request, { isFresh: true });
    return run;
  };
  return {
    host,
    commits,
    start,
    async run(definition, input) {
      const run = await start(definition, input);
      const record = await host.whenOver(run);
      if (record.status !== "completed") throw new Error(`Run ${run.id} ended ${record.status}: ${record.error?.message ?? ""}`);
      return run;
    },
    async close() {
      effects.close();
      await host.close();
    },
  };
}

class CapturingStore extends SqliteStore {
  readonly #commits: CommitRows[];

  constructor(database: ConstructorParameters<typeof SqliteStore>[0], commits: CommitRows[]) {
    super(database, "owner");
    this.#commits = commits;
  }

  override commit(batch: Batch): void {
    if (batch.facts.length > 0) {
      this.#commits.push(batch.facts.map(({ run, seq, version, body, payloads }) => [run.tenant, run.id, seq, version, body, payloads]));
    }
    super.commit(batch);
  }
}

/** A directory on the disk that databases of users are on, removed afterwards. */
export async function inDirectory<Value>(body: (directory: string) => Promise<Value>): Promise<Value> {
  const directory = mkdtempSync(join(process.env["TUTTI_BENCH_DIR"] ?? tmpdir(), "tutti-bench-"));
  try {
    return await body(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
