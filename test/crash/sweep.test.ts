/**
 * The crash sweep (reliability.md, 3.B): a process is killed with SIGKILL at a failpoint, another one
 * takes up its database, and an auditor that knows no code of the engine looks at what is left.
 *
 * `TUTTI_SWEEP` says how much it visits: `small`, `full` or `trust`. It kills again during recovery at
 * random places; the seed is among its figures, and `TUTTI_SWEEP_SEED` repeats it.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { publishFigures } from "../support/trust-figures.ts";
import { ABSENCES, chooseDoubleDeaths, chooseStories } from "./choose-points.ts";
import { failpointsIn } from "./failpoints.ts";
import { World } from "./lives.ts";
import { sweepSize } from "./sweep-size.ts";
import { countResends, figuresOf, type Story, tell, tellAll, type Told, workStillDone } from "./sweep.ts";

const SIZE = sweepSize();
const SEED = Number(process.env["TUTTI_SWEEP_SEED"] ?? Date.now() % 1_000_000);
/** More keep a small machine so busy that agents cannot answer in their time, and take longer together, measured. */
const AT_ONCE = 2;

let world: World;
let dryRun: Told;

beforeAll(async () => {
  world = await World.open();
  dryRun = await tell(world, { name: "dry", deaths: [] });
});

afterAll(async () => {
  await world.close();
});

describe("a process that is killed with SIGKILL", () => {
  it("loses nothing, repeats nothing and leaves nothing standing, wherever it dies", { timeout: SIZE.limitMs }, async () => {
    expect(dryRun.violations).toEqual([]);
    const beganAt = performance.now();
    // The first of two deaths is a point, too.
    const once = chooseStories(dryRun.points, SIZE.points - SIZE.doubles + SIZE.sparePoints);
    const twice = chooseDoubleDeaths(dryRun.points, SIZE.doubles + SIZE.spareDoubles, SEED);

    const first = await tellAll(world, [...ABSENCES, ...once, ...twice], AT_ONCE);
    // A process that had died before may have been done before its point: then there is a story for it alone.
    const missed = notReached(first).map((name, index): Story => ({ name: `missed-${index}`, deaths: [{ name, count: 1 }] }));
    const told = [...first, ...(await tellAll(world, missed, AT_ONCE))];

    const figures = figuresOf(told, twice);
    const resends = countResends(world);
    const seconds = Math.round((performance.now() - beganAt) / 1000);
    publishFigures("crash-sweep", { size: SIZE.name, ...figures, resends, stories: told.length, seconds, seed: SEED });
    expect(told.filter(({ violations }) => violations.length > 0).map(({ story, violations }) => ({ story, violations }))).toEqual([]);
    await expect.poll(() => workStillDone(world, told)).toEqual([]);
    // Without any there would have been nothing to tell apart.
    expect(resends).toBeGreaterThan(0);
    expect(figures.points).toBeGreaterThanOrEqual(SIZE.points);
    expect(figures.doubles).toBeGreaterThanOrEqual(SIZE.doubles);
    expect(notReached(told)).toEqual([]);
  });
});

/** Every failpoint of what runs workflows is a place to die at: a new one must be reached by the sweep. */
function notReached(told: readonly Told[]): readonly string[] {
  const reached = new Set(told.flatMap(({ deaths }) => deaths).map(({ name }) => name));
  // What a server passes is for the served sweep.
  return failpointsIn(["src/runtime", "src/hosts"]).filter((name) => !reached.has(name));
}

describe("the auditor", () => {
  it.concurrent.each([
    ["a new message id for every send", "freshMessageIds", { name: "sent.slow", count: 2 }, /duplicate: .* message ids/],
    ["sending again without asking the agent first", "sendsWithoutLooking", { name: "sent.plain", count: 2 }, /duplicate: .* tasks/],
    ["acknowledging a start before it is durable", "acknowledgesEarly", { name: "commit.written", count: 2 }, /lost: .* acknowledged/],
    ["never hearing of a remote task again", "neverHearsAgain", { name: "attend.begun", count: 3 }, /stuck: it is not over/],
    ["a workflow below under a new id", "childUnderNewId", { name: "child.accepted", count: 2 }, /duplicate: .* has started 2 runs/],
    [
      "an undoing that is done twice",
      "undoesTwice",
      { name: "fact.runCompensating", count: 1 },
      /duplicate: .*compensate .* executed 2 times/,
    ],
  ] as const)("notices the bug of %s", { timeout: 120_000 }, async (...[, mutation, death, finding]) => {
    // Only the one that hears of nothing again would stand for ever.
    const told = await tell(world, { name: mutation, deaths: [death], mutation }, mutation === "neverHearsAgain" ? 6_000 : undefined);

    expect(told.deaths).toEqual([death]);
    expect(told.violations.map(({ kind, sentence }) => `${kind}: ${sentence}`)).toContainEqual(expect.stringMatching(finding));
  });

  it.concurrent("notices the bug of losers that nobody tells to stop", { timeout: 120_000 }, async () => {
    const told = await tell(world, { name: "leavesLosers", deaths: [], mutation: "leavesLosers" });

    expect(workStillDone(world, [told])).toContain("leavesLosers-b");
  });
});
