import { DatabaseSync } from "node:sqlite";

import { describe, expect, it } from "vitest";

import { DEFAULT_TENANT } from "../../../src/base/ids.ts";
import type { RunFilter } from "../../../src/ports/host.ts";
import { DatabaseFolder } from "./database-folder.ts";

const RUNS = 5_000;
const CONVERSATIONS = 500;
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
  database.exec("begin");
  for (let index = 0; index < RUNS; index += 1) {
    const id = `run-${String(index).padStart(6, "0")}`;
    const labels = { caller: "ada", conversation: `c-${index % CONVERSATIONS}` };
    const isOpen = index % 1_000 === 0;
    add.run(
      id,
      isOpen ? "waiting" : "completed",
      index,
      index,
      isOpen ? null : index,
      JSON.stringify(labels),
      `parent-${index % CONVERSATIONS}`,
    );
    for (const [name, value] of Object.entries(labels)) label.run(name, value, id);
  }
  database.exec("commit");
}

const FILTERS: readonly { readonly what: string; readonly count: number; readonly filter: Partial<RunFilter> }[] = [
  { what: "of one caller", count: RUNS, filter: { labels: { caller: "ada" } } },
  { what: "of one conversation of a caller", count: 10, filter: { labels: { caller: "ada", conversation: "c-7" } } },
  { what: "of a caller who has none", count: 0, filter: { labels: { caller: "eve" } } },
  { what: "of a conversation by their last change", count: 10, filter: { labels: { conversation: "c-7" }, order: "updated" } },
  { what: "of a caller by their last change", count: RUNS, filter: { labels: { caller: "ada" }, order: "updated" } },
  { what: "of a caller that wait for something", count: 5, filter: { labels: { caller: "ada" }, status: ["running", "waiting"] } },
  { what: "that failed", count: 0, filter: { status: ["failed"] } },
  { what: "below another run", count: 10, filter: { parent: "parent-7" } },
];

describe("among thousands of runs, a page and the number of those", () => {
  it.each(FILTERS)("$what are found without looking at all pairs", async ({ count, filter }) => {
    await using folder = new DatabaseFolder();
    const host = await folder.openOwner();
    fill(folder.file());
    const begunAt = performance.now();
    const page = await host.list({ tenant: DEFAULT_TENANT, limit: 50, ...filter });
    const total = await host.count({ tenant: DEFAULT_TENANT, ...filter });
    expect(performance.now() - begunAt).toBeLessThan(LIMIT_MS);
    expect(total).toBe(count);
    expect(page.items.length).toBe(Math.min(50, count));
    const ids = page.items.map(({ run }) => run.id);
    expect(ids).toEqual(ids.toSorted().toReversed());
  });
});
