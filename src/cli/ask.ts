/**
 * Asks a person at the terminal what agents want to know, one question at a time.
 *
 * 1. The run goes on meanwhile; a question that is answered elsewhere, or whose run ends, is taken
 *    back from the screen.
 * 2. What does not fit the question's schema is asked again; nothing is posted that does not fit.
 */
import { createInterface, type Interface } from "node:readline/promises";

import { isJsonObject, type Json } from "../base/json.ts";
import { compileSchema } from "../definition/schema.ts";
import type { OpenQuestion } from "../runtime/open-questions.ts";
import type { Question } from "../scheduler/outcome.ts";
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
      const value = await askUntilFit(reader, question.question, terminal, signal);
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

/** Who asks what, as it stands above the prompt. */
export function questionText({ path, agent, question }: OpenQuestion, terminal: Terminal): string {
  const head = `${terminal.paint("warn", "?")} ${terminal.paint("strong", clean(question.prompt))}  ${terminal.paint("dim", `${clean(agent)}, step ${path}`)}`;
  const data = question.data === undefined ? "" : `\n  ${clean(JSON.stringify(question.data)).slice(0, 500)}`;
  const choices = choicesOf(question);
  return `${head}${data}${choices === null ? "" : `\n  ${terminal.paint("dim", choices)}`}`;
}

function choicesOf({ schema }: Question): string | null {
  if (schema === undefined) return null;
  const options = schema["enum"];
  if (Array.isArray(options))
    return `one of: ${options.map((option) => clean(typeof option === "string" ? option : JSON.stringify(option))).join(", ")}`;
  const type = schema["type"];
  return typeof type === "string" && type !== "string" ? `as JSON: ${type}` : null;
}

async function askUntilFit(reader: Interface, question: Question, terminal: Terminal, signal: AbortSignal): Promise<Json> {
  for (;;) {
    const text = await reader.question("> ", { signal });
    const value = readAnswer(text, question);
    const problems = problemsOf(value, question);
    if (problems.length === 0) return value;
    terminal.say(terminal.paint("warn", `  That does not fit: ${clean(problems.join(" "))}`));
  }
}

/** An answer as the question's schema means it. */
export function readAnswer(text: string, { schema }: Question): Json {
  return schema === undefined ? text : readValue(text.trim(), schema);
}

/** Why an answer cannot be used; empty when it can. */
export function problemsOf(value: Json, { schema }: Question): readonly string[] {
  if (schema === undefined || !isJsonObject(schema)) return [];
  const compiled = compileSchema(schema, "all");
  // An agent's schema that cannot be used checks nothing: the agent will say what it thinks.
  return compiled.ok ? compiled.value(value) : [];
}
