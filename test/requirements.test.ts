/** docs/requirements.md tells the truth: what it names exists. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { checkCoverage, checkRows, readRows } from "./support/requirement-rows.ts";
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

  it("has every requirement of the checklist once: with evidence, or in the list of later work", () => {
    expect(checkCoverage(DOCUMENT)).toEqual([]);
  });

  it("notices a requirement that stands nowhere, twice, or in no checklist", () => {
    const row = (id: string) => `| ${id} | A | open |\n`;
    const later = (ids: string) => `\n## Shown by later work\n\n- **Metrics** (not before there are any): ${ids}\n`;
    expect(checkCoverage(row("W001") + later("W002–W003, X001"), { W: 3, X: 1 })).toEqual([]);
    expect(checkCoverage(row("W001") + later("W001, W003"), { W: 4 })).toEqual([
      "W001 stands in more than one place.",
      "W002 stands nowhere.",
      "W004 stands nowhere.",
    ]);
    expect(checkCoverage(row("W001") + row("Z001"), { W: 1 })).toEqual(["Z001 is not in the checklist."]);
  });

  it.each([
    ["a file that is not there", '| W001 | A | `test/none.test.ts` › "x" |', "W001: test/none.test.ts does not exist."],
    ["a title that is not there", '| W001 | A | `test/a.test.ts` › "y" |', `W001: test/a.test.ts has no test "y".`],
    ["a document that is not there", "| W001 | A | `docs/none.md` |", "W001: docs/none.md does not exist."],
    ["one bad reference among good ones", '| W001 | A | `test/a.test.ts` › "x"; `docs/none.md` |', "W001: docs/none.md does not exist."],
    ["a scenario that is not there", '| W001 | A | `a.scenario.yaml` › "y" |', `W001: a.scenario.yaml has no test "y".`],
    ["scenarios without a name", "| W001 | A | `a.scenario.yaml` |", "W001: a.scenario.yaml is a test file; name a title in it."],
    ["no reference", "| W001 | A | later |", `W001: "later" is neither "open" nor a test or document.`],
    ["nothing at all", "| W001 | A |  |", `W001: "" is neither "open" nor a test or document.`],
    ["an id twice", "| W001 | A | open |\n| W001 | B | open |", "W001 stands twice."],
  ])("a row that names %s is found", (_what, rows, finding) => {
    const files: { readonly [path: string]: string } = {
      "test/a.test.ts": `it("x", () => {});`,
      "a.scenario.yaml": "scenarios:\n  - name: x\n",
    };
    expect(checkRows(rows, (path) => files[path] ?? null)).toEqual([finding]);
  });

  it("a row may name several tests, a title with variables, and a document", () => {
    const files: { readonly [path: string]: string } = {
      "test/a.test.ts": `it.each([1])("x %s y", () => {}); it('say "z"', () => {});`,
      "README.md": "# A",
      "a.scenario.yaml": "scenarios:\n  - name: x\n",
    };
    const row = '| W001 | A | `test/a.test.ts` › "x %s y"; `README.md`; `a.scenario.yaml` › "x" |';
    expect(checkRows(row, (path) => files[path] ?? null)).toEqual([]);
  });
});
