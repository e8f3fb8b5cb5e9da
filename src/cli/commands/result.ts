import { Command } from "commander";

import type { Cli } from "../cli.ts";
import { conclude } from "../conclude.ts";
import { databaseOf } from "../database.ts";
import type { ExitCode } from "../exit-code.ts";
import { type DatabaseOption, databaseHint, described, duration, type JsonOption, withDatabase, withJson } from "../options.ts";
import { findRun } from "../run-id.ts";
import { openReader } from "../session.ts";

type ResultOptions = DatabaseOption & JsonOption & { readonly wait?: number };

export function resultCommand(cli: Cli): Command {
  const command = described(new Command("result"), {
    what: "Print a run's output; the exit code says how it ended.",
    example: "tutti result @latest --wait 30s",
  })
    .argument("<run>", "an id, its beginning, @latest or @failed")
    .option("--wait <duration>", "wait so long for its end, such as 30s", duration);
  return withJson(withDatabase(command)).action(async (named: string, options: ResultOptions) =>
    cli.exit(await result(cli, named, options)),
  );
}

async function result(cli: Cli, named: string, options: ResultOptions): Promise<ExitCode> {
  await using session = openReader(cli, await databaseOf(cli, options));
  const { orchestrator } = session;
  const found = await findRun(orchestrator, named);
  if (found.endedAt === null && options.wait !== undefined)
    await (await orchestrator.open(found.run.id)).result(AbortSignal.timeout(options.wait));
  const record = await orchestrator.record(found.run.id);
  return await conclude(cli, "over", { session, record, json: options.json === true, hint: databaseHint(options.db) });
}
