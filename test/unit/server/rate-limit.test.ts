import { expect, it } from "vitest";

import { MAX_RATED_CALLERS } from "../../../src/base/limits.ts";
import { RateLimit } from "../../../src/server/rate-limit.ts";
import { ManualClock } from "../../support/manual-clock.ts";

it("a burst goes through, then as many as the rate says, and never more than a burst after a rest", () => {
  const clock = new ManualClock();
  const rate = new RateLimit({ perSecond: 2, burst: 3 }, clock);
  const takes = (count: number) => Array.from({ length: count }, () => rate.take("ada"));
  expect(takes(4)).toEqual([0, 0, 0, 500]);
  clock.advance(499);
  expect(rate.take("ada")).toBeCloseTo(1);
  clock.advance(1);
  expect(takes(2)).toEqual([0, 500]);
  clock.advance(3_600_000);
  expect(takes(4)).toEqual([0, 0, 0, 500]);
});

it("the wall clock may jump without giving or taking anything", () => {
  const clock = new ManualClock();
  const rate = new RateLimit({ perSecond: 1 }, clock);
  rate.take("ada");
  clock.jump(86_400_000);
  expect(rate.take("ada")).toBe(1000);
});

it("only so many callers are kept in mind; the quietest is forgotten first", () => {
  const rate = new RateLimit({ perSecond: 1 }, new ManualClock());
  for (const caller of ["quiet", "busy"]) rate.take(caller);
  for (let other = 0; other < MAX_RATED_CALLERS - 1; other += 1) rate.take(`caller ${other}`);
  expect(rate.take("busy")).toBe(1000);
  expect(rate.take("quiet")).toBe(0);
});
