/** A run that waits is woken for its timers, whatever it had waited for before, and whether it is in memory or not. */
import { expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { TuttiError } from "../../../src/base/errors.ts";
import type { JsonObject } from "../../../src/base/json.ts";
import { Wakes } from "../../../src/hosts/mailbox/wakes.ts";
import { MemoryStore } from "../../../src/hosts/memory/memory-store.ts";
import type { Batch } from "../../../src/hosts/mailbox/store.ts";
import { runOf } from "./database-folder.ts";
import { farAgent, FarWorld, startedWith } from "../runtime/far-world.ts";

const SIGN: JsonObject = { approval: { to: ["ann"], title: "Go on?", timeout: "50s", onTimeout: "reject" } };

it.each([
  ["of what has been decided meanwhile", { sign: SIGN }],
  ["of a wait for a signal that has come meanwhile", { go: { wait: { signal: "go", timeout: "50s" } } }],
])("a run with an earlier timer in the database, %s, is woken for the next one when it has left memory", async (_, waits) => {
  const world = new FarWorld();
  const { agent } = farAgent([]);
  const orchestrator = await world.open([agent]);
  const steps = { work: { agent: "far", timeout: "20s" }, ...waits, nap: { wait: "2m" } };
  const handle = await startedWith(orchestrator, workflowFromObject({ name: "waiting", agents: { far: { local: "far" } }, steps }));
  await world.pass(1_000);
  await handle.signal("go");
  for (const { id } of await orchestrator.questions()) await orchestrator.answer(id, { decision: "approved" });
  await world.pass(110_000);
  expect(await orchestrator.record(handle.id)).toMatchObject({ status: "waiting" });
  await world.pass(15_000);
  expect(await orchestrator.record(handle.id)).toMatchObject({ status: "completed" });
});

/** A disk that fails once, when it is told to. */
class FailingOnce extends MemoryStore {
  willFail = false;

  override commit(batch: Batch): void {
    if (!this.willFail) return super.commit(batch);
    this.willFail = false;
    throw new TuttiError("T5005", "The disk failed.", { retryable: true });
  }
}

it("a run is woken for its next timer also when an earlier one could not be moved as it came, since the disk failed", async () => {
  const store = new FailingOnce();
  const world = new FarWorld(store);
  const orchestrator = await world.open([]);
  const steps = { sign: SIGN, nap: { needs: ["sign"], wait: "5m" } };
  const handle = await startedWith(orchestrator, workflowFromObject({ name: "waiting", steps }));
  await world.pass(1_000);
  for (const { id } of await orchestrator.questions()) await orchestrator.answer(id, { decision: "approved" });
  await world.pass(48_000);
  store.willFail = true;
  await world.pass(4_000);
  expect(store.willFail).toBe(false);
  await world.pass(300_000);
  expect(await orchestrator.record(handle.id)).toMatchObject({ status: "completed" });
});

it("of many runs that are due at one instant, so many are woken in a turn, and the others at once after it", () => {
  const store = new MemoryStore();
  const wakes = new Wakes();
  wakes.extend(0, store, []);
  for (let index = 0; index < 5; index += 1) wakes.arm(runOf(`run-${index}`), 10 - index);
  const take = (): string[] => wakes.takeDue(10, 2).map(({ id }) => id);
  expect([take(), wakes.nextAt(10), take(), take(), take()]).toEqual([["run-4", "run-3"], 8, ["run-2", "run-1"], ["run-0"], []]);
});
