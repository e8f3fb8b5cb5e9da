/**
 * A process that plays seeds. It is told a range, plays it, and says what it came to; then it is told
 * the next one. A seed that breaks a promise is played again with ever fewer faults.
 */
import type { Violation } from "../../src/simulation/evidence.ts";
import type { Schedule } from "../../src/simulation/faults.ts";
import { shrink } from "../../src/simulation/shrink.ts";
import { playSeed, type Played, SEEDS_PER_CASE } from "./seed-case.ts";
import { add, type Failure, NOTHING, type Tally, tallyOf } from "./tally.ts";

export type Range = { readonly first: number; readonly count: number };
export type Done = { readonly range: Range; readonly tally: Tally; readonly failures: readonly Failure[] };

/** What nobody waited for, and failed. */
let unheard: Violation[] = [];
process.on("unhandledRejection", (reason) => void unheard.push(thrown(reason)));
process.on("message", (range: Range) => void answer(range));
// Who stops the campaign lets pieces come to their end.
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(0));

async function answer(range: Range): Promise<void> {
  process.send?.(await playRange(range));
}

async function playRange(range: Range): Promise<Done> {
  let tally = { ...NOTHING, cases: Math.ceil(range.count / SEEDS_PER_CASE) };
  const failures: Failure[] = [];
  for (let seed = range.first; seed < range.first + range.count; seed += 1) {
    const { violations, simulated } = await play(seed);
    tally = add(tally, simulated === null ? { ...NOTHING, seeds: 1 } : tallyOf(simulated));
    if (violations.length > 0) failures.push({ seed, violations, faults: await shrunk(seed, simulated?.schedule ?? [], violations) });
  }
  return { range, tally, failures };
}

async function play(
  seed: number,
  schedule?: Schedule,
): Promise<{ readonly violations: readonly Violation[]; readonly simulated: Played["simulated"] | null }> {
  unheard = [];
  try {
    const { violations, simulated } = await playSeed(seed, schedule);
    return { violations: [...violations, ...unheard], simulated };
  } catch (error) {
    // The engine itself says that something cannot be.
    return { violations: [thrown(error)], simulated: null };
  }
}

/** The faults without which the same promise would be kept. */
function shrunk(seed: number, schedule: Schedule, [first]: readonly Violation[]): Promise<Schedule> {
  return shrink(schedule, async (part) => {
    const { violations } = await play(seed, part);
    return violations.some(({ invariant }) => invariant === first?.invariant);
  });
}

function thrown(error: unknown): Violation {
  return { invariant: "thrown", run: "*", sentence: error instanceof Error ? error.message : String(error) };
}
