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
  { head: "memory a run, bytes", figure: "memoryBytes", format: (bytes) => whole(Math.max(0, bytes)) },
  { head: "kept a run, bytes", figure: "keptBytes", format: whole },
  { head: "starts/s", figure: "startsPerSecond", format: whole },
];
const RECOVERY_COLUMNS: readonly Column[] = [
  { head: "seconds until all are over", figure: "elapsedMs", format: (ms) => short(ms / 1_000) },
  { head: "at work when killed", figure: "heldRuns", format: whole },
];
const COLUMNS: Readonly<Record<Load["kind"], readonly Column[]>> = {
  steps: STEP_COLUMNS,
  waiting: WAITING_COLUMNS,
  recovery: RECOVERY_COLUMNS,
};

export function printTable({ title, head, rows }: Table): void {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => (row[column] ?? "").length)));
  const line = (cells: readonly string[]) => cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ");
  console.log(`\n${title}\n${line(head)}\n${rows.map(line).join("\n")}`);
}

export function loadTable(results: Results): Table {
  const { load, samples } = results;
  const columns = COLUMNS[load.kind];
  const measured = ENGINES.filter((engine) => samples.some((sample) => sample.engine === engine));
  const rows = measured.map((engine) => [TITLES[engine], ...columns.map((column) => cellOf(results, engine, column))]);
  const runs = load.kind === "steps" ? "" : ` (${whole(load.runs)} runs)`;
  return { title: `${load.title}${runs}`, head: ["engine", ...columns.map(({ head }) => head)], rows };
}

function cellOf(results: Results, engine: EngineName, { figure, format }: Column): string {
  const value = figureOf(results, engine, figure);
  if (value === null) return failureOf(results, engine) === null ? "–" : "failed";
  const spread = figure === "stepsPerSecond" && results.repetitions > 1 ? spreadOf(results, engine, figure) : null;
  return spread === null ? format(value) : `${format(value)} (${format(spread[0])}–${format(spread[1])})`;
}

export function promiseTable(all: readonly Results[]): Table {
  const rows = PROMISES.map(({ peer, least }) => {
    const verdicts = PROMISED_LOADS.map((name) => verdict(ratioBeside(all, name, peer), least));
    return [TITLES[peer], ...verdicts, `at least ${short(least)}`];
  });
  return { title: "Tutti's steps a second, as so many times theirs", head: ["beside", ...PROMISED_LOADS, "promised"], rows };
}

function ratioBeside(all: readonly Results[], name: Load["name"], peer: EngineName): number | null {
  const results = all.find(({ load }) => load.name === name);
  return results === undefined ? null : ratioOf(results, "tutti", peer);
}

function verdict(ratio: number | null, least: number): string {
  if (ratio === null) return "–";
  return `${short(ratio)} ${ratio >= least ? "reached" : "MISSED"}`;
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function short(value: number): string {
  return value >= 99.5 ? whole(value) : value.toPrecision(2);
}
