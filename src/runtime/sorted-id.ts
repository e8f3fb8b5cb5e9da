import { randomUUID } from "node:crypto";

/**
 * 32 hexadecimal digits that sort by age: milliseconds since 1970, then chance (the layout of UUIDv7
 * without its marks). What is made at about the same time stands together in the database, so that a
 * commit writes few pages.
 */
export function createSortedId(now: number): string {
  return now.toString(16).padStart(12, "0") + randomUUID().replaceAll("-", "").slice(12);
}
