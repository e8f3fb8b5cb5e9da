/**
 * `npm run planted`: plants every bug of the list in the engine, one at a time, and lets the simulation
 * look for it. Prints a table and the score; the first row is the engine as it is, in which nothing
 * must be found. `--seeds N` and `--ms N` for each bug, `--jobs N` processes, `--only id,id`, `--json`.
 */
import { parseArgs } from "node:util";

import { BUGS } from "./bugs.ts";
import type { Hunted } from "./hunted.ts";
import type { PlantedBug } from "./planted-bug.ts";
import { sendOut } from "./send-out.ts";

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "2000" },
    ms: { type: "string", default: "60000" },
    jobs: { type: "string", default: "2" },
    only: { type: "string" },
    json: { type: "boolean", default: false },
  },
});

type Row = { readonly bug: PlantedBug | null; readonly hunted: Hunted };

const only = values.only?.split(",");
const bugs = BUGS.filter(({ id }) => only === undefined || only.includes(id));
const waiting: (PlantedBug | null)[] = [null, ...bugs];
const rows: Row[] = [];

async function work(): Promise<void> {
  for (let bug = waiting.shift(); bug !== undefined; bug = waiting.shift()) {
    const hunted = await sendOut(bug, { seeds: Number(values.seeds), ms: Number(values.ms) });
    rows.push({ bug, hunted });
    if (!values.json) console.log(lineOf({ bug, hunted }));
  }
}

function lineOf({ bug, hunted: { seeds, elapsedMs, violation } }: Row): string {
  const verdict = bug === null ? (violation === null ? "sound" : "BROKEN") : violation === null ? "MISSED" : "found";
  const effort = `${seeds} seeds, ${(elapsedMs / 1_000).toFixed(1)} s`;
  const why = violation === null ? (bug?.sentence ?? "") : `${violation.invariant}: ${violation.sentence}`;
  return `${verdict.padEnd(7)}${(bug?.id ?? "nothing planted").padEnd(28)}${effort.padEnd(22)}${why.slice(0, 160)}`;
}

await Promise.all(Array.from({ length: Math.max(1, Number(values.jobs)) }, work));
const found = rows.filter(({ bug, hunted }) => bug !== null && hunted.violation !== null).length;
const isSound = rows.some(({ bug, hunted }) => bug === null && hunted.violation === null);
if (values.json) console.log(JSON.stringify({ found, planted: bugs.length, isSound, rows }, null, 1));
else console.log(`${found} of ${bugs.length} planted bugs found${isSound ? "" : "; AND SOMETHING IS FOUND WHERE NOTHING IS PLANTED"}.`);
process.exitCode = found === bugs.length && isSound ? 0 : 1;
