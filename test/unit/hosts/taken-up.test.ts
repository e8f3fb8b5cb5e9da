import { describe, expect, it } from "vitest";

import { MemoryStore } from "../../../src/hosts/memory/memory-store.ts";
import { openMemory } from "../../../src/hosts/memory/open-memory.ts";
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
});
