/** Somebody sets the wall clock while a remote agent is waited for: waits are measured on the clock that does not jump. */
import { expect, test } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { RECONCILE_MS } from "../../../src/base/limits.ts";
import type { Watch } from "../../../src/ports/agents.ts";
import { AMBIGUOUS, FarWorld, factsOf, farAgent, startedWith, TASK, turns } from "./far-world.ts";

const WORKFLOW = workflowFromObject({ name: "jumps", agents: { far: { local: "far" } }, steps: { work: { agent: "far" } } });
const HOUR_MS = 3_600_000;

test.each([
  ["forward", HOUR_MS],
  ["back", -HOUR_MS],
])("a message that was cut off is sent again after the same time when the clock is set %s", async (_way, byMs) => {
  const world = new FarWorld();
  const { agent, intents } = farAgent([AMBIGUOUS], { find: async () => ({ kind: "none" }) });
  const orchestrator = await world.open([agent]);
  await startedWith(orchestrator, WORKFLOW);
  world.clock.jump(byMs);
  await world.pass(RECONCILE_MS - 1_000);
  expect(intents).toHaveLength(1);
  await world.pass(3_000);
  expect(intents).toHaveLength(2);
});

test("progress is recorded though the clock was set back", async () => {
  const world = new FarWorld();
  const watched = Promise.withResolvers<Watch>();
  const attend = (_task: unknown, watch: Watch): Promise<never> => {
    watched.resolve(watch);
    return new Promise(() => undefined);
  };
  const orchestrator = await world.open([farAgent([{ kind: "task", task: TASK, over: null }], { attend }).agent]);
  const handle = await startedWith(orchestrator, WORKFLOW);
  const watch = await watched.promise;
  watch.progress({ percent: 10 });
  world.clock.jump(-HOUR_MS);
  await world.pass(2_000);
  watch.progress({ percent: 20 });
  await turns(5);
  const told = (await factsOf(orchestrator, handle)).flatMap((fact) => (fact.kind === "subtaskProgressed" ? [fact.progress.percent] : []));
  expect(told).toEqual([10, 20]);
});
