/**
 * A process that stands still for longer than its agents' clocks allow (SIGSTOP, a suspended machine), and
 * goes on (reliability.md, 2: classes 1, 2 and 4). Ownership of a database is a lock of the operating
 * system and no lease: it does not run out, so nobody can take over from a process that may wake up.
 */
import type { ChildProcess } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import { join } from "node:path";

import { expect, it } from "vitest";

import { publishFigures } from "../../support/trust-figures.ts";
import { startOther } from "../../unit/hosts/other-process.ts";
import { World } from "../lives.ts";
import { sweepSize } from "../sweep-size.ts";
import { figuresOf, tell } from "../sweep.ts";

const STORIES = sweepSize().name === "small" ? 1 : 6;
const FREEZES = 3;
/** Five times as long as the step waits whose agent hangs, and as a lookout for a lost message takes. */
const FROZEN_MS = 1_250;
const LIMIT_MS = 240_000;

it(
  "a process that is frozen and wakes up loses nothing and repeats nothing, and nobody takes over meanwhile",
  { timeout: LIMIT_MS },
  async () => {
    const world = await World.open();
    const others: unknown[] = [];
    try {
      const freeze = (name: string, index: number) => async (child: ChildProcess) => {
        for (let time = 0; time < FREEZES && child.exitCode === null; time += 1) {
          await delay(60 + 45 * index);
          child.kill("SIGSTOP");
          const other = startOther(join(world.directory, name, "tutti.db"), "try");
          await delay(FROZEN_MS);
          const { said } = await other;
          // It had come to its end before it was frozen.
          if (child.exitCode !== null) return;
          others.push(said);
          child.kill("SIGCONT");
        }
      };
      const names = Array.from({ length: STORIES }, (_, index) => `frozen-${index}`);
      const told = await Promise.all(names.map((name, index) => tell(world, { name, deaths: [], whenOwned: freeze(name, index) })));
      const figures = { ...figuresOf(told, []), freezes: others.length, takeovers: others.filter((said) => !isRefused(said)).length };
      publishFigures("frozen-owner", { size: sweepSize().name, ...figures });
      expect(told.flatMap(({ violations }) => violations)).toEqual([]);
      expect(others.filter((said) => !isRefused(said))).toEqual([]);
      expect(others.length).toBeGreaterThanOrEqual(STORIES);
    } finally {
      await world.close();
    }
  },
);

function isRefused(said: unknown): boolean {
  return typeof said === "object" && said !== null && "code" in said && said.code === "T5001";
}
