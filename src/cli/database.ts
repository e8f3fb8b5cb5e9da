import type { Cli } from "./cli.ts";
import { databasePath, loadConfig, noConfig } from "./config.ts";
import type { DatabaseOption } from "./options.ts";

/** The database that a command without a workflow file means. */
export async function databaseOf(cli: Cli, { db }: DatabaseOption): Promise<string> {
  const { environment, directory } = cli;
  // A database that is named needs no configuration, which might not load.
  if (db !== undefined || environment["TUTTI_DB"]) return databasePath(db, environment, { directory, config: noConfig(directory) });
  return databasePath(db, environment, { directory, config: await loadConfig(directory) });
}
