/** `cancel`, `pause` and `resume`: decisions about a run that exists. */
import { Command } from "commander";

import { TuttiError } from "../../base/errors.ts";
import type { RunRecord } from "../../ports/host.ts";
import type { RunHandle } from "../../runtime/orchestrator.ts";
import type { Cli } from "../cli.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { type DatabaseOption, databaseHint, described, withDatabase } from "../options.ts";
import { nameOfUser } from "../name-of-user.ts";
import { findRun } from "../run-id.ts";
import { openCanceler, openReader, openRecorder, type Session } from "../session.ts";
import { databaseOf } from "../database.ts";

/** Agents are given this long to acknowledge a cancel (limits.ts), and then the run ends without them. */
const CANCEL_WAIT_MS = 12_000;

type CancelOptions = DatabaseOption & { readonly reason?: string };

export function cancelCommand(cli: Cli): Command {
  const command = described(new Command("cancel"), {
    what: "Cancel a run; its agents are told to stop.",
    example: 'tutti cancel @latest --reason "wrong month"',
  })
    .argument("<run>", "an id, its beginning, or @latest")
    .option("--reason <text>", "why, for the history");
  return withDatabase(command).action(async (named: string, options: CancelOptions) => cli.exit(await cancel(cli, named, options)));
}

async function cancel(cli: Cli, named: string, options: CancelOptions): Promise<ExitCode> {
  const { record, db } = await recordOf(cli, named, options);
  refuseWhenOver(record);
  await using session = await openCanceler(cli, db);
  const handle = await session.orchestrator.open(record.run.id);
  await handle.cancel(options.reason ?? "canceled by the caller", nameOfUser());
  const result = await handle.result(AbortSignal.timeout(CANCEL_WAIT_MS));
  if (result.status === "open") cli.terminal.say(`Run ${record.run.id} is being canceled; ${goesOn(session, record, options)}`);
  else cli.terminal.say(`Run ${record.run.id} is ${result.status}.`);
  return EXIT.ok;
}

export function pauseCommand(cli: Cli): Command {
  return steerCommand(cli, "pause", {
    what: "Pause a run: nothing new is begun until `tutti resume`.",
    done: "paused",
    already: "is paused already",
    change: (handle, by) => handle.pause(by),
  });
}

export function resumeCommand(cli: Cli): Command {
  return steerCommand(cli, "resume", {
    what: "Let a paused run go on.",
    done: "not paused any more",
    already: "is not paused",
    change: (handle, by) => handle.resume(by),
  });
}

type Steering = {
  readonly what: string;
  readonly done: string;
  readonly already: string;
  readonly change: (handle: RunHandle, by: string) => Promise<boolean>;
};

function steerCommand(cli: Cli, name: string, steering: Steering): Command {
  const command = described(new Command(name), { what: steering.what, example: `tutti ${name} @latest` }).argument(
    "<run>",
    "an id, its beginning, or @latest",
  );
  return withDatabase(command).action(async (named: string, options: DatabaseOption) =>
    cli.exit(await steer(cli, named, options, steering)),
  );
}

async function steer(cli: Cli, named: string, options: DatabaseOption, { done, already, change }: Steering): Promise<ExitCode> {
  const { record, db } = await recordOf(cli, named, options);
  refuseWhenOver(record);
  await using session = await openRecorder(cli, db);
  const handle = await session.orchestrator.open(record.run.id);
  const changed = await change(handle, nameOfUser());
  if (changed) cli.terminal.say(`Run ${record.run.id} is ${done}; ${goesOn(session, record, options)}`);
  else cli.terminal.say(`Run ${record.run.id} ${already}.`);
  return EXIT.ok;
}

/** Who acts on what has been recorded. */
export function goesOn(session: Session, record: Pick<RunRecord, "run">, options: DatabaseOption): string {
  if (session.role === "guest") return `process ${session.ownerPid ?? "of its owner"} acts on it.`;
  return `it is recorded, and the run goes on when a process drives it: tutti run --id ${record.run.id}${databaseHint(options.db)}`;
}

/** The run that a command names, and its database. Looked up by reading. */
export async function recordOf(
  cli: Cli,
  named: string,
  options: DatabaseOption,
): Promise<{ readonly record: RunRecord; readonly db: string }> {
  const db = await databaseOf(cli, options);
  await using reader = openReader(cli, db);
  return { record: await findRun(reader.orchestrator, named), db };
}

/** A finished run never changes. */
export function refuseWhenOver({ run, status, endedAt }: RunRecord): void {
  if (endedAt === null) return;
  throw new TuttiError("T4003", `Run ${run.id} has ended; it is ${status}.`, {
    help: `A finished run never changes; see it with: tutti get ${run.id}`,
  });
}
