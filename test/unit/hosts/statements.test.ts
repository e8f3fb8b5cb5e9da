import { DatabaseSync } from "node:sqlite";

import { expect, it } from "vitest";

import { MIGRATIONS } from "../../../src/hosts/embedded/migrations.ts";
import { READS } from "../../../src/hosts/embedded/statements.ts";

/** It gives nearly all that it looks through: a table has only the timers that are still to come. */
const WHOLE: ReadonlySet<string> = new Set(["timersUntil"]);

it.each(Object.entries(READS).filter(([name]) => !WHOLE.has(name)))(
  "%s finds its rows by a key, and never looks through a table",
  (_, text) => {
    using database = new DatabaseSync(":memory:");
    for (const migration of MIGRATIONS) database.exec(migration);
    const plan = database.prepare(`explain query plan ${text}`).all();
    const searches = plan.map((row) => String(row["detail"])).filter((detail) => /^(SEARCH|SCAN)/.test(detail));
    expect(searches).not.toEqual([]);
    // A tenant alone is no key: it may have all runs.
    for (const search of searches) expect(search).not.toMatch(/^SCAN|\(tenant=\?\)$/);
  },
);
