/** Which charts the document has, and where their figures come from. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import type { Figure } from "../figures.ts";
import { DOCS } from "../marked-section.ts";
import { type Bar, type Chart, drawChart, type Group } from "./charts.ts";
import { ENGINES, type EngineName, type Load, TITLES } from "./loads.ts";
import { failureOf, figureOf, type FigureName, type Results } from "./summary.ts";

const COLORS: Readonly<Record<EngineName, string>> = {
  floor: "#afb8c1",
  tutti: "#0969da",
  openworkflow: "#bf8700",
  dbos: "#1a7f37",
  restate: "#8250df",
};

const MIB = 2 ** 20;

/** A chart has a group for each load of its kind, and for each figure. */
type Plan = { readonly name: string; readonly title: string; readonly kind: Load["kind"]; readonly figures: readonly PlannedFigure[] };
type PlannedFigure = { readonly figure: FigureName; readonly unit: number; readonly title: (load: Load) => string };

const PLANS: readonly Plan[] = [
  stepsPlan("throughput", "Durable steps a second (longer is better)", "stepsPerSecond"),
  stepsPlan("latency", "99th percentile of a run in ms (shorter is better)", "p99Ms"),
  stepsPlan("memory", "Most memory of all its processes in MiB (shorter is better)", "peakMemory", MIB),
  stepsPlan("bytes", "Bytes kept for a step (shorter is better)", "keptBytes"),
  {
    name: "waiting",
    title: "Runs that wait (shorter is better)",
    kind: "waiting",
    figures: [
      { figure: "memoryBytes", unit: 1_024, title: () => "memory of a waiting run, KiB" },
      { figure: "keptBytes", unit: 1_024, title: () => "bytes kept for a waiting run, KiB" },
    ],
  },
  {
    name: "recovery",
    title: "From a kill to the end of all runs (shorter is better)",
    kind: "recovery",
    figures: [{ figure: "elapsedMs", unit: 1_000, title: (load) => `${load.title}, seconds` }],
  },
];

function stepsPlan(name: string, title: string, figure: FigureName, unit = 1): Plan {
  return { name, title, kind: "steps", figures: [{ figure, unit, title: (load) => load.title }] };
}

/** Draws the charts and returns the lines that show them. */
export function writeCharts(all: readonly Results[], prefix: string): readonly string[] {
  return PLANS.flatMap(({ name, title, kind, figures }) => {
    const ofKind = all.filter(({ load }) => load.kind === kind);
    const [first] = ofKind;
    if (first === undefined) return [];
    const groups = ofKind.flatMap((results) => figures.map((planned) => groupOf(results, planned)));
    return [writeChart(`${prefix}-${name}.svg`, { title, note: noteOf(first), groups })];
  });
}

function noteOf({ at, fsyncDelayMicros, machine, repetitions }: Results): string {
  const delay = fsyncDelayMicros === 0 ? "full fsync" : `${fsyncDelayMicros / 1_000} ms more for each fsync`;
  return `${at.slice(0, 10)}, ${machine.cores} cores, ${delay}; medians of ${repetitions}`;
}

function groupOf(results: Results, { figure, unit, title }: PlannedFigure): Group {
  const bars = ENGINES.flatMap((engine): readonly Bar[] => {
    const value = figureOf(results, engine, figure);
    // What runs left out of memory cost is lost in the noise of the rest, and may come out below nothing.
    if (value !== null) return [barOf(TITLES[engine], Math.max(0, value) / unit, COLORS[engine])];
    return failureOf(results, engine) === null ? [] : [{ label: TITLES[engine], value: null, text: "failed", color: COLORS[engine] }];
  });
  return { title: title(results.load), bars };
}

/** The figures of `npm run bench -- a2a served`, by their names there. */
const A2A_GROUPS: readonly {
  readonly title: string;
  readonly bars: readonly (readonly [label: string, figure: string, color: string])[];
}[] = [
  {
    title: "durable tasks a second, 64 at once, both on SQLite (longer is better)",
    bars: [
      ["the SDK's server", "durable tasks a second: the SDK's server on SQLite", COLORS.floor],
      ["Tutti", "durable tasks a second", COLORS.tutti],
    ],
  },
  {
    title: "99th percentile of one SendMessage in ms (shorter is better)",
    bars: [
      ["the SDK's, in memory", "p99 of a SendMessage to the SDK in memory", COLORS.floor],
      ["the SDK's, with two fsyncs", "p99 of a SendMessage to the SDK in memory with two fsynced pages", COLORS.floor],
      ["Tutti, durable", "p99 of a durable SendMessage", COLORS.tutti],
    ],
  },
  ...["answers at once", "works for 20 ms"].map((agent) => ({
    title: `processor time of a remote step, agent ${agent}, µs (shorter is better)`,
    bars: [
      ["raw client of the SDK", `remote step at an agent that ${agent}: the raw SDK client`, COLORS.floor],
      ["Tutti, durable", `remote step at an agent that ${agent}`, COLORS.tutti],
    ] as const,
  })),
];

export type A2aResults = { readonly at: string; readonly figures: readonly Figure[] };

/** Draws the chart and returns the line that shows it. */
export function writeA2aChart({ at, figures }: A2aResults): string {
  const values = new Map(figures.map(({ name, value }) => [name, value]));
  const groups = A2A_GROUPS.map(({ title, bars }) => ({
    title,
    bars: bars.flatMap(([label, name, color]) => {
      const value = values.get(name);
      return value === undefined ? [] : [barOf(label, value, color)];
    }),
  })).filter(({ bars }) => bars.length > 0);
  const title = "Tutti beside the official A2A SDK";
  return writeChart("peers-a2a.svg", { title, note: `${at.slice(0, 10)}, full fsync; medians`, groups });
}

function barOf(label: string, value: number, color: string): Bar {
  return { label, value, text: value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString("en"), color };
}

function writeChart(file: string, chart: Chart): string {
  writeFileSync(join(DOCS, file), drawChart(chart));
  return `![${chart.title}](${file})\n`;
}
