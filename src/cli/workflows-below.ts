/**
 * The files of sub-workflows. `workflow: publish_brief@^2` means, for `tutti run FILE`:
 *
 * 1. the file that tutti.config.ts names under `workflows.publish_brief`; else
 * 2. `publish_brief.tutti.yaml` (or another ending that `tutti run publish_brief` finds) in the folder
 *    of the file that refers to it, or in `workflows/` there;
 * 3. and if that is not there, or its version does not fit, the best stored version.
 */
import { dirname, relative, resolve } from "node:path";

import { loadFile } from "../authoring/file/load-file.ts";
import { renderProblems } from "../authoring/file/render-problem.ts";
import { TuttiError } from "../base/errors.ts";
import { MAX_WORKFLOW_REFERENCES } from "../base/limits.ts";
import type { AgentBinding, Definition } from "../definition/definition.ts";
import { type GivenWorkflow, referencesOf } from "../runtime/workflows/versions.ts";
import { type BindingSources, bindingsOf, namesFromOutside, toJson } from "./bindings.ts";
import { BrokenWorkflowError } from "./broken-workflow.ts";
import type { Cli } from "./cli.ts";
import type { LoadedConfig } from "./config.ts";
import { fileOfName } from "./workflow-file.ts";

/** Loads the files of all sub-workflows of a file, at any depth. Files that are not there are not missed here. */
export async function loadBelow(
  cli: Cli,
  top: { readonly definition: Definition; readonly folder: string; readonly config: LoadedConfig },
  given: BindingSources["given"],
): Promise<readonly GivenWorkflow[]> {
  const sources: BindingSources = { given, environment: cli.environment, config: top.config, directory: cli.directory };
  const byFile = new Map<string, GivenWorkflow>();
  const pending = [{ definition: top.definition, folder: top.folder }];
  for (let above = pending.pop(); above !== undefined; above = pending.pop()) {
    for (const { name } of referencesOf(above.definition)) {
      const file = fileOf(name, above.folder, top.config);
      if (file === null || byFile.has(file)) continue;
      // More than that is refused by name when the run starts.
      if (byFile.size > MAX_WORKFLOW_REFERENCES) return [...byFile.values()];
      const definition = await loadNamed(cli, name, file, sources);
      const folder = dirname(file);
      byFile.set(file, { definition: rooted(definition, folder), bindings: toJson(bindingsOf(definition, folder, sources)) });
      pending.push({ definition, folder });
    }
  }
  return [...byFile.values()];
}

function fileOf(name: string, folder: string, config: LoadedConfig): string | null {
  const configured = Object.hasOwn(config.workflows, name) ? config.workflows[name] : undefined;
  return configured === undefined ? fileOfName(name, folder) : resolve(config.folder, configured);
}

async function loadNamed(cli: Cli, name: string, file: string, sources: BindingSources): Promise<Definition> {
  const loaded = await loadFile(relative(cli.directory, file), { agents: namesFromOutside(sources) });
  if (!loaded.ok) {
    cli.terminal.say(renderProblems(loaded.error));
    throw new BrokenWorkflowError(`The workflow ${file} has problems.`);
  }
  const { definition } = loaded.value;
  if (definition.name === name) return definition;
  throw new TuttiError("T1502", `The file ${file} stands for workflow "${name}", and the workflow in it is called "${definition.name}".`, {
    help: `Call it ${name} in the file, or name the right file under workflows in tutti.config.ts.`,
  });
}

/**
 * A definition whose modules have absolute paths: stored, it is used where its folder is not known.
 * The fingerprint leaves agents out, so it is the same definition.
 */
export function rooted(definition: Definition, folder: string): Definition {
  const entries = Object.entries(definition.agents);
  if (entries.every(([, { kind }]) => kind !== "module")) return definition;
  const agents = entries.map(([name, binding]) => [name, rootedBinding(binding, folder)] as const);
  return { ...definition, agents: Object.fromEntries(agents) };
}

function rootedBinding(binding: AgentBinding, folder: string): AgentBinding {
  if (binding.kind !== "module") return binding;
  const { specifier } = binding;
  const hash = specifier.lastIndexOf("#");
  const path = resolve(folder, hash === -1 ? specifier : specifier.slice(0, hash));
  return { kind: "module", specifier: hash === -1 ? path : `${path}${specifier.slice(hash)}` };
}
