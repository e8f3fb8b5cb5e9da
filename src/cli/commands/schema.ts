import { Command } from "commander";

import { formatSchema } from "../../authoring/schema/format-schema.ts";
import type { Cli } from "../cli.ts";
import { described } from "../options.ts";

export function schemaCommand(cli: Cli): Command {
  return described(new Command("schema"), {
    what: "Print the JSON Schema of workflow files, for editors.",
    example: "tutti schema > tutti.schema.json",
  }).action(() => {
    cli.terminal.print(JSON.stringify(formatSchema(), null, 2));
  });
}
