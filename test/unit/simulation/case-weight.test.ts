import { describe, expect, it } from "vitest";

import { weightOf } from "../../../src/simulation/case-weight.ts";

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
