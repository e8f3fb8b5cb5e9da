/** Writes what a survey has found as scenario files, and looks whether `tutti test` shows it as well. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";

import { toYaml } from "../../authoring/print/print-definition.ts";
import type { Definition } from "../../definition/definition.ts";
import { referencesOf } from "../../runtime/workflows/versions.ts";
import type { Cli, SurveyFinding, SurveyOutcome } from "../cli.ts";
import { fileOfName } from "../workflow-file.ts";

type Found = SurveyFinding | SurveyOutcome;

export type Kept = {
  readonly of: Found;
  /** From the current folder. */
  readonly file: string;
  /** False: a scenario has no word for what matters here. */
  readonly isShown: boolean;
};

type Places = { readonly workflowFile: string; readonly definition: Definition; readonly folder: string };

export async function keepScenarios(cli: Cli, found: readonly Found[], places: Places): Promise<readonly Kept[]> {
  const folder = resolve(cli.directory, places.folder);
  await mkdir(folder, { recursive: true });
  const kept: Kept[] = [];
  for (const of of found) {
    if (of.scenario === null) continue;
    const path = join(folder, `${fileNameOf(of, places.definition.name)}.scenario.yaml`);
    await writeFile(path, textOf(cli, of, { ...places, folder }));
    const report = await cli.runScenarioFile(path);
    // What breaks fails until it is mended; an end that somebody looked for is as expected.
    const isShown =
      report.problems.length === 0 && report.scenarios.every(({ passed, status }) => status !== "not run" && passed !== "promise" in of);
    kept.push({ of, file: relative(cli.directory, path), isShown });
  }
  return kept;
}

function fileNameOf(found: Found, workflow: string): string {
  const what = "promise" in found ? found.promise : [found.outcome, found.code].filter((part) => part !== null).join("-");
  return [workflow, what, found.step]
    .filter((part) => part !== null)
    .join("-")
    .replaceAll(/[^A-Za-z0-9_-]+/g, "-")
    .toLowerCase();
}

function textOf(cli: Cli, { scenario, seed, faults }: Found, { workflowFile, definition, folder }: Places): string {
  const path = resolve(cli.directory, workflowFile);
  const below = referencesOf(definition).flatMap(({ name }) => fileOfName(name, dirname(path)) ?? []);
  const from = (file: string): string => relative(folder, file).replace(/^(?!\.)/, "./");
  const head = [
    `# Found by tutti simulate, with seed ${seed}.`,
    ...(faults.length === 0 ? ["# It needs no fault."] : faults.map((fault) => `# ${fault}`)),
  ];
  const object = {
    workflow: from(path),
    ...(below.length === 0 ? {} : { workflows: below.map(from) }),
    scenarios: [scenario],
  };
  return `${head.join("\n")}\n${toYaml(object)}`;
}
