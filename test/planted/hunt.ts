/**
 * One hunt, in a process of its own: plays seeds until a promise is broken, and prints what was found
 * as one line of JSON. The bug, if there is one, was planted before (plant.ts).
 *
 * `node --conditions=source --import ./test/planted/plant.ts test/planted/hunt.ts 500 20000`: at most so many
 * seeds, and so many milliseconds.
 */
import { audit } from "../../src/simulation/auditor/audit.ts";
import type { Violation } from "../../src/simulation/evidence.ts";
import { Random } from "../../src/simulation/random.ts";
import { randomCase } from "../../src/simulation/random-definitions.ts";
import { simulate } from "../../src/simulation/simulate.ts";
import type { Hunted } from "./hunted.ts";

async function hunt(mostSeeds: number, mostMs: number): Promise<Hunted> {
  const beganAt = performance.now();
  const elapsedMs = () => Math.round(performance.now() - beganAt);
  let seeds = 0;
  for (; seeds < mostSeeds && elapsedMs() < mostMs; seeds += 1) {
    const violation = await play(`planted-${seeds}`);
    if (violation !== null) return { seeds: seeds + 1, elapsedMs: elapsedMs(), violation };
  }
  return { seeds, elapsedMs: elapsedMs(), violation: null };
}

/** A workflow of its own, and its history, both from the seed. */
async function play(seed: string): Promise<Violation | null> {
  const { workflow, children, input, cast, signals } = randomCase(new Random(seed, "case"));
  try {
    const { evidence } = await simulate({ seed, definitions: [workflow, ...children], input, cast, signals });
    return audit(evidence)[0] ?? null;
  } catch (error) {
    // The engine itself says that something cannot be.
    return { invariant: "thrown", run: "", sentence: error instanceof Error ? error.message : String(error) };
  }
}

const [mostSeeds = "500", mostMs = "20000"] = process.argv.slice(2);
// Promises that nobody waits for may fail when the engine is broken; what they break is seen in the evidence.
process.on("unhandledRejection", () => undefined);
console.log(JSON.stringify(await hunt(Number(mostSeeds), Number(mostMs))));
process.exit(0);
