/**
 * `npm run bench [-- NAME…]`: measures the promises about speed, and exits with 1 when one is missed.
 * `npm run bench -- flame` measures none of them: it draws where the time goes.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

import { measureA2a } from "./a2a.ts";
import { isMet, toLine, type Figure } from "./figures.ts";
import { writeFlameGraph } from "./flame/flame.ts";
import { measureServed } from "./served.ts";
import { measureThroughput } from "./throughput.ts";
import { measureWaiting } from "./waiting.ts";
import { measureWidth } from "./width.ts";

const MEASURES: { readonly [name: string]: () => Promise<Figure[]> } = {
  throughput: measureThroughput,
  width: measureWidth,
  waiting: measureWaiting,
  a2a: measureA2a,
  served: measureServed,
};

const names = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
const known = [...Object.keys(MEASURES), "flame"];
const unknown = names.find((name) => !known.includes(name));
if (unknown !== undefined) throw new Error(`"${unknown}" is no part of the benchmarks: ${known.join(", ")}.`);
if (names.includes("flame")) await writeFlameGraph();
const figures: Figure[] = [];
for (const [name, measure] of Object.entries(MEASURES)) {
  if (names.length > 0 && !names.includes(name)) continue;
  for (const figure of await measure()) {
    figures.push(figure);
    console.log(toLine(figure));
  }
}
const jsonPath = process.env["TUTTI_BENCH_JSON"];
if (jsonPath !== undefined) {
  mkdirSync(dirname(jsonPath), { recursive: true });
  writeFileSync(jsonPath, `${JSON.stringify({ at: new Date().toISOString(), node: process.version, figures }, null, 2)}\n`);
}
process.exitCode = figures.every(isMet) ? 0 : 1;
