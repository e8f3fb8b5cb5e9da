/** `tutti simulate`: whether a workflow survives its agents, and a scenario of each way in which it does not. */
import { resolve } from "node:path";

import { Command, InvalidArgumentError } from "commander";

import { MAX_SIMULATED_SEEDS } from "../../base/limits.ts";
import type { Json } from "../../base/json.ts";
import { prepareInput } from "../../definition/run-input.ts";
import type { Cli, SurveyFinding, SurveyOutcome, SurveyReport } from "../cli.ts";
import { EXIT, type ExitCode } from "../exit-code.ts";
import { collect, collectTexts, described, duration, type JsonOption, type Pairs, usageError, wholeNumber, withJson } from "../options.ts";
import { type InputOptions, readRunInput } from "../run-input.ts";
import { progressBar } from "../progress/progress-bar.ts";
import { keepScenarios, type Kept } from "../simulation/keep-scenarios.ts";
import { tellSurvey } from "../simulation/tell-survey.ts";
import { loadWorkflow } from "../workflow-file.ts";
import { loadBelow, rooted } from "../workflows-below.ts";

type SimulateOptions = InputOptions &
  JsonOption & {
    readonly agents?: string;
    readonly seeds: number;
    readonly seed: number;
    readonly budget?: number;
    readonly fault?: readonly string[];
    readonly find?: string;
    readonly keep?: string;
  };

export function simulateCommand(cli: Cli): Command {
  const command = described(new Command("simulate"), {
    what: "Play a workflow under seeds of faults of its agents, and crashes.",
    example: "tutti simulate report.tutti.yaml --keep found",
  })
    .argument("<file>", "a workflow file, or its name")
    .option("-i <key=value>", "set a property of the input; repeat it", collect)
    .option("--input <json|@file>", "the input as JSON; else made from its schema")
    .option("--agents <file>", "a scenario file that says what agents answer")
    .option("--seeds <number>", "how many histories are played", seedCount, 1_000)
    .option("--seed <number>", "the first of them, or one to play again", wholeNumber, 1)
    .option("--budget <duration>", "play no longer than this, such as 10s", duration)
    .option("--fault <name>", "only this fault; repeat it", collectTexts)
    .option("--find <outcome>", "keep how it comes to this: failed, T4103, waiting")
    .option("--keep <folder>", "write what is found there, as scenario files");
  return withJson(command).action(async (named: string, options: SimulateOptions) => cli.exit(await simulate(cli, named, options)));
}

function seedCount(text: string): number {
  const count = wholeNumber(text);
  if (count > MAX_SIMULATED_SEEDS)
    throw new InvalidArgumentError(`Play at most ${MAX_SIMULATED_SEEDS} at once; --seed says where to go on.`);
  return count;
}

async function simulate(cli: Cli, named: string, options: SimulateOptions): Promise<ExitCode> {
  if (options.find !== undefined && options.keep === undefined && options.json !== true)
    throw usageError("--find needs --keep: say where the scenario goes.");
  const given: Pairs = [];
  const { definition, config, file, folder } = await loadWorkflow(cli, named, given);
  const below = await loadBelow(cli, { definition, folder, config }, given);
  const bar = progressBar(cli.terminal, options.seeds);
  const endsAt = performance.now() + (options.budget ?? Number.POSITIVE_INFINITY);
  const survey = await cli.surveyWorkflow({
    definitions: [rooted(definition, folder), ...below.map((child) => child.definition)],
    input: await inputOf(cli, options, definition),
    agentsFile: options.agents === undefined ? null : resolve(cli.directory, options.agents),
    firstSeed: options.seed,
    seedCount: options.seeds,
    faults: options.fault ?? null,
    mayGoOn: () => performance.now() < endsAt,
    onProgress: bar.move,
  });
  bar.clear();
  const found = [...survey.broken, ...foundBy(survey, options.find)];
  const kept = options.keep === undefined ? [] : await keepScenarios(cli, found, { workflowFile: file, definition, folder: options.keep });
  tell(cli, survey, { kept, file, options });
  return survey.broken.length === 0 ? EXIT.ok : EXIT.runFailed;
}

async function inputOf(cli: Cli, options: SimulateOptions, definition: Parameters<typeof prepareInput>[0]): Promise<Json | null> {
  if (options.i === undefined && options.input === undefined) return null;
  const prepared = prepareInput(definition, await readRunInput(cli, options, definition.input));
  if (!prepared.ok) throw prepared.error;
  return prepared.value;
}

/** Ends that somebody looks for, by their name or the code of their failure. */
function foundBy({ outcomes }: SurveyReport, find: string | undefined): readonly SurveyOutcome[] {
  return find === undefined ? [] : outcomes.filter(({ outcome, code }) => outcome === find || code === find);
}

/** The command that plays the same histories, but for the seed. */
function commandAgain(file: string, { i = [], input, agents, fault = [] }: SimulateOptions): string {
  const words = [
    ...i.flatMap(([key, value]) => ["-i", `${key}=${value}`]),
    ...(input === undefined ? [] : ["--input", input]),
    ...(agents === undefined ? [] : ["--agents", agents]),
    ...fault.flatMap((name) => ["--fault", name]),
  ];
  return [
    "tutti simulate",
    ...[file, ...words].map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`)),
  ].join(" ");
}

type Telling = { readonly kept: readonly Kept[]; readonly file: string; readonly options: SimulateOptions };

function tell(cli: Cli, survey: SurveyReport, { kept, file, options }: Telling): void {
  if (options.json !== true)
    return tellSurvey(cli.terminal, survey, {
      kept,
      again: commandAgain(file, options),
      isKept: options.keep !== undefined,
      find: options.find,
    });
  const fileOf = (one: SurveyFinding | SurveyOutcome) => kept.find(({ of }) => of === one);
  const withFile = <One extends SurveyFinding | SurveyOutcome>(one: One) => {
    const own = fileOf(one);
    return own === undefined ? one : { ...one, file: own.file, isShown: own.isShown };
  };
  cli.terminal.printJson({
    ...survey,
    broken: survey.broken.map(withFile),
    outcomes: survey.outcomes.map(withFile),
  });
}
