/**
 * `npm run-script report`: writes the results into the document of the project and draws its charts. Owns
 * what stands between the two marks in docs/benchmarks.md, and nothing else there.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { toCells } from "../figures.ts";
import { writeSection } from "../marked-section.ts";
import { type A2aResults, writeA2aChart, writeCharts } from "./report-charts.ts";
import { loadsOf } from "./loads.ts";
import { DISK, DISK_WITH_DELAY } from "./options.ts";
import type { Results } from "./summary.ts";
import { loadTable, promiseTable, type Table } from "./table.ts";

const RESULTS = join(import.meta.dirname, "results");

const disk = readAll(DISK);
const delayed = readAll(DISK_WITH_DELAY);
if (disk.length === 0) throw new Error("There are no results: npm run bench makes them.");
writeSection("peers", [...sectionOf(disk, "peers"), ...delayedSection(delayed), ...a2aSection()].join("\n"));

/** One file for each load: they may come of several runs. */
function readAll(folder: string): readonly Results[] {
  const files = loadsOf("full").map(({ name }) => join(RESULTS, folder, `${name}.json`));
  return files.filter((file) => existsSync(file)).map((file) => JSON.parse(readFileSync(file, "utf8")) as Results);
}

function sectionOf(all: readonly Results[], prefix: string): readonly string[] {
  return [
    describe(all),
    ...writeCharts(all, prefix),
    ...all.map((results) => toMarkdown(loadTable(results))),
    toMarkdown(promiseTable(all)),
  ];
}

function delayedSection(all: readonly Results[]): readonly string[] {
  const [first] = all;
  return first === undefined
    ? []
    : [`### With ${first.fsyncDelayMicros / 1_000} ms more for each fsync\n`, ...sectionOf(all, "peers-delay")];
}

function a2aSection(): readonly string[] {
  const file = join(RESULTS, "a2a.json");
  if (!existsSync(file)) return [];
  const results = JSON.parse(readFileSync(file, "utf8")) as A2aResults;
  const rows = results.figures.map(toCells);
  return [
    "### Beside the A2A SDK\n",
    writeA2aChart(results),
    toMarkdown({ title: "Figures of A2A", head: ["figure", "value", "must be"], rows }),
  ];
}

function describe(all: readonly Results[]): string {
  const [first] = all;
  if (first === undefined) return "";
  const { machine, repetitions, skipped } = first;
  const minutes = all.reduce((total, results) => total + results.minutes, 0);
  const loads = all.map((results) => results.machine.loadAverage);
  const syncs = all.map((results) => results.machine.fdatasyncMicros);
  const skips = Object.entries(skipped).map(([name, reason]) => ` Skipped: ${name} (${reason})`);
  return [
    `Measured on ${first.at.slice(0, 10)} in ${Math.round(minutes)} minutes, ${repetitions} repetitions: ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, Linux ${machine.kernel}; one fdatasync takes ${range(syncs)} µs; load of others at the start ${range(loads)}.${skips.join("")}`,
    "",
    `Versions: ${versionsOf(all)}.`,
    "",
  ].join("\n");
}

/** Figures of different programs are not one comparison. */
function versionsOf(all: readonly Results[]): string {
  const texts = all.map(({ versions }) => Object.entries(versions).map((pair) => pair.join(" ")));
  const [text, ...others] = [...new Set(texts.map((versions) => versions.join(", ")))];
  if (text === undefined || others.length > 0) throw new Error(`The results are of different versions:\n${[text, ...others].join("\n")}`);
  return text;
}

function range(values: readonly number[]): string {
  const texts = [Math.min(...values), Math.max(...values)].map((value) => (value < 10 ? value.toFixed(1) : value.toFixed(0)));
  return [...new Set(texts)].join(" to ");
}

function toMarkdown({ title, head, rows }: Table): string {
  const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
  return `**${title}**\n\n${lines.join("\n")}\n`;
}
