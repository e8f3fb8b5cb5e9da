import { Command } from "commander";

import type { Cli } from "./cli.ts";
import { agentsCommand } from "./commands/agents.ts";
import { approveCommand, rejectCommand, signalCommand } from "./commands/decide.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { getCommand } from "./commands/get.ts";
import { graphCommand } from "./commands/graph.ts";
import { historyCommand } from "./commands/history.ts";
import { lintCommand } from "./commands/lint.ts";
import { listCommand } from "./commands/list.ts";
import { printCommand } from "./commands/print.ts";
import { answerCommand, questionsCommand } from "./commands/questions.ts";
import { resultCommand } from "./commands/result.ts";
import { forkCommand, retryCommand } from "./commands/retry.ts";
import { runCommand } from "./commands/run.ts";
import { schemaCommand } from "./commands/schema.ts";
import { workflowsCommand } from "./commands/workflows.ts";
import { cancelCommand, pauseCommand, resumeCommand } from "./commands/steer.ts";
import { testCommand } from "./commands/test.ts";

const HELP_COLUMNS = 80;

const EXIT_CODES = `
Exit codes:
  0 ok   1 error   2 usage   3 run failed   4 run canceled   5 not found
  6 timed out, or --wait ran out   8 waits for an answer   130 Ctrl-C

Example:
  $ tutti run report.tutti.yaml -i region=EMEA`;

/** The `tutti` command. Its names and flags are pinned by test/pins/cli.test.ts. */
export function createProgram(cli: Cli, version: string): Command {
  const program = new Command("tutti")
    .description("Durable workflows of AI agents that speak A2A.")
    .version(version)
    .addHelpText("after", EXIT_CODES)
    .showHelpAfterError("(--help shows how)")
    .configureHelp({ helpWidth: HELP_COLUMNS, sortSubcommands: false });
  const commands = [
    runCommand,
    listCommand,
    getCommand,
    historyCommand,
    resultCommand,
    cancelCommand,
    pauseCommand,
    resumeCommand,
    questionsCommand,
    answerCommand,
    approveCommand,
    rejectCommand,
    signalCommand,
    retryCommand,
    forkCommand,
    agentsCommand,
    lintCommand,
    graphCommand,
    printCommand,
    schemaCommand,
    testCommand,
    workflowsCommand,
    doctorCommand,
  ];
  for (const create of commands) program.addCommand(create(cli));
  for (const command of allOf(program)) prepare(command, cli);
  return program;
}

function allOf(command: Command): readonly Command[] {
  return [command, ...command.commands.flatMap(allOf)];
}

function prepare(command: Command, { terminal }: Cli): void {
  command.exitOverride();
  command.configureHelp({ helpWidth: HELP_COLUMNS });
  command.configureOutput({
    writeOut: (text) => terminal.print(text.trimEnd()),
    writeErr: (text) => terminal.say(text.trimEnd()),
    outputError: (text, write) =>
      write(`${terminal.paint("bad", "error")} ${terminal.paint("strong", "T2101")}  ${text.replace(/^error: /, "")}`),
  });
  command.hook("preAction", (_, action) => terminal.setColor(action.opts<{ readonly color?: boolean }>().color !== false));
}
