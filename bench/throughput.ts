import { callAtOnce } from "./at-once.ts";
import { openEngine, inDirectory, type CommitRows, type Engine } from "./engine.ts";
import { writeFloor } from "./floor.ts";
import { median, type Figure } from "./figures.ts";
import { adder, chain, fanOut, numbers } from "./workflows.ts";

export type Load = {
  readonly name: string;
  readonly runs: number;
  readonly atOnce: number;
  readonly stepsPerRun: number;
  readonly one: (engine: Engine) => Promise<unknown>;
};

const CHAIN = chain(5);

export const CHAINS: Load = {
  name: "five-step chains, 64 at once",
  runs: 2_000,
  atOnce: 64,
  stepsPerRun: 5,
  one: (engine) => engine.run(CHAIN, { value: 0 }),
};

const LOADS: readonly Load[] = [
  CHAINS,
  { name: "five-step chain, 1 at once", runs: 300, atOnce: 1, stepsPerRun: 5, one: (engine) => engine.run(CHAIN, { value: 0 }) },
  {
    name: "100-wide fan-outs, 8 at once",
    runs: 160,
    atOnce: 8,
    stepsPerRun: 100,
    one: (engine) => engine.run(fanOut, { items: numbers(100) }),
  },
];

const REPEATS = 5;

/** Engine and floor in turn, several times; the ratio is taken pair by pair. */
export async function measureThroughput(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const load of LOADS) {
    const commits = await capture(load);
    const rates: number[] = [];
    const ratios: number[] = [];
    const rows: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      const engineMs = await inDirectory((directory) => timeEngine(directory, load));
      const floorMs = await inDirectory((directory) => writeFloor(directory, commits));
      rates.push(((load.runs * load.stepsPerRun) / engineMs) * 1_000);
      ratios.push(floorMs / engineMs);
      rows.push((commits.reduce((sum, commit) => sum + commit.length, 0) / floorMs) * 1_000);
    }
    const wanted = load.atOnce === 1 ? null : { least: 1 / 3 };
    figures.push({ name: `${load.name}: of the floor`, value: median(ratios), unit: "ratio", wanted });
    figures.push({ name: load.name, value: median(rates), unit: "steps/s", wanted: null });
    figures.push({ name: `${load.name}: the floor`, value: median(rows), unit: "rows/s", wanted: null });
  }
  return figures;
}

export async function capture(load: Load): Promise<CommitRows[]> {
  return inDirectory(async (directory) => {
    const engine = openEngine({ directory, agents: [adder], capture: true });
    await perform(engine, load);
    await engine.close();
    return engine.commits;
  });
}

async function timeEngine(directory: string, load: Load): Promise<number> {
  const engine = openEngine({ directory, agents: [adder] });
  const startedAt = performance.now();
  await perform(engine, load);
  const elapsedMs = performance.now() - startedAt;
  await engine.close();
  return elapsedMs;
}

export function perform(engine: Engine, { runs, atOnce, one }: Load): Promise<void> {
  return callAtOnce(atOnce, runs, () => one(engine));
}
