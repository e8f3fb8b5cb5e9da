/** A survey as a person reads it. */
import type { SurveyFinding, SurveyOutcome, SurveyReport } from "../cli.ts";
import type { Style, Terminal } from "../terminal.ts";
import { alignRows, clean, counted } from "../text.ts";
import type { Kept } from "./keep-scenarios.ts";

type Options = {
  readonly kept: readonly Kept[];
  /** The command that plays the same, but for the seed. */
  readonly again: string;
  readonly isKept: boolean;
  readonly find: string | undefined;
};

export function tellSurvey(terminal: Terminal, survey: SurveyReport, options: Options): void {
  const { broken, noted, outcomes, seedCount, firstSeed, workflow, isCutShort } = survey;
  const paint = (style: Style, text: string) => (terminal.isDataSeen ? terminal.paint(style, text) : text);
  const print = (text = "") => terminal.print(text);
  const early = isCutShort ? ", then the time was up" : "";
  print(`${paint("strong", workflow)}: ${counted(seedCount, "seed")} from ${firstSeed} on${early}\n`);
  for (const line of outcomeLines(survey, terminal.columns, paint)) print(line);
  const isUnfit = outcomes.some(({ outcome, faults, scenario }) => outcome === "failed" && scenario !== null && faults.length === 0);
  if (isUnfit) {
    print(`\nSome of it comes about without any fault: then what the stand-ins answer does not fit.`);
    print(`A scenario file with better answers helps: --agents FILE.scenario.yaml`);
  }
  print(`\n${broken.length === 0 ? paint("good", "No promise breaks.") : paint("bad", "Promises that break:")}`);
  for (const finding of broken) for (const line of brokenLines(finding, options)) print(line);
  if (noted.length > 0) print(`\n${paint("strong", "Good to know")} (no workflow can prevent it alone):`);
  for (const line of notedLines(noted)) print(line);
  const ends = options.kept.filter(({ of }) => !("promise" in of));
  if (ends.length > 0) print(`\n${paint("strong", "Kept:")}`);
  for (const { file, isShown } of ends) print(`  ${file}${isShown ? "" : NOT_SHOWN}`);
  const isFound = outcomes.some(({ outcome, code }) => outcome === options.find || code === options.find);
  if (options.find !== undefined && !isFound) print(`\nNo seed came to "${options.find}".`);
  if (broken.length > 0 && !options.isKept) print(`\nWith --keep FOLDER each is written as a scenario file for tutti test.`);
}

/** How it ended, how often, and what brings it about. */
function outcomeLines(
  { outcomes, seedCount }: SurveyReport,
  columns: number,
  paint: (style: Style, text: string) => string,
): readonly string[] {
  const rows = outcomes.map((one) => {
    const style = one.outcome === "completed" ? "good" : one.outcome === "canceled" || one.outcome === "waiting" ? "warn" : "bad";
    return [percent(one.count / seedCount), paint(style, one.outcome), one.code ?? "", one.step ?? "", because(one)];
  });
  return alignRows(rows, Math.max(columns, WIDE)).map((line) => `  ${line}`);
}

const NOT_SHOWN = " (tutti test does not come to it: play the seed instead)";

/** A report is read by scrolling; its last column is what explains the line. */
const WIDE = 160;

function because({ outcome, faults, scenario, seed }: SurveyOutcome): string {
  if (outcome === "completed") return "";
  if (scenario === null) return `seed ${seed}`;
  return `seed ${seed}: ${faults.length === 0 ? "without any fault" : clean(faults.join("; "))}`;
}

function percent(share: number): string {
  const text = share > 0 && share < 0.001 ? "<0.1 %" : `${(share * 100).toFixed(1)} %`;
  return text.padStart(7);
}

function brokenLines(finding: SurveyFinding, { kept, again }: Options): readonly string[] {
  const { step, sentence, count, seed, faults } = finding;
  const own = kept.find(({ of }) => of === finding);
  const shown = own === undefined ? [] : [`    kept: ${own.file}${own.isShown ? "" : NOT_SHOWN}`];
  return [
    `  ${clean(step === null ? sentence : `${step}: ${sentence}`)} (${counted(count, "seed")})`,
    ...(faults.length === 0 ? ["    it needs no fault"] : faults.map((fault) => `    - ${clean(fault)}`)),
    `    again: ${again} --seed ${seed} --seeds 1`,
    ...shown,
  ];
}

/** What is the same of several steps is said once. */
function notedLines(noted: readonly SurveyFinding[]): readonly string[] {
  const bySentence = new Map<string, SurveyFinding[]>();
  for (const one of noted) bySentence.set(one.sentence, [...(bySentence.get(one.sentence) ?? []), one]);
  return [...bySentence].map(([sentence, alike]) => {
    const steps = alike.map(({ step }) => step ?? "the run").join(", ");
    const count = alike.reduce((sum, one) => sum + one.count, 0);
    return `  ${clean(`${steps}: ${sentence}`)} (${counted(count, "seed")})`;
  });
}
