import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { TuttiError } from "../base/errors.ts";
import type { ReadConfig } from "./config-form.ts";

/** A configuration that was found, and the folder that its paths start from. */
export type LoadedConfig = ReadConfig & { readonly file: string | null; readonly folder: string };

const NAMES = ["tutti.config.ts", "tutti.config.mts", "tutti.config.js", "tutti.config.mjs"];

/** The configuration of a folder, or of the nearest one above; an empty one when there is none. */
export async function loadConfig(startFolder: string): Promise<LoadedConfig> {
  const file = findConfig(resolve(startFolder));
  if (file === null) return noConfig(startFolder);
  // Most folders have none, and need not wait for the library.
  const { Config } = await import("./config-form.ts");
  const parsed = Config.safeParse(await importDefault(file));
  if (parsed.success) return { ...parsed.data, file, folder: dirname(file) };
  const [issue] = parsed.error.issues;
  throw configError(
    file,
    issue === undefined ? "it has the wrong form" : `${issue.path.join(".") || "the default export"}: ${issue.message}`,
  );
}

/** What a folder without a configuration has. */
export function noConfig(folder: string): LoadedConfig {
  return { agents: {}, capabilities: {}, workflows: {}, file: null, folder };
}

function findConfig(folder: string): string | null {
  for (const name of NAMES) if (existsSync(join(folder, name))) return join(folder, name);
  const above = dirname(folder);
  return above === folder ? null : findConfig(above);
}

async function importDefault(file: string): Promise<unknown> {
  try {
    const loaded = (await import(pathToFileURL(file).href)) as { readonly default?: unknown };
    return loaded.default;
  } catch (cause) {
    throw configError(file, cause instanceof Error ? cause.message : String(cause), cause);
  }
}

function configError(file: string, why: string, cause?: unknown): TuttiError {
  return new TuttiError("T2104", `The configuration ${file} cannot be used: ${why}.`, {
    help: 'Export an object by default, such as { agents: { planner: "http://127.0.0.1:4001" } }.',
    ...(cause === undefined ? {} : { cause }),
  });
}

/** The database: `--db`, TUTTI_DB, the configuration, `.tutti/tutti.db`, in this order. Absolute. */
export function databasePath(
  given: string | undefined,
  environment: NodeJS.ProcessEnv,
  at: { readonly directory: string; readonly config: LoadedConfig },
): string {
  const { directory, config } = at;
  const named = given ?? (environment["TUTTI_DB"] || undefined);
  if (named !== undefined) return named === ":memory:" ? named : resolve(directory, named);
  return config.db === undefined ? resolve(directory, ".tutti/tutti.db") : resolve(config.folder, config.db);
}
