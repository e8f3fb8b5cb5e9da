import { Command } from "commander";

import type { summaryOfTask, TaskSummary } from "../../a2a/server/task-summary.ts";
import { TuttiError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import { onlyRow, type WaitRow } from "../../runtime/board/board-rows.ts";
import { RunBoard, type StepBoard, type SubtaskRow } from "../../runtime/board/run-board.ts";
import type { Cli } from "../cli.ts";
import { databaseOf } from "../database.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { catchUp } from "../follow.ts";
import { type DatabaseOption, described, type JsonOption, withDatabase, withJson } from "../options.ts";
import { rowsUnder, stepsIn } from "../progress/kind-text.ts";
import { clockText, lookOfRun, progressText, stepText } from "../progress/step-text.ts";
import { findRun } from "../run-id.ts";
import { openReader } from "../session.ts";
import type { Terminal } from "../terminal.ts";
import { alignRows, clean, counted } from "../text.ts";
import type { RunRecord } from "../../ports/host.ts";
import { CALLER_LABEL } from "../../runtime/task-labels.ts";
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
  const task = record.labels[CALLER_LABEL] === undefined ? null : await taskSummary(orchestrator.host, record.run, definition);
  const isWhole = options.items === true;
  if (options.json === true)
    cli.terminal.printJson({
      ...recordDocument(record),
      ...(task === null ? {} : { task: taskDocument(task) }),
      subtasks: board.steps.flatMap((step) => documentsOf(step, record, isWhole)),
    });
  else tell(cli.terminal, record, { board, isWhole, task });
  return EXIT.ok;
}

/** Who follows tasks has the protocol's types, which other runs need not wait for. */
async function taskSummary(...of: Parameters<typeof summaryOfTask>): Promise<TaskSummary> {
  return (await import("../../a2a/server/task-summary.ts")).summaryOfTask(...of);
}

function taskDocument({ state, said, historyLength, artifactCount }: TaskSummary): Json {
  return { state, said, history_length: historyLength, artifact_count: artifactCount };
}

/** The columns of requirements W084, by their names there; inner steps after the one that they stand in. */
function documentsOf(step: StepBoard, record: RunRecord, isWhole: boolean): readonly Document[] {
  const only = onlyRow(step);
  const own = only === undefined ? stepDocument(step, record.run.id) : rowDocument(step, only, record.run.id);
  const items = itemsOf(step, isWhole).flatMap((row) => [
    rowDocument(step, row, record.run.id),
    ...stepsIn(row).flatMap((inner) => documentsOf(inner, record, isWhole)),
  ]);
  return [own, ...items, ...rowsUnder(step).flatMap((inner) => documentsOf(inner, record, isWhole))];
}

/** The items of an each-step, if each is to have a line of its own. */
function itemsOf(step: StepBoard, isWhole: boolean): readonly SubtaskRow[] {
  return isWhole && step.itemCount !== null ? [...step.rows.values()] : [];
}

type Document = { readonly [name: string]: Json };

function stepDocument(step: StepBoard, run: string): Document {
  return {
    workflow_id: run,
    subtask_id: step.path,
    status: step.status,
    assigned_to: null,
    started_at: instant(step.startedAt),
    attempts: step.attempts,
    last_progress: null,
    ...(step.itemCount === null
      ? {}
      : { items: step.itemCount, by_status: Object.fromEntries([...step.countByStatus].filter(([, count]) => count > 0)) }),
  };
}

function rowDocument(step: StepBoard, row: SubtaskRow, run: string): Document {
  const { scope, wait, failure, question } = row;
  return {
    workflow_id: run,
    subtask_id: row.path,
    status: row.status,
    assigned_to: row.assignedTo,
    started_at: instant(row.startedAt),
    attempts: scope === null ? row.attempts : step.attempts,
    last_progress: row.progress === null ? null : { ...row.progress },
    ...(row.taskId === null ? {} : { task_id: row.taskId }),
    ...(failure === null ? {} : { error: { reason: failure.reason, code: failure.failure.code, message: failure.failure.message } }),
    ...(row.isTolerated ? { tolerated: true } : {}),
    ...(question === null ? {} : { question: question.id }),
    ...(row.retryAt === null ? {} : { retry_at: instant(row.retryAt) }),
    ...(wait === null || row.endedAt !== null ? {} : { waits_for: waitDocument(wait) }),
    ...(row.decision === null ? {} : { decision: { ...row.decision } }),
    ...(scope === null || scope.iteration === 0 ? {} : { iteration: scope.iteration }),
    ...(row.standIn === null ? {} : { handler: row.standIn }),
    ...(row.compensation === null ? {} : { compensation: row.compensation }),
  };
}

function waitDocument(wait: WaitRow): Json {
  switch (wait.kind) {
    case "time":
      return { kind: wait.kind, until: instant(wait.until) };
    case "signal":
      return { kind: wait.kind, name: wait.name, until: instant(wait.until) };
    case "approval":
      return { kind: wait.kind, to: wait.to, until: instant(wait.until) };
  }
}

function instant(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

type Shown = { readonly board: RunBoard; readonly isWhole: boolean; readonly task: TaskSummary | null };

function tell(terminal: Terminal, record: RunRecord, { board, isWhole, task }: Shown): void {
  tellHead(terminal, record, board);
  if (task !== null) terminal.print(taskLine(task));
  terminal.print("");
  const now = Date.now();
  const rows = board.steps.flatMap((step) => rowsOf(step, board, { now, isWhole }));
  const head = ["SUBTASK", "STATUS", "ASSIGNED TO", "STARTED", "ATTEMPTS", "LAST PROGRESS"];
  for (const line of alignRows([head, ...rows], terminal.isDataSeen ? terminal.columns : Number.POSITIVE_INFINITY)) terminal.print(line);
}

function tellHead(terminal: Terminal, record: RunRecord, board: RunBoard): void {
  const { glyph, style } = lookOfRun(record.status);
  const elapsed = clockText((record.endedAt ?? Date.now()) - record.createdAt);
  terminal.print(`${record.run.id}  ${record.workflow}@${record.version}`);
  terminal.print(
    `${terminal.paint(style, `${glyph} ${record.status}`)}  ${board.stepsOver}/${board.steps.length} steps  ${elapsed}  started ${new Date(record.createdAt).toISOString()}`,
  );
  const { forkedFrom, budget, compensations } = board;
  if (forkedFrom !== null) terminal.print(`forked from ${forkedFrom.run}, ${counted(forkedFrom.steps.length, "step")} kept`);
  if (record.error !== null) terminal.print(`${terminal.paint("bad", record.error.code)}  ${clean(record.error.message)}`);
  if (budget !== null) {
    const asks = budget.question === null ? "" : `; ${budget.question} asks for as much again`;
    terminal.print(terminal.paint("warn", `the budget of ${budget.limit} is used up: ${budget.spent} of ${budget.allowed}${asks}`));
  }
  const undone = [...compensations].map(([outcome, count]) => `${count} ${outcome}`);
  if (undone.length > 0) terminal.print(`compensations  ${undone.join(", ")}`);
  const labels = Object.entries(record.labels).map(([name, value]) => `${name}=${value}`);
  if (labels.length > 0) terminal.print(`labels  ${clean(labels.join(" "))}`);
}

/** Requirement L047: what a caller over A2A sees of the run. */
function taskLine({ state, said, historyLength, artifactCount }: TaskSummary): string {
  const size = `${counted(historyLength, "message")}, ${counted(artifactCount, "artifact")}`;
  return `task  ${state}  ${size}${said === null ? "" : `  ${clean(said)}`}`;
}

function rowsOf(
  step: StepBoard,
  board: RunBoard,
  shown: { readonly now: number; readonly isWhole: boolean },
): readonly (readonly string[])[] {
  const items = itemsOf(step, shown.isWhole).flatMap((row) => [
    itemRow(row, step.depth),
    ...stepsIn(row).flatMap((inner) => rowsOf(inner, board, shown)),
  ]);
  return [stepRow(step, board, shown.now), ...items, ...rowsUnder(step).flatMap((inner) => rowsOf(inner, board, shown))];
}

function stepRow(step: StepBoard, board: RunBoard, now: number): readonly string[] {
  const { glyph, word, who, detail } = stepText(step, board, now);
  const indent = "  ".repeat(step.depth);
  const begun = step.startedAt !== null;
  return [`${indent}${step.id}`, `${indent}${glyph} ${word}`, begun ? who : "–", clock(step.startedAt), String(step.attempts), detail];
}

function itemRow(row: SubtaskRow, depth: number): readonly string[] {
  const why = row.failure === null ? progressText(row) : clean(row.failure.failure.message);
  const indent = "  ".repeat(depth + 1);
  return [`${indent}${row.path}`, `${indent}${row.status}`, clean(row.assignedTo ?? "–"), clock(row.startedAt), String(row.attempts), why];
}

function clock(at: number | null): string {
  return at === null ? "–" : new Date(at).toTimeString().slice(0, 8);
}
