import { callAtOnce } from "./at-once.ts";
import { inDirectory, openEngine, type Engine } from "./engine.ts";
import { median, type Figure } from "./figures.ts";
import { adder, fanOut, numbers } from "./workflows.ts";

const SUBTASKS = 100_000;
const WIDTHS = [100, 1_000, 10_000, 100_000] as const;
const REPEATS = 5;
const IN_FLIGHT = 1_000;

/** Wide fan-outs in one run: their time, and whether a subtask costs the same however many there are. */
export async function measureWidth(): Promise<Figure[]> {
  return inDirectory(async (directory) => {
    const engine = openEngine({ directory, agents: [adder] });
    await all(engine, 1_000, 10);
    const thousandMs = median(await times(engine, 1_000, 15));
    const tenThousandMs = median(await times(engine, 10_000, 5));
    const costs = await costsByWidth(engine);
    await engine.close();
    const perSubtask = [...costs.values()];
    return [
      { name: "1,000-wide fan-out in one run", value: thousandMs, unit: "ms", wanted: { most: 50 } },
      { name: "10,000-wide fan-out in one run", value: tenThousandMs, unit: "ms", wanted: { most: 500 } },
      ...[...costs].map(([width, cost]): Figure => ({
        name: `a subtask in runs of ${width.toLocaleString("en")}`,
        value: cost,
        unit: "µs",
        wanted: null,
      })),
      {
        name: "dearest to cheapest subtask, 100 to 100,000",
        value: Math.max(...perSubtask) / Math.min(...perSubtask),
        unit: "ratio",
        wanted: { most: 1.3 },
      },
    ];
  });
}

/**
 * The same number of subtasks, cut into runs of different widths, in turn and several times. The
 * processor's time is what is compared: narrow runs commit more often, and how long a disk takes
 * over a commit says nothing about what a subtask costs.
 */
async function costsByWidth(engine: Engine): Promise<Map<number, number>> {
  const elapsed = new Map<number, number[]>(WIDTHS.map((width) => [width, []]));
  for (let repeat = 0; repeat < REPEATS; repeat += 1) {
    for (const width of WIDTHS) {
      globalThis.gc?.();
      // A full collection throws compiled code away, too, which no width should pay for.
      await all(engine, 1_000, 10);
      const before = process.cpuUsage();
      await all(engine, width, SUBTASKS / width);
      const { user, system } = process.cpuUsage(before);
      elapsed.get(width)?.push((user + system) / SUBTASKS);
    }
  }
  return new Map([...elapsed].map(([width, values]) => [width, median(values)]));
}

/** Several runs of a width, as many at once as keep a thousand subtasks in flight whatever the width. */
async function all(engine: Engine, width: number, count: number): Promise<void> {
  const items = numbers(width);
  await callAtOnce(Math.max(1, IN_FLIGHT / width), count, () => engine.run(fanOut, { items }));
}

async function times(engine: Engine, width: number, repeats: number): Promise<number[]> {
  const items = numbers(width);
  const elapsed: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const startedAt = performance.now();
    await engine.run(fanOut, { items });
    elapsed.push(performance.now() - startedAt);
  }
  return elapsed;
}
