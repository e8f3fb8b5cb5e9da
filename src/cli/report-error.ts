import { BugError } from "../base/assert.ts";
import { TuttiError } from "../base/errors.ts";
import type { Terminal } from "./terminal.ts";
import { clean } from "./text.ts";

/** Says what went wrong and what to do: never a stack, unless `TUTTI_DEBUG=1` asks for it. */
export function reportError(terminal: Terminal, error: unknown, environment: NodeJS.ProcessEnv): void {
  const { code, message, help } = partsOf(error);
  terminal.say(`${terminal.paint("bad", "error")} ${terminal.paint("strong", code)}  ${clean(message)}`);
  if (help !== null) terminal.say(`  ${clean(help)}`);
  terminal.say(`  ${terminal.paint("dim", `docs/errors.md#${code.toLowerCase()}`)}`);
  if (environment["TUTTI_DEBUG"] === "1" && error instanceof Error) terminal.say(error.stack ?? "");
}

/** One line about an error, for the middle of a sentence. */
export function sentenceOf(error: unknown): string {
  return clean(error instanceof Error ? error.message : String(error));
}

function partsOf(error: unknown): { readonly code: string; readonly message: string; readonly help: string | null } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof TuttiError) return { code: error.code, message, help: error.help ?? null };
  // Errors of the network have codes of ours without being of the class.
  if (
    error instanceof Error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^T\d{4}$/.test(error.code) &&
    !(error instanceof BugError)
  ) {
    return { code: error.code, message, help: null };
  }
  return {
    code: "T9001",
    message,
    help: "This should not happen. TUTTI_DEBUG=1 shows where it did; please report it with what you typed.",
  };
}
