import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

import { z } from "zod";

import { TuttiError } from "../base/errors.ts";

const Place = z.union([
  z.string().min(1),
  z.strictObject({ card: z.url({ protocol: /^https?$/ }), auth: z.strictObject({ secret: z.string() }).optional() }),
  z.strictObject({ module: z.string().min(1) }),
  z.strictObject({ capability: z.string().min(1) }),
]);

const Config = z.strictObject({
  /** Where logical agents lead: an address, or `./module.ts#export`, from the configuration's folder. */
  agents: z.record(z.string(), Place).default({}),
  /** Who has a capability: a place as above. */
  capabilities: z.record(z.string(), Place).default({}),
  /** The files of sub-workflows, by name, from the configuration's folder. */
  workflows: z.record(z.string(), z.string().min(1)).default({}),
  /** The database, from the configuration's folder. */
  db: z.string().min(1).optional(),
});

/** What `tutti.config.ts` exports by default (workflow-language.md, Binding agents). */
export type TuttiConfig = z.input<typeof Config>;
export type ConfigPlace = z.output<typeof Place>;

/** A configuration that was found, and the folder that its paths start from. */
export type LoadedConfig = z.output<typeof Config> & { readonly file: string | null; readonly folder: string };

const NAMES = ["tutti.config.ts", "tutti.config.mts", "tutti.config.js", "tutti.config.mjs"];

/** The configuration of a folder, or of the nearest one above; an empty one when there is none. */
export async function loadConfig(startFolder: string): Promise<LoadedConfig> {
  const file = findConfig(resolve(startFolder));
  if (file === null) return noConfig(startFolder);
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
