import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

import { TuttiError } from "../base/errors.ts";
import type { JsonObject } from "../base/json.ts";
import type { Definition } from "../definition/definition.ts";
import { loadFile } from "../authoring/file/load-file.ts";
import { renderProblems } from "../authoring/file/render-problem.ts";
import { type BindingSources, bindingsOf, namesFromOutside, toJson } from "./bindings.ts";
import { BrokenWorkflowError } from "./broken-workflow.ts";
import type { Cli } from "./cli.ts";
import { loadConfig, type LoadedConfig } from "./config.ts";

/** A workflow that can be started. */
export type LoadedWorkflow = {
  readonly definition: Definition;
  readonly bindings: JsonObject;
  readonly config: LoadedConfig;
  readonly file: string;
  /** Absolute: the folder of the file. */
  readonly folder: string;
};

const ENDINGS = [".tutti.yaml", ".tutti.yml", ".tutti.json", ".yaml", ".yml", ".json"];
const FOLDERS = [".", "workflows"];

/** Loads a workflow by its file or its name, and decides where its agents lead. */
export async function loadWorkflow(cli: Cli, named: string, given: BindingSources["given"]): Promise<LoadedWorkflow> {
  const file = findWorkflow(named, cli.directory);
  const config = await loadConfig(dirname(resolve(cli.directory, file)));
  const sources: BindingSources = { given, environment: cli.environment, config, directory: cli.directory };
  const loaded = await loadFile(file, { agents: namesFromOutside(sources) });
  if (!loaded.ok) {
    cli.terminal.say(renderProblems(loaded.error));
    throw new BrokenWorkflowError(`The workflow ${file} has problems.`);
  }
  const { definition, baseDirectory } = loaded.value;
  return { definition, bindings: toJson(bindingsOf(definition, baseDirectory, sources)), config, file, folder: baseDirectory };
}

/** The file of a sub-workflow by its name, in a folder or in `workflows/` there; null when there is none. */
export function fileOfName(name: string, folder: string): string | null {
  const candidates = FOLDERS.flatMap((inner) => ENDINGS.map((ending) => join(folder, inner, `${name}${ending}`)));
  return candidates.find(isFile) ?? null;
}

/** The file of a workflow: as it was typed, or by its name here or in `workflows/`. */
export function findWorkflow(named: string, directory: string): string {
  if (isFile(resolve(directory, named)) || /[/\\.]/.test(named)) return named;
  const found = fileOfName(named, directory);
  if (found !== null) return relative(directory, found);
  throw new TuttiError(
    "T1001",
    `There is no workflow "${named}": no file of that name, and no ${named}.tutti.yaml here or in workflows/.`,
    {
      help: "Give the path of a workflow file, such as report.tutti.yaml.",
    },
  );
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile();
}
