/**
 * The crash sweep (reliability.md, 3.B): a process is killed with SIGKILL at a failpoint, another one
 * takes up its database, and an auditor that knows no code of the engine looks at what is left.
 *
 * `TUTTI_SWEEP=full` visits many more points, and kills again during recovery at random places; the
 * seed is printed, and `TUTTI_SWEEP_SEED` repeats it.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readFiles } from "../support/source-files.ts";
import { audit } from "./auditor.ts";
import { chooseDoubleDeaths, choosePoints } from "./choose-points.ts";
import type { Evidence, StoredFact } from "./evidence.ts";
import { World } from "./lives.ts";
import { countResends, type Story, summaryOf, tell, tellAll, type Told, workStillDone } from "./sweep.ts";

const isFull = process.env["TUTTI_SWEEP"] === "full";
/** Deaths that must come true; a few more are planned, since a process may be done before its point. */
const POINTS = isFull ? 240 : 60;
const DOUBLE_DEATHS = isFull ? 40 : 4;
const SEED = Number(process.env["TUTTI_SWEEP_SEED"] ?? Date.now() % 1_000_000);
/** More than there are processors: the processes mostly wait for agents. */
const AT_ONCE = 4;
const LIMIT_MS = isFull ? 900_000 : 180_000;

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
  it("loses nothing, repeats nothing and leaves nothing standing, wherever it dies", { timeout: LIMIT_MS }, async () => {
    expect(dryRun.violations).toEqual([]);
    const once = choosePoints(dryRun.points, POINTS).map((death, index): Story => ({ name: `once-${index}`, deaths: [death] }));
    const twice = chooseDoubleDeaths(dryRun.points, DOUBLE_DEATHS, SEED);

    const told = await tellAll(world, [...once, ...twice], AT_ONCE);

    const resendCount = countResends(world);
    process.stdout.write(`${summaryOf(told)}, re-sends under the first message id ${resendCount}, seed ${SEED}\n`);
    expect(told.filter(({ violations }) => violations.length > 0).map(({ story, violations }) => ({ story, violations }))).toEqual([]);
    await expect.poll(() => workStillDone(world, told)).toEqual([]);
    // Without any there would have been nothing to tell apart.
    expect(resendCount).toBeGreaterThan(0);
    const deaths = told.flatMap((one) => one.deaths);
    expect(deaths.length).toBeGreaterThanOrEqual(POINTS);
    const places = new Set(deaths.map(({ name }) => name));
    expect(failpointsOfTheSources().filter((name) => !places.has(name))).toEqual([]);
  });
});

/** Every failpoint of the sources is a place to die at: a new one must be reached by the sweep. */
function failpointsOfTheSources(): readonly string[] {
  return readFiles(["src"], [".ts"]).flatMap(({ text }) => [...text.matchAll(/\bfailpoint\("([^"]+)"\)/g)].map(([, name]) => name ?? ""));
}

describe("the auditor", () => {
  it.each([
    ["a new message id for every send", "freshMessageIds", "duplicate", { name: "sent.slow", count: 2 }],
    ["sending again without asking the agent first", "sendsWithoutLooking", "duplicate", { name: "sent.plain", count: 2 }],
    ["acknowledging a start before it is durable", "acknowledgesEarly", "lost", { name: "commit.written", count: 2 }],
    ["never hearing of a remote task again", "neverHearsAgain", "stuck", { name: "attend.begun", count: 3 }],
  ] as const)("notices the bug of %s", { timeout: 60_000 }, async (...[, mutation, kind, death]) => {
    const told = await tell(world, { name: mutation, deaths: [death], mutation }, 4_000);

    expect(told.deaths).toEqual([death]);
    expect(told.violations.map((violation) => violation.kind)).toContain(kind);
  });

  it.each<readonly [string, string, (facts: readonly StoredFact[]) => readonly StoredFact[]]>([
    ["a fact that is gone", "history", (facts) => facts.toSpliced(10, 1)],
    [
      "a fact after the end",
      "history",
      (facts) => [...facts, { seq: facts.length + 1, kind: "subtaskProgressed", at: Number.MAX_SAFE_INTEGER }],
    ],
    ["a second completion", "duplicate", (facts) => withSecondCompletion(facts)],
    ["an output that is wrong", "lost", (facts) => [...facts.slice(0, -1), { ...(facts.at(-1) as StoredFact), output: null }]],
    ["a run that is not over", "stuck", (facts) => facts.slice(0, -1)],
    [
      "a retry before its time",
      "history",
      (facts) => facts.map((fact) => (fact.kind === "attemptFailed" ? { ...fact, retryAt: Number.MAX_SAFE_INTEGER } : fact)),
    ],
  ])("notices %s", (_what, kind, change) => {
    const kinds = audit(tampered(dryRun.evidence[0] as Evidence, change)).map((violation) => violation.kind);
    expect(kinds).toContain(kind);
  });
});

function tampered(evidence: Evidence, change: (facts: readonly StoredFact[]) => readonly StoredFact[]): Evidence {
  const runs = new Map([...evidence.atEnd.runs].map(([id, run]) => [id, { ...run, facts: change(run.facts) }]));
  return { ...evidence, atEnd: { ...evidence.atEnd, runs } };
}

function withSecondCompletion(facts: readonly StoredFact[]): readonly StoredFact[] {
  const index = facts.findIndex(({ kind }) => kind === "subtaskCompleted");
  return facts.toSpliced(index, 0, facts[index] as StoredFact).map((fact, place) => ({ ...fact, seq: place + 1 }));
}
