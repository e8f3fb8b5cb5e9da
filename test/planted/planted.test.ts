import { describe, expect, it } from "vitest";

import { BUGS } from "./bugs.ts";
import { sendOut } from "./send-out.ts";

/** Those that show within a few seeds; `npm run planted` looks for all of them. */
const QUICK = [
  "second-end-stands",
  "compensation-forgotten",
  "new-message-id",
  "none-too-early",
  "limit-off-by-one",
  "orphans-forgotten",
  "child-not-paused",
  "snapshot-stale",
  "retry-limit-off-by-one",
  "unknown-is-failed",
  "timer-early",
  "need-ignored",
  "begins-in-a-pause",
  "performed-before-written",
  "mailbox-without-tenant",
  "look-up-without-tenant",
  "conversation-without-tenant",
];
const PATIENCE = { seeds: 200, ms: 60_000 };

describe("the simulation", { timeout: 120_000 }, () => {
  it("finds bugs that were planted in the engine, and nothing where none was", async () => {
    const bugs = BUGS.filter(({ id }) => QUICK.includes(id));
    const [sound, ...hunted] = await oneAfterTheOther([null, ...bugs]);
    expect(sound?.violation).toBeNull();
    const missed = bugs.filter((_, index) => hunted[index]?.violation == null);
    expect(missed.map(({ id }) => id)).toEqual([]);
    expect(bugs.map(({ id }) => id).toSorted()).toEqual(QUICK.toSorted());
  });
});

/** Other tests are at work beside this one. */
async function oneAfterTheOther(bugs: readonly Parameters<typeof sendOut>[0][]): Promise<Awaited<ReturnType<typeof sendOut>>[]> {
  const hunted = [];
  for (const bug of bugs) hunted.push(await sendOut(bug, bug === null ? { ...PATIENCE, seeds: 40 } : PATIENCE));
  return hunted;
}
