import { expect, it } from "vitest";

import { Tasks } from "../../../../src/a2a/server/tasks.ts";
import { servedWorkflow } from "../../../../src/a2a/server/served-workflow.ts";
import { TaskViews } from "../../../../src/a2a/server/task-views.ts";
import { systemClock } from "../../../../src/ports/clock.ts";
import { silentLog } from "../../../../src/ports/log.ts";
import { DECIDED, helper } from "./agents.ts";
import { ADA, definitionOf, openStage, send, stateOf } from "./stage.ts";

/** Its facts hold much more than what its task tells. */
const LARGE = {
  tutti: "1.0",
  name: "large",
  version: "1.0.0",
  steps: { each: { each: "${{ input.items }}", agent: "helper", skill: "help" } },
  output: "${{ size(steps.each.output) }}",
};

it("views are kept while they are small, the last used before the others", async () => {
  await using stage = await openStage({ helpers: [], workflows: [{ ...DECIDED, steps: { approve: DECIDED.steps.approve } }] });
  const { orchestrator } = stage;
  const tasks = new Tasks({ orchestrator, things: [servedWorkflow(definitionOf(DECIDED))], clock: systemClock, log: silentLog });
  const found = async (text: string) => tasks.find((await send(stage, { text })).id, ADA.caller);
  const [first, second, large] = [await found("a"), await found("b"), await found("x".repeat(100_000))];
  const views = new TaskViews(orchestrator.host, 100_000);
  const view = await views.current(first);
  await views.current(second);
  expect(await views.current(first)).toBe(view);
  const largest = await views.current(large);
  expect(await views.current(large)).not.toBe(largest);
  expect(await views.current(first)).toBe(view);
});

it("a view is charged with what its task holds, and not with what it was made of", async () => {
  await using stage = await openStage({ helpers: [helper], workflows: [LARGE] });
  const { orchestrator } = stage;
  const tasks = new Tasks({ orchestrator, things: [servedWorkflow(definitionOf(LARGE))], clock: systemClock, log: silentLog });
  const items = Array.from({ length: 300 }, () => "x".repeat(10_000));
  const run = await orchestrator.start(definitionOf(LARGE), { items }, { labels: { "a2a.caller": ADA.caller.name } });
  await run.result();
  const found = await tasks.find(run.id, ADA.caller);
  const inputBytes = JSON.stringify(items).length;
  const views = new TaskViews(orchestrator.host, inputBytes + 1_000_000);
  const view = await views.current(found);
  expect(stateOf(view.at.task)).toBe("COMPLETED");
  expect(await views.current(found)).toBe(view);
  expect(view.byteCount).toBeGreaterThan(inputBytes);
});

it("a view is charged with no more than its newest messages and its artifacts, however long its history becomes", async () => {
  await using stage = await openStage({ helpers: [helper], workflows: [LARGE] });
  const { orchestrator } = stage;
  const tasks = new Tasks({ orchestrator, things: [servedWorkflow(definitionOf(LARGE))], clock: systemClock, log: silentLog });
  const sizes: number[] = [];
  for (const length of [1_000, 4_000]) {
    const run = await orchestrator.start(
      definitionOf(LARGE),
      { items: Array.from({ length }, () => 0) },
      { labels: { "a2a.caller": ADA.caller.name } },
    );
    await run.result();
    sizes.push((await tasks.follow(await tasks.find(run.id, ADA.caller))).byteCount);
  }
  const [long = 0, longest = 0] = sizes;
  expect(long).toBeGreaterThan(100_000);
  // The items are in the first message; of the later ones there are at most twice as many as are told.
  expect(longest).toBeLessThan(2 * long + 3_000 * 8);
});
