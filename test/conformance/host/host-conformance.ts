import { afterEach, describe } from "vitest";

import { durabilityLaws, repeatLaws } from "./durability-laws.ts";
import { failedCommitLaws, numberingLaws, refusalLaws, undoLaws, unwritableLaws } from "./failed-commit-laws.ts";
import { fairnessLaws } from "./fairness-laws.ts";
import type { MakeHarness } from "./harness.ts";
import { inputLaws, peekLaws, startLaws } from "./input-laws.ts";
import { filterLaws, pagingLaws, tenantLaws } from "./list-laws.ts";
import { keptContentLaws, payloadLaws } from "./payload-laws.ts";
import { quarantineLaws, quarantineWaitLaws, refusedStartLaws, releaseLaws } from "./quarantine-laws.ts";
import { recoveryLaws, stoppingLaws, takingUpLaws, unboundLaws } from "./recovery-laws.ts";
import { cancelLaws, pauseLaws } from "./steering-laws.ts";
import { keptRequestLaws, taskLaws } from "./task-laws.ts";
import { clockLaws, timerLaws, wakeLaws } from "./timer-laws.ts";
import { pieceLaws, watchEndLaws, watchLaws } from "./watch-laws.ts";
import { parentLaws, takenVersionLaws, versionLaws } from "./version-laws.ts";
import { type OpenWorld, World } from "./world.ts";

/** Each group of promises under its title. */
const GROUPS: readonly (readonly [title: string, promise: (open: OpenWorld) => void])[] = [
  ["order and durability (laws 1, 2)", durabilityLaws],
  ["repeated commands (law 3)", repeatLaws],
  ["late and double inputs (law 4)", inputLaws],
  ["one run per id (law 5)", startLaws],
  ["a look at a run", peekLaws],
  ["timers (law 6)", timerLaws],
  ["wakes (law 6)", wakeLaws],
  ["clocks that jump (law 6)", clockLaws],
  ["watching (law 7)", watchLaws],
  ["the end of watching (law 7)", watchEndLaws],
  ["streamed pieces (law 7)", pieceLaws],
  ["quarantine (law 8)", quarantineLaws],
  ["waiting for a run that is quarantined (law 8)", quarantineWaitLaws],
  ["release from quarantine (law 8)", releaseLaws],
  ["decisions that throw before there is a run (law 8)", refusedStartLaws],
  ["refusals (law 9)", refusalLaws],
  ["commands and failed commits (law 9)", undoLaws],
  ["failed commits (law 9)", failedCommitLaws],
  ["facts that cannot be written (laws 8, 9)", unwritableLaws],
  ["numbers after failed commits (laws 1, 9)", numberingLaws],
  ["pause", pauseLaws],
  ["cancel", cancelLaws],
  ["list and filter", filterLaws],
  ["pages", pagingLaws],
  ["tenants", tenantLaws],
  ["large payloads", payloadLaws],
  ["kept content", keptContentLaws],
  ["recovery", recoveryLaws],
  ["taking up open runs", takingUpLaws],
  ["agents that are to stop while nobody is there", stoppingLaws],
  ["runs whose agents are not there", unboundLaws],
  ["fair turns", fairnessLaws],
  ["versions (law 10)", versionLaws],
  ["versions that are taken (law 10)", takenVersionLaws],
  ["runs of sub-workflows", parentLaws],
  ["tasks of callers over A2A", taskLaws],
  ["requests and consumers of tasks", keptRequestLaws],
];

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

  describe.each(GROUPS)(`${name} host: %s`, (_title, promise) => {
    promise(open);
  });
}
