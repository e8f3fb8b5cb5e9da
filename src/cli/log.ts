import type { Log } from "../ports/log.ts";
import type { Cli } from "./cli.ts";

const LEVELS = ["debug", "info", "warn", "error"] as const;

/**
 * The structured log, one JSON object a line (requirements W144): on standard error when TUTTI_LOG
 * names a level, and always in the background, where it is all that there is to read.
 */
export function logOf(cli: Cli, isBackground: boolean): Log {
  const wanted = LEVELS.findIndex((level) => level === (cli.environment["TUTTI_LOG"] ?? (isBackground ? "info" : "")));
  return (level, event, fields) => {
    if (wanted === -1 || LEVELS.indexOf(level) < wanted) return;
    cli.terminal.say(JSON.stringify({ at: new Date().toISOString(), level, event, ...fields }, errorsAsText));
  };
}

function errorsAsText(_key: string, value: unknown): unknown {
  return value instanceof Error ? { name: value.name, message: value.message } : value;
}
