/** Databases of released versions are opened for ever: the files in test/fixtures/databases never change. */
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

import { describe, expect, it } from "vitest";

import { DEFAULT_TENANT, type Tenant } from "../../../src/base/ids.ts";
import { openGuest } from "../../../src/hosts/embedded/guest-host.ts";
import { MIGRATIONS } from "../../../src/hosts/embedded/migrations.ts";
import type { EmbeddedHost } from "../../../src/hosts/embedded/open-embedded.ts";
import type { Host } from "../../../src/ports/host.ts";
import { ManualClock } from "../../support/manual-clock.ts";
import { DatabaseFolder, finishSingle, recorder, runOf } from "./database-folder.ts";

const FOLDER = join(import.meta.dirname, "../../fixtures/databases");
const FILES = readdirSync(FOLDER).filter((file) => file.endsWith(".db"));
const HOUR = 3_600_000;

describe("recorded databases", () => {
  it("are there for every version of the schema", () => {
    expect(FILES.toSorted()).toEqual(MIGRATIONS.map((_, index) => `v${index + 1}.db`).toSorted());
  });
});

describe.each(FILES)("the recorded database %s", (file) => {
  it("opens, comes up to date, and lists its runs", async () => {
    await using folder = copyOf(file);
    const host = await folder.openOwner({ clock: new ManualClock() });
    expect(await statusesOf(host)).toEqual({
      completed: "completed",
      failed: "failed",
      canceled: "canceled",
      running: "running",
      retrying: "running",
      waiting: "waiting",
      paused: "paused",
      quarantined: "quarantined",
    });
    const database = new DatabaseSync(folder.file(), { readOnly: true });
    expect(database.prepare("pragma user_version").get()).toEqual({ user_version: MIGRATIONS.length });
    database.close();
  });

  it("has its histories, states, content and cursors", async () => {
    await using folder = copyOf(file);
    await (await folder.openOwner({ clock: new ManualClock() })).close();
    const guest = folder.keep(openGuest(folder.file()));
    const [first] = await guest.history(runOf("completed"), 1, 10);
    expect(first?.fact).toMatchObject({ kind: "runStarted", input: "x".repeat(10_000), labels: { kind: "completed" } });
    expect((await guest.inspect(runOf("completed")))?.end).toMatchObject({ kind: "completed", output: "y".repeat(10_000) });
    expect((await guest.get(runOf("failed")))?.error).toMatchObject({ code: "T4108", reason: "failed" });
    expect(await guest.cursor(DEFAULT_TENANT, "bills")).toEqual({ seq: 7 });
    expect(await guest.list({ tenant: "other" as Tenant, limit: 10 })).toMatchObject({ items: [{ run: { id: "running" } }] });
  });

  it("goes on: what is open is taken up and can be finished", async () => {
    await using folder = copyOf(file);
    const clock = new ManualClock();
    const performer = recorder();
    const host = await folder.openOwner({ clock, performer });
    host.recover();
    await host.moveCursor(DEFAULT_TENANT, "bills", 8);
    const taken = performer.performed.map(
      ({ run, command }) => `${run.tenant}/${run.id} ${command.kind} ${command.path}/${command.attempt}`,
    );
    expect(taken.toSorted()).toEqual(["default/paused delegate a/1", "default/running delegate b/1", "other/running delegate a/1"]);
    await finishAll(host, clock);
    expect(new Set(Object.values(await statusesOf(host)))).toEqual(new Set(["completed", "failed", "canceled", "quarantined"]));
  });
});

it("a run of an earlier version is found by the message that it began with", async () => {
  await using folder = copyOf("v5.db");
  const database = new DatabaseSync(folder.file());
  database.exec("insert into look_up (tenant, kind, key, run, path) values ('default', 'message', 'm-1', 'running', '')");
  database.close();
  const host = await folder.openOwner({ clock: new ManualClock() });
  expect(await host.lookUp(DEFAULT_TENANT, "message", "m-1")).toMatchObject({ run: { id: "running" } });
  expect(await host.lookUp(DEFAULT_TENANT, "message", "m-2")).toBeNull();
  expect(await host.questions(DEFAULT_TENANT, 10)).toHaveLength(1);
});

function copyOf(file: string): DatabaseFolder {
  const folder = new DatabaseFolder();
  copyFileSync(join(FOLDER, file), folder.file());
  return folder;
}

async function statusesOf(host: Host): Promise<{ readonly [id: string]: string }> {
  const { items } = await host.list({ tenant: DEFAULT_TENANT, limit: 100 });
  return Object.fromEntries(items.map((record) => [record.run.id, record.status]));
}

async function finishAll(host: EmbeddedHost, clock: ManualClock): Promise<void> {
  const done = { kind: "completed", reply: { data: [1] } } as const;
  for (const path of ["b", "c"])
    await host.post(runOf("running"), { kind: "answered", path, attempt: 1, turn: 1, agent: "worker", outcome: done });
  const [question] = await host.questions(DEFAULT_TENANT, 10);
  await host.post(runOf("waiting"), { kind: "questionAnswered", question: question?.key ?? "", answer: "Monday", by: "ada" });
  await host.post(runOf("waiting"), { kind: "answered", path: "a", attempt: 1, turn: 2, agent: "worker", outcome: done });
  await host.post(runOf("paused"), { kind: "resumeRequested", by: "ada" });
  await finishSingle(host, "paused");
  clock.advance(2 * HOUR);
  await host.moveCursor(DEFAULT_TENANT, "bills", 9);
  await host.post(runOf("retrying"), { kind: "answered", path: "a", attempt: 2, turn: 1, agent: "worker", outcome: done });
}
