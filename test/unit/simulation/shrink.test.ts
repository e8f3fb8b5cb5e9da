import { describe, expect, it } from "vitest";

import type { Schedule, Strike } from "../../../src/simulation/faults.ts";
import { shrink } from "../../../src/simulation/shrink.ts";
import { simulate } from "../../../src/simulation/simulate.ts";
import { WORKFLOWS } from "./workflows.ts";

const TWENTY: Schedule = Array.from({ length: 20 }, (_, index): Strike => ({ point: `commit:${index + 1}`, fault: "commitFails" }));

describe("a schedule that fails", () => {
  it("shrinks to the two faults of twenty that matter", async () => {
    const fails = async (part: Schedule) => part.includes(TWENTY[3] as Strike) && part.includes(TWENTY[16] as Strike);
    expect(await shrink(TWENTY, fails)).toEqual([TWENTY[3], TWENTY[16]]);
  });

  it("shrinks to nothing when it fails without any fault", async () => {
    expect(await shrink(TWENTY, async () => true)).toEqual([]);
  });

  it("is played in the world: only two of many commits that fail delay a run twice", async () => {
    const definitions = WORKFLOWS[0] ?? [];
    const delays = async (schedule: Schedule) => {
      const { log } = await simulate({ seed: "shrink", definitions, runs: 1, schedule });
      return log.some((line) => / commit:2 .*commitFails/.test(line)) && log.some((line) => / commit:4 .*commitFails/.test(line));
    };
    expect((await shrink(TWENTY, delays)).map(({ point }) => point)).toEqual(["commit:2", "commit:4"]);
  });
});
