/**
 * Tutti beside its peers, on one machine and in one run: every engine in a process of its own, the engines
 * in turn within each repetition, and each repetition beginning with another one. See options.ts.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";

import { slowFsync } from "./fsync-delay.ts";
import { type EngineName, type Load, TITLES } from "./loads.ts";
import { describeMachine, describeVersions } from "./machine.ts";
import { type Options, readOptions } from "./options.ts";
import { measure, type Measured } from "./run-child.ts";
import { postgresPrograms } from "./servers/postgres.ts";
import { restateProgram } from "./servers/restate-server.ts";
import { missedIn, type Results, type Sample } from "./summary.ts";
import { printTable } from "./table.ts";

const options = readOptions(process.argv.slice(2));
const slowing = slowFsync(options.fsyncDelayMicros);
if ("skipped" in slowing) console.log(`Skipped: ${slowing.skipped}`);
else await run(options, slowing.wrap);

async function run(chosen: Options, wrap: readonly string[]): Promise<void> {
  const startedAt = Date.now();
  const machine = describeMachine();
  const skipped = missingEngines(chosen.engines);
  for (const [name, reason] of Object.entries(skipped)) console.log(`Skipped ${name}: ${reason}`);
  const engines = chosen.engines.filter((name) => skipped[name] === undefined);
  const samples: Sample[] = [];
  for (let repetition = 0; repetition < chosen.repetitions; repetition += 1) {
    for (const load of chosen.loads) {
      for (const engine of rotated(engines, repetition)) {
        if (engine === "floor" && load.kind !== "steps") continue;
        const measured = await measure(engine, load, wrap);
        console.log(lineOf(engine, load, measured));
        samples.push({ engine, load: load.name, repetition, ...measured });
      }
    }
  }
  const results: Results = {
    at: new Date(startedAt).toISOString(),
    minutes: (Date.now() - startedAt) / 60_000,
    machine,
    versions: describeVersions(),
    fsyncDelayMicros: chosen.fsyncDelayMicros,
    repetitions: chosen.repetitions,
    loads: chosen.loads,
    skipped,
    samples,
  };
  const json = resolve(import.meta.dirname, chosen.json);
  mkdirSync(dirname(json), { recursive: true });
  writeFileSync(json, `${JSON.stringify(results, null, 2)}\n`);
  printTable(results);
  console.log(`\nWritten: ${json} after ${results.minutes.toFixed(1)} minutes.`);
  const failures = samples.filter((sample) => "failed" in sample).length;
  const missed = missedIn(results);
  if (missed.length > 0) console.log(`Missed: ${missed.join(", ")}.`);
  if (failures > 0) console.log(`Failed: ${failures} of ${samples.length} measurements.`);
  // A quick run is too short for promises.
  process.exitCode = failures > 0 || (missed.length > 0 && chosen.size === "full") ? 1 : 0;
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
