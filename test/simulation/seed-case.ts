/**
 * What the number of a seed stands for: a random case, and the world it is played in.
 *
 * 1. The number alone decides, so a number is enough to play it again.
 * 2. Seeds beside each other share their case: it is read and compiled once, and meets many fates.
 */
import { audit } from "../../src/simulation/auditor/audit.ts";
import type { Evidence, Violation } from "../../src/simulation/evidence.ts";
import type { Schedule } from "../../src/simulation/faults.ts";
import { Random } from "../../src/simulation/random.ts";
import { weightOf } from "../../src/simulation/case-weight.ts";
import { randomCase, type RandomCase } from "../../src/simulation/random-definitions.ts";
import { simulate, type Simulated } from "../../src/simulation/simulate.ts";

export const SEEDS_PER_CASE = 25;

export type Played = { readonly simulated: Simulated; readonly violations: readonly Violation[] };

/** Plays a seed; with a schedule, exactly those faults strike. Throws when the engine says that something cannot be. */
export async function playSeed(number: number, schedule?: Schedule): Promise<Played> {
  const { workflow, children, input, cast, signals } = caseOf(number);
  const seed = `seed-${number}`;
  const given = schedule === undefined ? {} : { schedule };
  const simulated = await simulate({ seed, definitions: [workflow, ...children], input, cast, signals, ...crowdOf(seed), ...given });
  return { simulated, violations: violationsIn(simulated.evidence) };
}

/** What the auditor finds; and no case is so large that it could be given up for lack of time. */
export function violationsIn(evidence: Evidence): readonly Violation[] {
  const found = audit(evidence);
  return evidence.gaveUp ? [...found, { invariant: "ends", run: "*", sentence: "It was given up before all was over." }] : found;
}

/** Runs hardly meddle with each other: one is enough, most of the time; in a quarter of the worlds two tenants have the same. */
export function crowdOf(seed: string): { readonly runs: number; readonly hasNeighbor: boolean } {
  const hasNeighbor = new Random(seed, "tenants").hits(0.25);
  const isCrowded = !new Random(seed, "runs").hits(hasNeighbor ? 0.95 : 0.94);
  return { runs: isCrowded ? (hasNeighbor ? 2 : 3) : 1, hasNeighbor };
}

let last: { readonly group: number; readonly found: RandomCase } | null = null;

export function caseOf(number: number): RandomCase {
  const group = Math.floor(number / SEEDS_PER_CASE);
  if (last?.group !== group) last = { group, found: findCase(group) };
  return last.found;
}

/** The first draw that is not too heavy: without the heaviest, there is time for a hundred times as many. */
function findCase(group: number): RandomCase {
  for (let draw = 1; ; draw += 1) {
    const found = randomCase(new Random(`case-${group}`, `draw ${draw}`));
    if (weightOf(found) <= heaviest(group)) return found;
  }
}

/** Of twenty cases sixteen are small, three are of middling size and one may be large. */
function heaviest(group: number): number {
  const turn = group % 20;
  return turn === 0 ? 60 : turn <= 3 ? 10 : 4;
}
