import { Command, InvalidArgumentError } from "commander";

import { formatDuration } from "../../base/duration.ts";
import type { RunFilter, RunRecord } from "../../ports/host.ts";
import type { RunStatus } from "../../scheduler/index.ts";
import type { Cli } from "../cli.ts";
import { databaseOf } from "../database.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { collect, type DatabaseOption, described, type JsonOption, type Pairs, wholeNumber, withDatabase, withJson } from "../options.ts";
import { lookOfRun } from "../progress/step-text.ts";
import { openReader } from "../session.ts";
import { alignRows, clean } from "../text.ts";

type ListOptions = DatabaseOption &
  JsonOption & {
    readonly status?: readonly RunStatus[];
    readonly workflow?: string;
    readonly label?: Pairs;
    readonly limit: number;
    readonly cursor?: string;
  };

const LIMIT = 20;
const STATUSES: readonly RunStatus[] = [
  "running",
  "waiting",
  "paused",
  "canceling",
  "compensating",
  "completed",
  "failed",
  "canceled",
  "quarantined",
];

export function listCommand(cli: Cli): Command {
  const command = described(new Command("list"), { what: "List runs, newest first.", example: "tutti list --status failed --limit 5" })
    .option("--status <status,…>", "only runs in these states", statuses)
    .option("--workflow <name>", "only runs of this workflow")
    .option("--label <key=value>", "only runs with this label; repeat it", collect)
    .option("--limit <count>", "how many", wholeNumber, LIMIT)
    .option("--cursor <cursor>", "go on where the page before ended");
  return withJson(withDatabase(command)).action(async (options: ListOptions) => cli.exit(await list(cli, options)));
}

function statuses(text: string): readonly RunStatus[] {
  return text.split(",").map((word) => {
    const status = STATUSES.find((known) => known === word.trim());
    if (status === undefined) throw new InvalidArgumentError(`"${word}" is not a state of a run; these are: ${STATUSES.join(", ")}.`);
    return status;
  });
}

async function list(cli: Cli, options: ListOptions): Promise<ExitCode> {
  await using session = openReader(cli, await databaseOf(cli, options));
  const { orchestrator } = session;
  const { status, workflow, label, limit, cursor } = options;
  const filter: RunFilter = {
    tenant: orchestrator.tenant,
    limit,
    ...(status === undefined ? {} : { status }),
    ...(workflow === undefined ? {} : { workflow }),
    ...(label === undefined ? {} : { labels: Object.fromEntries(label) }),
    ...(cursor === undefined ? {} : { cursor }),
  };
  const { items, nextCursor } = await orchestrator.host.list(filter);
  if (options.json === true) {
    cli.terminal.printJson({ runs: items.map(recordDocument), nextCursor });
    return EXIT.ok;
  }
  if (items.length === 0) cli.terminal.say("No runs.");
  else tellRuns(cli, items);
  if (nextCursor !== null) cli.terminal.say(`More: --cursor ${nextCursor}`);
  return EXIT.ok;
}

/** A run's record as JSON: instants as text, in UTC. */
export function recordDocument({ run, workflow, version, status, createdAt, endedAt, error, labels, parent }: RunRecord) {
  return {
    run: run.id,
    workflow,
    version,
    status,
    createdAt: new Date(createdAt).toISOString(),
    endedAt: endedAt === null ? null : new Date(endedAt).toISOString(),
    durationMs: endedAt === null ? null : endedAt - createdAt,
    error,
    labels,
    ...(parent === undefined ? {} : { parent }),
  };
}

function tellRuns({ terminal }: Cli, records: readonly RunRecord[]): void {
  const now = Date.now();
  const rows = records.map((record) => [
    record.run.id,
    `${record.workflow}@${record.version}`,
    `${lookOfRun(record.status).glyph} ${record.status}`,
    `${formatDuration(now - record.createdAt)} ago`,
    record.endedAt === null ? "–" : formatDuration(record.endedAt - record.createdAt),
    record.error === null ? "" : `${record.error.code} ${clean(record.error.message)}`,
  ]);
  const lines = alignRows(
    [["RUN", "WORKFLOW", "STATUS", "STARTED", "TOOK", "ERROR"], ...rows],
    terminal.isDataSeen ? terminal.columns : Number.POSITIVE_INFINITY,
  );
  for (const line of lines) terminal.print(line);
}
