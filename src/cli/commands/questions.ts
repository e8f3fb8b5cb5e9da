/** `questions` and `answer`: what agents want to know before they can go on. */
import { Command } from "commander";

import { TuttiError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import type { OpenQuestion } from "../../runtime/open-questions.ts";
import { problemsOf, questionText, readAnswer } from "../ask.ts";
import type { Cli } from "../cli.ts";
import { answerHint } from "../conclude.ts";
import { databaseOf } from "../database.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { type DatabaseOption, databaseHint, described, type JsonOption, usageError, withDatabase, withJson } from "../options.ts";
import { nameOfUser } from "../order.ts";
import { findRun } from "../run-id.ts";
import { parseJson } from "../run-input.ts";
import { openReader, openRecorder } from "../session.ts";
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
  const only = named === undefined ? null : (await findRun(orchestrator, named)).run.id;
  const open = (await orchestrator.questions()).filter(({ run }) => only === null || run === only);
  if (options.json === true) {
    cli.terminal.printJson({
      questions: open.map(({ id, run, workflow, path, agent, question }) => ({ id, run, workflow, subtask: path, agent, ...question })),
    });
    return EXIT.ok;
  }
  if (open.length === 0) cli.terminal.say("No open questions.");
  for (const question of open) {
    cli.terminal.print(`${question.id}  ${question.workflow} ${question.run}`);
    cli.terminal.print(questionText(question, cli.terminal));
    cli.terminal.say(cli.terminal.paint("dim", `  tutti answer ${question.id} ${answerHint(question)}${databaseHint(options.db)}`));
  }
  return EXIT.ok;
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
  const open = await findQuestion(cli, db, id);
  const value: Json = options.json === undefined ? readAnswer(text ?? "", open.question) : parseJson(options.json, "--json");
  const problems = problemsOf(value, open.question);
  if (problems.length > 0)
    throw new TuttiError("T4005", `The answer does not fit question ${open.id}: ${problems.join(" ")}`, {
      help: "The question stays open.",
    });
  await using session = await openRecorder(cli, db);
  const handle = await session.orchestrator.answer(open.id, value, nameOfUser());
  cli.terminal.say(`Answered. Run ${handle.id} has its answer; ${goesOn(session, handle, options)}`);
  return EXIT.ok;
}

/** Looked up by reading, so that a wrong id needs no owner. */
async function findQuestion(cli: Cli, db: string, id: string): Promise<OpenQuestion> {
  await using session = openReader(cli, db);
  const open = await session.orchestrator.questions();
  const found = open.filter((question) => question.id.startsWith(id));
  const exact = found.find((question) => question.id === id) ?? (found.length === 1 ? found[0] : undefined);
  if (exact !== undefined) return exact;
  if (found.length > 1) throw usageError(`${found.length} open questions begin with ${clean(id)}.`, "Write more of the id.");
  throw new TuttiError("T4004", `Question ${clean(id)} is not open: it does not exist, has been answered, or its run has ended.`, {
    help: "`tutti questions` lists the open ones.",
  });
}
