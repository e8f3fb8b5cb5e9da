import { existsSync } from "node:fs";
import { join } from "node:path";

import { expect, it } from "vitest";

import { ROOT } from "../support/source-files.ts";

/** The public names of each entry of package.json, sorted. A change here is a change for users. */
const PINNED: { readonly [entry: string]: readonly string[] } = {
  "src/index.ts": [],
  "src/testing/index.ts": [],
};

it.each(Object.entries(PINNED))("%s exports these names", async (path, names) => {
  const file = join(ROOT, path);
  // Until the entry is written there is nothing to pin; once it is, an empty list is a failure.
  const found = existsSync(file) ? Object.keys((await import(file)) as object).toSorted() : [];
  expect(found).toEqual(names);
});
