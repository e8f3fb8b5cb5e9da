import type { Page, RunFilter, RunRecord } from "../../ports/host.ts";

/** A page of items; at least one more was read than fits on it when others follow. */
export function pageOf<Item>(items: readonly Item[], limit: number, cursorOf: (last: Item) => string): Page<Item> {
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, nextCursor: items.length > page.length && last !== undefined ? cursorOf(last) : null };
}

/** What the runs of a list go by, newest first: an instant, and the id among those of the same instant. */
export type RunPlace = { readonly at: number; readonly id: string };

export function runPlaceOf({ createdAt, updatedAt, run }: RunRecord, { order }: Pick<RunFilter, "order">): RunPlace {
  return { at: order === "updated" ? updatedAt : createdAt, id: run.id };
}

export function compareRunPlaces(left: RunPlace, right: RunPlace): number {
  if (left.at !== right.at) return left.at - right.at;
  return left.id < right.id ? -1 : Number(left.id > right.id);
}

/** A place as a cursor says it. */
export function runCursorOf({ at, id }: RunPlace): string {
  return `${at}/${id}`;
}

export function readRunCursor(cursor: string): RunPlace {
  const [at = "", ...id] = cursor.split("/");
  return { at: Number(at), id: id.join("/") };
}
