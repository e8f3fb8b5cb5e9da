/** Tasks whose histories are long: what reading them costs, and those who have other things to do. */
import { describe, expect, it } from "vitest";

import { Tasks } from "../../../../src/a2a/server/tasks.ts";
import type { TaskEvent } from "../../../../src/a2a/task/task-event.ts";
import { servedWorkflow } from "../../../../src/a2a/server/served-workflow.ts";
import { FACTS_PER_READ } from "../../../../src/base/limits.ts";
import { systemClock } from "../../../../src/ports/clock.ts";
import { silentLog } from "../../../../src/ports/log.ts";
import { helper } from "./agents.ts";
import { ADA, definitionOf, drain, get, openStage, send, type Stage, stateOf } from "./stage.ts";

/** Works on its items, and then waits to be told to go on. */
const WIDE = {
  tutti: "1.0",
  name: "wide",
  version: "1.0.0",
  steps: {
    each: { each: "${{ input.items }}", agent: "helper", skill: "help" },
    go: { needs: ["each"], approval: { to: ["boss"], title: "Go on?" } },
    last: { needs: ["go"], agent: "helper", skill: "help" },
  },
};

/** So many items give more facts than are read at once, twice. */
const MANY = FACTS_PER_READ;

const open = () => openStage({ helpers: [helper], workflows: [WIDE] });

/** The id of a task that has done its items and waits. */
async function longTask(stage: Stage, items = MANY): Promise<string> {
  const { id } = await send(stage, { data: { items: Array.from({ length: items }, (_, item) => item) }, metadata: { skill: "wide" } });
  await expect.poll(async () => stateOf(await get(stage, id)), { timeout: 20_000 }).toBe("INPUT_REQUIRED");
  return id;
}

const subscribe = ({ handler }: Stage, id: string, after: string | null) => handler.subscribeToTask({ tenant: "", id }, ADA, after);

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count);

function tasksOf({ orchestrator }: Stage): Tasks {
  return new Tasks({ orchestrator, things: [servedWorkflow(definitionOf(WIDE))], clock: systemClock, log: silentLog });
}

const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** How many facts were read in each turn of the event loop while something was done. */
async function factsPerTurn({ orchestrator: { host } }: Stage, work: () => Promise<unknown>): Promise<number[]> {
  const counts = [0];
  let isOver = false;
  const history = host.history.bind(host);
  host.history = async (...asked) => {
    const entries = await history(...asked);
    counts.push((counts.pop() ?? 0) + entries.length);
    return entries;
  };
  const tick = (): void => {
    if (isOver) return;
    counts.push(0);
    setImmediate(tick);
  };
  await nextTurn();
  setImmediate(tick);
  await work();
  isOver = true;
  host.history = history;
  return counts;
}

describe("a long history", () => {
  it("is read page by page, and others have their turns in between; a short one is read at once", async () => {
    await using stage = await open();
    const [long, short] = [await longTask(stage), await longTask(stage, 10)];
    const tasks = tasksOf(stage);
    const found = [await tasks.find(long, ADA.caller), await tasks.find(short, ADA.caller)] as const;
    const pages = await factsPerTurn(stage, () => tasks.follow(found[0]));
    expect(pages.filter((count) => count === FACTS_PER_READ).length).toBeGreaterThan(1);
    expect(Math.max(...pages)).toBe(FACTS_PER_READ);
    expect(await factsPerTurn(stage, () => tasks.follow(found[1]))).toHaveLength(1);
  });

  it("leaves turns for others also when many read at once, and when many short ones are read after each other", async () => {
    await using stage = await open();
    const [long, short] = [await longTask(stage), await longTask(stage, FACTS_PER_READ / 4)];
    const readers = (id: string) =>
      Array.from({ length: 6 }, async () => {
        const tasks = tasksOf(stage);
        return tasks.follow(await tasks.find(id, ADA.caller));
      });
    const atOnce = await factsPerTurn(stage, () => Promise.all(readers(long)));
    expect(Math.max(...atOnce.slice(1))).toBeLessThanOrEqual(3 * FACTS_PER_READ);
    const inTurn = await factsPerTurn(stage, async () => {
      for (let count = 0; count < 6; count += 1) await tasksOf(stage).follow(await tasksOf(stage).find(short, ADA.caller));
    });
    expect(Math.max(...inTurn)).toBeLessThan(2 * FACTS_PER_READ);
  });

  it("is read once for all who ask for its task at the same time", async () => {
    await using stage = await open();
    const tasks = tasksOf(stage);
    const found = await tasks.find(await longTask(stage), ADA.caller);
    const counts = await factsPerTurn(stage, () => Promise.all(Array.from({ length: 20 }, () => tasks.follow(found))));
    const { seq } = await tasks.follow(found);
    expect(sumOf(counts)).toBe(seq);
  });

  it("is not read again by those who are at its end when more happens, nor once for each who is behind", async () => {
    await using stage = await open();
    const id = await longTask(stage);
    const found = await tasksOf(stage).find(id, ADA.caller);
    const { seq } = await tasksOf(stage).follow(found);
    const all = await drain(await subscribe(stage, id, "1.0"));
    const atEnd = await Promise.all(Array.from({ length: 10 }, () => subscribe(stage, id, null)));
    for (const reader of atEnd) await reader.next();
    const answer = send(stage, { taskId: id, data: { decision: "approved" }, now: true });
    let told: TaskEvent[][] = [];
    const fresh = await factsPerTurn(stage, async () => {
      told = await Promise.all(atEnd.map(drain));
      await answer;
    });
    expect(sumOf(fresh)).toBeLessThan(seq);
    const late = await Promise.all(Array.from({ length: 10 }, () => subscribe(stage, id, all.at(-1)?.id ?? "")));
    let toldLate: TaskEvent[][] = [];
    const again = await factsPerTurn(stage, async () => {
      toldLate = await Promise.all(late.map(drain));
    });
    expect(sumOf(again)).toBeLessThan(2 * seq);
    // As who reads everything himself.
    const expected = (await drain(await subscribe(stage, id, "1.0"))).slice(all.length);
    expect(expected.length).toBeGreaterThan(1);
    for (const events of [...told, ...toldLate]) expect(events).toEqual(expected);
  });

  it("holds up nobody who leaves, nor a host that is closed, while it is read", async () => {
    const stage = await open();
    const id = await longTask(stage);
    const { seq } = await tasksOf(stage).follow(await tasksOf(stage).find(id, ADA.caller));
    const [leaving, staying] = [await subscribe(stage, id, `${seq}.0`), await subscribe(stage, id, `${seq}.0`)];
    const [left, stayed] = [leaving.next(), staying.next()];
    await nextTurn();
    await leaving.return();
    await stage.orchestrator.close();
    expect([await left, await stayed]).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
  });
});
