/** How a run that is no longer watched is told: its output as data, everything else as prose. */
import { isJsonObject } from "../base/json.ts";
import type { StepResult } from "../definition/program.ts";
import type { RunRecord } from "../ports/host.ts";
import { type OpenQuestion, questionsOf } from "../runtime/open-questions.ts";
import { type RunResult, readResult } from "../runtime/run-result.ts";
import type { RunState } from "../scheduler/index.ts";
import { answerCommandOf, questionText } from "./ask-text.ts";
import type { Cli } from "./cli.ts";
import { EXIT, type ExitCode, exitCodeOfRun } from "./exit-code.ts";
import { type FollowEnd, needsSomebody } from "./follow.ts";
import type { Session } from "./session.ts";
import type { Terminal } from "./terminal.ts";
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
  const result = await readResult(orchestrator.host, record.run);
  const state = await orchestrator.host.inspect(record.run);
  const questions = state === null || state.end !== null ? [] : questionsOf(state);
  if (telling.json) cli.terminal.printJson(documentOf(record, result, questions));
  if (result.status === "open" || result.status === "quarantined") return tellOpen(cli, end, telling, needsOf(state, questions));
  if (result.status === "completed") tellTolerated(cli.terminal, state);
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
      ? { questions: questions.map(({ id, kind, path, agent, question }) => ({ id, kind, subtask: path, agent, ...question })) }
      : {}),
    durationMs: (endedAt ?? Date.now()) - createdAt,
  };
}

/** The names of the signals that a run waits for. */
function signalsOf(state: RunState): readonly string[] {
  return Object.values(state.waits).flatMap((wait) => (wait.kind === "signal" ? [wait.name] : []));
}

/** Failures that did not fail the run: it is over as if nothing had been, so they are told apart. */
function tellTolerated(terminal: Terminal, state: RunState | null): void {
  const tolerated = Object.entries(state?.steps ?? {}).flatMap(([id, result]) => toleratedText(id, result) ?? []);
  for (const text of tolerated.slice(0, TOLERATED_TOLD)) terminal.say(`${terminal.paint("warn", "!")} ${text}`);
  if (tolerated.length > TOLERATED_TOLD) terminal.say(`! and ${tolerated.length - TOLERATED_TOLD} more: tutti get ${state?.run ?? ""}`);
}

const TOLERATED_TOLD = 5;

function toleratedText(id: string, { status, error, errors }: StepResult): string | null {
  const message = isJsonObject(error) && typeof error["message"] === "string" ? `: ${clean(error["message"])}` : "";
  if (status === "failed") return `Step ${id} failed and is not critical${message}`;
  const count = isJsonObject(errors) ? Object.keys(errors).length : 0;
  return count === 0 ? null : `${counted(count, "item")} of step ${id} failed, which the run tolerates`;
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

/** What somebody has to do before the run goes on; nothing while it goes on by itself. */
function needsOf(state: RunState | null, questions: readonly OpenQuestion[]): Open {
  return state !== null && needsSomebody(state) ? { questions, signals: signalsOf(state) } : { questions: [], signals: [] };
}

type Open = { readonly questions: readonly OpenQuestion[]; readonly signals: readonly string[] };

function tellOpen(cli: Cli, end: FollowEnd, telling: Telling, { questions, signals }: Open): ExitCode {
  const { record } = telling;
  if (end === "quarantined" || record.status === "quarantined") return tellQuarantine(cli, telling);
  if (questions.length > 0 && end !== "interrupted") return tellQuestions(cli, questions, telling);
  if (signals.length > 0 && end !== "interrupted") return tellSignals(cli, signals, telling);
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

function tellQuestions({ terminal, keyboard }: Cli, questions: readonly OpenQuestion[], telling: Telling): ExitCode {
  const { record, hint } = telling;
  const nobody = keyboard !== null && terminal.isLive ? "" : ", and nobody can be asked here";
  terminal.say(`Run ${record.run.id} waits for ${counted(questions.length, "answer")}${nobody}:`);
  for (const question of questions) {
    terminal.say(questionText(question, terminal));
    terminal.say(`  ${answerCommandOf(question, hint)}`);
  }
  terminal.say(thenText(telling));
  return EXIT.waiting;
}

function tellSignals({ terminal }: Cli, signals: readonly string[], telling: Telling): ExitCode {
  const { record, hint } = telling;
  terminal.say(`Run ${record.run.id} waits for ${signals.length === 1 ? "a signal" : "signals"}:`);
  for (const name of signals) terminal.say(`  tutti signal ${record.run.id} ${name}${hint}`);
  terminal.say(thenText(telling));
  return EXIT.waiting;
}

/** What happens when it has come. */
function thenText(telling: Telling): string {
  const { session, record, hint } = telling;
  return session.ownerPid === null ? `Then go on with: tutti run --id ${record.run.id}${hint}` : goOnText(telling);
}

function tellQuarantine({ terminal }: Cli, { record, hint }: Telling): ExitCode {
  terminal.say(
    `${terminal.paint("bad", "error")} ${terminal.paint("strong", "T5007")}  Run ${record.run.id} is quarantined: ${clean(record.error?.message ?? "deciding failed")}`,
  );
  terminal.say(`  Its history and the input that it stumbled over are kept; all other runs go on. See tutti doctor${hint}`);
  return EXIT.error;
}
