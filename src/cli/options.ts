/** Options that several commands share, and how their values are read. */
import { type Command, InvalidArgumentError, Option } from "commander";

import { parseDuration } from "../base/duration.ts";
import { TuttiError } from "../base/errors.ts";

export type DatabaseOption = { readonly db?: string };
export type JsonOption = { readonly json?: boolean };

/** A command with what every command has. `example` is one line that works. */
export function described(command: Command, texts: { readonly what: string; readonly example: string }): Command {
  return command.description(texts.what).option("--no-color", "no colours").addHelpText("after", `\nExample:\n  $ ${texts.example}`);
}

export function withDatabase(command: Command): Command {
  return command.option("--db <file>", "the database (TUTTI_DB, else .tutti/tutti.db)");
}

export function withJson(command: Command, what = "one JSON document on stdout"): Command {
  return command.option("--json", what);
}

/** `--agent name=URL|module`, once for each. */
export function agentOption(): Option {
  return new Option("--agent <name=place>", "bind an agent to a URL or ./module.ts#export").argParser(collect);
}

/** What an option that is repeated has collected. */
export type Pairs = readonly (readonly [string, string])[];

/** `key=value`, collected into a list of pairs. */
export function collect(text: string, earlier: Pairs = []): Pairs {
  const equals = text.indexOf("=");
  if (equals < 1) throw new InvalidArgumentError("Write it as name=value.");
  return [...earlier, [text.slice(0, equals), text.slice(equals + 1)]];
}

/** The values of an option that is repeated. */
export function collectTexts(text: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, text];
}

export function duration(text: string): number {
  const parsed = parseDuration(text);
  if (!parsed.ok) throw new InvalidArgumentError(parsed.error);
  return parsed.value;
}

/** A whole number from 1 on. */
export function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("Write a whole number from 1 on.");
  return Number(text);
}

export function usageError(sentence: string, help?: string): TuttiError {
  return new TuttiError("T2101", sentence, help === undefined ? {} : { help });
}

/** The part of a shown command that names the database, when it was named. */
export function databaseHint(db: string | undefined): string {
  return db === undefined ? "" : ` --db ${db}`;
}
