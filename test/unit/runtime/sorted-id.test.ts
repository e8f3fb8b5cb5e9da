import { expect, it } from "vitest";

import { createSortedId } from "../../../src/runtime/sorted-id.ts";

it("sorts by age, also what is made within one millisecond, and never repeats (W009)", () => {
  const ids = [...Array.from({ length: 1_000 }, () => createSortedId(1_767_225_600_000)), createSortedId(1_767_225_600_001)];
  expect(ids).toEqual(ids.toSorted());
  expect(new Set(ids).size).toBe(ids.length);
  expect(ids.every((id) => /^[0-9a-f]{32}$/.test(id))).toBe(true);
});
