/** The answers in a message: which question each is for, and what it says. Pure. */
import type { Message } from "@a2a-js/sdk";
import { RequestMalformedError } from "@a2a-js/sdk/errors";

import { isJsonObject, type Json, type JsonObject } from "../../base/json.ts";
import { MAX_ANSWERS } from "../../base/limits.ts";
import { asAnswer, problemsOfAnswer } from "../../runtime/answers.ts";
import type { OpenQuestion } from "../../runtime/open-questions.ts";
import { filesOf } from "../wire/file-part.ts";
import { dataOf, jsonFromWire, metadataText, oneOf, textOf } from "../wire/wire.ts";

export type GivenAnswer = { readonly open: OpenQuestion; readonly answer: Json };

/**
 * What a message answers. It names its question in `metadata.question_id`, or in data parts
 * `{ question_id, answer }`, of which it may have several; the only open question needs no name.
 * The answer is its data parts, put together; without any it is the text, which else only says the same in
 * words. Throws `RequestMalformedError` when it is not clear.
 */
export function readAnswers(message: Message, open: readonly OpenQuestion[]): readonly GivenAnswer[] {
  refuseFiles(message);
  const parts = dataOf(message.parts).filter(isNamedAnswer);
  if (parts.length > 0) return readNamed(parts, open);
  const named = metadataText(message.metadata, "question_id");
  const [only] = open;
  if (named === undefined && open.length > 1) throw unclear("The task asks more than one question, and the message names none", open);
  const question = named === undefined ? only : open.find(({ id }) => id === named);
  // That nothing is open is told by the caller, who knows why.
  if (question === undefined && open.length === 0) return [];
  if (question === undefined) throw unclear(`Question "${named?.slice(0, 100)}" is not open`, open);
  return [{ open: question, answer: answerTo(question, message) }];
}

/** The questions that a message names. */
export function namedIn(message: Message): readonly string[] {
  const parts = dataOf(message.parts).filter(isNamedAnswer);
  const named = metadataText(message.metadata, "question_id");
  return parts.length > 0 ? parts.map(({ question_id: id }) => id) : named === undefined ? [] : [named];
}

/** What a message answers by name, as far as it is still open. */
export function namedAnswers(message: Message, open: readonly OpenQuestion[]): readonly GivenAnswer[] {
  const parts = dataOf(message.parts).filter(isNamedAnswer);
  return readNamed(
    parts.filter(({ question_id: id }) => open.some((question) => question.id === id)),
    open,
  );
}

type NamedAnswer = JsonObject & { readonly question_id: string; readonly answer: Json };

function isNamedAnswer(value: Json): value is NamedAnswer {
  return isJsonObject(value) && typeof value["question_id"] === "string" && value["answer"] !== undefined;
}

function readNamed(parts: readonly NamedAnswer[], open: readonly OpenQuestion[]): readonly GivenAnswer[] {
  if (parts.length > MAX_ANSWERS) throw new RequestMalformedError(`The message has ${parts.length} answers; it may have ${MAX_ANSWERS}.`);
  if (new Set(parts.map(({ question_id: id }) => id)).size < parts.length)
    throw new RequestMalformedError("The message answers one question twice.");
  return parts.map(({ question_id: id, answer }) => {
    const question = open.find((candidate) => candidate.id === id);
    if (question === undefined) throw unclear(`Question "${id.slice(0, 100)}" is not open`, open);
    return { open: question, answer: typeof answer === "string" ? fromText(question, answer) : answer };
  });
}

/** An answer is a value: whoever sent a file with it must not believe that somebody got it. */
function refuseFiles({ parts }: Message): void {
  const count = filesOf(parts).length;
  if (count > 0 && count < parts.length)
    throw new RequestMalformedError(`An answer has no place for files; the message has ${count}. Send it without them.`);
}

function answerTo(question: OpenQuestion, message: Message): Json {
  const data = oneOf(dataOf(message.parts));
  if (data !== undefined) return data;
  const text = textOf(message.parts);
  if (text !== undefined) return fromText(question, text);
  throw new RequestMalformedError("An answer is a data part or a text; the message has neither.");
}

/** The words themselves where they fit; else the JSON that they are. */
function fromText(question: OpenQuestion, text: string): Json {
  if (fits(question, text)) return text;
  const parsed = parse(text);
  return parsed === undefined ? text : parsed;
}

function fits(open: OpenQuestion, answer: Json): boolean {
  return problemsOfAnswer(asAnswer(open, answer), open.question).length === 0;
}

function parse(text: string): Json | undefined {
  try {
    return jsonFromWire(JSON.parse(text));
  } catch {
    // Words are an ordinary answer.
    return undefined;
  }
}

function unclear(problem: string, open: readonly OpenQuestion[]): RequestMalformedError {
  const shown = open.slice(0, 20).map(({ id, question }) => ({ id, prompt: question.prompt.slice(0, 200) }));
  const list = shown.map(({ id, prompt }) => `${id} ("${prompt}")`).join(", ");
  return new RequestMalformedError({
    message: `${problem}; open ${open.length === 1 ? "is" : "are"} ${list}. Name one in message.metadata.question_id, or answer several in data parts {"question_id", "answer"}.`,
    metadata: { questions: JSON.stringify(shown) },
  });
}
