/**
 * The served sweep (issue 4, Must show): a server of agents and workflows is killed with SIGKILL at each
 * failpoint, with tasks in each state, and started again. The auditor knows only what callers, readers
 * and webhooks were told, and what handlers wrote down.
 *
 * `TUTTI_SWEEP` of another size than `small` visits many more points; the seed of the deaths during
 * recovery is among its figures, and `TUTTI_SWEEP_SEED` repeats them.
 */
import { beforeAll, describe, expect, it } from "vitest";

import { publishFigures } from "../../support/trust-figures.ts";
import { chooseDoubleDeaths, chooseStories } from "../choose-points.ts";
import { failpointsIn } from "../failpoints.ts";
import { sweepSize } from "../sweep-size.ts";
import { audit } from "./audit.ts";
import { COURSES } from "./courses.ts";
import { type Ended, type Evidence, type ServedStory, type ServedTold, tellAllServed, tellServed } from "./story.ts";
import type { SeenEvent } from "./visitor.ts";

const isFull = sweepSize().name !== "small";
/** Deaths that are planned besides the first passing of each failpoint. */
const FURTHER_POINTS = isFull ? 30 : 0;
const DOUBLE_DEATHS = isFull ? 10 : 0;
/** Failpoints of what makes runs tasks; those below are passed by the crash sweep, too. */
const OWN = failpointsIn(["src/a2a", "src/server", "src/compose"]);
const SEED = Number(process.env["TUTTI_SWEEP_SEED"] ?? Date.now() % 1_000_000);
const AT_ONCE = 4;
const LIMIT_MS = isFull ? 900_000 : 120_000;

/** Failpoints that only a process passes which takes up what another one left. */
const RECOVERIES: readonly ServedStory[] = ["recover.loading", "recover.performing"].map((name) => ({
  name,
  deaths: [
    { name: "local.begun", count: 3 },
    { name, count: 1 },
  ],
}));

let dryRun: ServedTold;

beforeAll(async () => {
  dryRun = await tellServed({ name: "dry", deaths: [] });
});

describe("a server that is killed with SIGKILL, with tasks in each state", () => {
  it(
    "makes one task of each message, and tells callers, readers and webhooks all of it, in order, wherever it dies",
    { timeout: LIMIT_MS },
    async () => {
      expect(dryRun.violations).toEqual([]);
      const beganAt = performance.now();
      const points = dryRun.points.filter((name) => isFull || OWN.includes(name));
      const once = chooseStories(points, new Set(points).size + FURTHER_POINTS);
      const twice = chooseDoubleDeaths(points, DOUBLE_DEATHS, SEED, []);

      const first = await tellAllServed([...RECOVERIES, ...once, ...twice], AT_ONCE);
      // A process that had died before may have been done before its point: then there is a story for it alone.
      const missed = notReached(first).map((name): ServedStory => ({ name: `missed ${name}`, deaths: [{ name, count: 1 }] }));
      const told = [...first, ...(await tellAllServed(missed, AT_ONCE))];

      const deathCount = told.flatMap(({ deaths }) => deaths).length;
      const violationCount = told.reduce((sum, one) => sum + one.violations.length, 0);
      const seconds = Math.round((performance.now() - beganAt) / 1000);
      const tasks = told.length * COURSES.length;
      publishFigures("served-sweep", {
        size: sweepSize().name,
        points: deathCount,
        tasks,
        violations: violationCount,
        seconds,
        seed: SEED,
      });
      expect(told.filter(({ violations }) => violations.length > 0).map(({ story, violations }) => ({ story, violations }))).toEqual([]);
      expect(notReached(told)).toEqual([]);
    },
  );
});

/** Every failpoint of what is served is a place to die at, and in the full sweep every one that is passed without a death. */
function notReached(told: readonly ServedTold[]): readonly string[] {
  const reached = new Set(told.flatMap(({ deaths }) => deaths).map(({ name }) => name));
  return [...new Set([...OWN, ...(isFull ? dryRun.points : [])])].filter((name) => !reached.has(name));
}

describe("the auditor of what is served", () => {
  /** The evidence of a story without a death, with one thing changed in it. */
  const tampered = (change: (evidence: Evidence) => Partial<Evidence>): readonly string[] => {
    const { evidence } = dryRun;
    if (evidence === null) throw new Error("The dry run has come to its end.");
    return audit({ ...evidence, ...change(evidence) });
  };
  const withEnd = (name: string, change: (end: Ended) => Ended) => (evidence: Evidence) => ({
    ends: evidence.ends.map((end) => (end.log.course.name === name ? change(end) : end)),
  });
  const withEvents = (change: (events: readonly SeenEvent[]) => readonly SeenEvent[]) =>
    withEnd("decided", (end) => ({ ...end, log: { ...end.log, events: [...change(end.log.events)] } }));

  it.each([
    ["an event that never came", withEvents((events) => events.toSpliced(1, 1)), /decided: gap: its reader/],
    ["an event that came twice", withEvents((events) => events.toSpliced(1, 0, events[1] as SeenEvent)), /decided: duplicate: its reader/],
    [
      "a state that goes backwards",
      withEvents((events) => [...events, { ...(events[0] as SeenEvent), id: "999.0" }]),
      /decided: backwards/,
    ],
    [
      "a second task of one message",
      withEnd("slow", (end) => ({ ...end, log: { ...end.log, taskIds: new Set(["a", "b"]) } })),
      /slow: duplicate: .* 2 tasks/,
    ],
    ["a task that nobody asked for", ({ listed, ends }: Evidence) => ({ listed, ends: ends.slice(1) }), /nobody knows of task/],
    [
      "another end",
      withEnd("slow", (end) => ({ ...end, log: { ...end.log, course: { ...end.log.course, endsAs: "FAILED" } } })),
      /slow: lost: it is/,
    ],
    ["a message that is gone", withEnd("slow", (end) => ({ ...end, log: { ...end.log, forgotten: ["m-1"] } })), /slow: lost: message m-1/],
    [
      "a notification that never came",
      ({ pushes }: Evidence) => ({
        pushes: pushes.toSpliced(
          pushes.findIndex(({ path }) => path === "/slow"),
          1,
        ),
      }),
      /slow: gap: its webhook/,
    ],
    ["notifications out of order", ({ pushes }: Evidence) => ({ pushes: pushes.toReversed() }), /slow: gap: its webhook/],
    [
      "work that was given twice",
      ({ diary }: Evidence) => ({ diary: diary.map((entry) => ({ ...entry, key: `${entry.key}/again` })).concat(diary) }),
      /slow: duplicate: its handlers/,
    ],
    [
      "work after the end",
      ({ diary }: Evidence) => ({ diary: diary.map((entry) => ({ ...entry, at: entry.at + 600_000 })) }),
      /slow: duplicate: work began when it was over/,
    ],
    ["another card", ({ cards }: Evidence) => ({ cards: [...cards, "x"] }), /changed: the card/],
  ] as const)("notices %s", (_what, change, finding) => {
    expect(tampered(change)).toContainEqual(expect.stringMatching(finding));
  });
});
