/** What an answer costs where thousands of questions are open: what is copied and read for it. */
import { describe, expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { Orchestrator } from "../../../src/runtime/orchestrator.ts";
import { copiedBy } from "../../support/copied.ts";
import { FarWorld, turns } from "./far-world.ts";

const steps = { sign: { each: "${{ input.items }}", concurrency: 3_000, approval: { to: ["ann"], title: "Go on?" } } };
const SIGNED = workflowFromObject({ name: "signed", steps });

async function asking(count: number): Promise<Orchestrator> {
  const orchestrator = await new FarWorld().open([]);
  await orchestrator.start(SIGNED, { items: Array.from({ length: count }, () => 1) });
  await turns(5);
  return orchestrator;
}

async function answerSome(orchestrator: Orchestrator): Promise<void> {
  for (const { key } of await orchestrator.host.questions(orchestrator.tenant, 20)) await orchestrator.answer(key, "approved");
}

describe("among many open questions", () => {
  it("an answer copies no more than among few", async () => {
    const [few, many] = [await asking(100), await asking(2_000)];
    const copied = await copiedBy(() => answerSome(few));
    expect(copied).toBeGreaterThan(0);
    expect(await copiedBy(() => answerSome(many))).toBeLessThan(1.5 * copied);
  });

  it("a list of the first few copies those", async () => {
    const [few, many] = [await asking(100), await asking(2_000)];
    const copied = await copiedBy(() => few.questions(10));
    expect(await copiedBy(async () => expect(await many.questions(10)).toHaveLength(10))).toBeLessThan(1.5 * copied);
  });
});
