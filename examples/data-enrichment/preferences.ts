import type { Customer } from "./customers.ts";

/** Channels with consent, and what is bought most, at most two. */
export function preferencesOf({ consents, orders }: Customer): {
  readonly channels: readonly string[];
  readonly interests: readonly string[];
} {
  const counts = new Map<string, number>();
  for (const order of orders) counts.set(order, (counts.get(order) ?? 0) + 1);
  const interests = [...counts].toSorted((left, right) => right[1] - left[1]).map(([name]) => name);
  const channels = Object.entries(consents).flatMap(([channel, given]) => (given ? [channel] : []));
  return { channels, interests: interests.slice(0, 2) };
}
