/**
 * `npm run bench -- flame`: where the time of five-step chains goes, 64 at once, beside the floor's. Draws
 * docs/flame-graph.svg and writes the table in docs/benchmarks.md; so it runs only when it is named.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";

import { type CommitRows, inDirectory, openEngine } from "../engine.ts";
import { writeFloor } from "../floor.ts";
import { DOCS, writeSection } from "../marked-section.ts";
import { capture, CHAINS, perform } from "../throughput.ts";
import { adder } from "../workflows.ts";
import { drawFlameGraph, percent } from "./draw.ts";
import { LAYERS } from "./layers.ts";
import { type Profiled, profiled } from "./profile.ts";
import { mergeStacks, microsByLayer, type Stack } from "./stacks.ts";

const ROUNDS = 3;
const LOAD = { ...CHAINS, runs: 6_000 };
const STEPS = LOAD.runs * LOAD.stepsPerRun;

type Round = { readonly plainMs: number; readonly engine: Profiled; readonly floor: Profiled };

export async function writeFlameGraph(): Promise<void> {
  const commits = await capture(LOAD);
  const rounds: Round[] = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await measureRound(commits));
  const stacks = mergeStacks(rounds.map(({ engine }) => engine.profile));
  const floor = mergeStacks(rounds.map((round) => round.floor.profile));
  const [slowed, plain] = [aStep(stacks.micros), aStep(1_000 * sum(rounds.map(({ plainMs }) => plainMs)))];
  const note = `${new Date().toISOString().slice(0, 10)}, Node.js ${process.versions.node}: ${slowed} µs a step with the profiler, ${plain} without`;
  const title = `Where the time goes: ${LOAD.name}`;
  const picture = drawFlameGraph(stacks, title, `${note}. Frames below 0.3 % are left out; layers are told by their frames' own time.`);
  writeFileSync(join(DOCS, "flame-graph.svg"), picture);
  writeSection("flame", `![${title}](flame-graph.svg)\n\n${note}.\n\n${table(stacks, floor)}`);
}

function measureRound(commits: readonly CommitRows[]): Promise<Round> {
  return inDirectory(async (directory) => {
    const engine = openEngine({ directory, agents: [adder] });
    await perform(engine, CHAINS);
    const startedAt = performance.now();
    await perform(engine, LOAD);
    const plainMs = performance.now() - startedAt;
    const ours = await profiled(() => perform(engine, LOAD));
    await engine.close();
    return { plainMs, engine: ours, floor: await profiled(() => writeFloor(directory, commits)) };
  });
}

function table(ours: Stack, floor: Stack): string {
  const [byLayer, ofFloor] = [microsByLayer(ours), microsByLayer(floor)];
  const row = (title: string, micros: number, floorMicros: number): string =>
    `| ${title} | ${percent(micros / ours.micros)} | ${aStep(micros)} | ${aStep(floorMicros)} |\n`;
  return [
    "| layer | share | µs a step | the floor's µs |\n| --- | --- | --- | --- |\n",
    ...[...byLayer].map(([layer, micros]) => row(LAYERS[layer].title, micros, ofFloor.get(layer) ?? 0)),
    row("together", ours.micros, floor.micros),
  ].join("");
}

function aStep(micros: number): string {
  return (micros / (ROUNDS * STEPS)).toFixed(1);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
