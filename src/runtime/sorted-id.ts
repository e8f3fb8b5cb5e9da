import { randomUUID } from "node:crypto";

let last = { now: 0, count: 0 };

/**
 * 32 hexadecimal digits that sort by age: milliseconds since 1970, the how-manieth of this process
 * within its millisecond, then chance (the layout of UUIDv7 without its marks). What is made at about
 * the same time stands together in the database, so that a commit writes few pages.
 */
export function createSortedId(now: number): string {
  last = { now, count: last.now === now ? last.count + 1 : 0 };
  const chance = randomUUID();
  // The last sixteen digits, without the dash between them.
  return now.toString(16).padStart(12, "0") + last.count.toString(16).padStart(4, "0").slice(-4) + chance.slice(19, 23) + chance.slice(24);
}
