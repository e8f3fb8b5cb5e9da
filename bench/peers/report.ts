/**
 * `npm run report`: writes the results into the document of the project and draws its charts. Owns what
 * stands between the two marks in docs/benchmarks.md, and nothing else there.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

import { type Chart, drawChart, type Group } from "./charts.ts";
import { ENGINES, type EngineName, type Load, TITLES } from "./loads.ts";
import { failureOf, figureOf, type FigureName, type Results } from "./summary.ts";
import { tablesOf } from "./table.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const DOCUMENT = join(DOCS, "benchmarks.md");
const BEGIN = "<!-- peers: written by bench/peers/report.ts -->";
const END = "<!-- peers: end -->";

const COLORS: Readonly<Record<EngineName, string>> = {
  floor: "#afb8c1",
  tutti: "#0969da",
  openworkflow: "#bf8700",
  dbos: "#1a7f37",
  restate: "#8250df",
};

const disk = read("results/disk.json");
const delayed = read("results/disk-with-delay.json");
if (disk === null) throw new Error("There are no results: npm run bench makes them.");
const section = [
  describe(disk),
  ...charts(disk, "peers"),
  ...tables(disk),
  ...(delayed === null
    ? []
    : [
        `### With ${delayed.fsyncDelayMicros / 1_000} ms more for each fsync\n`,
        describe(delayed),
        ...charts(delayed, "peers-delay").slice(0, 1),
        ...tables(delayed),
      ]),
].join("\n");
writeFileSync(DOCUMENT, replaceSection(readFileSync(DOCUMENT, "utf8"), section));
console.log(`Written: ${DOCUMENT}`);

function read(path: string): Results | null {
  const file = join(import.meta.dirname, path);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : null;
}

function replaceSection(document: string, text: string): string {
  const [before, rest] = document.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) throw new Error(`${DOCUMENT} has no "${BEGIN}" and "${END}".`);
  return `${before}${BEGIN}\n\n${text}\n${END}${after}`;
}

function describe({ at, minutes, machine, versions, repetitions, skipped }: Results): string {
  const skips = Object.entries(skipped).map(([name, reason]) => ` Skipped: ${name} (${reason})`);
  return [
    `Measured on ${at.slice(0, 10)} in ${Math.round(minutes)} minutes, ${repetitions} repetitions: ${machine.cores} cores (${machine.processor}), ${machine.memoryGiB} GiB, Linux ${machine.kernel}; one fdatasync takes ${machine.fdatasyncMicros} µs; load of others at the start ${machine.loadAverage.toFixed(1)}.${skips.join("")}`,
    "",
    `Versions: ${Object.entries(versions)
      .map((pair) => pair.join(" "))
      .join(", ")}.`,
    "",
  ].join("\n");
}

function tables(results: Results): readonly string[] {
  return tablesOf(results).map(({ title, head, rows }) => {
    const lines = [head, head.map(() => "---"), ...rows].map((cells) => `| ${cells.join(" | ")} |`);
    return `**${title}**\n\n${lines.join("\n")}\n`;
  });
}

/** Draws the charts and returns the lines that show them. */
function charts(results: Results, prefix: string): readonly string[] {
  const delay = results.fsyncDelayMicros === 0 ? "full fsync" : `${results.fsyncDelayMicros / 1_000} ms more for each fsync`;
  const note = `${results.at.slice(0, 10)}, ${results.machine.cores} cores, ${delay}; medians of ${results.repetitions}`;
  const steps = results.loads.filter(({ kind }) => kind === "steps");
  const drawn: readonly (readonly [string, Chart])[] = [
    [
      "throughput",
      { title: "Durable steps a second (longer is better)", note, groups: steps.map((load) => group(results, load, "stepsPerSecond")) },
    ],
    [
      "latency",
      { title: "99th percentile of a run in ms (shorter is better)", note, groups: steps.map((load) => group(results, load, "p99Ms")) },
    ],
    [
      "memory",
      {
        title: "Most memory of all its processes in MiB (shorter is better)",
        note,
        groups: steps.map((load) => group(results, load, "peakMemory", 2 ** 20)),
      },
    ],
  ];
  return drawn.map(([name, chart]) => {
    writeFileSync(join(DOCS, `${prefix}-${name}.svg`), drawChart(chart));
    return `![${chart.title}](${prefix}-${name}.svg)\n`;
  });
}

function group(results: Results, load: Load, figure: FigureName, unit = 1): Group {
  const bars = ENGINES.flatMap((engine) => {
    const value = figureOf(results, engine, load.name, figure);
    const failed = failureOf(results, engine, load.name) !== null;
    if (value === null && !failed) return [];
    const scaled = value === null ? null : value / unit;
    const text = scaled === null ? "failed" : scaled < 10 ? scaled.toFixed(1) : Math.round(scaled).toLocaleString("en");
    return [{ label: TITLES[engine], value: scaled, text, color: COLORS[engine] }];
  });
  return { title: load.title, bars };
}
