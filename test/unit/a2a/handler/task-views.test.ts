import { expect, it } from "vitest";

import { Tasks } from "../../../../src/a2a/server/tasks.ts";
import { servedWorkflow } from "../../../../src/a2a/server/served-workflow.ts";
import { TaskViews } from "../../../../src/a2a/server/task-views.ts";
import { systemClock } from "../../../../src/ports/clock.ts";
import { DECIDED } from "./agents.ts";
import { ADA, definitionOf, openStage, send } from "./stage.ts";

it("views are kept while they are small, the last used before the others", async () => {
  await using stage = await openStage({ helpers: [], workflows: [{ ...DECIDED, steps: { approve: DECIDED.steps.approve } }] });
  const { orchestrator } = stage;
  const tasks = new Tasks({ orchestrator, things: [servedWorkflow(definitionOf(DECIDED))], clock: systemClock });
  const found = async (text: string) => tasks.find((await send(stage, { text })).id, ADA.caller);
  const [first, second, large] = [await found("a"), await found("b"), await found("x".repeat(10_000))];
  const views = new TaskViews(orchestrator.host, 10_000);
  const view = await views.current(first);
  await views.current(second);
  expect(await views.current(first)).toBe(view);
  const largest = await views.current(large);
  expect(await views.current(large)).not.toBe(largest);
  expect(await views.current(first)).toBe(view);
});
