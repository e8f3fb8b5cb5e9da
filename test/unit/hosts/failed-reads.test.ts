/** A disk that fails to read for a moment: what was due then happens later, and nobody is lost. */
import { expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { TuttiError } from "../../../src/base/errors.ts";
import type { RunRef } from "../../../src/base/ids.ts";
import type { MailboxHost } from "../../../src/hosts/mailbox/mailbox-host.ts";
import type { StoredRun } from "../../../src/hosts/mailbox/store.ts";
import { MemoryStore } from "../../../src/hosts/memory/memory-store.ts";
import { openMemory } from "../../../src/hosts/memory/open-memory.ts";
import { refOf, World } from "../../conformance/host/world.ts";
import { brief } from "../../conformance/host/workflows.ts";

const MINUTE = 60_000;

/** Its run ends at an instant that the host has in memory from the start. */
const hasty = workflowFromObject({ name: "hasty", timeout: "50s", steps: { a: { capability: "work", timeout: "1h" } } });

/** A store whose next reads of one kind fail. */
class FlakyStore extends MemoryStore {
  readonly failures = { find: 0, timersUntil: 0 };

  override find(run: RunRef): StoredRun | null {
    this.#fail("find");
    return super.find(run);
  }

  override timersUntil(at: number): ReturnType<MemoryStore["timersUntil"]> {
    this.#fail("timersUntil");
    return super.timersUntil(at);
  }

  #fail(read: "find" | "timersUntil"): void {
    if (this.failures[read] === 0) return;
    this.failures[read] -= 1;
    throw new TuttiError("T5005", "The disk reported an error.", { retryable: true });
  }
}

async function openWorld() {
  const store = new FlakyStore();
  let host: MailboxHost | undefined;
  const world = new World({
    async open(parts) {
      host?.mailbox.close();
      host = openMemory({ store, ...parts });
      host.recover();
      return host;
    },
    reader: () => Promise.reject(new Error("Nobody reads here.")),
    failCommits: () => undefined,
    refuseFactsOf: () => undefined,
    async dispose() {
      await host?.close();
    },
  });
  await world.open();
  return { world, store, residentCount: () => host?.mailbox.residents.count };
}

it("a run that cannot be read when its timer is due is woken again soon", async () => {
  const { world, store, residentCount } = await openWorld();
  const run = refOf("asleep");
  await world.start("asleep", hasty);
  await world.answer(run, { path: "a", outcome: { kind: "inputRequired", question: { prompt: "Which?" } } });
  for (let second = 0; second < 40; second += 10) await world.advance(10_000);
  expect(residentCount()).toBe(0);
  store.failures.find = 2;
  await world.advance(10_000);
  expect(store.failures.find).toBe(1);
  await world.advance(1_000);
  expect(store.failures.find).toBe(0);
  await world.advance(1_000);
  expect(await world.status(run)).toBe("failed");
});

it("a host that cannot read its timers goes on, and reads them a moment later", async () => {
  const { world, store } = await openWorld();
  const run = refOf("timed");
  await world.start("early", brief);
  await world.advance(20_000);
  await world.start("timed", brief);
  await world.open();
  store.failures.timersUntil = 1;
  await world.advance(MINUTE / 2);
  expect(store.failures.timersUntil).toBe(0);
  await world.start("meanwhile", brief);
  await world.advance(1_000);
  expect(await world.kinds(run)).toContain("attemptFailed");
  for (let minute = 0; minute < 10; minute += 1) await world.advance(MINUTE);
  expect(await world.kinds(refOf("meanwhile"))).toContain("attemptFailed");
});

it("a host opens on timers that it cannot read yet, and has them a moment later", async () => {
  const { world, store } = await openWorld();
  const run = refOf("opened");
  await world.start("opened", hasty);
  await world.answer(run, { path: "a", outcome: { kind: "inputRequired", question: { prompt: "Which?" } } });
  store.failures.timersUntil = 2;
  await world.open();
  expect(store.failures.timersUntil).toBe(0);
  await world.advance(1_000);
  await world.advance(49_000);
  expect(await world.status(run)).toBe("failed");
});
