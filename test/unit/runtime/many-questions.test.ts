/** What an answer costs where thousands of questions are open: what is copied and read for it. */
import { describe, expect, it, vi } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { FACTS_PER_READ, IDLE_RUN_MS } from "../../../src/base/limits.ts";
import type { Orchestrator } from "../../../src/runtime/orchestrator.ts";
import { copiedBy } from "../../support/copied.ts";
import { FarWorld, turns } from "./far-world.ts";

const steps = { sign: { each: "${{ input.items }}", concurrency: 3_000, approval: { to: ["ann"], title: "Go on?" } } };
const SIGNED = workflowFromObject({ name: "signed", steps });

async function asking(count: number, world = new FarWorld()): Promise<Orchestrator> {
  const orchestrator = await world.open([]);
  await orchestrator.start(SIGNED, { items: Array.from({ length: count }, () => 1) });
  await turns(5);
  return orchestrator;
}

async function answerSome(orchestrator: Orchestrator): Promise<void> {
  for (const { key } of await orchestrator.host.questions(orchestrator.tenant, 20)) await orchestrator.answer(key, "approved");
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** How many facts were read in each turn of the event loop while something was done. */
async function factsPerTurn({ host }: Orchestrator, work: () => Promise<unknown>): Promise<number[]> {
  const counts = [0];
  let isOver = false;
  const history = host.history.bind(host);
  host.history = async (...asked) => {
    const entries = await history(...asked);
    counts.push((counts.pop() ?? 0) + entries.length);
    return entries;
  };
  const tick = (): void => {
    counts.push(0);
    if (!isOver) setImmediate(tick);
  };
  await nextTurn();
  setImmediate(tick);
  await work();
  isOver = true;
  return counts;
}

describe("among many open questions", () => {
  it("an answer copies no more than among few", async () => {
    const [few, many] = [await asking(100), await asking(2_000)];
    const copied = await copiedBy(() => answerSome(few));
    expect(copied).toBeGreaterThan(0);
    expect(await copiedBy(() => answerSome(many))).toBeLessThan(1.5 * copied);
  });

  it("answers that come together to a run that has left memory read it once for all of them, and once to decide", async () => {
    const world = new FarWorld();
    const orchestrator = await asking(100, world);
    await world.pass(2 * IDLE_RUN_MS);
    const reads = vi.spyOn(world.store, "facts");
    const found = await orchestrator.host.questions(orchestrator.tenant, 20);
    await Promise.all(found.map(({ key }) => orchestrator.answer(key, "approved")));
    expect(reads.mock.calls.length).toBe(2);
  });

  it("a list of the first few copies those", async () => {
    const [few, many] = [await asking(100), await asking(2_000)];
    const copied = await copiedBy(() => few.questions(10));
    expect(await copiedBy(async () => expect(await many.questions(10)).toHaveLength(10))).toBeLessThan(1.5 * copied);
  });

  it("an answer to one that is not open looks for an earlier answer page by page, and others have their turns in between", async () => {
    const orchestrator = await asking(2_500);
    const counts = await factsPerTurn(orchestrator, () =>
      expect(orchestrator.answer("q_none", "approved")).rejects.toMatchObject({ code: "T4004" }),
    );
    expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(2_500);
    expect(Math.max(...counts)).toBe(FACTS_PER_READ);
  });

  it("of many short runs, an answer to one that is not open reads so much in a turn, too", async () => {
    const orchestrator = await asking(1);
    for (let run = 0; run < 12; run += 1) await orchestrator.start(SIGNED, { items: Array.from({ length: 200 }, () => 1) });
    const counts = await factsPerTurn(orchestrator, () =>
      expect(orchestrator.answer("q_none", "approved")).rejects.toMatchObject({ code: "T4004" }),
    );
    expect(counts.reduce((sum, count) => sum + count)).toBeGreaterThan(2_400);
    expect(Math.max(...counts)).toBeLessThan(2 * FACTS_PER_READ);
  });
});
