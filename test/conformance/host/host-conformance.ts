import { afterEach, describe } from "vitest";

import { durabilityLaws } from "./durability-laws.ts";
import { failedCommitLaws } from "./failed-commit-laws.ts";
import { fairnessLaws } from "./fairness-laws.ts";
import type { MakeHarness } from "./harness.ts";
import { inputLaws, startLaws } from "./input-laws.ts";
import { filterLaws, pagingLaws, tenantLaws } from "./list-laws.ts";
import { keptContentLaws, payloadLaws } from "./payload-laws.ts";
import { quarantineLaws } from "./quarantine-laws.ts";
import { recoveryLaws } from "./recovery-laws.ts";
import { cancelLaws, pauseLaws } from "./steering-laws.ts";
import { clockLaws, timerLaws } from "./timer-laws.ts";
import { watchEndLaws, watchLaws } from "./watch-laws.ts";
import { type OpenWorld, World } from "./world.ts";

/** The laws of ports/host.ts, checked of one kind of host. Every host runs this, whole. */
export function hostConformance(name: string, makeHarness: MakeHarness): void {
  const worlds: World[] = [];
  const open: OpenWorld = async () => {
    const world = new World(await makeHarness());
    worlds.push(world);
    await world.open();
    return world;
  };
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.harness.dispose();
  });

  describe(`${name} host: order, durability and repeated commands (laws 1, 2, 3)`, () => durabilityLaws(open));
  describe(`${name} host: late and double inputs (law 4)`, () => inputLaws(open));
  describe(`${name} host: one run per id (law 5)`, () => startLaws(open));
  describe(`${name} host: timers (law 6)`, () => timerLaws(open));
  describe(`${name} host: clocks that jump (law 6)`, () => clockLaws(open));
  describe(`${name} host: watching (law 7)`, () => watchLaws(open));
  describe(`${name} host: the end of watching (law 7)`, () => watchEndLaws(open));
  describe(`${name} host: quarantine (law 8)`, () => quarantineLaws(open));
  describe(`${name} host: failed commits (law 9)`, () => failedCommitLaws(open));
  describe(`${name} host: pause`, () => pauseLaws(open));
  describe(`${name} host: cancel`, () => cancelLaws(open));
  describe(`${name} host: list and filter`, () => filterLaws(open));
  describe(`${name} host: pages`, () => pagingLaws(open));
  describe(`${name} host: tenants`, () => tenantLaws(open));
  describe(`${name} host: large payloads`, () => payloadLaws(open));
  describe(`${name} host: kept content`, () => keptContentLaws(open));
  describe(`${name} host: recovery`, () => recoveryLaws(open));
  describe(`${name} host: fair turns`, () => fairnessLaws(open));
}
