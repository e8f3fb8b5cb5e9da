/**
 * A number in [0, 1) that depends on nothing but its key: the same key gives the same number on
 * every machine and in every replay. Used for jitter; not for secrets.
 */
export function fractionOf(key: string): number {
  const seed = seedOf(key);
  const hash = Math.imul(seed ^ (seed >>> 15), 0x735a2d97);
  return ((hash ^ (hash >>> 15)) >>> 0) / 0x1_0000_0000;
}

/** 32 bits of a key, to begin a stream of numbers with. */
export function seedOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < key.length; index += 1) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193);
  }
  // A mix: without it, keys that differ in their last character only give near numbers.
  return Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
}
