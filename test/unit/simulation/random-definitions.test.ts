import { describe, expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { STEP_KINDS } from "../../../src/authoring/kinds/index.ts";
import { COMMON_KEYS, WORK_KEYS } from "../../../src/authoring/kinds/keys.ts";
import { lintText } from "../../../src/authoring/lint/linter.ts";
import type { Json } from "../../../src/base/json.ts";
import { AGGREGATE_STRATEGIES } from "../../../src/definition/definition.ts";
import { weightOf } from "../../../src/simulation/case-weight.ts";
import { randomAnswer, randomCast } from "../../../src/simulation/random-agents.ts";
import { Random } from "../../../src/simulation/random.ts";
import { randomCase, type RandomCase } from "../../../src/simulation/random-definitions.ts";

/** A small generator of its own (a linear congruence), so that this test stands alone. */
function chanceOf(seed: number) {
  let state = seed;
  return {
    below(limit: number): number {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return (state >>> 8) % limit;
    },
  };
}

const CASES: readonly RandomCase[] = Array.from({ length: 2_000 }, (_, seed) => randomCase(chanceOf(seed)));

describe("random definitions", { timeout: 240_000 }, () => {
  it("lint without errors, with the workflows that they run, two thousand times", () => {
    const errors = CASES.flatMap(({ workflow, children }) => {
      const workflows = children.map((child) => workflowFromObject(child));
      return [workflow, ...children].flatMap((file) => lintText(JSON.stringify(file), "random.json", { workflows }));
    }).filter(({ severity }) => severity === "error");
    expect(errors).toEqual([]);
  });

  it("use every key of the language and every word of a join", () => {
    const used = new Set<string>();
    for (const { workflow, children } of CASES) for (const file of [workflow, ...children]) collectWords(file, used);
    const keys = STEP_KINDS.flatMap((kind) => [...kind.keys, ...kind.besides, ...kind.inside]);
    const wanted = [
      ...COMMON_KEYS,
      ...WORK_KEYS,
      ...keys,
      "any",
      "all",
      "first",
      "atLeast",
      "quorum",
      "on",
      "within",
      ...AGGREGATE_STRATEGIES,
    ];
    const missing = [...new Set(wanted)].filter((word) => !used.has(word));
    expect(missing).toEqual([]);
  });

  it("multiply no further than a world can play, however lists, loops and runs below stand inside each other", () => {
    expect(CASES.map(weightOf).filter((weight) => weight > 200)).toEqual([]);
    const seeded = randomCase(new Random("third-2542", "case"));
    expect(weightOf(seeded)).toBeLessThanOrEqual(200);
  });

  it("are small for the most part, and the same for the same seed", () => {
    expect(CASES.slice(0, 50).map((_, seed) => randomCase(chanceOf(seed)))).toEqual(CASES.slice(0, 50));
    const counts = CASES.map(({ workflow }) => Object.keys(workflow["steps"] as object).length);
    expect(counts.filter((count) => count <= 8).length).toBeGreaterThan(CASES.length * 0.8);
  });

  it("come with agents that are right: the answers of each sort have its shape", () => {
    const chance = chanceOf(7);
    const sample = Object.fromEntries(randomCast(chance).map(({ says }) => [says.kind, randomAnswer(says, chance)]));
    expect(sample).toMatchObject({
      number: expect.any(Number) as number,
      list: { items: expect.any(Array) as [] },
      score: { score: expect.any(Number) as number },
      vote: { verdict: expect.any(String) as string },
      plan: { subtasks: expect.any(Array) as [] },
      context: { result: "written", context_update: expect.any(Object) as object },
    });
  });
});

/** Every key, and every word that stands alone as a value. */
function collectWords(value: Json, found: Set<string>): void {
  if (typeof value === "string") found.add(value);
  if (value === null || typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) {
    found.add(key);
    collectWords(inner, found);
  }
}
