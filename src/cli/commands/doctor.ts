import { existsSync, statSync } from "node:fs";

import { Command } from "commander";

import type { DeadPush } from "../../a2a/push/push-configs.ts";
import type { Cli } from "../cli.ts";
import { databaseOf } from "../database.ts";
import { examinePushes, revivePushes, tellPushes } from "../doctor-pushes.ts";
import { examineRuns, type RunReport } from "../doctor-runs.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { type DatabaseOption, databaseHint, described, type JsonOption, withDatabase, withJson } from "../options.ts";
import { sentenceOf } from "../report-error.ts";
import { openReader, openRecorder, ownerOf } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { counted } from "../text.ts";

type DoctorOptions = DatabaseOption & JsonOption & { readonly revivePushes?: string | true };

/** Something looked at: `problem` is null when it is well. */
type Point = { readonly what: string; readonly found: string; readonly problem: string | null };

export function doctorCommand(cli: Cli): Command {
  const command = described(new Command("doctor"), {
    what: "Examine the machine, the database and every open run.",
    example: "tutti doctor",
  }).option("--revive-pushes [task]", "give push notifications that were given up a new chance: of a task, or all");
  return withJson(withDatabase(command)).action(async (options: DoctorOptions) => {
    const { revivePushes: wanted } = options;
    cli.exit(await (wanted === undefined ? doctor(cli, options) : revive(cli, options, wanted === true ? null : wanted)));
  });
}

/** Makes the wish durable; whoever serves the database carries it out. */
async function revive(cli: Cli, options: DoctorOptions, task: string | null): Promise<ExitCode> {
  const db = await databaseOf(cli, options);
  await using session = await openRecorder(cli, db);
  const count = await revivePushes(session.orchestrator, task);
  if (options.json === true) cli.terminal.printJson({ revived: count });
  const when = session.ownerPid === null ? "when `tutti serve` has the database again" : "within a minute";
  cli.terminal.say(
    count === 0 ? "No push notification was given up." : `${counted(count, "push notification")} will be sent again ${when}.`,
  );
  return EXIT.ok;
}

async function doctor(cli: Cli, options: DoctorOptions): Promise<ExitCode> {
  const db = await databaseOf(cli, options);
  const ownerPid = await ownerOf(db);
  const points: Point[] = [
    { what: "Node", found: process.versions.node, problem: null },
    { what: "SQLite", found: process.versions["sqlite"] ?? "unknown", problem: null },
  ];
  let runs: readonly RunReport[] = [];
  let deadPushes: readonly DeadPush[] = [];
  if (existsSync(db)) {
    try {
      await using session = openReader(cli, db);
      runs = await examineRuns(session, ownerPid !== null);
      deadPushes = await examinePushes(session.orchestrator);
      points.push({ what: "Database", found: `${db}, ${sizeOf(db)}`, problem: null });
    } catch (error) {
      points.push({ what: "Database", found: db, problem: sentenceOf(error) });
    }
  } else {
    points.push({ what: "Database", found: `${db}, not made yet`, problem: null });
  }
  points.push({
    what: "Owner",
    found: ownerPid === null ? "none: open runs wait until a process drives them" : `process ${ownerPid}`,
    problem: null,
  });
  const isWell = points.every(({ problem }) => problem === null) && runs.every(({ problems }) => problems.length === 0);
  if (options.json === true) cli.terminal.printJson({ ok: isWell, points, runs, deadPushes });
  else tell(cli.terminal, points, runs, { deadPushes, isWell, isOwned: ownerPid !== null, hint: databaseHint(options.db) });
  return isWell ? EXIT.ok : EXIT.error;
}

function sizeOf(db: string): string {
  const bytes = [db, `${db}-wal`].reduce((sum, path) => sum + (existsSync(path) ? statSync(path).size : 0), 0);
  return bytes < 1_048_576 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1_048_576).toFixed(1)} MiB`;
}

type Verdict = {
  readonly deadPushes: readonly DeadPush[];
  readonly isWell: boolean;
  readonly isOwned: boolean;
  readonly hint: string;
};

function tell(
  terminal: Terminal,
  points: readonly Point[],
  runs: readonly RunReport[],
  { deadPushes, isWell, isOwned, hint }: Verdict,
): void {
  for (const { what, found, problem } of points) {
    terminal.print(`${mark(terminal, problem === null)} ${what.padEnd(9)} ${found}`);
    if (problem !== null) terminal.print(`  ${problem}`);
  }
  terminal.print(
    `${mark(
      terminal,
      runs.every(({ problems }) => problems.length === 0),
    )} ${"Open runs".padEnd(9)} ${runs.length}`,
  );
  for (const run of runs) tellRun(terminal, run);
  tellPushes(terminal, deadPushes, hint);
  terminal.print("");
  terminal.print(verdict(runs, isWell));
  const first = runs.find(({ status }) => status === "running" || status === "canceling");
  if (!isOwned && first !== undefined) terminal.print(`Nothing drives them now; go on with: tutti run --id ${first.run}${hint}`);
}

function tellRun(terminal: Terminal, { run, workflow, status, waits, problems }: RunReport): void {
  terminal.print(`  ${mark(terminal, problems.length === 0)} ${run}  ${workflow}  ${status}`);
  for (const problem of problems) terminal.print(`      ${terminal.paint("bad", "✗")} ${problem}`);
  for (const { subtask, waitsFor } of waits) terminal.print(`      ${subtask} waits for ${waitsFor}`);
}

function mark(terminal: Terminal, isWell: boolean): string {
  return isWell ? terminal.paint("good", "✓") : terminal.paint("bad", "✗");
}

function verdict(runs: readonly RunReport[], isWell: boolean): string {
  if (!isWell) return "Something needs attention: see the lines with ✗.";
  const subtasks = runs.reduce((sum, { waits }) => sum + waits.length, 0);
  return runs.length === 0
    ? "All is well."
    : `All is well: nothing is nowhere. ${counted(subtasks, "open subtask")}, and each of them waits for something named above.`;
}
