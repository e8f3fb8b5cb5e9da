import { describe, expect, it } from "vitest";

import { describeFailure } from "./replay.ts";
import { caseOf, crowdOf, playSeed, SEEDS_PER_CASE, violationsIn } from "./seed-case.ts";

describe("a seed", () => {
  it("is played to the same log, byte for byte, whatever was played before it", async () => {
    const first = await playSeed(40);
    await playSeed(7_000);
    const again = await playSeed(40);
    expect(again.simulated.log.join("\n")).toBe(first.simulated.log.join("\n"));
  });

  it("is played to the same log under the very faults that struck it", async () => {
    const { simulated } = await playSeed(61);
    const again = await playSeed(61, simulated.schedule);
    expect(again.simulated.log).toEqual(simulated.log);
  });

  it("shares its workflow with the seeds beside it, and not with others", () => {
    const [first, last, other] = [0, SEEDS_PER_CASE - 1, SEEDS_PER_CASE].map((number) => JSON.stringify(caseOf(number)));
    expect(last).toBe(first);
    expect(other).not.toBe(first);
  });

  it("that is given up before all was over breaks a promise, too", async () => {
    const { simulated, violations } = await playSeed(12);
    expect(violations).toEqual([]);
    expect(violationsIn({ ...simulated.evidence, gaveUp: true })).toMatchObject([{ invariant: "ends" }]);
  });

  it("has two tenants in a quarter of the worlds, and mostly one run for each", () => {
    const crowds = Array.from({ length: 10_000 }, (_, seed) => crowdOf(`seed-${seed}`));
    const shared = crowds.filter(({ hasNeighbor }) => hasNeighbor).length;
    expect(shared).toBeGreaterThan(2_300);
    expect(shared).toBeLessThan(2_700);
    expect(new Set(crowds.map(({ runs, hasNeighbor }) => `${runs} ${hasNeighbor}`)).size).toBe(4);
    expect(crowds.filter(({ runs }) => runs > 1).length).toBeLessThan(1_000);
  });

  it("that fails says which promise, what it takes, and how to play it again", () => {
    const violations = [{ invariant: "I4", run: "run-1", sentence: "it ended while s1 was at work" }];
    expect(describeFailure({ seed: 12, violations, faults: [{ point: "commit:7", fault: "pause", amount: 9 }] })).toBe(
      [
        "Seed 12 breaks a promise:",
        "  I4, run-1: it ended while s1 was at work",
        "  it takes: pause at commit:7 (9)",
        "  again: npm run simulate:seeds -- --first 12 --seeds 1 --log",
      ].join("\n"),
    );
  });
});
