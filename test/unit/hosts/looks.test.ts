/** Lists and counts of runs to which there is a shorter way than through all runs. */
import { DatabaseSync } from "node:sqlite";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import type { Host, Page, RunFilter, RunQuery, RunRecord } from "../../../src/ports/host.ts";
import { DatabaseFolder } from "./database-folder.ts";

const RUNS = 24_000;
/** These are open, and everything since is over: none is among the newest. */
const OPEN = 6_000;
/** One in so many is Bob's, who has more than a few. */
const BOBS_EVERY = 12;

type Run = { readonly id: string; readonly caller: string; readonly isOpen: boolean; readonly asks: string | null; readonly owes: number };

/** Ids say nothing about age, nor does what was created first change first. */
const ALL: readonly Run[] = Array.from({ length: RUNS }, (_, index) => {
  const isOpen = index < OPEN;
  const id = `run-${String((index * 7_919) % RUNS).padStart(6, "0")}`;
  return {
    id,
    caller: index % BOBS_EVERY === 0 ? "bob" : "ada",
    isOpen,
    asks: index === 5 ? "input" : null,
    owes: Number(isOpen && index % 3 === 0),
  };
});

function fill(file: string): void {
  using database = new DatabaseSync(file);
  const add = database.prepare(
    `insert into run (tenant, run, workflow, version, fingerprint, status, input_hash, created_at, updated_at, ended_at, labels, asks, owes)
     values ('${DEFAULT_TENANT}', ?, 'work', '1.0.0', '', ?, '', ?, ?, ?, ?, ?, ?)`,
  );
  const label = database.prepare(`insert into label (tenant, name, value, run) values ('${DEFAULT_TENANT}', 'caller', ?, ?)`);
  const question = database.prepare(
    `insert into look_up (tenant, kind, key, run, path) values ('${DEFAULT_TENANT}', 'question', ?, ?, '')`,
  );
  const begunAt = Date.now() - RUNS;
  database.exec("begin");
  for (const [index, { id, caller, isOpen, asks, owes }] of ALL.entries()) {
    const at = begunAt + index;
    add.run(id, isOpen ? "waiting" : "completed", begunAt + RUNS - index, at, isOpen ? null : at, JSON.stringify({ caller }), asks, owes);
    label.run(caller, id);
    // Some are of runs that ended without an answer.
    if (index < OPEN + 100) question.run(`q-${(index * 104_729) % RUNS}`, id);
  }
  database.exec("commit");
}

const isOpen = { status: ["running", "waiting"] } as const;
const ofAda = { labels: { caller: "ada" } } as const;
const ofBob = { labels: { caller: "bob" } } as const;

const FILTERS: readonly { readonly what: string; readonly filter: Partial<RunQuery>; readonly is: (run: Run) => boolean }[] = [
  { what: "open", filter: isOpen, is: (run) => run.isOpen },
  { what: "open, of a caller of many", filter: { ...isOpen, ...ofAda }, is: (run) => run.isOpen && run.caller === "ada" },
  { what: "open, of a caller of some", filter: { ...isOpen, ...ofBob }, is: (run) => run.isOpen && run.caller === "bob" },
  { what: "open and asking", filter: { ...isOpen, ...ofAda, asks: "input" }, is: ({ asks }) => asks === "input" },
  { what: "open, changed since", filter: { ...isOpen, ...ofAda, updatedSince: 1 }, is: (run) => run.isOpen && run.caller === "ada" },
  { what: "of a caller of some", filter: ofBob, is: (run) => run.caller === "bob" },
  { what: "over, of a caller of some", filter: { ...ofBob, status: ["completed"] }, is: (run) => !run.isOpen && run.caller === "bob" },
];

async function idsOf(host: Host, filter: Partial<RunFilter>, limit: number): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: string | null | undefined; cursor !== null;) {
    const at = cursor === undefined ? {} : { cursor };
    const page: Page<RunRecord> = await host.list({ tenant: DEFAULT_TENANT, limit, ...filter, ...at });
    ids.push(...page.items.map(({ run }) => run.id));
    cursor = page.nextCursor;
  }
  return ids;
}

describe("among many runs of others", () => {
  let folder: DatabaseFolder;
  let host: Host;
  let looks = 0;
  let between = (): void => undefined;

  beforeAll(async () => {
    folder = new DatabaseFolder();
    // Between two looks a host rests; here at once.
    const defer = (callback: () => void): void => {
      looks += 1;
      between();
      queueMicrotask(callback);
    };
    host = await folder.openOwner({ defer });
    fill(folder.file());
  });

  afterAll(() => folder[Symbol.asyncDispose]());

  async function looksDuring(work: Promise<unknown>): Promise<number> {
    looks = 1;
    await work;
    return looks;
  }

  it.each(FILTERS)("all pages of those $what have each once and in order, and their number is right", async ({ filter, is }) => {
    const byChange = ALL.filter(is)
      .map(({ id }) => id)
      .toReversed();
    expect(await host.count({ tenant: DEFAULT_TENANT, ...filter })).toBe(byChange.length);
    for (const limit of [900, 5_000]) {
      expect(await idsOf(host, { ...filter, order: "updated" }, limit)).toEqual(byChange);
      expect(await idsOf(host, filter, limit)).toEqual(byChange.toReversed());
    }
  });

  it("a run that begins to owe commands between two looks, or no longer does, is there once", async () => {
    using database = new DatabaseSync(folder.file());
    between = () => database.exec("update run set owes = 1 - owes where ended_at is null");
    const open = { tenant: DEFAULT_TENANT, ...isOpen };
    const count = await host.count(open);
    const page = await host.list({ ...open, order: "updated", limit: OPEN });
    between = () => undefined;
    expect(count).toBe(OPEN);
    expect(new Set(page.items.map(({ run }) => run.id)).size).toBe(OPEN);
    expect(page.items).toHaveLength(OPEN);
  });

  it("others have their turn while all open runs are looked through", async () => {
    const asking = { tenant: DEFAULT_TENANT, ...ofAda, ...isOpen, asks: "auth", order: "updated", limit: 50 } as const;
    expect(await looksDuring(host.list(asking))).toBeGreaterThan(3);
    expect(await looksDuring(host.count(asking))).toBeGreaterThan(3);
  });

  it("open questions are those of the first runs, and others have their turn while all are looked through", async () => {
    const asked = host.questions(DEFAULT_TENANT, 200);
    expect(await looksDuring(asked)).toBeGreaterThan(3);
    const first = ALL.filter((run) => run.isOpen)
      .map(({ id }) => id)
      .toSorted()
      .slice(0, 200);
    expect((await asked).map(({ run }) => run.id)).toEqual(first);
  });

  it("the first page of open runs that are the newest is there at the first look", async () => {
    expect(await looksDuring(host.list({ tenant: DEFAULT_TENANT, ...isOpen, limit: 50 }))).toBe(1);
  });

  it("a page of a caller with some thousand tasks, and their number, take no looks at everybody's", async () => {
    const failed = { tenant: DEFAULT_TENANT, ...ofBob, status: ["failed"], order: "updated", limit: 50 } as const;
    expect(await looksDuring(host.list(failed))).toBeLessThanOrEqual(4);
    expect(await looksDuring(host.count({ tenant: DEFAULT_TENANT, ...ofBob }))).toBeLessThanOrEqual(3);
  });
});
