/**
 * Empty maps and lists that all runs share. Most runs never hold a scope, a signal or a question, and
 * a hundred thousand of them wait in memory at once; who puts something in takes a map of its own first.
 */
const NO_ENTRIES: { [key: string]: never } = {};
const NO_ITEMS: never[] = [];
Object.freeze(NO_ENTRIES);
Object.freeze(NO_ITEMS);

export function emptyMap(): { [key: string]: never } {
  return NO_ENTRIES;
}

export function emptyList(): never[] {
  return NO_ITEMS;
}

/** Maps with so many entries are remembered as somebody's own, since counting them each time would cost more. */
const MANY = 64;
const large = new WeakSet<object>();

/** The map, ready to be written to. In a copy of a state, what was shared is still one object, and empty. */
export function ownMap<Values extends object>(map: Values): Values | { [key: string]: never } {
  if (large.has(map)) return map;
  const count = Object.keys(map).length;
  if (count === 0) return {};
  if (count >= MANY) large.add(map);
  return map;
}

/** The list, ready to be written to. */
export function ownList<Item>(list: Item[]): Item[] {
  return list.length === 0 ? [] : list;
}
