/** The results as rows of text: for the terminal and for the document alike. */
import { ENGINES, type EngineName, type Load, TITLES } from "./loads.ts";
import { failureOf, figureOf, type FigureName, PROMISED_LOADS, PROMISES, ratioOf, type Results, spreadOf } from "./summary.ts";

export type Table = { readonly title: string; readonly head: readonly string[]; readonly rows: readonly (readonly string[])[] };

type Column = { readonly head: string; readonly figure: FigureName; readonly format: (value: number) => string };

const STEP_COLUMNS: readonly Column[] = [
  { head: "steps/s", figure: "stepsPerSecond", format: whole },
  { head: "run p50 ms", figure: "p50Ms", format: short },
  { head: "run p99 ms", figure: "p99Ms", format: short },
  { head: "peak memory MiB", figure: "peakMemory", format: (bytes) => whole(bytes / 2 ** 20) },
  { head: "bytes kept a step", figure: "keptBytes", format: whole },
  { head: "bytes written a step", figure: "writtenBytes", format: whole },
];
const WAITING_COLUMNS: readonly Column[] = [
  { head: "memory a run, bytes", figure: "memoryBytes", format: whole },
  { head: "kept a run, bytes", figure: "keptBytes", format: whole },
  { head: "starts/s", figure: "startsPerSecond", format: whole },
];
const RECOVERY_COLUMNS: readonly Column[] = [
  { head: "seconds until all are over", figure: "elapsedMs", format: (ms) => short(ms / 1_000) },
];
const COLUMNS: Readonly<Record<Load["kind"], readonly Column[]>> = {
  steps: STEP_COLUMNS,
  waiting: WAITING_COLUMNS,
  recovery: RECOVERY_COLUMNS,
};

export function printTable(results: Results): void {
  for (const { title, head, rows } of tablesOf(results)) {
    const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => (row[column] ?? "").length)));
    const line = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
    console.log(`\n${title}\n${line(head)}\n${rows.map(line).join("\n")}`);
  }
}

export function tablesOf(results: Results): readonly Table[] {
  return [...results.loads.map((load) => loadTable(results, load)), promiseTable(results)];
}

function loadTable(results: Results, load: Load): Table {
  const columns = COLUMNS[load.kind];
  const measured = ENGINES.filter((engine) => results.samples.some((sample) => sample.engine === engine && sample.load === load.name));
  const rows = measured.map((engine) => [TITLES[engine], ...columns.map((column) => cellOf(results, engine, load, column))]);
  const runs = load.kind === "steps" ? "" : ` (${whole(load.runs)} runs)`;
  return { title: `${load.title}${runs}`, head: ["engine", ...columns.map(({ head }) => head)], rows };
}

function cellOf(results: Results, engine: EngineName, load: Load, { figure, format }: Column): string {
  const value = figureOf(results, engine, load.name, figure);
  if (value === null) return failureOf(results, engine, load.name) === null ? "–" : "failed";
  const spread = figure === "stepsPerSecond" ? spreadOf(results, engine, load.name, figure) : null;
  return spread === null ? format(value) : `${format(value)} (${format(spread[0])}–${format(spread[1])})`;
}

function promiseTable(results: Results): Table {
  const rows = PROMISES.flatMap(({ peer, least }) => [
    [TITLES[peer], ...PROMISED_LOADS.map((load) => verdict(ratioOf(results, "tutti", peer, load), least)), `at least ${short(least)}`],
  ]);
  return { title: "Tutti's steps a second, as so many times theirs", head: ["beside", ...PROMISED_LOADS, "promised"], rows };
}

function verdict(ratio: number | null, least: number): string {
  if (ratio === null) return "–";
  return `${short(ratio)} ${ratio >= least ? "reached" : "MISSED"}`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function short(value: number): string {
  return value >= 100 ? whole(value) : value.toPrecision(2);
}
