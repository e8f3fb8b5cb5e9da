/** Faults of the product that the simulation has found. */
import { describe, expect, it } from "vitest";

import type { Strike } from "../../../src/simulation/faults.ts";
import type { React } from "../../../src/simulation/reactions.ts";
import { simulate } from "../../../src/simulation/simulate.ts";
import { WORKFLOWS } from "./workflows.ts";

const atOnce: React = ({ path }) => ({ takesMs: 5, says: { kind: "completed", output: { done: path } }, reports: false });

describe("a commit that was written, and said that it failed", () => {
  const commits = Array.from({ length: 12 }, (_, index) => `commit:${index + 1}`);

  it.each(commits)("at %s: what follows from its facts is done, and not only when the attempt's time is up", async (point) => {
    const schedule: readonly Strike[] = [{ point, fault: "commitUnknown" }];
    for (const definitions of WORKFLOWS) {
      const { evidence } = await simulate({ seed: "unknown", definitions, runs: 1, react: atOnce, schedule });
      const [began, ended] = [evidence.runs[0]?.facts[0]?.fact.at ?? 0, evidence.runs[0]?.endedAt ?? Number.POSITIVE_INFINITY];
      expect(ended - began).toBeLessThan(120_000);
      expect(evidence.runs.map(({ status }) => status)).not.toContain("failed");
    }
  });
});
