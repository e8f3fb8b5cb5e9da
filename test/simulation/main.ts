/**
 * `npm run simulate:seeds -- --seeds 1000000`: plays that many seeds in the simulated world and audits
 * each history. `--first N` where to begin (one that is stopped, with Ctrl-C too, says how to go on), `--jobs N`
 * processes, `--most N` failures after which it stops, `--keep` writes the figures into the trust report
 * if no longer run is there, `--log` prints everything that happened, for a single seed. Exit code 3 when a
 * promise was broken.
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

import { aboutThis } from "../trust/about.ts";
import { pageOf, sentencesOf } from "../trust/page.ts";
import { keepIfLongest, readReport, type SeedRun, writeReport } from "../trust/report.ts";
import { playMany } from "./play-many.ts";
import { describeFailure } from "./replay.ts";
import { caseOf, playSeed } from "./seed-case.ts";
import type { Tally } from "./tally.ts";

const { values } = parseArgs({
  options: {
    first: { type: "string", default: "0" },
    seeds: { type: "string", default: "10000" },
    jobs: { type: "string", default: String(availableParallelism()) },
    most: { type: "string", default: "5" },
    keep: { type: "boolean", default: false },
    log: { type: "boolean", default: false },
  },
});
const [first, count, jobs, mostFailures] = [values.first, values.seeds, values.jobs, values.most].map(wholeNumber) as [
  number,
  number,
  number,
  number,
];

function wholeNumber(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new Error(`"${text}" is not a whole number.`);
  return Number(text);
}

async function showLog(seed: number): Promise<void> {
  const { workflow, children, input } = caseOf(seed);
  console.log(JSON.stringify({ workflow, children, input }, null, 1));
  // What it throws is told with the failure.
  const played = await playSeed(seed).catch(() => null);
  if (played !== null) console.log(played.simulated.log.join("\n"));
}

function keep(seeds: SeedRun): void {
  const report = keepIfLongest(readReport(), { about, seeds });
  writeReport(report, pageOf(report), sentencesOf(report));
}

const TELL_EVERY_MS = 10_000;
const beganAt = performance.now();
let toldAt = beganAt;

function tellProgress({ seeds }: Tally): void {
  const now = performance.now();
  if (now - toldAt < TELL_EVERY_MS) return;
  toldAt = now;
  const rate = seeds / ((now - beganAt) / 1_000);
  console.error(`${seeds} of ${count} seeds, ${rate.toFixed(0)} a second, ${((count - seeds) / rate / 60).toFixed(1)} minutes to go`);
}

const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
// Of the program that is played: the files may change meanwhile.
const about = aboutThis();
if (values.log && count === 1) await showLog(first);
const { tally, failures, seconds } = await playMany({ first, count, jobs, mostFailures, onProgress: tellProgress, signal: stop.signal });
for (const failure of failures) console.log(describeFailure(failure));
const figures = { first, ...tally, violations: failures.length, seconds: Math.round(seconds), jobs };
if (values.keep) keep(figures);
console.log(JSON.stringify(figures));
console.log(
  `${tally.seeds} seeds from ${first} on, ${failures.length} broken promises, in ${seconds.toFixed(1)} s: ${(tally.seeds / seconds).toFixed(0)} a second.`,
);
if (tally.seeds < count)
  console.log(
    `The others: npm run simulate:seeds -- --first ${first + tally.seeds} --seeds ${count - tally.seeds}${values.keep ? " --keep" : ""}`,
  );
process.exitCode = failures.length === 0 ? 0 : 3;
