import { MAX_SHRINK_TRIES } from "../base/limits.ts";

/**
 * The faults of a failing schedule that matter: without any one of them it would not fail any more
 * (delta debugging). `fails` plays a schedule; it is bounded in how often it is asked.
 */
export async function shrink<Strike>(
  schedule: readonly Strike[],
  fails: (part: readonly Strike[]) => Promise<boolean>,
): Promise<readonly Strike[]> {
  let kept = schedule;
  let tries = 0;
  for (let pieceCount = 2; kept.length > 0 && tries < MAX_SHRINK_TRIES;) {
    const size = Math.ceil(kept.length / pieceCount);
    let smaller: readonly Strike[] | null = null;
    for (let from = 0; from < kept.length && smaller === null && tries < MAX_SHRINK_TRIES; from += size) {
      const rest = kept.toSpliced(from, size);
      tries += 1;
      if (await fails(rest)) smaller = rest;
    }
    if (smaller === null && size === 1) break;
    pieceCount = smaller === null ? Math.min(kept.length, pieceCount * 2) : Math.max(2, pieceCount - 1);
    kept = smaller ?? kept;
  }
  return kept;
}
