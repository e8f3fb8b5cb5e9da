/** Tasks whose cancel did not get through are canceled later, also by another process. */
import { expect, test } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { DEFAULT_TENANT, type Tenant } from "../../../src/base/ids.ts";
import { TuttiError } from "../../../src/base/errors.ts";
import { ORPHAN_INITIAL_MS, ORPHAN_PATIENCE_MS } from "../../../src/base/limits.ts";
import type { Batch } from "../../../src/hosts/mailbox/store.ts";
import { MemoryStore } from "../../../src/hosts/memory/memory-store.ts";
import type { CancelResult, RemoteAgent, Sent } from "../../../src/ports/agents.ts";
import type { Orchestrator } from "../../../src/runtime/orchestrator.ts";
import { FarWorld, farAgent, startedWith, TASK, turns } from "./far-world.ts";

const WORKFLOW = workflowFromObject({ name: "orphans", agents: { far: { local: "far" } }, steps: { work: { agent: "far" } } });
const AWAY: CancelResult = { kind: "unreachable", message: "far cannot be reached" };

/** An agent that takes the work, never ends it, and answers a cancel as it is told at the time. */
function stubborn(answer: () => CancelResult) {
  const canceled: string[] = [];
  const parts: Partial<RemoteAgent> = {
    attend: (_task, watch) =>
      new Promise((resolve) => {
        const failure = { code: "T4104", message: "Nobody waits.", retryable: false };
        watch.signal.addEventListener("abort", () => resolve({ kind: "unknown", failure }));
      }),
    async cancel(task) {
      canceled.push(task.taskId);
      return answer();
    },
  };
  return { agent: farAgent([{ kind: "task", task: TASK, over: null }], parts).agent, canceled };
}

const orphansOf = (orchestrator: Orchestrator) => orchestrator.host.cursors(DEFAULT_TENANT, "orphan/", 10);

/** A run that was canceled while its agent was away: it ends without it. */
async function canceledWhileAway(world: FarWorld, agent: RemoteAgent): Promise<Orchestrator> {
  const orchestrator = await world.open([agent]);
  const handle = await startedWith(orchestrator, WORKFLOW);
  await handle.cancel("enough");
  await world.pass(15_000);
  expect((await orchestrator.host.get(handle.run))?.status).toBe("canceled");
  return orchestrator;
}

test("a task that could not be canceled is remembered when its run ends, and canceled when the agent is back", async () => {
  const world = new FarWorld();
  let isAway = true;
  const { agent, canceled } = stubborn(() => (isAway ? AWAY : { kind: "canceled" }));
  const orchestrator = await canceledWhileAway(world, agent);
  expect(await orphansOf(orchestrator)).toMatchObject([{ position: { task: { taskId: "t-1" }, tries: 0 } }]);
  isAway = false;
  const before = canceled.length;
  await world.pass(80_000);
  expect(canceled.length).toBe(before + 1);
  expect(await orphansOf(orchestrator)).toEqual([]);
});

test("another process cancels what an earlier one could not", async () => {
  const world = new FarWorld();
  await canceledWhileAway(world, stubborn(() => AWAY).agent);
  const later = stubborn(() => ({ kind: "canceled" }));
  const orchestrator = await world.open([later.agent]);
  await world.pass(130_000);
  expect(later.canceled).toEqual(["t-1"]);
  expect(await orphansOf(orchestrator)).toEqual([]);
});

test("another process cancels what an earlier one could not for another tenant", async () => {
  const world = new FarWorld();
  const first = await world.open([stubborn(() => AWAY).agent]);
  const handle = await startedWith(first.forTenant("acme" as Tenant), WORKFLOW);
  await handle.cancel("enough");
  await world.pass(15_000);
  const later = stubborn(() => ({ kind: "canceled" }));
  const orchestrator = await world.open([later.agent]);
  await world.pass(130_000);
  expect(later.canceled).toEqual(["t-1"]);
  expect(await orphansOf(orchestrator)).toEqual([]);
});

test("a task whose agent says nothing to its cancel is remembered before its run ends", async () => {
  const world = new FarWorld();
  const { agent } = stubborn(() => AWAY);
  const orchestrator = await world.open([{ ...agent, cancel: () => new Promise(() => undefined) }]);
  const handle = await startedWith(orchestrator, WORKFLOW);
  await handle.cancel("enough");
  await world.pass(5_000);
  expect((await orchestrator.host.get(handle.run))?.status).toBe("canceling");
  expect(await orphansOf(orchestrator)).toMatchObject([{ position: { task: { taskId: "t-1" } } }]);
});

test("an agent that stays away is asked less and less often, and given up after a day", async () => {
  const world = new FarWorld();
  const { agent, canceled } = stubborn(() => AWAY);
  const orchestrator = await canceledWhileAway(world, agent);
  const before = canceled.length;
  for (let passedMs = 0; passedMs < ORPHAN_PATIENCE_MS + 2 * 3_600_000; passedMs += 60_000) {
    world.clock.advance(60_000);
    await turns(8);
  }
  expect(canceled.length - before).toBeGreaterThan(20);
  expect(canceled.length - before).toBeLessThan(50);
  expect(await orphansOf(orchestrator)).toEqual([]);
});

test("a cancel that is answered at the second try leaves nothing to remember", async () => {
  const world = new FarWorld();
  let count = 0;
  const { agent } = stubborn(() => ((count += 1) === 1 ? AWAY : { kind: "canceled" }));
  const orchestrator = await canceledWhileAway(world, agent);
  expect(count).toBe(2);
  expect(await orphansOf(orchestrator)).toEqual([]);
});

/** A disk that takes everything but what is to be remembered of orphans, while it is told so. */
class ForgetfulStore extends MemoryStore {
  isIll = true;
  /** How often something was to be remembered, and was refused. */
  refusals = 0;

  override commit(batch: Batch): void {
    const isRefused = this.isIll && batch.cursors.some(({ name }) => name.startsWith("orphan/"));
    if (isRefused) this.refusals += 1;
    if (isRefused) throw new TuttiError("T5005", "The disk reported an error: could not commit.", { retryable: true });
    super.commit(batch);
  }
}

test("a task that could not be written down is written down when the disk is well again, and canceled when the agent is back", async () => {
  const store = new ForgetfulStore();
  const world = new FarWorld(store);
  let isAway = true;
  const { agent, canceled } = stubborn(() => (isAway ? AWAY : { kind: "canceled" }));
  const orchestrator = await canceledWhileAway(world, agent);
  expect(store.refusals).toBeGreaterThan(0);
  expect(await orphansOf(orchestrator)).toEqual([]);
  store.isIll = false;
  await world.pass(ORPHAN_INITIAL_MS);
  expect(await orphansOf(orchestrator)).toMatchObject([{ position: { task: { taskId: "t-1" }, tries: 0 } }]);
  isAway = false;
  const before = canceled.length;
  await world.pass(3 * ORPHAN_INITIAL_MS);
  expect(canceled.length).toBe(before + 1);
  expect(await orphansOf(orchestrator)).toEqual([]);
});

test("a task that cannot be written down is tried once a minute, for a day, and no longer", async () => {
  const store = new ForgetfulStore();
  const world = new FarWorld(store);
  await canceledWhileAway(world, stubborn(() => AWAY).agent);
  const before = store.refusals;
  for (let passedMs = 0; passedMs < 10 * ORPHAN_INITIAL_MS; passedMs += 10_000) {
    world.clock.advance(10_000);
    await turns(8);
  }
  expect(store.refusals - before).toBe(10);
  world.clock.advance(ORPHAN_PATIENCE_MS);
  await turns(8);
  const last = store.refusals;
  world.clock.advance(ORPHAN_PATIENCE_MS);
  await turns(8);
  expect(store.refusals).toBe(last);
});

test("a process that ends takes back what it had yet to write down", async () => {
  const store = new ForgetfulStore();
  const world = new FarWorld(store);
  await canceledWhileAway(world, stubborn(() => AWAY).agent);
  const before = store.refusals;
  world.close();
  world.clock.advance(3 * ORPHAN_INITIAL_MS);
  await turns(8);
  expect(store.refusals).toBe(before);
});

test("a task that was lost, and whose message was sent again, is canceled by and by when the run does not want the work any more", async () => {
  const world = new FarWorld();
  const sends: Sent[] = [
    { kind: "task", task: TASK, over: null },
    { kind: "ambiguous", message: "the connection broke" },
  ];
  const canceled: string[] = [];
  const { agent } = farAgent(sends, {
    attend: async () => ({ kind: "unknown", failure: { code: "T3022", message: "It says nothing that can be read.", retryable: false } }),
    find: async () => ({ kind: "unknowable", message: "It does not list its tasks." }),
    async cancel(task) {
      canceled.push(task.taskId);
      return { kind: "canceled" };
    },
  });
  const orchestrator = await world.open([agent]);
  const again = { agent: "far", onUnknown: "resend" };
  const handle = await startedWith(
    orchestrator,
    workflowFromObject({ name: "again", agents: { far: { local: "far" } }, steps: { work: again } }),
  );
  await handle.cancel("enough");
  await world.pass(15_000);
  expect((await orchestrator.host.get(handle.run))?.status).toBe("canceled");
  await world.pass(80_000);
  expect(canceled).toEqual(["t-1"]);
  expect(await orphansOf(orchestrator)).toEqual([]);
});
