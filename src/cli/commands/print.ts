import { Command } from "commander";

import { definitionToObject, toYaml } from "../../authoring/print/print-definition.ts";
import { namesFromOutside } from "../bindings.ts";
import type { Cli } from "../cli.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { described, type JsonOption, withJson } from "../options.ts";
import { loadWorkflow } from "../workflow-file.ts";

export function printCommand(cli: Cli): Command {
  const command = described(new Command("print"), {
    what: "Print a workflow file in its shortest form, as YAML.",
    example: "tutti print report.tutti.yaml > tidy.tutti.yaml",
  }).argument("<file>", "a workflow file, or its name");
  return withJson(command).action(async (named: string, options: JsonOption) => cli.exit(await print(cli, named, options)));
}

async function print(cli: Cli, named: string, options: JsonOption): Promise<ExitCode> {
  const { definition, config } = await loadWorkflow(cli, named, []);
  const agents = namesFromOutside({ given: [], environment: cli.environment, config, directory: cli.directory });
  const object = definitionToObject(definition, { agents });
  if (options.json === true) cli.terminal.printJson(object);
  else cli.terminal.print(toYaml(object).trimEnd());
  return EXIT.ok;
}
