import type { Cli } from "./cli.ts";
import { databasePath, loadConfig, noConfig } from "./config.ts";
import type { DatabaseOption } from "./options.ts";
import { bringUpToDate } from "./session.ts";

/** The database that a command without a workflow file means, brought up to date if an older version wrote it. */
export async function databaseOf(cli: Cli, { db }: DatabaseOption): Promise<string> {
  const { environment, directory } = cli;
  // A database that is named needs no configuration, which might not load.
  const config = db !== undefined || environment["TUTTI_DB"] ? noConfig(directory) : await loadConfig(directory);
  const path = databasePath(db, environment, { directory, config });
  await bringUpToDate(path);
  return path;
}
