/**
 * One hunt, in a process of its own: plays seeds until a promise is broken, and prints what was found
 * as one line of JSON. The bug, if there is one, was planted before (plant.ts).
 *
 * `node --conditions=source --import ./test/planted/plant.ts test/planted/hunt.ts 500 20000 away,clock`: at
 * most so many seeds, and so many milliseconds; first some of these scenes, then random cases.
 */
import { audit } from "../../src/simulation/auditor/audit.ts";
import type { Violation } from "../../src/simulation/evidence.ts";
import { Random } from "../../src/simulation/random.ts";
import { randomCase } from "../../src/simulation/random-definitions.ts";
import { simulate } from "../../src/simulation/simulate.ts";
import type { Hunted } from "./hunted.ts";
import { isSceneName, type Scene, SCENES } from "./scenes.ts";

/** Seeds of all scenes together: a scene is made to show its bug, and needs few. */
const SEEDS_OF_SCENES = 240;

type Hunt = { readonly mostSeeds: number; readonly mostMs: number; readonly scenes: readonly string[] };

async function hunt({ mostSeeds, mostMs, scenes }: Hunt): Promise<Hunted> {
  const beganAt = performance.now();
  const elapsedMs = () => Math.round(performance.now() - beganAt);
  const names = scenes.filter(isSceneName);
  const rounds = names.length === 0 ? 0 : Math.ceil(SEEDS_OF_SCENES / names.length);
  const played = Array.from({ length: rounds }, (_, index) => names.map((name) => ({ name, index }))).flat();
  let seeds = 0;
  for (; seeds < mostSeeds && elapsedMs() < mostMs; seeds += 1) {
    const next = played[seeds];
    const random = seeds - played.length;
    const violation =
      next === undefined
        ? await play(`planted-${random}`, caseOf(`planted-${random}`))
        : await play(`${next.name}-${next.index}`, SCENES[next.name]);
    if (violation !== null) return { seeds: seeds + 1, elapsedMs: elapsedMs(), violation };
  }
  return { seeds, elapsedMs: elapsedMs(), violation: null };
}

/** A workflow of its own, from the seed. */
function caseOf(seed: string): Scene {
  const { workflow, children, ...rest } = randomCase(new Random(seed, "case"));
  return { definitions: [workflow, ...children], ...rest, hasNeighbor: new Random(seed, "tenants").hits(0.25) };
}

async function play(seed: string, scene: Scene): Promise<Violation | null> {
  try {
    const { evidence } = await simulate({ seed, ...scene });
    return audit(evidence)[0] ?? null;
  } catch (error) {
    // The engine itself says that something cannot be.
    return { invariant: "thrown", run: "", sentence: error instanceof Error ? error.message : String(error) };
  }
}

const [mostSeeds = "500", mostMs = "20000", scenes = ""] = process.argv.slice(2);
// Promises that nobody waits for may fail when the engine is broken; what they break is seen in the evidence.
process.on("unhandledRejection", () => undefined);
console.log(JSON.stringify(await hunt({ mostSeeds: Number(mostSeeds), mostMs: Number(mostMs), scenes: scenes.split(",") })));
process.exit(0);
