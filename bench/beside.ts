/**
 * `npm run bench:beside -- CHECKOUT`: this tree beside another checkout of Tutti, in one process and
 * in turn, so that both see the same machine. A machine whose speed drifts by half within minutes
 * makes figures of separate processes say little; the ratio of neighbours says much.
 */
import { resolve } from "node:path";

import * as ourFactory from "../src/agents/agent-factory.ts";
import type { Definition } from "../src/definition/definition.ts";
import { oneStep, withAgent } from "./a2a.ts";
import { callAtOnce } from "./at-once.ts";
import * as ourEngine from "./engine.ts";
import { inDirectory } from "./engine.ts";
import { median } from "./figures.ts";
import * as ourWorkflows from "./workflows.ts";

type Engines = typeof ourEngine;
type Factories = typeof ourFactory;
type Workflows = typeof ourWorkflows;
type Checkout = { readonly engines: Engines; readonly factories: Factories; readonly workflows: Workflows };
type Tree = { readonly engine: ourEngine.Engine; readonly chain: Definition; readonly fanOut: Definition };

type Load = {
  readonly name: string;
  readonly rounds: number;
  readonly runs: number;
  readonly atOnce: number;
  /** The processor's time instead of the clock's: of what talks to another process. */
  readonly cpu?: true;
  readonly one: (tree: Tree) => Promise<unknown>;
};

const LOADS: readonly Load[] = [
  { name: "five-step chains, 64 at once", rounds: 30, runs: 600, atOnce: 64, one: chainOf },
  { name: "five-step chain, 1 at once", rounds: 20, runs: 60, atOnce: 1, one: chainOf },
  { name: "100-wide fan-outs, 8 at once", rounds: 30, runs: 40, atOnce: 8, one: fanOutOf(100) },
  { name: "1,000-wide fan-out in one run", rounds: 60, runs: 1, atOnce: 1, one: fanOutOf(1_000) },
  { name: "10,000-wide fan-out in one run", rounds: 30, runs: 1, atOnce: 1, one: fanOutOf(10_000) },
];

const [other] = process.argv.slice(2);
if (other === undefined) throw new Error("Say which checkout to compare with: npm run bench:beside -- ../other");
const ours: Checkout = { engines: ourEngine, factories: ourFactory, workflows: ourWorkflows };
const theirs: Checkout = {
  engines: (await import(resolve(other, "bench/engine.ts"))) as Engines,
  factories: (await import(resolve(other, "src/agents/agent-factory.ts"))) as Factories,
  workflows: (await import(resolve(other, "bench/workflows.ts"))) as Workflows,
};

await beside(LOADS);
for (const workMs of [0, 20]) await withAgent(workMs, (url) => beside([remoteLoad(url, workMs)]));

/** Compares the loads on fresh databases of both trees. */
async function beside(loads: readonly Load[]): Promise<void> {
  await inDirectory(async (ourDirectory) => {
    await inDirectory(async (theirDirectory) => {
      const us = open(ours, ourDirectory);
      const them = open(theirs, theirDirectory);
      for (const load of loads) console.log(await compare(load, us, them));
      await us.engine.close();
      await them.engine.close();
    });
  });
}

function open({ engines, factories, workflows: { adder, chain, fanOut } }: Checkout, directory: string): Tree {
  const factory = factories.createAgentFactory(() => undefined);
  return { engine: engines.openEngine({ directory, agents: [adder], factory }), chain: chain(5), fanOut };
}

function remoteLoad(url: string, workMs: number): Load {
  const definition = oneStep(url);
  const name = `remote step, agent works for ${workMs} ms`;
  return { name, rounds: 20, runs: 300, atOnce: 64, cpu: true, one: ({ engine }) => engine.run(definition, { value: 1 }) };
}

/** Each round gives one ratio; who goes first changes from round to round. */
async function compare(load: Load, us: Tree, them: Tree): Promise<string> {
  for (const tree of [us, them, us, them]) await time(load, tree);
  const ratios: number[] = [];
  const times = { us: [] as number[], them: [] as number[] };
  for (let round = 0; round < load.rounds; round += 1) {
    const first = await time(load, round % 2 === 0 ? us : them);
    const second = await time(load, round % 2 === 0 ? them : us);
    const [our, their] = round % 2 === 0 ? [first, second] : [second, first];
    times.us.push(our);
    times.them.push(their);
    ratios.push(our / their);
  }
  const spread = ratios.toSorted((left, right) => left - right);
  const [low = 0, high = 0] = [spread[Math.floor(spread.length / 4)], spread[Math.floor((spread.length * 3) / 4)]];
  const [our, their] = [median(times.us).toFixed(1), median(times.them).toFixed(1)];
  return `${load.name.padEnd(34)} ${our.padStart(8)} ms, beside ${their.padStart(8)} ms: ${median(ratios).toFixed(2)} of its time (half of the rounds: ${low.toFixed(2)}-${high.toFixed(2)})`;
}

async function time({ runs, atOnce, cpu, one }: Load, tree: Tree): Promise<number> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  await callAtOnce(atOnce, runs, () => one(tree));
  if (cpu !== true) return performance.now() - startedAt;
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function chainOf({ engine, chain }: Tree): Promise<unknown> {
  return engine.run(chain, { value: 0 });
}

function fanOutOf(width: number): Load["one"] {
  const items = ourWorkflows.numbers(width);
  return ({ engine, fanOut }) => engine.run(fanOut, { items });
}
