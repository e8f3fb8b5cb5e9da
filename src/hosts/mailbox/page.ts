import type { Page } from "../../ports/host.ts";

/** A page of items; at least one more was read than fits on it when others follow. */
export function pageOf<Item>(items: readonly Item[], limit: number, cursorOf: (last: Item) => string): Page<Item> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, nextCursor: items.length > page.length && last !== undefined ? cursorOf(last) : null };
}
