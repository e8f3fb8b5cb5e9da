import { DatabaseSync } from "node:sqlite";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import { RUNS_PER_LOOK } from "../../../src/base/limits.ts";
import type { Host, Page, RunFilter, RunRecord } from "../../../src/ports/host.ts";
import { DatabaseFolder } from "./database-folder.ts";

/** More than two looks at all of them. */
const RUNS = 10_000;
const CONVERSATIONS = 1_000;
/** One of so many has failed. */
const FAILED_EVERY = 500;
/** What is as long as all runs takes a few milliseconds; what is as long as their square takes many seconds. */
const LIMIT_MS = 1_000;

/** As the tasks of one caller, in conversations, and the parts of some larger runs. */
function fill(file: string): void {
  using database = new DatabaseSync(file);
  const add = database.prepare(
    `insert into run (tenant, run, workflow, version, fingerprint, status, input_hash, created_at, updated_at, ended_at, labels, parent)
     values ('${DEFAULT_TENANT}', ?, 'work', '1.0.0', '', ?, '', ?, ?, ?, ?, ?)`,
  );
  const label = database.prepare(`insert into label (tenant, name, value, run) values ('${DEFAULT_TENANT}', ?, ?, ?)`);
  // What ended long ago would be removed meanwhile.
  const begunAt = Date.now() - RUNS;
  database.exec("begin");
  for (let index = 0; index < RUNS; index += 1) {
    const id = idOf(index);
    const labels = { caller: "ada", conversation: `c-${index % CONVERSATIONS}` };
    const at = begunAt + index;
    const status = statusOf(index);
    const endedAt = status === "waiting" ? null : at;
    add.run(id, status, at, at, endedAt, JSON.stringify(labels), `parent-${index % CONVERSATIONS}`);
    for (const [name, value] of Object.entries(labels)) label.run(name, value, id);
  }
  database.exec("commit");
}

function idOf(index: number): string {
  return `run-${String(index).padStart(6, "0")}`;
}

function statusOf(index: number): string {
  if (index % 2_000 === 0) return "waiting";
  return index % FAILED_EVERY === 1 ? "failed" : "completed";
}

const ofAda = { labels: { caller: "ada" } } as const;

const FILTERS: readonly { readonly what: string; readonly count: number; readonly filter: Partial<RunFilter> }[] = [
  { what: "of one caller", count: RUNS, filter: ofAda },
  { what: "of one conversation of a caller", count: 10, filter: { labels: { caller: "ada", conversation: "c-7" } } },
  { what: "of a caller who has none", count: 0, filter: { labels: { caller: "eve" } } },
  { what: "of a conversation by their last change", count: 10, filter: { labels: { conversation: "c-7" }, order: "updated" } },
  { what: "of a caller by their last change", count: RUNS, filter: { ...ofAda, order: "updated" } },
  { what: "of a caller that wait for something", count: 5, filter: { ...ofAda, status: ["running", "waiting"] } },
  { what: "that failed", count: RUNS / FAILED_EVERY, filter: { status: ["failed"] } },
  { what: "that were canceled", count: 0, filter: { status: ["canceled"] } },
  { what: "of a caller that failed, by their last change", count: 20, filter: { ...ofAda, status: ["failed"], order: "updated" } },
  {
    what: "of a caller that failed, changed since",
    count: 20,
    filter: { ...ofAda, status: ["failed"], updatedSince: 1, order: "updated" },
  },
  { what: "of a caller, changed since", count: RUNS, filter: { ...ofAda, updatedSince: 1, order: "updated" } },
  { what: "by their last change", count: RUNS, filter: { order: "updated" } },
  { what: "below another run", count: 10, filter: { parent: "parent-7" } },
];

/** Every run that a filter takes, page by page. */
async function idsOf(host: Host, filter: Partial<RunFilter>, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const page: Page<RunRecord> = await host.list({
      tenant: DEFAULT_TENANT,
      limit,
      ...filter,
      ...(cursor === undefined ? {} : { cursor }),
    });
    ids.push(...page.items.map(({ run }) => run.id));
    if (page.nextCursor !== null) expect(page.items).toHaveLength(limit);
    cursor = page.nextCursor;
  }
  return ids;
}

/** How many turns of the event loop others have while something goes on. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  let isOver = false;
  const count = (): void => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  await work();
  isOver = true;
  return turns;
}

describe("among thousands of runs", () => {
  let folder: DatabaseFolder;
  let host: Host;

  beforeAll(async () => {
    folder = new DatabaseFolder();
    host = await folder.openOwner();
    fill(folder.file());
  });

  afterAll(() => folder[Symbol.asyncDispose]());

  it.each(FILTERS)("a page of those $what, and their number, are found without looking at all pairs", async ({ count, filter }) => {
    const begunAt = performance.now();
    const page = await host.list({ tenant: DEFAULT_TENANT, limit: 50, ...filter });
    const total = await host.count({ tenant: DEFAULT_TENANT, ...filter });
    expect(performance.now() - begunAt).toBeLessThan(LIMIT_MS);
    expect(total).toBe(count);
    expect(page.items.length).toBe(Math.min(50, count));
    const ids = page.items.map(({ run }) => run.id);
    expect(ids).toEqual(ids.toSorted().toReversed());
  });

  it("all pages of a list have each run once, wherever a look ends", async () => {
    const all = Array.from({ length: RUNS }, (_, index) => index).toReversed();
    const failed = all.filter((index) => statusOf(index) === "failed").map(idOf);
    for (const order of ["created", "updated"] as const) {
      for (const limit of [1, 7, 8, 20]) expect(await idsOf(host, { ...ofAda, status: ["failed"], order }, limit)).toEqual(failed);
      expect(await idsOf(host, { ...ofAda, order }, 1_000)).toEqual(all.map(idOf));
    }
  });

  it("others have their turn while all runs are looked through", async () => {
    const never = { tenant: DEFAULT_TENANT, ...ofAda, status: ["canceled"] } as const;
    const looks = Math.ceil(RUNS / RUNS_PER_LOOK);
    expect(await turnsDuring(() => host.list({ ...never, limit: 5 }))).toBeGreaterThanOrEqual(looks - 1);
    expect(await turnsDuring(() => host.count(never))).toBeGreaterThanOrEqual(looks - 1);
  });

  it("a page says that it was gathered in several looks, between which runs may have changed", async () => {
    const one = await host.list({ tenant: DEFAULT_TENANT, limit: 5 });
    const several = await host.list({ tenant: DEFAULT_TENANT, limit: 5, status: ["canceled"] });
    expect([one.inSeveralLooks, several.inSeveralLooks]).toEqual([undefined, true]);
  });

  it("a host that is closed meanwhile says so, and reads no more", async () => {
    await using other = new DatabaseFolder();
    const closing = await other.openOwner();
    fill(other.file());
    const counted = closing.count({ tenant: DEFAULT_TENANT });
    await closing.close();
    await expect(counted).rejects.toMatchObject({ code: "T5008" });
  });
});
