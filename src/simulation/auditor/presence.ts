import type { Evidence } from "../evidence.ts";

/** The first instant from which on there was a process at work for so long: what is due is done by its end. */
export function presentFrom(instant: number, forMs: number, { lives, pauses = [] }: Pick<Evidence, "lives" | "pauses">): number {
  let at = instant;
  for (let before = -1; before !== at;) {
    before = at;
    for (const { from, until } of pauses) if (from <= at + forMs && until > at) at = until;
    const isThere = lives.some((life) => life.beganAt <= at && (life.endedAt ?? Infinity) > at + forMs);
    const next = lives.find((life) => (life.endedAt ?? Infinity) > at + forMs && life.beganAt > at);
    if (!isThere && next !== undefined) at = next.beganAt;
  }
  return at;
}
