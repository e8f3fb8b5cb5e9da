/** Questions in words: who asks what, which answers fit, and how one is typed. */
import { isJsonObject, type Json } from "../base/json.ts";
import { asAnswer } from "../runtime/answers.ts";
import type { OpenQuestion } from "../runtime/open-questions.ts";
import type { Question } from "../scheduler/outcome.ts";
import { readValue } from "./run-input.ts";
import type { Terminal } from "./terminal.ts";
import { clean } from "./text.ts";

const DATA_CHARACTERS = 500;

/** Who asks what, as it stands above the prompt. */
export function questionText(open: OpenQuestion, terminal: Terminal): string {
  const { question } = open;
  const head = `${terminal.paint("warn", "?")} ${terminal.paint("strong", clean(question.prompt))}  ${terminal.paint("dim", whoText(open))}`;
  const data = question.data === undefined ? "" : `\n  ${clean(JSON.stringify(question.data)).slice(0, DATA_CHARACTERS)}`;
  const choices = choicesOf(open);
  return `${head}${data}${choices === null ? "" : `\n  ${terminal.paint("dim", choices)}`}`;
}

function whoText({ kind, agent, path, to, until }: OpenQuestion): string {
  const end = until === null ? "" : `, until ${new Date(until).toISOString()}`;
  switch (kind) {
    case "agent":
      return `${clean(agent)}, step ${path}`;
    case "unknown":
      return `step ${path}`;
    case "approval":
      return `to ${clean(to.join(", "))}, step ${path}${end}`;
    case "budget":
      return "the run's budget";
    case "compensation":
      return `undoing step ${path}${end}`;
  }
}

function choicesOf({ kind, question }: OpenQuestion): string | null {
  if (kind === "budget") return "approve or reject";
  if (kind === "approval") return `approve or reject${formText(question)}`;
  const decisions = decisionsOf(question);
  if (decisions !== null) return `one of: ${decisions.join(", ")}`;
  const { schema } = question;
  const options = schema?.["enum"];
  if (Array.isArray(options))
    return `one of: ${options.map((option) => clean(typeof option === "string" ? option : JSON.stringify(option))).join(", ")}`;
  const type = schema?.["type"];
  return typeof type === "string" && type !== "string" ? `as JSON: ${type}` : null;
}

/** What a decision of the run itself may be. */
function decisionsOf({ schema }: Question): readonly string[] | null {
  const properties = schema?.["properties"];
  const decision = isJsonObject(properties) ? properties["decision"] : undefined;
  const words = isJsonObject(decision) ? decision["enum"] : undefined;
  return Array.isArray(words) ? words.map(String) : null;
}

function formText(question: Question): string {
  const form = formOf(question);
  const required = isJsonObject(form) && Array.isArray(form["required"]) ? form["required"].map(String) : [];
  const names = fieldsOf(question).map(({ name, schema }) => {
    const notes = [choicesText(schema), required.includes(name) ? "required" : null].filter((note) => note !== null);
    return notes.length === 0 ? clean(name) : `${clean(name)} (${notes.join(", ")})`;
  });
  return names.length === 0 ? "" : `, with ${names.join("; ")}`;
}

/** The values that a field may have: `internal or public`; null when they are not listed. */
export function choicesText(schema: Json): string | null {
  const options = isJsonObject(schema) ? schema["enum"] : undefined;
  if (!Array.isArray(options)) return isJsonObject(schema) && schema["type"] === "boolean" ? "true or false" : null;
  return options.map((option) => clean(typeof option === "string" ? option : JSON.stringify(option))).join(" or ");
}

/** ` --form audience=…` for each field that must be filled in. */
export function formHint(question: Question): string {
  const form = formOf(question);
  const required = isJsonObject(form) && Array.isArray(form["required"]) ? form["required"].map(String) : [];
  return required.map((name) => (name === "note" ? ' --note "…"' : ` --form ${clean(name)}=…`)).join("");
}

/** The fields of an approval's form. */
export function fieldsOf(question: Question): readonly { readonly name: string; readonly schema: Json }[] {
  const form = formOf(question);
  const properties = isJsonObject(form) ? form["properties"] : undefined;
  return isJsonObject(properties) ? Object.entries(properties).map(([name, schema]) => ({ name, schema })) : [];
}

/** The schema of what an approval wants to know besides the decision. */
function formOf({ schema }: Question): Json | undefined {
  const properties = schema?.["properties"];
  return isJsonObject(properties) ? properties["form"] : undefined;
}

/** The command that answers it; `hint` names the database where it has to be named. */
export function answerCommandOf({ kind, id, question }: OpenQuestion, hint: string): string {
  if (kind === "approval" || kind === "budget") return `tutti approve ${id}${formHint(question)}${hint}   or: tutti reject ${id}${hint}`;
  const decisions = decisionsOf(question);
  if (kind !== "agent" && decisions !== null) return `tutti answer ${id} ${decisions.join("|")}${hint}`;
  const type = question.schema?.["type"];
  return `tutti answer ${id} ${type === undefined || type === "string" ? '"…"' : "--json '…'"}${hint}`;
}

/** An answer in words, as the question means it. */
export function readAnswer(text: string, open: Pick<OpenQuestion, "kind" | "question">): Json {
  const { schema } = open.question;
  if (open.kind !== "agent") return asAnswer(open, readValue(text.trim(), undefined));
  return schema === undefined ? text : readValue(text.trim(), schema);
}
