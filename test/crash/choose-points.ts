/** Where the stories of a sweep die: a function of a dry run and a seed. */
import { CANCEL_PATIENCE_MS } from "../../src/base/limits.ts";
import type { Story } from "./sweep.ts";
import type { FailAt } from "./world/orchestrate.ts";

/** Deaths of one story: each further one costs a life, where a story of its own would cost two. */
const DEATHS_AT_MOST = 8;

/** A process that passes a place for so few times has done little by then. */
const EARLY_PASSINGS = 3;
/** Further points of one story: all but one are early ones, which leave it nearly all of the work. */
const FURTHER_DEATHS = 3;

/**
 * Stories for a dry run. They die at the first passing of every name: failpoints of the sources, and
 * places of the test's own: soon after a fact of each kind, and when an agent has just answered. A
 * story goes from earlier places to later ones. Further points, up to `count`, are spread evenly over
 * the early ones and over the others.
 *
 * A point is a name and a passing: two runs of one program never interleave twice in the same way, so a
 * number alone would name nothing.
 */
export function chooseStories(dryRun: readonly string[], count: number): readonly Story[] {
  const passings = passingsOf(dryRun);
  const firsts = passings.filter((point) => point.count === 1);
  const storyCount = Math.ceil(firsts.length / DEATHS_AT_MOST);
  const chains = Array.from({ length: storyCount }, (_, start) => firsts.filter((_point, place) => place % storyCount === start));
  const further = furtherDeaths(dryRun, Math.max(0, count - firsts.length));
  return [...chains, ...further].map((deaths, index): Story => ({ name: `once-${index}`, deaths }));
}

function furtherDeaths(dryRun: readonly string[], count: number): readonly (readonly FailAt[])[] {
  const points = passingsOf(dryRun).filter((point) => point.count > 1 && point.count <= surePassings(dryRun, point.name));
  const late = evenly(
    points.filter((point) => point.count > EARLY_PASSINGS),
    Math.ceil(count / FURTHER_DEATHS),
  );
  const early = evenly(
    points.filter((point) => point.count <= EARLY_PASSINGS),
    count - late.length,
  );
  // Neighbours in time are in different stories.
  const storyOf = (last: FailAt, place: number): FailAt[] => [...early.filter((_, index) => index % late.length === place), last];
  return late.map((last, place) => inOrder(points, storyOf(last, place)));
}

/** Deaths in the order in which a dry run passes them. */
function inOrder(points: readonly FailAt[], deaths: readonly FailAt[]): readonly FailAt[] {
  return deaths.toSorted((one, other) => points.indexOf(one) - points.indexOf(other));
}

function evenly<Item>(items: readonly Item[], count: number): readonly Item[] {
  const chosen = Math.min(items.length, count);
  return Array.from({ length: chosen }, (_, index) => items[Math.floor(((index + 0.5) * items.length) / chosen)] as Item);
}

function passingsOf(dryRun: readonly string[]): readonly FailAt[] {
  const passings = new Map<string, number>();
  return dryRun.map((name) => {
    const count = (passings.get(name) ?? 0) + 1;
    passings.set(name, count);
    return { name, count };
  });
}

/** How often a name is passed in every interleaving, give or take what group commits save. */
function surePassings(dryRun: readonly string[], name: string): number {
  return Math.floor(dryRun.filter((point) => point === name).length * 0.8);
}

/** Failpoints that only a process passes which takes up what another one left, and where that other one dies. */
const RECOVERIES: readonly (readonly [first: FailAt, second: FailAt])[] = [
  [
    { name: "sent.slow", count: 2 },
    { name: "recover.loading", count: 1 },
  ],
  [
    { name: "sent.slow", count: 3 },
    { name: "recover.performing", count: 1 },
  ],
  [
    { name: "sent.plain", count: 2 },
    { name: "send.reconciled", count: 1 },
  ],
  [
    { name: "send.accepted", count: 4 },
    { name: "commit.done", count: 2 },
  ],
  [
    { name: "child.started", count: 4 },
    { name: "child.canceled", count: 1 },
  ],
  [
    { name: "fact.runCompensating", count: 2 },
    { name: "fact.compensationEnded", count: 3 },
  ],
];

/** Nobody comes back before patience with agents that were told to stop has run out. */
export const ABSENCES: readonly Story[] = [
  { name: "absent-0", deaths: [{ name: "fact.attemptTimedOut", count: 1 }], absenceMs: 1.2 * CANCEL_PATIENCE_MS },
  { name: "absent-1", deaths: [{ name: "fact.runEnding", count: 1 }], absenceMs: 1.2 * CANCEL_PATIENCE_MS },
];

/** Double deaths of one story, one upon the other, for the same reason. */
const PAIRS_AT_MOST = 4;

/** Stories that die again while they are taken up, `count` times together; after the known ones, at random places. */
export function chooseDoubleDeaths(
  dryRun: readonly string[],
  count: number,
  seed: number,
  known: readonly (readonly FailAt[])[] = RECOVERIES,
): readonly Story[] {
  const random = randomOf(seed);
  const points = passingsOf(dryRun).filter((point) => point.count <= surePassings(dryRun, point.name));
  // A later life has less to do: it is killed early, or it would be done before.
  const early = points.filter((point) => point.count <= EARLY_PASSINGS);
  const pick = (from: readonly FailAt[]): FailAt => from[Math.floor(random() * from.length)] as FailAt;
  const stories: (readonly FailAt[])[] = known.slice(0, count);
  for (let left = count - stories.length; left > 0; left -= PAIRS_AT_MOST) {
    const further = Array.from({ length: 2 * Math.min(left, PAIRS_AT_MOST) - 1 }, () => pick(early));
    // Whoever died at a late place has little left to die at.
    stories.push(inOrder(points, [pick(points), ...further]));
  }
  return stories.map((deaths, index): Story => ({ name: `twice-${index}`, deaths }));
}

/** Mulberry32: small, and the same everywhere. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
