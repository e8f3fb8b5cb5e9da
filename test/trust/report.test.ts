import { describe, expect, it } from "vitest";

import { NOTHING } from "../simulation/tally.ts";
import { pageOf, sentencesOf } from "./page.ts";
import { figuresInReadme, keepIfLongest, type LongRun, readReport } from "./report.ts";

function longRun(seeds: number, first = 0): LongRun {
  const about = { commit: "abc", isChanged: false, date: "2026-01-05", machine: "one", versions: {} };
  return { about, seeds: { ...NOTHING, seeds, first, violations: 0, seconds: 1, jobs: 1 } };
}

describe("the trust report", () => {
  it("is what the README says, figure for figure", () => {
    const sentences = sentencesOf(readReport()).split("\n");
    expect(figuresInReadme()).not.toBeNull();
    const said = (figuresInReadme() ?? "").split("\n").slice(1, -1);
    expect(said.filter((line) => line !== "")).toEqual(sentences.filter((line) => line !== ""));
  });

  it("keeps the longest run of seeds, whatever is played after it", () => {
    const long = keepIfLongest({ last: null, longest: null }, longRun(1_000_000));
    expect(keepIfLongest(long, longRun(20_000))).toEqual(long);
    expect(keepIfLongest(long, longRun(1_000_001)).longest?.seeds.seeds).toBe(1_000_001);
  });

  it("takes a run that goes on where the longest was stopped for a part of it", () => {
    const begun = keepIfLongest({ last: null, longest: null }, longRun(600_000));
    expect(keepIfLongest(begun, longRun(400_000, 600_000)).longest?.seeds).toMatchObject({ first: 0, seeds: 1_000_000, seconds: 2 });
  });

  it("says of each planted bug what gave it away, and of what could not be tried, why", () => {
    const { about, seeds } = longRun(2);
    const bugs = [
      { id: "early", sentence: "It is early.", seeds: 3, foundBy: "I5" },
      { id: "late", sentence: "It is late.", seeds: 500, foundBy: null },
    ];
    const planted = { planted: 2, found: 1, foundInSound: null, bugs };
    const figures = { "clock-jumps": { skipped: 1, reason: "no libfaketime" }, "io-errors": { points: 7, lost: 0 } };
    const last = { about, seconds: 1, size: "small", seeds, planted, tests: { passed: 1, failed: ["it holds"] }, figures };
    const page = pageOf({ last, longest: null });
    expect(page).toContain("1 of 2 bugs");
    expect(page).toContain("| early | It is early. | 3 seeds | I5 |");
    expect(page).toContain("| late | It is late. | **not found** |  |");
    expect(page).toContain("skipped: no libfaketime |");
    expect(page).toContain("points 7, lost 0 |");
    expect(page).toContain("- failed: it holds");
  });
});
