/**
 * Tutti beside its peers, on one machine and in one run: every engine in a process of its own, the engines
 * in turn within each repetition, and each repetition beginning with another one. See options.ts.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

import { slowFsync } from "./fsync-delay.ts";
import { type EngineName, type Load, TITLES } from "./loads.ts";
import { describeMachine, describeVersions } from "./machine.ts";
import { type Options, readOptions } from "./options.ts";
import { measure, type Measured } from "./run-child.ts";
import { postgresPrograms } from "./servers/postgres.ts";
import { restateProgram } from "./servers/restate-server.ts";
import { missedIn, type Results, type Sample } from "./summary.ts";
import { loadTable, printTable, promiseTable } from "./table.ts";

const options = readOptions(process.argv.slice(2));
const slowing = slowFsync(options.fsyncDelayMicros);
if ("skipped" in slowing) {
  console.log(`Skipped: ${slowing.skipped}`);
  process.exitCode = 1;
} else await run(options, slowing.wrap);

async function run(chosen: Options, wrap: readonly string[]): Promise<void> {
  const surroundings = {
    machine: describeMachine(),
    versions: describeVersions(),
    fsyncDelayMicros: chosen.fsyncDelayMicros,
    repetitions: chosen.repetitions,
    skipped: missingEngines(chosen.engines),
  };
  for (const [name, reason] of Object.entries(surroundings.skipped)) console.log(`Skipped ${name}: ${reason}`);
  const engines = chosen.engines.filter((name) => surroundings.skipped[name] === undefined);
  const all: Results[] = [];
  for (const load of chosen.loads) {
    const startedAt = Date.now();
    const samples = await measureAll(engines, load, chosen.repetitions, wrap);
    const results = { at: new Date(startedAt).toISOString(), minutes: (Date.now() - startedAt) / 60_000, ...surroundings, load, samples };
    if (chosen.to !== null) write(resolve(import.meta.dirname, chosen.to), results);
    printTable(loadTable(results));
    all.push(results);
  }
  if (all.some(({ load }) => load.kind === "steps")) printTable(promiseTable(all));
  const minutes = all.reduce((total, results) => total + results.minutes, 0);
  console.log(`\nDone after ${minutes.toFixed(1)} minutes${chosen.to === null ? "" : `; written: ${chosen.to}`}.`);
  process.exitCode = isGood(all, chosen) ? 0 : 1;
}

function write(folder: string, results: Results): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${results.load.name}.json`), `${JSON.stringify(results, null, 2)}\n`);
}

async function measureAll(engines: readonly EngineName[], load: Load, repetitions: number, wrap: readonly string[]): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let repetition = 0; repetition < repetitions; repetition += 1) {
    for (const engine of rotated(engines, repetition)) {
      if (engine === "floor" && load.kind !== "steps") continue;
      const measured = await measure(engine, load, wrap);
      console.log(lineOf(engine, load, measured));
      samples.push({ engine, repetition, ...measured });
    }
  }
  return samples;
}

function isGood(all: readonly Results[], { size }: Options): boolean {
  const failures = all.flatMap(({ samples }) => samples.filter((sample) => "failed" in sample)).length;
  const missed = all.flatMap(missedIn);
  if (missed.length > 0) console.log(`Missed: ${missed.join(", ")}.`);
  if (failures > 0) console.log(`Failed: ${failures} measurements.`);
  // A quick run is too short for promises.
  return failures === 0 && (missed.length === 0 || size === "quick");
}

function missingEngines(engines: readonly EngineName[]): Readonly<Record<string, string>> {
  const missing: Record<string, string> = {};
  if (engines.includes("dbos") && postgresPrograms() === null) missing["dbos"] = "PostgreSQL is not installed under /usr/lib/postgresql.";
  if (engines.includes("restate") && restateProgram() === null) missing["restate"] = "npm has no Restate server for this machine.";
  return missing;
}

function rotated<Value>(values: readonly Value[], by: number): readonly Value[] {
  const first = by % Math.max(values.length, 1);
  return [...values.slice(first), ...values.slice(0, first)];
}

function lineOf(engine: EngineName, load: Load, measured: Measured): string {
  const text = "failed" in measured ? `FAILED: ${measured.failed}` : JSON.stringify(measured.report);
  return `${load.title.padEnd(30)} ${TITLES[engine].padEnd(28)} ${text}`;
}
