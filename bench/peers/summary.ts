/** Many repetitions as one figure: medians over them, and ratios taken repetition by repetition. */
import { median } from "../figures.ts";
import type { EngineName, Load } from "./loads.ts";
import type { Machine } from "./machine.ts";
import type { Measured } from "./run-child.ts";

export type Sample = { readonly engine: EngineName; readonly repetition: number } & Measured;

/** One load on every engine: what a run of the benchmark leaves behind for each load, as JSON. */
export type Results = {
  readonly at: string;
  readonly minutes: number;
  readonly machine: Machine;
  readonly versions: Readonly<Record<string, string>>;
  readonly fsyncDelayMicros: number;
  readonly repetitions: number;
  readonly load: Load;
  /** Engines that could not be measured here, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly samples: readonly Sample[];
};

/** Every figure of a report that is a number. */
export type FigureName =
  | "stepsPerSecond"
  | "p50Ms"
  | "p99Ms"
  | "keptBytes"
  | "writtenBytes"
  | "peakMemory"
  | "startsPerSecond"
  | "memoryBytes"
  | "elapsedMs"
  | "heldRuns";

/** The median over the repetitions; null when none gave the figure. */
export function figureOf(results: Results, engine: EngineName, figure: FigureName): number | null {
  const values = [...valuesOf(results, engine, figure).values()];
  return values.length === 0 ? null : median(values);
}

/** Least and most over the repetitions. */
export function spreadOf(results: Results, engine: EngineName, figure: FigureName): readonly [number, number] | null {
  const values = [...valuesOf(results, engine, figure).values()];
  return values.length === 0 ? null : [Math.min(...values), Math.max(...values)];
}

/** How many times as many steps a second as another engine, of neighbours in time. */
export function ratioOf(results: Results, ours: EngineName, theirs: EngineName): number | null {
  const other = valuesOf(results, theirs, "stepsPerSecond");
  const ratios = [...valuesOf(results, ours, "stepsPerSecond")].flatMap(([repetition, value]) => {
    const beside = other.get(repetition);
    return beside === undefined ? [] : [value / beside];
  });
  return ratios.length === 0 ? null : median(ratios);
}

/** The first reason why an engine failed; null when it did not. */
export function failureOf({ samples }: Results, engine: EngineName): string | null {
  const failed = samples.find((sample) => sample.engine === engine && "failed" in sample);
  return failed !== undefined && "failed" in failed ? failed.failed : null;
}

function valuesOf({ samples }: Results, engine: EngineName, figure: FigureName): ReadonlyMap<number, number> {
  const values = new Map<number, number>();
  for (const sample of samples) {
    if (sample.engine !== engine || !("report" in sample)) continue;
    const value = (sample.report as Partial<Record<FigureName, number>>)[figure];
    if (value !== undefined) values.set(sample.repetition, value);
  }
  return values;
}

/** What is promised: so many times a peer's steps a second, and this share of the floor. */
export const PROMISES: readonly { readonly peer: EngineName; readonly least: number }[] = [
  { peer: "openworkflow", least: 20 },
  { peer: "dbos", least: 20 },
  { peer: "restate", least: 8 },
  { peer: "floor", least: 1 / 3 },
];
export const PROMISED_LOADS: readonly Load["name"][] = ["chain", "fan-out"];

/** Promises whose figures are there and fall short. */
export function missedIn(results: Results): readonly string[] {
  if (!PROMISED_LOADS.includes(results.load.name)) return [];
  const missed = PROMISES.filter(({ peer, least }) => (ratioOf(results, "tutti", peer) ?? Number.POSITIVE_INFINITY) < least);
  return missed.map(({ peer }) => `${results.load.name} beside ${peer}`);
}
