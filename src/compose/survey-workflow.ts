import { TuttiError } from "../base/errors.ts";
import { renderProblems } from "../authoring/file/render-problem.ts";
import type { SurveyReport, SurveyWorkflow } from "../cli/cli.ts";
import { didYouMean } from "../definition/did-you-mean.ts";
import { survey } from "../simulation/survey/survey.ts";
import { isTrouble, TROUBLE_NAMES, type TroubleName } from "../simulation/survey/troubles.ts";
import { loadScenarios } from "../testing/read-scenarios.ts";
import type { ScenarioFile } from "../testing/scenario.ts";

/** Plays a workflow as `tutti simulate` asks. Throws T2101 for a fault that there is not, T2001 when no input can be made. */
export async function surveyWorkflow({ agentsFile, faults, input, ...options }: Parameters<SurveyWorkflow>[0]): Promise<SurveyReport> {
  const file = agentsFile === null ? null : await scenariosIn(agentsFile);
  const scripts = file?.scenarios[0]?.agents ?? [];
  return survey({ ...options, scripts, input: input ?? file?.scenarios[0]?.input ?? null, faults: faults?.map(troubleNamed) ?? null });
}

async function scenariosIn(path: string): Promise<ScenarioFile> {
  const loaded = await loadScenarios(path);
  if (loaded.ok) return loaded.value;
  throw new TuttiError(loaded.error[0]?.code ?? "T1012", `The scenario file ${path} has mistakes:\n${renderProblems(loaded.error)}`);
}

function troubleNamed(name: string): TroubleName {
  if (isTrouble(name)) return name;
  const names = TROUBLE_NAMES.join(", ");
  throw new TuttiError("T2101", `There is no fault "${name}".`, {
    help: `${didYouMean(name, TROUBLE_NAMES) ?? ""} There are ${names}.`.trim(),
  });
}
