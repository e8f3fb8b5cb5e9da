import { inDirectory, openEngine, type Engine } from "./engine.ts";
import type { Figure } from "./figures.ts";
import { adder, waiting } from "./workflows.ts";

const RUNS = 20_000;

/** What runs that wait for a person cost: in memory, once evicted, and when a process takes them up again. */
export async function measureWaiting(): Promise<Figure[]> {
  return inDirectory(async (directory) => {
    const engine = openEngine({ directory, agents: [adder] });
    await park(engine, 200);
    engine.host.mailbox.residents.evictIdle(0);
    const before = heapBytes();
    await park(engine, IN_MEMORY);
    const resident = heapBytes();
    for (let parked = IN_MEMORY; parked < RUNS; parked += IN_MEMORY) await park(engine, IN_MEMORY);
    engine.host.mailbox.residents.evictIdle(0);
    const evicted = heapBytes();
    await engine.close();
    const recoveryMs = await recover(directory);
    return [
      { name: "memory of a waiting run", value: (resident - before) / IN_MEMORY, unit: "bytes", wanted: { most: 3_072 } },
      { name: "memory of a waiting run, evicted", value: Math.max(0, (evicted - before) / RUNS), unit: "bytes", wanted: { most: 64 } },
      { name: "recovery of open runs that owe work", value: (RUNS / recoveryMs) * 1_000, unit: "runs/s", wanted: { least: 20_000 } },
    ];
  });
}

/** As many as stay in memory while idle. */
const IN_MEMORY = 2_000;

async function park(engine: Engine, count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => engine.start(waiting, {})));
  // The next commit is after the turn in which the last agent asked.
  while ((await engine.host.list({ tenant: "default" as never, status: ["running"], limit: 1 })).items.length > 0) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

function heapBytes(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** A process that takes up all of the runs: reads each history and knows what it owes. */
async function recover(directory: string): Promise<number> {
  const engine = openEngine({ directory, agents: [adder] });
  const { host } = engine;
  const page = await host.list({ tenant: "default" as never, status: ["waiting"], limit: RUNS });
  globalThis.gc?.();
  const startedAt = performance.now();
  for (const { run } of page.items) host.mailbox.residents.load(run);
  const elapsedMs = performance.now() - startedAt;
  await engine.close();
  return elapsedMs * (RUNS / page.items.length);
}
