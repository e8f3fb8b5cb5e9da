import { expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import type { RunFilter, RunRecord } from "../../../src/ports/host.ts";
import { chain, single } from "./workflows.ts";
import { refOf, tenantOf, type OpenWorld, type World } from "./world.ts";

export function filterLaws(open: OpenWorld): void {
  it("lists runs newest first, with all that is known of them", async () => {
    const world = await open();
    const startedAt = world.clock.now();
    await world.start("first", single, { labels: { team: "red" } });
    await world.advance(1_000);
    await world.start("second", chain);
    expect(await idsOf(world, {})).toEqual(["second", "first"]);
    const { items } = await world.host.list({ tenant: DEFAULT_TENANT, limit: 10 });
    const fingerprint = await world.host.define(DEFAULT_TENANT, single);
    const expected: RunRecord = {
      run: refOf("first"),
      workflow: "single",
      version: "1.0.0",
      fingerprint,
      status: "running",
      createdAt: startedAt,
      updatedAt: startedAt,
      endedAt: null,
      error: null,
      labels: { team: "red" },
    };
    expect(items[1]).toEqual(expected);
  });

  it("filters by status, by workflow, by labels, and by all of them", async () => {
    const world = await open();
    await world.start("a", single, { labels: { team: "red", year: "2026" } });
    await world.start("b", single, { labels: { team: "blue" } });
    await world.start("c", chain, { labels: { team: "red" } });
    await world.answer(refOf("a"), { path: "a" });
    await world.cancel(refOf("b"));
    expect(await idsOf(world, { status: ["completed"] })).toEqual(["a"]);
    expect(await idsOf(world, { status: ["completed", "canceled"] })).toEqual(["b", "a"]);
    expect(await idsOf(world, { status: [] })).toHaveLength(3);
    expect(await idsOf(world, { workflow: "chain" })).toEqual(["c"]);
    expect(await idsOf(world, { workflow: ["chain", "none"] })).toEqual(["c"]);
    expect(await idsOf(world, { workflow: [] })).toEqual([]);
    expect(await idsOf(world, { labels: { team: "red" } })).toEqual(["c", "a"]);
    expect(await idsOf(world, { labels: { team: "red", year: "2026" } })).toEqual(["a"]);
    expect(await idsOf(world, { labels: { team: "red" }, workflow: "single", status: ["running"] })).toEqual([]);
    expect(await idsOf(world, { labels: { team: "green" } })).toEqual([]);
  });

  it("tells why a run failed, and when it ended", async () => {
    const world = await open();
    const { record } = await world.start("failed", single);
    await world.advance(60_000);
    const outcome = { kind: "failed", failure: { code: "BROKEN", message: "It broke.", retryable: false } } as const;
    await world.answer(record.run, { path: "a", outcome });
    const found = await world.host.get(record.run);
    expect(found).toMatchObject({ status: "failed", endedAt: record.createdAt + 60_000, error: { code: "T4108", reason: "failed" } });
    expect(found?.error?.message).toContain("It broke.");
    await world.open();
    expect(await world.host.get(record.run)).toEqual(found);
  });
}

export function pagingLaws(open: OpenWorld): void {
  it("pages through all runs, each once, while new ones begin", async () => {
    const world = await open();
    for (let index = 0; index < 25; index += 1) await world.start(`old-${String(index).padStart(2, "0")}`, single);
    const seen: string[] = [];
    let cursor: string | undefined;
    for (let page = 0; page === 0 || cursor !== undefined; page += 1) {
      const { items, nextCursor } = await world.host.list({
        tenant: DEFAULT_TENANT,
        limit: 10,
        ...(cursor === undefined ? {} : { cursor }),
      });
      seen.push(...items.map((record) => record.run.id));
      cursor = nextCursor ?? undefined;
      await world.advance(1_000);
      await world.start(`new-${page}`, single);
    }
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => `old-${String(24 - index).padStart(2, "0")}`));
  });

  it("pages by a filter, and says when there are no more", async () => {
    const world = await open();
    for (let index = 0; index < 12; index += 1) await world.start(`run-${index}`, index % 2 === 0 ? single : chain);
    const first = await world.host.list({ tenant: DEFAULT_TENANT, workflow: "single", limit: 4 });
    expect(first.nextCursor).not.toBeNull();
    const second = await world.host.list({ tenant: DEFAULT_TENANT, workflow: "single", limit: 4, cursor: first.nextCursor ?? "" });
    expect(second).toMatchObject({ nextCursor: null });
    expect([...first.items, ...second.items]).toHaveLength(6);
    const exact = await world.host.list({ tenant: DEFAULT_TENANT, workflow: "single", limit: 6 });
    expect(exact).toMatchObject({ nextCursor: null });
  });
}

export function tenantLaws(open: OpenWorld): void {
  it("keeps tenants apart: the same id is another run, and neither sees the other's", async () => {
    const world = await open();
    const red = tenantOf("red");
    const blue = tenantOf("blue");
    await world.start("same", single, { tenant: red, input: { of: "red" } });
    await world.start("same", single, { tenant: blue, input: { of: "blue" } });
    await world.answer(refOf("same", red), { path: "a", output: "red" });
    expect(await world.status(refOf("same", red))).toBe("completed");
    expect(await world.status(refOf("same", blue))).toBe("running");
    const listed = await world.host.list({ tenant: blue, limit: 10 });
    expect(listed.items.map((record) => record.run)).toEqual([refOf("same", blue)]);
    expect(await world.host.list({ tenant: DEFAULT_TENANT, limit: 10 })).toEqual({ items: [], nextCursor: null });
  });

  it("keeps definitions, cursors, payloads and questions of tenants apart", async () => {
    const world = await open();
    const red = tenantOf("red");
    const blue = tenantOf("blue");
    const fingerprint = await world.host.define(red, single);
    expect(await world.host.definition(blue, fingerprint)).toBeNull();
    await world.host.moveCursor(red, "bills", 7);
    expect(await world.host.cursor(blue, "bills")).toBeNull();
    const hash = await world.host.putPayload(red, Buffer.from("secret"));
    expect(await world.host.getPayload(blue, hash)).toBeNull();
    await world.start("asking", single, { tenant: red });
    await world.answer(refOf("asking", red), { path: "a", outcome: { kind: "inputRequired", question: { prompt: "Which?" } } });
    const [question] = await world.host.questions(red, 10);
    expect(question).toMatchObject({ run: refOf("asking", red), path: "a" });
    expect(await world.host.questions(blue, 10)).toEqual([]);
    expect(await world.host.lookUp(blue, "question", question?.key ?? "")).toBeNull();
  });
}

async function idsOf(world: World, filter: Partial<RunFilter>): Promise<string[]> {
  const { items } = await world.host.list({ tenant: DEFAULT_TENANT, limit: 100, ...filter });
  return items.map((record) => record.run.id);
}
