/** What many seeds came to, as numbers that can be added. */
import type { Violation } from "../../src/simulation/evidence.ts";
import type { Schedule } from "../../src/simulation/faults.ts";
import type { Simulated } from "../../src/simulation/simulate.ts";

type Counts = { readonly [name: string]: number };

export type Tally = {
  readonly seeds: number;
  readonly cases: number;
  readonly facts: number;
  /** How often a process died, and another one went on. */
  readonly deaths: number;
  /** Runs by how they ended. */
  readonly runs: Counts;
  /** How often each kind of fault struck. */
  readonly faults: Counts;
};

/** A seed that broke a promise, with the faults that it takes. */
export type Failure = { readonly seed: number; readonly violations: readonly Violation[]; readonly faults: Schedule };

export const NOTHING: Tally = { seeds: 0, cases: 0, facts: 0, deaths: 0, runs: {}, faults: {} };

export function tallyOf({ evidence, schedule }: Simulated): Tally {
  const { runs, lives } = evidence;
  return {
    seeds: 1,
    cases: 0,
    facts: runs.reduce((count, { facts }) => count + facts.length, 0),
    deaths: lives.length - 1,
    runs: countsOf(runs.map(({ status }) => status)),
    faults: countsOf(schedule.map(({ fault }) => fault)),
  };
}

export function add(left: Tally, right: Tally): Tally {
  return {
    seeds: left.seeds + right.seeds,
    cases: left.cases + right.cases,
    facts: left.facts + right.facts,
    deaths: left.deaths + right.deaths,
    runs: sumOf(left.runs, right.runs),
    faults: sumOf(left.faults, right.faults),
  };
}

function countsOf(names: readonly string[]): Counts {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

function sumOf(left: Counts, right: Counts): Counts {
  const counts: Record<string, number> = { ...left };
  for (const [name, count] of Object.entries(right)) counts[name] = (counts[name] ?? 0) + count;
  return counts;
}
