import { describeFailure } from "./replay.ts";
import { playMany } from "./play-many.ts";
import { sweepSize } from "../crash/sweep-size.ts";

/** `npm test` plays 2,000 seeds, CI and the trust report 20,000; `npm run simulate:seeds` as many as one likes. */
export function seedCount(): number {
  return sweepSize().name === "small" ? 2_000 : 20_000;
}

/** Plays one of two halves of the seeds, in a process of its own; what is broken, with how to play it again. */
export async function playHalf(half: 0 | 1): Promise<{ readonly seeds: number; readonly broken: readonly string[] }> {
  const count = seedCount() / 2;
  const { tally, failures } = await playMany({ first: half * count, count, jobs: 1, mostFailures: 3 });
  return { seeds: tally.seeds, broken: failures.map(describeFailure) };
}

export const HALF = { seeds: seedCount() / 2, broken: [] };
export const HALF_LIMIT_MS = 400_000;
