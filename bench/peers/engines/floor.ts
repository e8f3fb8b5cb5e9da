/** The floor: what `node:sqlite` alone does with the rows and commits of Tutti's own run of the load. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { openEngine } from "../../engine.ts";
import { writeFloor } from "../../floor.ts";
import { adder, chain, fanOut, numbers } from "../../workflows.ts";
import { type StepLoad, stepsPerRun } from "../loads.ts";
import type { StepReport } from "../reports.ts";

export async function measureFloor(directory: string, load: StepLoad): Promise<StepReport> {
  mkdirSync(join(directory, "recorded"));
  const engine = openEngine({ directory: join(directory, "recorded"), agents: [adder], capture: true });
  const fiveSteps = chain(5);
  let runs = 0;
  const until = performance.now() + load.timedMs / 2;
  const one = async (): Promise<void> => {
    do {
      await (load.width === 0 ? engine.run(fiveSteps, { value: 0 }) : engine.run(fanOut, { items: numbers(load.width) }));
      runs += 1;
    } while (performance.now() < until);
  };
  await Promise.all(Array.from({ length: load.atOnce }, one));
  await engine.close();
  const elapsedMs = await writeFloor(directory, engine.commits);
  return { kind: "steps", runs, stepsPerSecond: (runs * stepsPerRun(load) * 1_000) / elapsedMs };
}
