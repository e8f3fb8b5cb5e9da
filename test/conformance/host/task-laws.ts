import { expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import type { RunFilter } from "../../../src/ports/host.ts";
import type { Origin } from "../../../src/scheduler/input.ts";
import { chain, diamond, single } from "./workflows.ts";
import { refOf, tenantOf, type OpenWorld, type World } from "./world.ts";

const ORIGIN: Origin = { caller: "ada", context: "ctx_1", message: { messageId: "m1", role: "ROLE_USER", parts: [{ text: "Go." }] } };
const LABELS = { "a2a.caller": "ada" };
const INPUT = { kind: "inputRequired", question: { prompt: "Which day?" } } as const;
const AUTH = { kind: "authRequired", question: { prompt: "Sign in." } } as const;

/** What the tasks of callers over A2A need of a host. */
export function taskLaws(open: OpenWorld): void {
  it("says of each run what its open questions ask for, and finds runs by it, also after a crash", async () => {
    const world = await open();
    for (const id of ["none", "input", "auth", "both"]) await world.start(id, diamond, { labels: LABELS });
    await world.answer(refOf("input"), { path: "left", outcome: INPUT });
    for (const id of ["auth", "both"]) await world.answer(refOf(id), { path: "left", outcome: AUTH });
    await world.answer(refOf("both"), { path: "right", outcome: INPUT });
    await world.open();
    expect(await idsOf(world, { asks: "input" })).toEqual(["input", "both"]);
    expect(await idsOf(world, { asks: "auth" })).toEqual(["auth"]);
    expect(await idsOf(world, { asks: "none" })).toEqual(["none"]);
    expect(await world.host.count({ tenant: DEFAULT_TENANT, labels: LABELS, asks: "input" })).toBe(2);
    const question = (await world.host.questions(DEFAULT_TENANT, 10)).find(({ run }) => run.id === "auth");
    await world.host.post(refOf("auth"), { kind: "questionAnswered", question: question?.key ?? "", answer: "done", by: "ada" });
    expect(await world.host.get(refOf("auth"))).not.toHaveProperty("asks");
  });

  it("knows the tasks of all tenants that somebody is at work on, also after a crash", async () => {
    const world = await open();
    const red = tenantOf("red");
    for (const id of ["asks", "works"]) await world.start(id, single, { labels: LABELS });
    await world.start("red's", single, { labels: LABELS, tenant: red });
    await world.start("nobody's", single);
    await world.start("done", single, { labels: LABELS });
    await world.answer(refOf("done"), { path: "a" });
    await world.answer(refOf("asks"), { path: "a", outcome: INPUT });
    await world.open();
    const idsAtWork = async (limit: number) => (await world.host.tasksAtWork(limit)).map(({ id }) => id).toSorted();
    expect(await idsAtWork(10)).toEqual(["red's", "works"]);
    expect(await idsAtWork(1)).toHaveLength(1);
  });

  it("dates a caller's task by its last fact, and lists tasks by that date", async () => {
    const world = await open();
    for (const id of ["first", "second", "third"]) {
      await world.start(id, chain, { labels: LABELS, origin: ORIGIN });
      await world.advance(1_000);
    }
    await world.progress(refOf("first"), "a", "half");
    const [last] = (await world.entries(refOf("first"))).slice(-1);
    expect(last?.fact.kind).toBe("subtaskProgressed");
    const record = await world.host.get(refOf("first"));
    expect(record?.updatedAt).toBe(last?.fact.at);
    expect(await idsOf(world, { order: "updated" })).toEqual(["first", "third", "second"]);
    expect(await idsOf(world, {})).toEqual(["third", "second", "first"]);
    expect(await idsOf(world, { order: "updated", updatedSince: record?.updatedAt ?? 0 })).toEqual(["first"]);
    const page = await world.host.list({ tenant: DEFAULT_TENANT, order: "updated", limit: 1 });
    expect(await idsOf(world, { order: "updated", cursor: page.nextCursor ?? "" })).toEqual(["third", "second"]);
  });

  it("counts what its list would show on all pages", async () => {
    const world = await open();
    for (let index = 0; index < 7; index += 1) await world.start(`run-${index}`, single, index % 2 === 0 ? { labels: LABELS } : {});
    await world.cancel(refOf("run-0"));
    expect(await world.host.count({ tenant: DEFAULT_TENANT })).toBe(7);
    expect(await world.host.count({ tenant: DEFAULT_TENANT, labels: LABELS })).toBe(4);
    expect(await world.host.count({ tenant: DEFAULT_TENANT, labels: LABELS, status: ["canceled"] })).toBe(1);
    expect(await world.host.count({ tenant: tenantOf("other") })).toBe(0);
  });
}

/** What else is kept for them: their requests, and how far durable consumers are. */
export function keptRequestLaws(open: OpenWorld): void {
  it("keeps the request that a task came from, and every further message before what it caused", async () => {
    const world = await open();
    await world.start("task", single, { origin: ORIGIN });
    await world.answer(refOf("task"), { path: "a", outcome: INPUT });
    const [question] = await world.host.questions(DEFAULT_TENANT, 1);
    const message = { messageId: "m2", role: "ROLE_USER", parts: [{ text: "Tuesday. ".repeat(2_000) }] };
    const answer = { kind: "questionAnswered", question: question?.key ?? "", answer: "Tuesday", by: "ada", message } as const;
    expect(await world.host.post(refOf("task"), answer)).toEqual({ applied: true });
    expect(await world.host.post(refOf("task"), answer)).toEqual({ applied: false });
    await world.open();
    const facts = await world.facts(refOf("task"));
    expect(facts[0]).toMatchObject({ kind: "runStarted", origin: ORIGIN });
    const received = facts.findIndex(({ kind }) => kind === "messageReceived");
    expect(facts.filter(({ kind }) => kind === "messageReceived")).toEqual([expect.objectContaining({ message, by: "ada" })]);
    expect(facts[received + 1]?.kind).toBe("questionAnswered");
  });

  it("lists durable consumers by the beginning of their names, and forgets the one that is taken away", async () => {
    const world = await open();
    const { host } = world;
    for (const name of ["push/b", "push/a", "push/c", "pushed", "other"]) await host.moveCursor(DEFAULT_TENANT, name, { name });
    await host.moveCursor(tenantOf("other"), "push/d", 1);
    await host.moveCursor(DEFAULT_TENANT, "push/c", null);
    await world.open();
    expect(await world.host.cursors(DEFAULT_TENANT, "push/", 10)).toEqual([
      { name: "push/a", position: { name: "push/a" } },
      { name: "push/b", position: { name: "push/b" } },
    ]);
    expect(await world.host.cursors(DEFAULT_TENANT, "push/", 1, "push/a")).toEqual([{ name: "push/b", position: { name: "push/b" } }]);
    expect(await world.host.cursor(DEFAULT_TENANT, "push/c")).toBeNull();
  });
}

async function idsOf(world: World, filter: Partial<RunFilter>): Promise<string[]> {
  const { items } = await world.host.list({ tenant: DEFAULT_TENANT, limit: 100, ...filter });
  return items.map((record) => record.run.id);
}
