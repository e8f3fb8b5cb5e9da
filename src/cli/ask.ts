/**
 * Asks a person at the terminal what agents want to know, one question at a time.
 *
 * 1. The run goes on meanwhile; a question that is answered elsewhere, or whose run ends, is taken
 *    back from the screen.
 * 2. What does not fit the question's schema is asked again; nothing is posted that does not fit.
 */
import { createInterface, type Interface } from "node:readline/promises";

import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { problemsOfAnswer } from "../runtime/answers.ts";
import type { OpenQuestion } from "../runtime/open-questions.ts";
import { choicesText, fieldsOf, questionText, readAnswer } from "./ask-text.ts";
import type { View } from "./progress/view.ts";
import { sentenceOf } from "./report-error.ts";
import { readValue } from "./run-input.ts";
import type { Terminal } from "./terminal.ts";
import { clean } from "./text.ts";

export type AskerParts = {
  readonly keyboard: NodeJS.ReadStream;
  readonly terminal: Terminal;
  readonly view: View;
  readonly answer: (question: string, answer: Json) => Promise<unknown>;
  /** Ctrl-C or the end of the input, while a question stands. */
  readonly interrupted: () => void;
};

export class Asker {
  readonly #parts: AskerParts;
  readonly #waiting: OpenQuestion[] = [];
  readonly #asked = new Set<string>();
  #current: { readonly id: string; readonly abort: AbortController } | null = null;

  constructor(parts: AskerParts) {
    this.#parts = parts;
  }

  offer(questions: readonly OpenQuestion[]): void {
    for (const question of questions) {
      if (this.#asked.has(question.id)) continue;
      this.#asked.add(question.id);
      this.#waiting.push(question);
    }
    if (this.#current !== null) return;
    this.#askAll().catch((error: unknown) => this.#parts.terminal.say(sentenceOf(error)));
  }

  /** The question has been answered, here or elsewhere. */
  withdraw(id: string): void {
    const place = this.#waiting.findIndex((question) => question.id === id);
    if (place !== -1) this.#waiting.splice(place, 1);
    if (this.#current?.id === id) this.#current.abort.abort();
  }

  close(): void {
    this.#waiting.length = 0;
    this.#current?.abort.abort();
  }

  async #askAll(): Promise<void> {
    const { view } = this.#parts;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      view.pause();
      this.#current = { id: next.id, abort: new AbortController() };
      await this.#askOne(next, this.#current.abort.signal);
      this.#current = null;
    }
    view.resume();
  }

  async #askOne(question: OpenQuestion, signal: AbortSignal): Promise<void> {
    const { keyboard, terminal, answer, interrupted } = this.#parts;
    const reader = createInterface({ input: keyboard, output: process.stderr });
    reader.once("SIGINT", interrupted);
    reader.once("close", () => {
      if (!signal.aborted && !isDone) interrupted();
    });
    let isDone = false;
    try {
      terminal.say();
      terminal.say(questionText(question, terminal));
      const value = await askUntilFit(reader, question, terminal, signal);
      isDone = true;
      await answer(question.id, value);
    } catch (error) {
      isDone = true;
      if (!signal.aborted) terminal.say(terminal.paint("warn", sentenceOf(error)));
    } finally {
      reader.close();
    }
  }
}

async function askUntilFit(reader: Interface, open: OpenQuestion, terminal: Terminal, signal: AbortSignal): Promise<Json> {
  for (;;) {
    const value = readAnswer(await reader.question("> ", { signal }), open);
    const answer = needsForm(open, value) ? { ...value, form: await askForm(reader, open, signal) } : value;
    const problems = problemsOfAnswer(answer, open.question);
    if (problems.length === 0) return answer;
    terminal.say(terminal.paint("warn", `  That does not fit: ${clean(problems.join(" "))}`));
  }
}

/** An approval in one word is asked for the rest of its form. */
function needsForm({ kind, question }: OpenQuestion, value: Json): value is JsonObject {
  return (
    kind === "approval" &&
    isJsonObject(value) &&
    value["decision"] === "approved" &&
    isEmpty(value["form"]) &&
    fieldsOf(question).length > 0
  );
}

function isEmpty(form: Json | undefined): boolean {
  return isJsonObject(form) && Object.keys(form).length === 0;
}

/** One field after another; an empty line leaves a field out. */
async function askForm(reader: Interface, { question }: OpenQuestion, signal: AbortSignal): Promise<JsonObject> {
  const form: { [field: string]: Json } = {};
  for (const { name, schema } of fieldsOf(question)) {
    const choices = choicesText(schema);
    const label = choices === null ? clean(name) : `${clean(name)} (${choices})`;
    const text = (await reader.question(`  ${label}: `, { signal })).trim();
    if (text !== "") form[name] = readValue(text, schema);
  }
  return form;
}
