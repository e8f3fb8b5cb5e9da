import { expect, it } from "vitest";

import { HALF, HALF_LIMIT_MS, playHalf } from "./seed-share.ts";

it("every promise is kept in the second half of the simulated worlds", { timeout: HALF_LIMIT_MS }, async () => {
  expect(await playHalf(1)).toEqual(HALF);
});
