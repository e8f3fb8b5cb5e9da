/** How a run that is no longer watched is told: its output as data, everything else as prose. */
import type { RunRecord } from "../ports/host.ts";
import { type RunResult, readResult } from "../runtime/run-result.ts";
import type { OpenQuestion } from "../runtime/open-questions.ts";
import { questionText } from "./ask.ts";
import type { Cli } from "./cli.ts";
import { EXIT, type ExitCode, exitCodeOfRun } from "./exit-code.ts";
import type { FollowEnd } from "./follow.ts";
import type { Session } from "./session.ts";
import { clean, counted } from "./text.ts";

export type Telling = {
  readonly session: Session;
  readonly record: RunRecord;
  readonly json: boolean;
  /** `--db …` when the commands that are shown need it. */
  readonly hint: string;
};

/** Tells how the run stands; the exit code says the same. */
export async function conclude(cli: Cli, end: FollowEnd, telling: Telling): Promise<ExitCode> {
  const { session, record } = telling;
  const { orchestrator } = session;
  const result = await readResult(orchestrator.host, record);
  const questions = record.status === "waiting" ? (await orchestrator.questions()).filter(({ run }) => run === record.run.id) : [];
  if (telling.json) cli.terminal.printJson(documentOf(record, result, questions));
  if (result.status === "open" || result.status === "quarantined") return tellOpen(cli, end, telling, questions);
  tellResult(cli, result, telling);
  return exitCodeOfRun(result.status, result.status === "failed" ? result.failure.code : null);
}

/** The document of `--json`: the same shape for every run, finished or not. */
export function documentOf(record: RunRecord, result: RunResult, questions: readonly OpenQuestion[]) {
  const { run, workflow, version, createdAt, endedAt, error } = record;
  return {
    run: run.id,
    workflow,
    version,
    status: record.status,
    ...(result.status === "completed" ? { output: result.output } : {}),
    ...(result.status === "failed" ? { error: result.failure } : {}),
    ...(result.status === "canceled" ? { error: { code: "T4003", message: result.reason, by: result.by } } : {}),
    ...((result.status === "open" || result.status === "quarantined") && error !== null ? { error } : {}),
    ...(questions.length > 0
      ? { questions: questions.map(({ id, path, agent, question }) => ({ id, subtask: path, agent, ...question })) }
      : {}),
    durationMs: (endedAt ?? Date.now()) - createdAt,
  };
}

function tellResult(
  { terminal }: Cli,
  result: Exclude<RunResult, { status: "open" | "quarantined" }>,
  { json, hint, record }: Telling,
): void {
  switch (result.status) {
    case "completed":
      if (!json) terminal.printJson(result.output);
      return;
    case "failed":
      terminal.say(`${terminal.paint("bad", "error")} ${terminal.paint("strong", result.failure.code)}  ${clean(result.failure.message)}`);
      terminal.say(`  What happened: tutti get ${record.run.id}${hint}`);
      return;
    case "canceled":
      terminal.say(
        `${terminal.paint("warn", "canceled")}  Run ${record.run.id} was canceled by ${clean(result.by)}: ${clean(result.reason)}`,
      );
      return;
  }
}

function tellOpen(cli: Cli, end: FollowEnd, telling: Telling, questions: readonly OpenQuestion[]): ExitCode {
  const { record } = telling;
  if (end === "quarantined" || record.status === "quarantined") return tellQuarantine(cli, telling);
  if (questions.length > 0 && end !== "interrupted" && end !== "waitOver") return tellQuestions(cli, questions, telling);
  const { terminal } = cli;
  const goOn = goOnText(telling);
  if (end === "interrupted") {
    terminal.say(`Stopped watching. Run ${record.run.id} is ${record.status}. ${goOn}`);
    return EXIT.interrupted;
  }
  terminal.say(`Run ${record.run.id} is ${record.status} and not over yet. ${goOn}`);
  return exitCodeOfRun(record.status, null);
}

/** Who drives the run from now on. */
function goOnText({ session, record, hint }: Telling): string {
  if (session.role === "guest" && session.ownerPid !== null)
    return `It goes on in process ${session.ownerPid}; watch it with: tutti run --id ${record.run.id}${hint}`;
  return `Nothing is lost; go on with: tutti run --id ${record.run.id}${hint}`;
}

function tellQuestions({ terminal }: Cli, questions: readonly OpenQuestion[], { record, hint }: Telling): ExitCode {
  terminal.say(`Run ${record.run.id} waits for ${counted(questions.length, "answer")}:`);
  for (const question of questions) {
    terminal.say(questionText(question, terminal));
    terminal.say(`  tutti answer ${question.id} ${answerHint(question)}${hint}`);
  }
  return EXIT.waiting;
}

export function answerHint({ question }: OpenQuestion): string {
  const type = question.schema?.["type"];
  return type === undefined || type === "string" ? '"…"' : "--json '…'";
}

function tellQuarantine({ terminal }: Cli, { record, hint }: Telling): ExitCode {
  terminal.say(
    `${terminal.paint("bad", "error")} ${terminal.paint("strong", "T5007")}  Run ${record.run.id} is quarantined: ${clean(record.error?.message ?? "deciding failed")}`,
  );
  terminal.say(`  Its history and the input that it stumbled over are kept; all other runs go on. See tutti doctor${hint}`);
  return EXIT.error;
}
