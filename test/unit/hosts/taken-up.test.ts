import { describe, expect, it } from "vitest";

import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import { RECOVERIES_PER_TURN } from "../../../src/base/limits.ts";
import { MemoryStore } from "../../../src/hosts/memory/memory-store.ts";
import { openMemory } from "../../../src/hosts/memory/open-memory.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { idlePerformer, recorder, runOf, startSingle } from "./database-folder.ts";

const INTENT = {
  agent: "far",
  url: "https://far.example.com/",
  binding: "JSONRPC",
  tenant: "",
  messageId: "00000000-0000-5000-8000-000000000001",
  contextId: null,
} as const;

describe("a host that takes up what an earlier process left", () => {
  it("first performs what is at agents already, which counts against limits, and then gives out new work", async () => {
    const store = new MemoryStore();
    const before = openMemory({ store, performer: idlePerformer });
    await startSingle(before, "a");
    await startSingle(before, "b");
    await before.post(runOf("b"), { kind: "intended", path: "a", attempt: 1, turn: 1, intent: INTENT });
    await before.close();
    const performer = recorder();
    const after = openMemory({ store, performer });
    after.recover();
    while (performer.performed.length < 2) await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(performer.performed.map(({ run, command }) => `${command.kind} ${run.id}`)).toEqual(["send b", "delegate a"]);
    await after.close();
  });

  it("says that it is at it until all of them are counted, however many turns that takes", async () => {
    const store = new MemoryStore();
    const before = openMemory({ store, performer: idlePerformer });
    const count = 2 * RECOVERIES_PER_TURN + 1;
    for (let index = 0; index < count; index += 1) await startSingle(before, `run-${index}`);
    await before.close();
    const told: [isGoingOn: boolean, performed: number][] = [];
    const performer = recorder();
    const after = openMemory({
      store,
      performer: { ...performer, takingUp: (isGoingOn) => void told.push([isGoingOn, performer.performed.length]) },
    });
    after.recover();
    while (performer.performed.length < count) await new Promise<void>((resolve) => void setImmediate(resolve));
    // The last one is new work, which begins once what was at work is counted.
    expect(told).toEqual([
      [true, 0],
      [false, count - 1],
    ]);
    await after.close();
  });

  it("performs what is at agents also before what begins because its time has come meanwhile", async () => {
    const store = new MemoryStore();
    const clock = new ManualClock();
    const before = openMemory({ store, performer: idlePerformer, clock });
    const napping = workflowFromObject({ name: "napping", steps: { nap: { wait: "10s" }, a: { needs: ["nap"], capability: "work" } } });
    const fingerprint = await before.define(DEFAULT_TENANT, napping);
    await before.start({ run: runOf("late"), seed: "late", workflow: "napping", version: "1", fingerprint, input: {}, by: "test" });
    await startSingle(before, "far");
    await before.post(runOf("far"), { kind: "intended", path: "a", attempt: 1, turn: 1, intent: INTENT });
    await before.close();
    clock.forgetTimers();
    clock.advance(60_000);
    const performer = recorder();
    const after = openMemory({ store, performer, clock });
    after.recover();
    while (performer.performed.length < 2) await new Promise<void>((resolve) => void setImmediate(resolve));
    expect(performer.performed.map(({ run, command }) => `${command.kind} ${run.id}`)).toEqual(["send far", "delegate late"]);
    await after.close();
  });
});
