/** `retry` and `fork`: a new run that begins with what a finished one has done. */
import { existsSync } from "node:fs";
import { createInterface } from "node:readline/promises";
import { resolve } from "node:path";

import { Command } from "commander";

import type { JsonObject } from "../../base/json.ts";
import type { Definition } from "../../definition/definition.ts";
import type { RunRecord } from "../../ports/host.ts";
import type { ForkedStep, ForkPlan } from "../../runtime/fork/fork.ts";
import type { ForkOptions } from "../../runtime/fork/fork-run.ts";
import type { SetValue } from "../../runtime/fork/fork-set.ts";
import { parsePlace } from "../bindings.ts";
import type { Cli } from "../cli.ts";
import { databaseOf } from "../database.ts";
import { drive, type DriveOptions } from "../drive.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { agentOption, collect, described, duration, type Pairs, withDatabase, withJson } from "../options.ts";
import { readId } from "../order.ts";
import { findRun } from "../run-id.ts";
import { readValue } from "../run-input.ts";
import { openReader } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { alignRows, clean, counted } from "../text.ts";
import { fileOfName, loadWorkflow } from "../workflow-file.ts";
import { rooted } from "../workflows-below.ts";

type ForkCommandOptions = DriveOptions & {
  readonly from?: string;
  readonly set?: Pairs;
  readonly latest?: boolean;
  readonly id?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly agent?: Pairs;
};

export function retryCommand(cli: Cli): Command {
  const command = described(new Command("retry"), {
    what: "Run what failed again, in a new run that keeps the rest.",
    example: "tutti retry @failed",
  })
    .argument("<run>", "an id, its beginning, @latest or @failed")
    .option("--from <step>", "repeat this step too, and all that needs it");
  return common(command).action(async (named: string, options: ForkCommandOptions) => cli.exit(await go(cli, "retry", named, options)));
}

export function forkCommand(cli: Cli): Command {
  const command = described(new Command("fork"), {
    what: "Run a finished run again from a step on, with other values.",
    example: "tutti fork @latest --from report --set input.month=2025-04",
  })
    .argument("<run>", "an id, its beginning, @latest or @failed")
    .requiredOption("--from <step>", "the first step to repeat; all that needs it follows")
    .option("--set <path=value>", "input.x, context.a.b or steps.a.output.b; repeat it", collect);
  return common(command).action(async (named: string, options: ForkCommandOptions) => cli.exit(await go(cli, "fork", named, options)));
}

function common(command: Command): Command {
  command
    .option("--latest", "with the newest version of the workflow")
    .option("--id <run>", "the id of the new run; the same id is the same run")
    .option("--yes", "go on without asking")
    .option("--dry-run", "only show what would be kept and repeated")
    .option("--no-watch", "show no progress")
    .option("--wait <duration>", "stop watching after a time, such as 30s", duration)
    .addOption(agentOption());
  return withJson(withDatabase(command));
}

async function go(cli: Cli, kind: "retry" | "fork", named: string, options: ForkCommandOptions): Promise<ExitCode> {
  const id = readId(options.id);
  const db = await databaseOf(cli, options);
  const { record, request, bindings } = await readRequest(cli, db, named, options);
  const plan = await preview(cli, db, { kind, record, request });
  if (options.dryRun === true && options.json === true) cli.terminal.printJson(planDocument(plan));
  else if (options.json !== true || cli.terminal.isLive) tell(cli.terminal, kind, record, plan);
  if (options.dryRun === true || !(await isWanted(cli, options))) return EXIT.ok;
  return drive(cli, { kind, db, id, run: record.run.id, bindings, options: request }, options);
}

type Request = { readonly record: RunRecord; readonly request: ForkOptions; readonly bindings: JsonObject };

async function readRequest(cli: Cli, db: string, named: string, options: ForkCommandOptions): Promise<Request> {
  const record = await recordOf(cli, db, named);
  const latest = options.latest === true ? await loadLatest(cli, record.workflow, options.agent ?? []) : null;
  const request: ForkOptions = {
    ...(options.from === undefined ? {} : { from: options.from }),
    ...(options.set === undefined ? {} : { set: options.set.map(readSet) }),
    ...(options.latest === true ? { latest: latest?.definition ?? true } : {}),
  };
  return { record, request, bindings: { ...latest?.bindings, ...givenBindings(cli, options.agent ?? []) } };
}

async function recordOf(cli: Cli, db: string, named: string): Promise<RunRecord> {
  await using session = openReader(cli, db);
  return await findRun(session.orchestrator, named);
}

function readSet([path, text]: readonly [string, string]): SetValue {
  return { path, value: readValue(text, undefined) };
}

/** The newest version is the file here; where there is none, the newest that is stored. */
async function loadLatest(
  cli: Cli,
  workflow: string,
  given: Pairs,
): Promise<{ readonly definition: Definition; readonly bindings: JsonObject } | null> {
  const file = fileOfName(workflow, cli.directory);
  if (file === null || !existsSync(file)) return null;
  const { definition, bindings, folder } = await loadWorkflow(cli, file, given);
  return { definition: rooted(definition, folder), bindings };
}

function givenBindings(cli: Cli, given: Pairs): JsonObject {
  return Object.fromEntries(given.map(([name, place]) => [name, { ...parsePlace(name, place, resolve(cli.directory)) }]));
}

async function preview(
  cli: Cli,
  db: string,
  { kind, record, request }: Omit<Request, "bindings"> & { readonly kind: "retry" | "fork" },
): Promise<ForkPlan> {
  await using session = openReader(cli, db);
  return await session.orchestrator.preview(record.run.id, kind, request);
}

/** The plan as JSON. */
function planDocument({ run, input, kept, repeated, compensated, doubled, dropped }: ForkPlan) {
  return { run, input, kept, repeated, compensated, doubled, dropped };
}

function tell(terminal: Terminal, kind: "retry" | "fork", record: RunRecord, plan: ForkPlan): void {
  const { kept, repeated, compensated, doubled, dropped } = plan;
  const what = kind === "retry" ? "Retry" : "Fork";
  terminal.say(`${what} of run ${record.run.id}: ${counted(kept.length, "step")} kept, ${repeated.length} repeated`);
  const rows = [
    ...rowsOf("✓ kept", kept),
    ...rowsOf("↻ repeated", repeated),
    ...rowsOf("↺ compensated", compensated),
    ...dropped.map((step) => ["– dropped", step, "the workflow does not have it any more"]),
  ];
  for (const line of alignRows(rows, terminal.columns)) terminal.say(`  ${line}`);
  if (doubled.length === 0) return;
  const names = doubled.map(({ step }) => step).join(", ");
  terminal.say(
    `${terminal.paint("warn", "!")} Nothing has undone ${names} in run ${record.run.id}: what is done there will be done twice.`,
  );
}

const STEPS_TOLD = 40;

function rowsOf(fate: string, steps: readonly ForkedStep[]): readonly (readonly string[])[] {
  const rows = steps.slice(0, STEPS_TOLD).map(({ step, why }) => [fate, step, clean(why)]);
  return steps.length <= STEPS_TOLD ? rows : [...rows, [fate, `and ${steps.length - STEPS_TOLD} more`, ""]];
}

/** Somebody at a terminal is asked; a script has said what it wants. */
async function isWanted({ keyboard, terminal }: Cli, { yes }: ForkCommandOptions): Promise<boolean> {
  if (yes === true || keyboard === null || !terminal.isLive) return true;
  const reader = createInterface({ input: keyboard, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await reader.question("Go on? [y/N] ")).trim());
  } finally {
    reader.close();
  }
}
