import { describe, expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import { IDLE_RUN_MS, MAX_IDLE_RUNS } from "../../../src/base/limits.ts";
import type { Host } from "../../../src/ports/host.ts";
import { brief } from "../../conformance/host/workflows.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { DatabaseFolder, finishSingle, recorder, runOf, startSingle } from "./database-folder.ts";

const DAY = 86_400_000;

describe("runs in memory", () => {
  it("leave when they wait for something outside, and an input wakes them", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const performer = recorder();
    const host = await folder.openOwner({ clock, performer });
    const ids = Array.from({ length: 20 }, (_, index) => `asking-${index}`);
    for (const id of ids) await ask(host, id);
    expect(host.mailbox.residents.count).toBe(20);
    clock.advance(2 * IDLE_RUN_MS);
    expect(host.mailbox.residents.count).toBe(0);
    for (const id of ids) await answer(host, id);
    expect(host.mailbox.residents.count).toBe(20);
    expect(performer.performed.slice(20).map(({ command }) => `${command.kind} ${command.turn}`)).toEqual(ids.map(() => "delegate 2"));
  });

  it("leave at once when they are over", async () => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner();
    await startSingle(host, "over");
    await finishSingle(host, "over");
    expect(host.mailbox.residents.count).toBe(0);
  });

  it("do not come back when they are over, though a wake was set for them before", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    const fingerprint = await host.define(DEFAULT_TENANT, brief);
    const ids = Array.from({ length: 20 }, (_, index) => `brief-${index}`);
    for (const id of ids)
      await host.start({ run: runOf(id), seed: id, workflow: "brief", version: "1", fingerprint, input: {}, by: "test" });
    for (const id of ids) await finishSingle(host, id);
    clock.advance(60_000);
    await host.moveCursor(DEFAULT_TENANT, "barrier", 1);
    expect(host.mailbox.residents.count).toBe(0);
  });

  it("do not stay when they are quarantined, also after a restart", async () => {
    await using folder = new DatabaseFolder();
    const first = await folder.openOwner();
    await startSingle(first, "held");
    const broken = JSON.parse('{"kind":"completed","reply":null}') as never;
    await first.post(runOf("held"), { kind: "answered", path: "a", attempt: 1, turn: 1, agent: "tester", outcome: broken });
    expect(first.mailbox.residents.count).toBe(0);
    await first.close();
    const second = await folder.openOwner();
    second.recover();
    await second.moveCursor(DEFAULT_TENANT, "barrier", 1);
    expect(second.mailbox.residents.count).toBe(0);
  });

  it("stay while they owe commands, however long that takes", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    await startSingle(host, "working");
    clock.advance(10 * IDLE_RUN_MS);
    await tick();
    expect(host.mailbox.residents.count).toBe(1);
  });

  it("are no more than a limit while they wait, whatever the time", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock, synchronous: "normal" });
    const ids = Array.from({ length: MAX_IDLE_RUNS + 50 }, (_, index) => `many-${index}`);
    await Promise.all(ids.map((id) => ask(host, id)));
    host.mailbox.residents.evictIdle();
    expect(host.mailbox.residents.count).toBe(MAX_IDLE_RUNS);
  });

  it("come back for their timers after they have left", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    await ask(host, "timed");
    clock.advance(2 * IDLE_RUN_MS);
    expect(host.mailbox.residents.count).toBe(0);
    const over = host.whenOver(runOf("timed"));
    clock.advance(60 * DAY);
    expect(await over).toMatchObject({ status: "failed" });
    expect((await host.inspect(runOf("timed")))?.end).toMatchObject({ kind: "failed", failure: { code: "T4109" } });
  });

  it("are none for runs that a reader only looks at", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    await ask(host, "read");
    clock.advance(2 * IDLE_RUN_MS);
    await host.inspect(runOf("read"));
    await host.history(runOf("read"), 1, 100);
    expect(host.mailbox.residents.count).toBe(0);
  });

  it("leave again after an input that changed nothing has woken them", async () => {
    await using folder = new DatabaseFolder();
    const clock = new ManualClock();
    const host = await folder.openOwner({ clock });
    await ask(host, "woken");
    clock.advance(2 * IDLE_RUN_MS);
    expect(await finishSingle(host, "woken")).toEqual({ applied: false });
    expect(host.mailbox.residents.count).toBe(1);
    clock.advance(2 * IDLE_RUN_MS);
    expect(host.mailbox.residents.count).toBe(0);
  });
});

async function ask(host: Host, id: string): Promise<void> {
  await startSingle(host, id);
  const outcome = { kind: "inputRequired", question: { prompt: "Which?" } } as const;
  await host.post(runOf(id), { kind: "answered", path: "a", attempt: 1, turn: 1, agent: "tester", outcome });
}

async function answer(host: Host, id: string): Promise<void> {
  const questions = await host.questions(runOf(id).tenant, 1_000);
  const question = questions.find((found) => found.run.id === id)?.key ?? "";
  expect(await host.post(runOf(id), { kind: "questionAnswered", question, answer: "This.", by: "test" })).toEqual({ applied: true });
}

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
