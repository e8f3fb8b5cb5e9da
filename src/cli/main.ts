import { createRequire } from "node:module";
import { text } from "node:stream/consumers";

import { CommanderError } from "commander";

import { BrokenWorkflowError } from "./broken-workflow.ts";
import type { Cli } from "./cli.ts";
import { EXIT, type ExitCode, exitCodeOfError } from "./exit-code.ts";
import { createProgram } from "./program.ts";
import { reportError } from "./report-error.ts";
import { Terminal } from "./terminal.ts";

/** What the command cannot reach by itself: the composition root is above it, and testing beside it. */
export type Parts = Pick<Cli, "openOrchestrator" | "openServer" | "runScenarioFile" | "surveyWorkflow">;

/** Runs the command line of this process; the result is its exit code. Never throws. */
export async function main(argv: readonly string[], parts: Parts): Promise<ExitCode> {
  const { env: environment, stdin, stdout, stderr } = process;
  // A reader that goes away, such as `head`, wants no more; that is no error.
  stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? EXIT.ok : EXIT.error));
  const terminal = new Terminal({ out: stdout, err: stderr, environment });
  const keyboard = stdin.isTTY ? stdin : null;
  const directory = process.cwd();
  return execute(argv, { ...parts, terminal, environment, directory, program: argv[1] ?? "", keyboard, readInput: () => text(stdin) });
}

/** A command line anywhere: with what it prints to, where it is, and what it can reach. Never throws. */
export async function execute(argv: readonly string[], around: Omit<Cli, "exit">): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const cli: Cli = { ...around, exit: (given) => (code = given) };
  try {
    const program = await createProgram(cli, versionOf(), argv.slice(2));
    await program.parseAsync(argv);
    return code;
  } catch (error) {
    return tellError(cli, error);
  }
}

function tellError(cli: Cli, error: unknown): ExitCode {
  // Commander has said what is wrong, or has shown its help.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof BrokenWorkflowError) return EXIT.error;
  reportError(cli.terminal, error, cli.environment);
  return exitCodeOfError(error);
}

function versionOf(): string {
  const manifest = createRequire(import.meta.url)("../../package.json") as { readonly version: string };
  return manifest.version;
}
