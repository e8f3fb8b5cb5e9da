/** docs/requirements.md tells the truth: what it names exists. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { checkRows, readRows } from "./support/requirement-rows.ts";
import { ROOT } from "./support/source-files.ts";

const DOCUMENT = readFileSync(join(ROOT, "docs/requirements.md"), "utf8");

function read(path: string): string | null {
  return existsSync(join(ROOT, path)) ? readFileSync(join(ROOT, path), "utf8") : null;
}

describe("the requirement table", () => {
  it("names only tests and documents that exist", () => {
    expect(checkRows(DOCUMENT, read)).toEqual([]);
  });

  it("says what is still open", () => {
    const open = readRows(DOCUMENT).filter((row) => row.shownBy === "open");
    console.info(`docs/requirements.md: ${open.length} of ${readRows(DOCUMENT).length} rows open: ${open.map((row) => row.id).join(" ")}`);
    expect(readRows(DOCUMENT).length).toBeGreaterThan(0);
  });

  it.each([
    ["a file that is not there", '| W001 | A | `test/none.test.ts` › "x" |', "W001: test/none.test.ts does not exist."],
    ["a title that is not there", '| W001 | A | `test/a.test.ts` › "y" |', `W001: test/a.test.ts has no test "y".`],
    ["a document that is not there", "| W001 | A | `docs/none.md` |", "W001: docs/none.md does not exist."],
    ["one bad reference among good ones", '| W001 | A | `test/a.test.ts` › "x"; `docs/none.md` |', "W001: docs/none.md does not exist."],
    ["no reference", "| W001 | A | later |", `W001: "later" is neither "open" nor a test or document.`],
    ["nothing at all", "| W001 | A |  |", `W001: "" is neither "open" nor a test or document.`],
    ["an id twice", "| W001 | A | open |\n| W001 | B | open |", "W001 stands twice."],
  ])("a row that names %s is found", (_what, rows, finding) => {
    const files: { readonly [path: string]: string } = { "test/a.test.ts": `it("x", () => {});` };
    expect(checkRows(rows, (path) => files[path] ?? null)).toEqual([finding]);
  });

  it("a row may name several tests, a title with variables, and a document", () => {
    const files: { readonly [path: string]: string } = {
      "test/a.test.ts": `it.each([1])("x %s y", () => {}); it('say "z"', () => {});`,
      "README.md": "# A",
    };
    const row = '| W001 | A | `test/a.test.ts` › "x %s y"; `README.md` |';
    expect(checkRows(row, (path) => files[path] ?? null)).toEqual([]);
  });
});
