/**
 * The crash sweep (reliability.md, 3.B): a process is killed with SIGKILL at a failpoint, another one
 * takes up its database, and an auditor that knows no code of the engine looks at what is left.
 *
 * `TUTTI_SWEEP=full` visits many more points, and kills again during recovery at random places; the
 * seed is printed, and `TUTTI_SWEEP_SEED` repeats it.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { World } from "./lives.ts";
import { choosePoints, randomOf, type Story, summaryOf, tell, tellAll, type Told } from "./sweep.ts";

const isFull = process.env["TUTTI_SWEEP"] === "full";
const POINTS = isFull ? 240 : 60;
const DOUBLE_DEATHS = isFull ? 40 : 4;
const SEED = Number(process.env["TUTTI_SWEEP_SEED"] ?? Date.now() % 1_000_000);
/** They mostly wait for each other's agents. */
const AT_ONCE = 4;
const LIMIT_MS = isFull ? 900_000 : 180_000;

describe("a process that is killed with SIGKILL", () => {
  let world: World;
  let dryRun: Told;

  beforeAll(async () => {
    world = await World.open();
    dryRun = await tell(world, { name: "dry", deaths: [] });
  });

  afterAll(async () => {
    await world.close();
  });

  it("loses nothing, repeats nothing and leaves nothing standing, wherever it dies", { timeout: LIMIT_MS }, async () => {
    expect(dryRun.violations).toEqual([]);
    const once = choosePoints(dryRun.points, POINTS).map((death, index): Story => ({ name: `once-${index}`, deaths: [death] }));
    const twice = doubleDeaths(dryRun.points);
    const told = await tellAll(world, [...once, ...twice], AT_ONCE);

    process.stdout.write(`${summaryOf(told)} (seed ${SEED})\n`);
    expect(told.filter(({ violations }) => violations.length > 0).map(({ story, violations }) => ({ story, violations }))).toEqual([]);
    expect(told.filter(({ deaths }) => deaths.length > 0).length).toBeGreaterThanOrEqual(POINTS);
    const places = new Set(told.flatMap(({ deaths }) => deaths.map(({ name }) => name)));
    expect(failpointsOf("src").filter((name) => !places.has(name))).toEqual([]);
  });

  it.each([
    ["a new message id for every send", "freshMessageIds", "duplicate", { name: "send.answered", count: 3 }],
    ["sending again without asking the agent first", "sendsWithoutLooking", "duplicate", { name: "send.answered", count: "plain" }],
    ["acknowledging a start before it is durable", "acknowledgesEarly", "lost", { name: "commit.written", count: 2 }],
    ["never hearing of a remote task again", "neverHearsAgain", "stuck", { name: "attend.begun", count: 3 }],
  ] as const)("would not go unnoticed with the bug of %s", { timeout: LIMIT_MS }, async (_bug, mutation, kind, death) => {
    const told = await tell(world, { name: mutation.toLowerCase(), deaths: [death], mutation }, 5_000);
    expect(told.deaths).toHaveLength(1);
    expect(told.violations.map((violation) => violation.kind)).toContain(kind);
  });
});
