import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { describe, expect, it, vi } from "vitest";

import { publishSkip } from "../support/trust-figures.ts";
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
    const figures = { "clock-jumps": { skipped: 3, reason: "no libfaketime" }, "io-errors": { points: 7, lost: 0 } };
    const last = { about, seconds: 1, size: "small", seeds, planted, tests: { passed: 1, failed: ["it holds"], skipped: 3 }, figures };
    const page = pageOf({ last, longest: null });
    expect(page).toContain("1 of 2 bugs");
    expect(page).toContain("| early | It is early. | 3 seeds | I5 |");
    expect(page).toContain("| late | It is late. | **not found** |  |");
    expect(page).toContain("1 tests passed, 1 failed, 3 were skipped");
    expect(page).toContain("3 skipped: no libfaketime |");
    expect(page).toContain("points 7, lost 0 |");
    expect(page).toContain("- failed: it holds");
    expect(sentencesOf({ last, longest: null })).toContain(
      "3 tests could not be tried on that machine: a clock that jumps (libfaketime) (no libfaketime).",
    );
  });

  it("says so when a test was skipped and gave no reason", () => {
    const { about, seeds } = longRun(2);
    const planted = { planted: 0, found: 0, foundInSound: null, bugs: [] };
    const figures = { "clock-jumps": { skipped: 3, reason: "no libfaketime" } };
    const last = { about, seconds: 1, size: "small", seeds, planted, tests: { passed: 1, failed: [], skipped: 5 }, figures };
    expect(pageOf({ last, longest: null })).toContain("5 were skipped, 2 of them without a reason");
  });

  it("counts each test that is skipped, with its reason", () => {
    const directory = mkdtempSync(join(tmpdir(), "tutti-skips-"));
    vi.stubEnv("TUTTI_TRUST_DIR", directory);
    const said = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    for (const name of ["a-tool", "a-tool", "another"]) publishSkip(name, "it is not installed");
    said.mockRestore();
    vi.unstubAllEnvs();
    const read = (name: string): unknown => JSON.parse(readFileSync(join(directory, `${name}.json`), "utf8"));
    expect(read("a-tool")).toEqual({ name: "a-tool", skipped: 2, reason: "it is not installed" });
    expect(read("another")).toEqual({ name: "another", skipped: 1, reason: "it is not installed" });
    rmSync(directory, { recursive: true });
  });
});
