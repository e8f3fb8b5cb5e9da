import { Command } from "commander";

import type { Cli } from "./cli.ts";
const HELP_COLUMNS = 80;

const EXIT_CODES = `
Exit codes:
  0 ok   1 error   2 usage   3 run failed   4 run canceled   5 not found
  6 timed out, or --wait ran out   8 waits for an answer   130 Ctrl-C

Example:
  $ tutti run report.tutti.yaml -i region=EMEA`;

type LoadCommand = () => Promise<(cli: Cli) => Command>;

/** Where each command is. Only what a command line needs is loaded: all of them take longer than most of what they do. */
const COMMANDS: { readonly [name: string]: LoadCommand } = {
  run: async () => (await import("./commands/run.ts")).runCommand,
  list: async () => (await import("./commands/list.ts")).listCommand,
  get: async () => (await import("./commands/get.ts")).getCommand,
  history: async () => (await import("./commands/history.ts")).historyCommand,
  result: async () => (await import("./commands/result.ts")).resultCommand,
  cancel: async () => (await import("./commands/steer.ts")).cancelCommand,
  pause: async () => (await import("./commands/steer.ts")).pauseCommand,
  resume: async () => (await import("./commands/steer.ts")).resumeCommand,
  questions: async () => (await import("./commands/questions.ts")).questionsCommand,
  answer: async () => (await import("./commands/questions.ts")).answerCommand,
  approve: async () => (await import("./commands/decide.ts")).approveCommand,
  reject: async () => (await import("./commands/decide.ts")).rejectCommand,
  signal: async () => (await import("./commands/decide.ts")).signalCommand,
  retry: async () => (await import("./commands/retry.ts")).retryCommand,
  fork: async () => (await import("./commands/retry.ts")).forkCommand,
  serve: async () => (await import("./commands/serve.ts")).serveCommand,
  agents: async () => (await import("./commands/agents.ts")).agentsCommand,
  lint: async () => (await import("./commands/lint.ts")).lintCommand,
  graph: async () => (await import("./commands/graph.ts")).graphCommand,
  print: async () => (await import("./commands/print.ts")).printCommand,
  schema: async () => (await import("./commands/schema.ts")).schemaCommand,
  test: async () => (await import("./commands/test.ts")).testCommand,
  simulate: async () => (await import("./commands/simulate.ts")).simulateCommand,
  workflows: async () => (await import("./commands/workflows.ts")).workflowsCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
};

/**
 * The `tutti` command, with as much of it as a command line needs; without one, the whole. Its names and
 * flags are pinned by test/pins/cli.test.ts.
 */
export async function createProgram(cli: Cli, version: string, [first]: readonly string[] = []): Promise<Command> {
  const program = new Command("tutti")
    .description("Durable workflows of AI agents that speak A2A.")
    .version(version)
    .addHelpText("after", EXIT_CODES)
    .showHelpAfterError("(--help shows how)")
    .configureHelp({ helpWidth: HELP_COLUMNS, sortSubcommands: false });
  for (const create of await Promise.all(commandsFor(first).map((load) => load()))) program.addCommand(create(cli));
  for (const command of allOf(program)) prepare(command, cli);
  return program;
}

/** What a line needs that begins with this word. For help, and for a word that is misspelt, that is all of them. */
function commandsFor(first: string | undefined): readonly LoadCommand[] {
  if (first === "--version" || first === "-V") return [];
  const named = first !== undefined && Object.hasOwn(COMMANDS, first) ? COMMANDS[first] : undefined;
  return named === undefined ? Object.values(COMMANDS) : [named];
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
