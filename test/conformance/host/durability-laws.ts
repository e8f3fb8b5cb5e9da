import { expect, it } from "vitest";

import type { HistoryEntry, PlacedCommand } from "../../../src/ports/host.ts";
import { chain, diamond, fan, single } from "./workflows.ts";
import { intentOf, refOf, type OpenWorld, type World } from "./world.ts";

export function durabilityLaws(open: OpenWorld): void {
  it("numbers the facts of a run 1, 2, 3, … without gap", async () => {
    const world = await open();
    const run = refOf("numbered");
    await world.start("numbered", chain);
    for (const path of ["a", "b", "c"]) await world.answer(run, { path, output: path });
    const entries = await world.entries(run);
    expect(entries.map((entry) => entry.seq)).toEqual(entries.map((_, index) => index + 1));
    expect(entries.at(-1)?.fact.kind).toBe("runCompleted");
  });

  it("shows every reader the same facts, from any number on and in pages of any size", async () => {
    const world = await open();
    const run = refOf("same");
    await world.start("same", chain);
    await world.answer(run, { path: "a", output: 1 });
    const whole = await world.entries(run);
    const reader = await world.harness.reader();
    expect(await reader.history(run, 1, 1_000)).toEqual(whole);
    expect(await world.host.history(run, 3, 2)).toEqual(whole.slice(2, 4));
    expect(await world.host.history(run, whole.length + 1, 10)).toEqual([]);
  });

  it("performs a command only after another reader can see the fact behind it", async () => {
    const world = await open();
    const seen = await watchDurability(world);
    await world.start("durable", diamond);
    await world.answer(refOf("durable"), { path: "left" });
    await world.answer(refOf("durable"), { path: "right" });
    expect(seen.map(({ placed }) => placed.command.path)).toEqual(["left", "right", "join"]);
    await expectAllDurable(seen);
  });

  it("gives a receipt only after another reader can see what it acknowledges", async () => {
    const world = await open();
    const reader = await world.harness.reader();
    const { record } = await world.start("receipt", single);
    expect(await reader.get(record.run)).toMatchObject({ run: record.run, status: "running" });
    await world.answer(record.run, { path: "a", output: "done" });
    expect(await reader.get(record.run)).toMatchObject({ status: "completed" });
  });
}

export function repeatLaws(open: OpenWorld): void {
  it("performs a command that has no durable answer again after a crash, under the same key", async () => {
    const world = await open();
    const run = refOf("again");
    await world.start("again", diamond);
    await world.answer(run, { path: "left" });
    expect(world.performer.of(run)).toEqual(["delegate left/1/1", "delegate right/1/1"]);
    await world.open();
    expect(world.performer.of(run)).toEqual(["delegate right/1/1"]);
    expect(world.performer.performed[0]).toMatchObject({ recovered: true, workflow: "diamond", definition: { name: "diamond" } });
  });

  it("goes on with a remote task after a crash, and does not send what was accepted", async () => {
    const world = await open();
    await world.start("far", diamond);
    const run = refOf("far");
    const task = await world.acceptRemotely(run, "left");
    await world.host.post(run, { kind: "intended", path: "right", attempt: 1, turn: 1, intent: intentOf(run, "right") });
    await world.open();
    const commands = world.performer.performed.map((placed) => placed.command);
    expect(commands).toEqual([
      expect.objectContaining({ kind: "attend", path: "left", task }),
      expect.objectContaining({ kind: "send", path: "right", again: true, intent: intentOf(run, "right") }),
    ]);
  });

  it("performs nothing again that was answered before the crash", async () => {
    const world = await open();
    await world.start("answered", fan, { input: { items: [1, 2, 3] } });
    const run = refOf("answered");
    for (let index = 0; index < 3; index += 1) await world.answer(run, { path: `each_one[${index}]`, output: index });
    await world.open();
    expect(world.performer.performed).toEqual([]);
    expect(await world.status(run)).toBe("completed");
  });
}

type Seen = { readonly placed: PlacedCommand; readonly history: Promise<readonly HistoryEntry[]> };

/** Reads the history through another reader at the moment when a command is performed. */
async function watchDurability(world: World): Promise<Seen[]> {
  const reader = await world.harness.reader();
  const seen: Seen[] = [];
  world.performer.onPerform = (placed) => seen.push({ placed, history: reader.history(placed.run, 1, 1_000) });
  return seen;
}

async function expectAllDurable(seen: readonly Seen[]): Promise<void> {
  for (const { placed, history } of seen) {
    const facts = (await history).map((entry) => entry.fact);
    const { path, attempt } = placed.command;
    expect(facts).toContainEqual(expect.objectContaining({ kind: "subtaskAssigned", path, attempt }));
  }
}
