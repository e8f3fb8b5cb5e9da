/** One load on one engine, in a process of its own: `node child.ts ENGINE DIRECTORY LOAD PHASE`. */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

import { callAtOnce } from "../at-once.ts";
import { median } from "../figures.ts";
import { diskWrites } from "./disk-writes.ts";
import { type Peer, type PeerOptions, Steps } from "./engine.ts";
import { measureFloor } from "./engines/floor.ts";
import { type EngineName, type Load, type RecoveryLoad, type StepLoad, stepsPerRun, type WaitingLoad } from "./loads.ts";
import { memoryOf, treeOf } from "./processes.ts";
import { type Report, tell } from "./reports.ts";

/** How many runs the engines without a bound of their own get at once where the load names none. */
const AT_ONCE = 64;
/** No further run has begun for so long: none will. */
const QUIET_MS = 2_000;

const [engine = "", directory = "", loadText = "", phase = ""] = process.argv.slice(2);
const name = engine as EngineName;
const load = JSON.parse(loadText) as Load;
// A child that is stuck ends itself, and is told as a failure.
setTimeout(() => process.exit(3), 300_000).unref();

if (phase === "hold" && load.kind === "recovery") {
  tell({ heldRuns: await holdOpen(load) });
  await sleep(600_000);
} else {
  tell({ report: await measure() });
  process.exit(0);
}

function measure(): Promise<Report> {
  switch (load.kind) {
    case "steps":
      return name === "floor" ? measureFloor(directory, load) : measureSteps(load);
    case "waiting":
      return measureWaiting(load);
    case "recovery":
      return measureRecovery(load);
  }
}

async function open(steps: Steps, atOnce: number): Promise<Peer> {
  const options: PeerOptions = { directory, steps, atOnce };
  switch (name) {
    case "tutti":
      return (await import("./engines/tutti.ts")).openTutti(options);
    case "openworkflow":
      return (await import("./engines/openworkflow.ts")).openOpenWorkflow(options);
    case "dbos":
      return (await import("./engines/dbos.ts")).openDbos(options);
    case "restate":
      return (await import("./engines/restate.ts")).openRestate(options);
    case "floor":
      throw new Error("The floor has no runs.");
  }
}

async function measureSteps(stepLoad: StepLoad): Promise<Report> {
  const steps = new Steps(false);
  const peer = await open(steps, stepLoad.atOnce);
  const keptBefore = keptBytes();
  await perform(peer, stepLoad, stepLoad.warmUpMs);
  const doneBefore = steps.done;
  const writtenBefore = diskWrites(directory);
  const { latencies, elapsedMs } = await perform(peer, stepLoad, stepLoad.timedMs);
  const written = diskWrites(directory);
  const done = steps.done - doneBefore;
  await peer.close();
  const sorted = latencies.toSorted((left, right) => left - right);
  return {
    kind: "steps",
    runs: latencies.length,
    stepsPerSecond: (latencies.length * stepsPerRun(stepLoad) * 1_000) / elapsedMs,
    p50Ms: median(sorted),
    p99Ms: sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN,
    keptBytes: (keptBytes() - keptBefore) / steps.done,
    ...(written === null || writtenBefore === null ? {} : { writtenBytes: (written - writtenBefore) / done }),
  };
}

/** Runs for so long, as many at once as the load says; every result is checked. */
async function perform(peer: Peer, { width, atOnce }: StepLoad, forMs: number): Promise<{ latencies: number[]; elapsedMs: number }> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  const one = async (): Promise<void> => {
    do {
      const beganAt = performance.now();
      const [result, expected] = width === 0 ? [await peer.chain(), 5] : [await peer.fanOut(width), width];
      if (result !== expected) throw new Error(`A run gave ${result} instead of ${expected}.`);
      latencies.push(performance.now() - beganAt);
    } while (performance.now() - startedAt < forMs);
  };
  await Promise.all(Array.from({ length: atOnce }, one));
  return { latencies, elapsedMs: performance.now() - startedAt };
}

/** The first half brings the processes to their size; what the second half adds is what runs cost. */
async function measureWaiting({ runs, settleMs }: WaitingLoad): Promise<Report> {
  const steps = new Steps(false);
  const peer = await open(steps, AT_ONCE);
  const keptBefore = keptBytes();
  const half = runs / 2;
  await park(peer, steps, 0, half);
  await sleep(settleMs);
  const memoryBefore = memoryNow();
  const startedAt = performance.now();
  await park(peer, steps, half, half);
  const elapsedMs = performance.now() - startedAt;
  await sleep(settleMs);
  const memoryBytes = (memoryNow() - memoryBefore) / half;
  await peer.close();
  return {
    kind: "waiting",
    startsPerSecond: (half * 1_000) / elapsedMs,
    memoryBytes,
    keptBytes: (keptBytes() - keptBefore) / runs,
  };
}

/** Starts so many runs; each has done the step before it waits. */
async function park(peer: Peer, steps: Steps, from: number, count: number): Promise<void> {
  await inTurn(count, (id) => peer.startWaiting(`wait-${from + id}`));
  while (steps.done < from + count) await sleep(5);
}

/** Resolves when all have begun that will: an engine with a bound leaves the others waiting. Returns how many did. */
async function holdOpen({ runs }: RecoveryLoad): Promise<number> {
  const steps = new Steps(true);
  const peer = await open(steps, AT_ONCE);
  await inTurn(runs, (id) => peer.startOpen(`open-${id}`));
  for (let before = -1; steps.held < runs && steps.held !== before;) {
    before = steps.held === 0 ? -1 : steps.held;
    await sleep(QUIET_MS);
  }
  return steps.held;
}

async function measureRecovery({ runs }: RecoveryLoad): Promise<Report> {
  const startedAt = Number(phase);
  const peer = await open(new Steps(false), AT_ONCE);
  await inTurn(runs, async (id) => {
    const result = await peer.resultOfOpen(`open-${id}`);
    if (result !== 5) throw new Error(`A run that was killed gave ${result} instead of 5.`);
  });
  const elapsedMs = Date.now() - startedAt;
  await peer.close();
  return { kind: "recovery", elapsedMs, runs };
}

function inTurn(count: number, one: (id: number) => Promise<unknown>): Promise<void> {
  let id = 0;
  return callAtOnce(AT_ONCE, count, () => one(id++));
}

function memoryNow(): number {
  for (let pass = 0; pass < 3; pass += 1) globalThis.gc?.();
  return memoryOf(treeOf(process.pid));
}

/** All that the engine keeps, without the log that PostgreSQL writes over again and makes ahead of need. */
function keptBytes(): number {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const paths = files.map((entry) => join(entry.parentPath, entry.name)).filter((path) => !path.includes("/pg_wal/"));
  return paths.reduce((total, path) => total + (statSync(path, { throwIfNoEntry: false })?.size ?? 0), 0);
}
