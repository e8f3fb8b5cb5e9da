import { dirname, resolve } from "node:path";

import { Command } from "commander";

import { lintFile } from "../../authoring/linter.ts";
import type { FileProblem } from "../../authoring/problem.ts";
import { renderProblems } from "../../authoring/render-problem.ts";
import { namesFromOutside } from "../bindings.ts";
import type { Cli } from "../cli.ts";
import { loadConfig } from "../config.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { described, type JsonOption, withJson } from "../options.ts";
import { findWorkflow } from "../workflow-file.ts";

export function lintCommand(cli: Cli): Command {
  const command = described(new Command("lint"), {
    what: "Check workflow files without running them.",
    example: "tutti lint workflows/*.tutti.yaml",
  }).argument("<file...>", "workflow files");
  return withJson(command).action(async (files: readonly string[], options: JsonOption) => cli.exit(await lint(cli, files, options)));
}

async function lint(cli: Cli, files: readonly string[], options: JsonOption): Promise<ExitCode> {
  const problems: FileProblem[] = [];
  for (const named of files) {
    const file = findWorkflow(named, cli.directory);
    const config = await loadConfig(dirname(resolve(cli.directory, file)));
    const agents = namesFromOutside({ given: [], environment: cli.environment, config, directory: cli.directory });
    problems.push(...(await lintFile(file, { agents })));
  }
  if (options.json === true) cli.terminal.printJson({ problems });
  else if (problems.length === 0) cli.terminal.say(`${files.length === 1 ? `${files[0]} is` : `${files.length} files are`} fine.`);
  else cli.terminal.print(renderProblems(problems));
  return problems.some(({ severity }) => severity === "error") ? EXIT.error : EXIT.ok;
}
