/**
 * `docs/trust-report.json`: what was found when everything was last tried, and apart from it the longest
 * run of seeds, which a shorter one never replaces.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Figures } from "../support/trust-figures.ts";
import { ROOT } from "../support/source-files.ts";
import { add, type Tally } from "../simulation/tally.ts";
import type { About } from "./about.ts";

/** Seeds played in the simulated world. */
export type SeedRun = Tally & { readonly first: number; readonly violations: number; readonly seconds: number; readonly jobs: number };

export type PlantedRow = {
  readonly id: string;
  /** What the engine does wrong with it. */
  readonly sentence: string;
  readonly seeds: number;
  /** The promise whose breach gave it away; null when nothing did. */
  readonly foundBy: string | null;
};

export type Planted = {
  readonly planted: number;
  readonly found: number;
  /** What was found in the engine as it is; null, as it must be, for nothing. */
  readonly foundInSound: string | null;
  readonly bugs: readonly PlantedRow[];
};

export type Trial = {
  readonly about: About;
  readonly seconds: number;
  readonly size: string;
  readonly seeds: SeedRun;
  readonly planted: Planted;
  /** Tests with real processes and sockets. Why one was skipped is among the figures. */
  readonly tests: { readonly passed: number; readonly failed: readonly string[]; readonly skipped: number };
  /** What those tests published, by name. */
  readonly figures: { readonly [name: string]: Figures };
};

export type LongRun = { readonly about: About; readonly seeds: SeedRun };

export type TrustReport = { readonly last: Trial | null; readonly longest: LongRun | null };

const JSON_FILE = join(ROOT, "docs/trust-report.json");
const MARKDOWN_FILE = join(ROOT, "docs/trust-report.md");
const README = join(ROOT, "README.md");
const BLOCK = /(<!-- figures of docs\/trust-report\.json -->\n)[^]*?(\n<!-- end of the figures -->)/;

export function readReport(): TrustReport {
  if (!existsSync(JSON_FILE)) return { last: null, longest: null };
  return JSON.parse(readFileSync(JSON_FILE, "utf8")) as TrustReport;
}

/** Keeps a run of seeds as the longest, unless there is a longer one. One that goes on where that ended is a part of it. */
export function keepIfLongest(report: TrustReport, run: LongRun): TrustReport {
  const { longest } = report;
  if (longest === null) return { ...report, longest: run };
  const all = joined(longest, run) ?? run;
  return all.seeds.seeds < longest.seeds.seeds ? report : { ...report, longest: all };
}

function joined({ about, seeds }: LongRun, next: LongRun): LongRun | null {
  if (about.commit !== next.about.commit || seeds.first + seeds.seeds !== next.seeds.first) return null;
  const violations = seeds.violations + next.seeds.violations;
  const seconds = seeds.seconds + next.seeds.seconds;
  return { about: next.about, seeds: { ...add(seeds, next.seeds), first: seeds.first, violations, seconds, jobs: next.seeds.jobs } };
}

/** The report as JSON, as a page, and as the sentences of the README. */
export function writeReport(report: TrustReport, page: string, sentences: string): void {
  writeFileSync(JSON_FILE, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(MARKDOWN_FILE, page);
  const readme = readFileSync(README, "utf8");
  writeFileSync(
    README,
    readme.replace(BLOCK, (_, begin: string, end: string) => `${begin}\n${sentences}\n${end}`),
  );
  execFileSync(join(ROOT, "node_modules/.bin/oxfmt"), [JSON_FILE], { stdio: "inherit" });
}

/** What the README says; null when it has no place for it. */
export function figuresInReadme(): string | null {
  return BLOCK.exec(readFileSync(README, "utf8"))?.[0] ?? null;
}
