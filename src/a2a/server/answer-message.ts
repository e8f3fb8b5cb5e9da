/**
 * A message to a task that is there: an answer to what the task asks (issue 4, Mapping).
 *
 * 1. A task that works takes no message, so that nothing is begun a second time; one that is over
 *    takes none either.
 * 2. An answer that does not fit, or that is another one's to give, changes nothing, whatever else is
 *    in its message.
 * 3. The same message again gives the task as it is. What it has answered by name stays answered; a
 *    name that was not reached, because the process died in between, is answered then.
 */
import { Message, type Task, TaskState } from "@a2a-js/sdk";
import { type A2AError, RequestMalformedError, UnsupportedOperationError } from "@a2a-js/sdk/errors";

import { TuttiError } from "../../base/errors.ts";
import type { RunRef } from "../../base/ids.ts";
import { failpoint } from "../../base/failpoint.ts";
import { MAX_SCHEMA_TOLD_CHARACTERS } from "../../base/limits.ts";
import type { Host } from "../../ports/host.ts";
import { problemsOfAnswer, asAnswer } from "../../runtime/answers.ts";
import { type OpenQuestion, openQuestionsOf } from "../../runtime/open-questions.ts";
import { isInterrupted, isTerminal } from "../wire/wire.ts";
import { toRecord } from "./accept-message.ts";
import { contentOf, refuseOtherContext, refuseOtherTypes } from "./check-message.ts";
import { type CallContext, type Caller, ForbiddenError, OverloadError } from "./handler.ts";
import { type GivenAnswer, namedAnswers, namedIn, readAnswers } from "./read-answers.ts";
import type { FoundTask, Tasks } from "./tasks.ts";
import type { Turns } from "./turns.ts";

type Answering = { readonly tasks: Tasks; readonly turns: Turns };

/** Takes a message to a task; the task, which it may have moved on. */
export function answerMessage(on: Answering, message: Message, context: CallContext): Promise<FoundTask> {
  return on.turns.take(message.taskId, async () => {
    const found = await on.tasks.find(message.taskId, context.caller);
    const { task } = (await on.tasks.follow(found)).at;
    refuseOtherContext(message, task);
    const earlier = task.history.find(({ messageId }) => messageId === message.messageId);
    if (earlier === undefined) {
      const refusal = refusalOf(task);
      if (refusal !== null) throw refusal;
      refuseOtherTypes(message, found.inputModes);
    } else if (contentOf(earlier) !== contentOf(message)) {
      throw new RequestMalformedError(`Message id "${message.messageId}" was used before in task ${task.id}, with another content.`);
    }
    const open = await openFor(on.tasks.host, found.run, message);
    const answers = earlier === undefined ? readAnswers(message, open) : namedAnswers(message, open);
    if (earlier === undefined && open.length === 0) throw beingWorkedOn(task);
    for (const answer of answers) {
      expectAsked(answer, context.caller);
      expectFit(answer);
    }
    await giveAll(on, answers, { message, task, context });
    return found;
  });
}

/** The questions that a message names, which may be one of thousands; all that are open, where it names none, or others. */
async function openFor(host: Host, run: RunRef, message: Message): Promise<readonly OpenQuestion[]> {
  const names = [...new Set(namedIn(message))];
  const named = names.length === 0 ? [] : await openQuestionsOf(host, run, names);
  return named.length > 0 && named.length === names.length ? named : openQuestionsOf(host, run);
}

/** Why a task takes no message now; null when it does. */
function refusalOf(task: Task): A2AError | null {
  const state = task.status?.state;
  if (isInterrupted(state)) return null;
  if (!isTerminal(state)) return beingWorkedOn(task);
  return new UnsupportedOperationError({
    message: `Task ${task.id} is over; send a new message without its id.`,
    metadata: { task_id: task.id, state: TaskState[state ?? 0] ?? "" },
  });
}

function beingWorkedOn({ id }: Task): A2AError {
  return new UnsupportedOperationError({
    message: `Task ${id} is being worked on; send the message when it asks for input.`,
    metadata: { task_id: id },
  });
}

/** An approval that names people is decided by them, whoever's task it is; where nobody says who they are, by anyone. */
function expectAsked({ open: { id, to } }: GivenAnswer, { name, roles }: Caller): void {
  if (to.length === 0 || roles === undefined) return;
  if (to.includes(name) || roles.some((role) => to.includes(`role:${role}`))) return;
  throw new ForbiddenError(
    `Question ${id} is for ${to.join(", ").slice(0, MAX_SCHEMA_TOLD_CHARACTERS)} to decide. The task goes on waiting.`,
  );
}

function expectFit({ open, answer }: GivenAnswer): void {
  const problems = problemsOfAnswer(asAnswer(open, answer), open.question);
  if (problems.length > 0) throw unfit(open, problems.join(" "));
}

function unfit({ id, question }: OpenQuestion, problems: string): A2AError {
  return new RequestMalformedError({
    message: `The answer does not fit question ${id}: ${problems} The task goes on waiting.`,
    metadata: {
      question_id: id,
      problems,
      ...(question.schema === undefined ? {} : { answer_schema: JSON.stringify(question.schema).slice(0, MAX_SCHEMA_TOLD_CHARACTERS) }),
    },
  });
}

type Given = { readonly message: Message; readonly task: Task; readonly context: CallContext };

/** All in one turn of the event loop, which is one commit. The first brings the message along. */
async function giveAll(on: Answering, answers: readonly GivenAnswer[], { message, task, context }: Given): Promise<void> {
  const orchestrator = on.tasks.orchestratorFor(context.caller);
  const record = toRecord({ ...message, taskId: task.id, contextId: task.contextId });
  const isNoted = task.history.some(({ messageId }) => messageId === message.messageId);
  const given = await Promise.allSettled(
    answers.map(({ open, answer }, index) =>
      orchestrator.answer(open.id, answer, context.caller.name, index === 0 && !isNoted ? record : undefined),
    ),
  );
  failpoint("task.answered");
  for (const [index, result] of given.entries())
    if (result.status === "rejected") throw refused(result.reason, task, answers[index]?.open as OpenQuestion);
}

/** Somebody else was quicker, or the question's time ran out. */
function refused(error: unknown, task: Task, open: OpenQuestion): unknown {
  if (!(error instanceof TuttiError)) return error;
  if (error.code === "T4005") return unfit(open, error.message);
  if (error.code === "T5007") return new OverloadError(`Task ${task.id} can take no answer now; it goes on asking.`);
  if (error.code !== "T4004" && error.code !== "T4006") return error;
  return new UnsupportedOperationError({
    message: `Question ${open.id} of task ${task.id} is not open any more: it has been answered, or its time is over.`,
    metadata: { task_id: task.id, question_id: open.id, code: error.code },
  });
}
