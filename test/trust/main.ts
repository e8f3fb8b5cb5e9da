/**
 * `npm run trust`: tries everything that this project promises to survive, and writes what came of it
 * into `docs/trust-report.md`, `docs/trust-report.json` and the README: seeds of the simulated world,
 * planted bugs, kills at every failpoint, faults of the machine, and hostile input. Ten minutes on two
 * cores. `TUTTI_SWEEP=small npm run trust` tries less of it. Exit code 3 when a promise was broken.
 */
import { availableParallelism } from "node:os";

import { playMany } from "../simulation/play-many.ts";
import { describeFailure } from "../simulation/replay.ts";
import { seedCount } from "../simulation/seed-share.ts";
import { sweepSize } from "../crash/sweep-size.ts";
import { aboutThis } from "./about.ts";
import { pageOf, sentencesOf } from "./page.ts";
import { huntPlanted, runTests } from "./parts.ts";
import { readReport, type SeedRun, writeReport } from "./report.ts";

process.env["TUTTI_SWEEP"] ??= "trust";
const beganAt = performance.now();
const secondsSince = (at: number) => Math.round((performance.now() - at) / 1_000);

function say(sentence: string): void {
  console.error(`${String(secondsSince(beganAt)).padStart(4)} s  ${sentence}`);
}

async function playSeeds(): Promise<SeedRun> {
  const jobs = availableParallelism();
  const { tally, failures, seconds } = await playMany({ first: 0, count: seedCount(), jobs, mostFailures: 5 });
  for (const failure of failures) console.log(describeFailure(failure));
  return { first: 0, ...tally, violations: failures.length, seconds: Math.round(seconds), jobs };
}

say(`${seedCount()} seeds of the simulated world`);
const seeds = await playSeeds();
say("planted bugs");
const planted = await huntPlanted();
say("kills, faults of the machine, hostile input");
const { tests, figures } = await runTests();

const last = { about: aboutThis(), seconds: secondsSince(beganAt), size: sweepSize().name, seeds, planted, tests, figures };
const report = { ...readReport(), last };
writeReport(report, pageOf(report), sentencesOf(report));
console.log(sentencesOf(report));
for (const title of tests.failed) console.log(`failed: ${title}`);
const isKept = seeds.violations === 0 && planted.found === planted.planted && planted.foundInSound === null && tests.failed.length === 0;
say(isKept ? "every promise was kept" : "A PROMISE WAS BROKEN");
process.exitCode = isKept ? 0 : 3;
