import { Command } from "commander";

import { TuttiError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import { RunBoard, type StepBoard, type SubtaskRow } from "../../runtime/run-board.ts";
import type { Cli } from "../cli.ts";
import { databaseOf } from "../database.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { catchUp } from "../follow.ts";
import { type DatabaseOption, described, type JsonOption, withDatabase, withJson } from "../options.ts";
import { clockText, lookOfRun, progressText, stepText } from "../progress/step-text.ts";
import { findRun } from "../run-id.ts";
import { openReader } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { alignRows, clean } from "../text.ts";
import type { RunRecord } from "../../ports/host.ts";
import { recordDocument } from "./list.ts";

type GetOptions = DatabaseOption & JsonOption & { readonly items?: boolean };

export function getCommand(cli: Cli): Command {
  const command = described(new Command("get"), {
    what: "Show a run: its state, and what each subtask is doing.",
    example: "tutti get @latest",
  })
    .argument("<run>", "an id, its beginning, @latest or @failed")
    .option("--items", "each item of an each-step on a line of its own");
  return withJson(withDatabase(command)).action(async (named: string, options: GetOptions) => cli.exit(await get(cli, named, options)));
}

async function get(cli: Cli, named: string, options: GetOptions): Promise<ExitCode> {
  await using session = openReader(cli, await databaseOf(cli, options));
  const { orchestrator } = session;
  const record = await findRun(orchestrator, named);
  const definition = await orchestrator.host.definition(record.run.tenant, record.fingerprint);
  if (definition === null) throw new TuttiError("T5009", `The definition of run ${record.run.id} is not in this database.`);
  const board = new RunBoard(definition);
  await catchUp(session, record.run, board);
  const isWhole = options.items === true;
  if (options.json === true)
    cli.terminal.printJson({ ...recordDocument(record), subtasks: board.steps.flatMap((step) => documentsOf(step, record, isWhole)) });
  else tell(cli.terminal, record, board, isWhole);
  return EXIT.ok;
}

/** The columns of requirements W084, by their names there. */
function documentsOf(step: StepBoard, { run }: RunRecord, isWhole: boolean): readonly { readonly [name: string]: Json }[] {
  const only = [...step.rows.values()][0];
  if (step.itemCount === null && only !== undefined) return [rowDocument(only, run.id)];
  const whole = {
    workflow_id: run.id,
    subtask_id: step.id,
    status: step.status,
    assigned_to: null,
    started_at: instant(step.startedAt),
    attempts: step.attempts,
    last_progress: null,
    ...(step.itemCount === null
      ? {}
      : { items: step.itemCount, by_status: Object.fromEntries([...step.countByStatus].filter(([, count]) => count > 0)) }),
  };
  return [whole, ...(isWhole && step.itemCount !== null ? [...step.rows.values()].map((row) => rowDocument(row, run.id)) : [])];
}

function rowDocument(row: SubtaskRow, run: string): { readonly [name: string]: Json } {
  return {
    workflow_id: run,
    subtask_id: row.path,
    status: row.status,
    assigned_to: row.assignedTo,
    started_at: instant(row.startedAt),
    attempts: row.attempts,
    last_progress: row.progress === null ? null : { ...row.progress },
    ...(row.taskId === null ? {} : { task_id: row.taskId }),
    ...(row.failure === null
      ? {}
      : { error: { reason: row.failure.reason, code: row.failure.failure.code, message: row.failure.failure.message } }),
    ...(row.question === null ? {} : { question: row.question.id }),
    ...(row.retryAt === null ? {} : { retry_at: instant(row.retryAt) }),
  };
}

function instant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function tell(terminal: Terminal, record: RunRecord, board: RunBoard, isWhole: boolean): void {
  const { glyph, style } = lookOfRun(record.status);
  const elapsed = clockText((record.endedAt ?? Date.now()) - record.createdAt);
  terminal.print(`${record.run.id}  ${record.workflow}@${record.version}`);
  terminal.print(
    `${terminal.paint(style, `${glyph} ${record.status}`)}  ${board.stepsOver}/${board.steps.length} steps  ${elapsed}  started ${new Date(record.createdAt).toISOString()}`,
  );
  if (record.error !== null) terminal.print(`${terminal.paint("bad", record.error.code)}  ${clean(record.error.message)}`);
  const labels = Object.entries(record.labels).map(([name, value]) => `${name}=${value}`);
  if (labels.length > 0) terminal.print(`labels  ${clean(labels.join(" "))}`);
  terminal.print("");
  const now = Date.now();
  const rows = board.steps.flatMap((step) => [
    stepRow(step, board, now),
    ...(isWhole && step.itemCount !== null ? [...step.rows.values()].map(itemRow) : []),
  ]);
  const head = ["SUBTASK", "STATUS", "ASSIGNED TO", "STARTED", "ATTEMPTS", "LAST PROGRESS"];
  for (const line of alignRows([head, ...rows], terminal.isDataSeen ? terminal.columns : Number.POSITIVE_INFINITY)) terminal.print(line);
}

function stepRow(step: StepBoard, board: RunBoard, now: number): readonly string[] {
  const { glyph, word, who, detail } = stepText(step, board, now);
  const begun = step.startedAt !== null;
  return [step.id, `${glyph} ${word}`, begun ? who : "–", clock(step.startedAt), String(step.attempts), detail];
}

function itemRow(row: SubtaskRow): readonly string[] {
  const why = row.failure === null ? progressText(row) : clean(row.failure.failure.message);
  return [`  ${row.path}`, `  ${row.status}`, clean(row.assignedTo ?? "–"), clock(row.startedAt), String(row.attempts), why];
}

function clock(at: number | null): string {
  return at === null ? "–" : new Date(at).toTimeString().slice(0, 8);
}
