/** Choices from a source of numbers: a seeded one, or one that a property test shrinks. */

export type Chance = {
  /** A whole number from 0, below the limit. */
  below(limit: number): number;
};

export function isOneIn(chance: Chance, count: number): boolean {
  return chance.below(count) === 0;
}

/** One of some items, of which there is at least one. */
export function pick<Item>(chance: Chance, items: readonly Item[]): Item {
  return items[chance.below(items.length)] as Item;
}

/** Some of them, in their order. */
export function some<Item>(chance: Chance, items: readonly Item[], oneIn: number): readonly Item[] {
  return items.filter(() => isOneIn(chance, oneIn));
}
