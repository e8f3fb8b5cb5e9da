import { describe, expect, it } from "vitest";

import { weightOf } from "./case-weight.ts";
import { describeFailure } from "./replay.ts";
import { caseOf, playSeed, SEEDS_PER_CASE } from "./seed-case.ts";

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

describe("the weight of a case", () => {
  const around = { children: [], input: { items: [1, 2, 3, 4] }, cast: [], signals: [] };
  it.each([
    ["a step", { a: { agent: "x" } }, 1],
    ["a step over the items", { a: { agent: "x", each: "${{ input.items }}" } }, 4],
    ["steps inside a step over a list", { a: { each: [1, 2], steps: { b: { agent: "x" } } } }, 4],
    ["a loop", { a: { loop: { max: 3, steps: { b: { agent: "x" } } } } }, 4],
  ])("of %s is about what a run of it has to do", (_, steps, weight) => {
    expect(weightOf({ ...around, workflow: { steps } })).toBe(weight);
  });
});
