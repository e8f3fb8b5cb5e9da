/** `questions` and `answer`: what agents, and runs themselves, want to know before they can go on. */
import { Command } from "commander";

import { TuttiError } from "../../base/errors.ts";
import type { Json, JsonObject } from "../../base/json.ts";
import { asAnswer, problemsOfAnswer, unfit } from "../../runtime/answers.ts";
import { findQuestion, type OpenQuestion } from "../../runtime/open-questions.ts";
import { answerCommandOf, questionText, readAnswer } from "../ask-text.ts";
import type { Cli } from "../cli.ts";
import { databaseOf } from "../database.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { type DatabaseOption, databaseHint, described, type JsonOption, usageError, withDatabase, withJson } from "../options.ts";
import { nameOfUser } from "../name-of-user.ts";
import { findRun } from "../run-id.ts";
import { parseJson } from "../run-input.ts";
import { openReader, openRecorder, type Session } from "../session.ts";
import { clean } from "../text.ts";
import { goesOn } from "./steer.ts";

export function questionsCommand(cli: Cli): Command {
  const command = described(new Command("questions"), {
    what: "List the questions that wait for an answer.",
    example: "tutti questions",
  }).argument("[run]", "only those of this run");
  return withJson(withDatabase(command)).action(async (named: string | undefined, options: DatabaseOption & JsonOption) =>
    cli.exit(await questions(cli, named, options)),
  );
}

async function questions(cli: Cli, named: string | undefined, options: DatabaseOption & JsonOption): Promise<ExitCode> {
  await using session = openReader(cli, await databaseOf(cli, options));
  const { orchestrator } = session;
  const open = named === undefined ? await orchestrator.questions() : await questionsOfRun(session, named);
  if (options.json === true) {
    cli.terminal.printJson({ questions: open.map(questionDocument) });
    return EXIT.ok;
  }
  if (open.length === 0) cli.terminal.say("No open questions.");
  for (const question of open) {
    cli.terminal.print(`${question.id}  ${question.workflow} ${question.run}`);
    cli.terminal.print(questionText(question, cli.terminal));
    cli.terminal.say(cli.terminal.paint("dim", `  ${answerCommandOf(question, databaseHint(options.db))}`));
  }
  return EXIT.ok;
}

async function questionsOfRun({ orchestrator }: Session, named: string): Promise<readonly OpenQuestion[]> {
  const { run } = await findRun(orchestrator, named);
  return (await orchestrator.open(run.id)).questions();
}

/** A question as JSON. */
export function questionDocument({ id, kind, run, workflow, path, agent, question, to, until }: OpenQuestion): JsonObject {
  return {
    id,
    kind,
    run,
    workflow,
    subtask: path,
    agent,
    prompt: question.prompt,
    ...(question.schema === undefined ? {} : { schema: question.schema }),
    ...(question.data === undefined ? {} : { data: question.data }),
    ...(to.length === 0 ? {} : { to }),
    ...(until === null ? {} : { until: new Date(until).toISOString() }),
  };
}

type AnswerOptions = DatabaseOption & { readonly json?: string };

export function answerCommand(cli: Cli): Command {
  const command = described(new Command("answer"), {
    what: "Answer a question; its run goes on.",
    example: 'tutti answer q_0fjk29 "Ship to Hamburg"',
  })
    .argument("<question>", "its id, from `tutti questions`")
    .argument("[text]", "the answer in words")
    .option("--json <json>", "the answer as JSON");
  return withDatabase(command).action(async (id: string, text: string | undefined, options: AnswerOptions) =>
    cli.exit(await answer(cli, id, text, options)),
  );
}

async function answer(cli: Cli, id: string, text: string | undefined, options: AnswerOptions): Promise<ExitCode> {
  if ((text === undefined) === (options.json === undefined))
    throw usageError("Give the answer either in words or with --json.", `For example: tutti answer ${id} "yes"`);
  const db = await databaseOf(cli, options);
  const open = await findOpen(cli, db, id);
  const value = options.json === undefined ? readAnswer(text ?? "", open ?? UNKNOWN) : parseJson(options.json, "--json");
  return give(cli, { db, id, open, value, hint: options });
}

/** What is not known of a question that is not open: its answer is compared as it was typed. */
const UNKNOWN: Pick<OpenQuestion, "kind" | "question"> = { kind: "agent", question: { prompt: "" } };

type Giving = {
  readonly db: string;
  readonly id: string;
  readonly open: OpenQuestion | null;
  readonly value: Json;
  readonly hint: DatabaseOption;
};

/** Gives an answer. One that fits no open question is compared with the one that was given before. */
export async function give(cli: Cli, { db, id, open, value, hint }: Giving): Promise<ExitCode> {
  if (open === null) {
    await using session = openReader(cli, db);
    const { id: run } = await session.orchestrator.answer(id, value, nameOfUser());
    cli.terminal.say(`Question ${clean(id)} of run ${run} has had this answer before; nothing was changed.`);
    return EXIT.ok;
  }
  const problems = problemsOfAnswer(asAnswer(open, value), open.question);
  // Said before anything is opened for writing.
  if (problems.length > 0) throw unfitHere(open, problems, databaseHint(hint.db));
  await using session = await openRecorder(cli, db);
  const handle = await session.orchestrator.answer(open.id, value, nameOfUser());
  cli.terminal.say(`Answered. Run ${handle.id} has its answer; ${goesOn(session, handle, hint)}`);
  return EXIT.ok;
}

/** The same error as a program gets, with the command that would do. */
function unfitHere(open: OpenQuestion, problems: readonly string[], hint: string): TuttiError {
  // A form's fields are given by their names.
  const said = open.kind === "approval" ? problems.map((text) => text.replace(/^\/form\//, "")) : problems;
  return new TuttiError("T4005", unfit(open.id, said).message, {
    help: `The question stays open. Answer it with: ${answerCommandOf(open, hint)}`,
  });
}

/** An open question by its id or the beginning of it; null when there is none. Looked up by reading, so that a wrong id needs no owner. */
export async function findOpen(cli: Cli, db: string, id: string): Promise<OpenQuestion | null> {
  await using session = openReader(cli, db);
  const { orchestrator } = session;
  const exact = await findQuestion(orchestrator.host, orchestrator.tenant, id);
  if (exact !== null) return exact;
  const found = (await orchestrator.questions()).filter((question) => question.id.startsWith(id));
  if (found.length > 1) throw usageError(`${found.length} open questions begin with ${clean(id)}.`, "Write more of the id.");
  return found[0] ?? null;
}
