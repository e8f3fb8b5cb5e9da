import type { Command } from "commander";
import { expect, it } from "vitest";

import type { Cli } from "../../src/cli/cli.ts";
import { EXIT } from "../../src/cli/exit-code.ts";
import { createProgram } from "../../src/cli/program.ts";
import { Terminal } from "../../src/cli/terminal.ts";

/** Commands with their arguments and flags. A change here is a change for users' scripts. */
const PINNED = `
tutti --version
tutti run [file|name] --no-color -i --input --id --watch --no-watch --detach --wait --agent --label --background --db --json
tutti list --no-color --status --workflow --label --limit --cursor --db --json
tutti get <run> --no-color --items --db --json
tutti history <run> --no-color --follow --from --db --json
tutti result <run> --no-color --wait --db --json
tutti cancel <run> --no-color --reason --db
tutti pause <run> --no-color --db
tutti resume <run> --no-color --db
tutti questions [run] --no-color --db --json
tutti answer <question> [text] --no-color --json --db
tutti approve <question|run> --no-color --note --form --db
tutti reject <question|run> --no-color --note --form --db
tutti signal <run> <name> --no-color --data --db
tutti retry <run> --no-color --from --latest --id --yes --dry-run --no-watch --wait --agent --db --json
tutti fork <run> --no-color --from --set --latest --id --yes --dry-run --no-watch --wait --agent --db --json
tutti serve [file|name...] --no-color --port --grpc-port --host --token --callers --no-streaming --public-url --signing-key --push-to --agent --db --json
tutti agents --no-color
tutti agents list [file] --no-color --agent --json
tutti agents check <url|file> --no-color --secret --json
tutti agents send <url> [text] --no-color --data --skill --secret --wait --json
tutti lint <file...> --no-color --json
tutti graph <file> --no-color --mermaid
tutti print <file> --no-color --json
tutti schema --no-color
tutti test [path...] --no-color --json
tutti simulate <file> --no-color -i --input --agents --seeds --seed --budget --fault --find --keep --json
tutti workflows --no-color
tutti workflows list [name] --no-color --limit --cursor --db --json
tutti workflows show <workflow> --no-color --db --json
tutti workflows diff <from> <to> --no-color --db --json
tutti workflows publish <file...> --no-color --db --json
tutti doctor --no-color --revive-pushes --db --json
`;

const nowhere = { write: () => true };
const cli: Cli = {
  openOrchestrator: () => Promise.reject(new Error("Nothing is run here.")),
  openServer: () => Promise.reject(new Error("Nothing is served here.")),
  surveyWorkflow: () => Promise.reject(new Error("Nothing is simulated here.")),
  runScenarioFile: () => Promise.reject(new Error("Nothing is tested here.")),
  terminal: new Terminal({ out: nowhere, err: nowhere, environment: {} }),
  environment: {},
  directory: ".",
  program: "",
  keyboard: null,
  readInput: () => Promise.resolve(""),
  exit: () => undefined,
};

function allOf(command: Command, path = command.name()): readonly (readonly [string, Command])[] {
  return [[path, command], ...command.commands.flatMap((inner) => allOf(inner, `${path} ${inner.name()}`))];
}

function signatureOf(path: string, command: Command): string {
  const words = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? "..." : ""}`;
    return argument.required ? `<${name}>` : `[${name}]`;
  });
  return [path, ...words, ...command.options.map((option) => option.long ?? option.short ?? "")].join(" ");
}

it("the commands, their arguments and flags are these", async () => {
  const found = allOf(await createProgram(cli, "0.0.0")).map(([path, command]) => signatureOf(path, command));
  expect(found.join("\n")).toBe(PINNED.trim());
});

it("the exit codes are these", () => {
  expect(EXIT).toEqual({ ok: 0, error: 1, usage: 2, runFailed: 3, runCanceled: 4, notFound: 5, timedOut: 6, waiting: 8, interrupted: 130 });
});

it("every help fits 80 columns and has an example", async () => {
  const helps = allOf(await createProgram(cli, "0.0.0")).map(([path, command]) => {
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
    return { path, help };
  });
  expect(helps.flatMap(({ help }) => help.split("\n").filter((line) => line.length > 80))).toEqual([]);
  expect(helps.filter(({ help }) => !/\nExample:\n {2}\$ tutti /.test(help)).map(({ path }) => path)).toEqual([]);
});
