import { readdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";

import { Command } from "commander";

import { readToLint, type ReadToLint } from "../../authoring/lint/linter.ts";
import { loadFile, readWorkflowText } from "../../authoring/file/load-file.ts";
import type { FileProblem } from "../../authoring/file/problem.ts";
import { renderProblems } from "../../authoring/file/render-problem.ts";
import { MAX_WORKFLOWS_BESIDE } from "../../base/limits.ts";
import type { Definition } from "../../definition/definition.ts";
import { referencesOf } from "../../runtime/workflows/versions.ts";
import { hasModule, namesFromOutside } from "../bindings.ts";
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
  const found = files.map((named) => findWorkflow(named, cli.directory));
  const problems: FileProblem[] = [];
  const definitions: Definitions = new Map();
  for (const file of found) {
    const { definition, lint: lintRead } = await read(cli, file);
    definitions.set(resolve(file), definition);
    const runsOthers = definition !== null && referencesOf(definition).length > 0;
    problems.push(...lintRead(runsOthers ? await workflowsBeside(found, definitions) : []));
  }
  if (options.json === true) cli.terminal.printJson({ problems });
  else if (problems.length === 0) cli.terminal.say(`${files.length === 1 ? `${files[0]} is` : `${files.length} files are`} fine.`);
  else cli.terminal.print(renderProblems(problems));
  return problems.some(({ severity }) => severity === "error") ? EXIT.error : EXIT.ok;
}

async function read(cli: Cli, file: string): Promise<ReadToLint> {
  const folder = dirname(resolve(cli.directory, file));
  const config = await loadConfig(folder);
  const agents = namesFromOutside({ given: [], environment: cli.environment, config, directory: cli.directory });
  return readToLint(await readWorkflowText(file), file, { agents, hasModule: (specifier) => hasModule(specifier, folder) });
}

/** What has been read, by absolute path; null for a broken file, which says nothing. No file is read twice. */
type Definitions = Map<string, Definition | null>;

const WORKFLOW_FILE = /\.tutti\.(?:ya?ml|json)$/;

/** Workflows that steps may run: the files themselves, and those that stand beside them. */
async function workflowsBeside(files: readonly string[], definitions: Definitions): Promise<readonly Definition[]> {
  const paths = new Set(files.map((file) => resolve(file)));
  for (const folder of new Set(files.map((file) => dirname(resolve(file))))) {
    const names = (await readdir(folder)).filter((name) => WORKFLOW_FILE.test(name)).toSorted();
    for (const name of names.slice(0, MAX_WORKFLOWS_BESIDE)) paths.add(join(folder, name));
  }
  for (const path of paths) {
    if (definitions.has(path)) continue;
    const loaded = await loadFile(path).catch(() => null);
    definitions.set(path, loaded?.ok === true ? loaded.value.definition : null);
  }
  return [...paths].flatMap((path) => definitions.get(path) ?? []);
}
