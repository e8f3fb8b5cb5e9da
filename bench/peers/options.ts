/** `npm run bench -- [quick] [ENGINE…] [LOAD…] [--fsync-delay 1ms] [--repetitions N] [--to FOLDER]` */
import { parseArgs } from "node:util";

import { ENGINES, type EngineName, type Load, loadsOf, REPETITIONS, type Size } from "./loads.ts";

/** The folders that the document is made of. */
export const [DISK, DISK_WITH_DELAY] = ["disk", "disk-with-delay"];

export type Options = {
  readonly size: Size;
  readonly engines: readonly EngineName[];
  readonly loads: readonly Load[];
  readonly repetitions: number;
  /** Added to every fsync and fdatasync of every engine; 0: none. */
  readonly fsyncDelayMicros: number;
  /** The folder for the results, one file for each load; null: they are only printed. */
  readonly to: string | null;
};

export function readOptions(args: readonly string[]): Options {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { "fsync-delay": { type: "string" }, repetitions: { type: "string" }, to: { type: "string" } },
  });
  const size: Size = positionals.includes("quick") ? "quick" : "full";
  const loads = loadsOf(size);
  const known = new Set<string>(["quick", "full", ...ENGINES, ...loads.map(({ name }) => name)]);
  const unknown = positionals.find((name) => !known.has(name));
  if (unknown !== undefined) throw new Error(`"${unknown}" is no engine and no load: ${[...known].join(", ")}.`);
  const engines = chosen(ENGINES, (name) => positionals.includes(name));
  const fsyncDelayMicros = readDelay(values["fsync-delay"]);
  return {
    size,
    engines,
    loads: chosen(loads, ({ name }) => positionals.includes(name)),
    repetitions: Number(values.repetitions ?? REPETITIONS[size]),
    fsyncDelayMicros,
    to: values.to ?? folderFor(size, engines, fsyncDelayMicros),
  };
}

/** What is short, or not of all engines, must not replace what the document is made of: it is only printed. */
function folderFor(size: Size, engines: readonly EngineName[], fsyncDelayMicros: number): string | null {
  if (size === "quick" || engines.length < ENGINES.length) return null;
  return `results/${fsyncDelayMicros === 0 ? DISK : DISK_WITH_DELAY}`;
}

/** Those that were named; all when none was. */
function chosen<Value>(all: readonly Value[], isNamed: (value: Value) => boolean): readonly Value[] {
  const named = all.filter(isNamed);
  return named.length === 0 ? all : named;
}

function readDelay(text = "0ms"): number {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(ms|us)$/.exec(text) ?? [];
  if (amount === undefined) throw new Error(`--fsync-delay "${text}" is not a time such as 1ms or 500us.`);
  return Math.round(Number(amount) * (unit === "ms" ? 1_000 : 1));
}
