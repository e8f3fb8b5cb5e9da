/** Reads docs/requirements.md: the table `| id | what | shown by |`, and the list of what later work will show. */
import type { Finding } from "./source-files.ts";

export type RequirementRow = { readonly id: string; readonly what: string; readonly shownBy: string };

const ROW = /^\| ([A-Z]\d{3}) \| (.*?) \| (.*?) ?\|$/gm;
const REFERENCE = /^`([^`]+)`(?: › "(.+)")?$/;

export function readRows(document: string): readonly RequirementRow[] {
  return [...document.matchAll(ROW)].map(([, id = "", what = "", shownBy = ""]) => ({ id, what, shownBy: shownBy.trim() }));
}

/** Rows whose evidence does not exist. `open` is the one word allowed instead of evidence. */
export function checkRows(document: string, read: (path: string) => string | null): readonly Finding[] {
  const rows = readRows(document);
  const twice = rows.filter((row, index) => rows.findIndex(({ id }) => id === row.id) < index).map((row) => `${row.id} stands twice.`);
  return [...twice, ...rows.flatMap((row) => checkRow(row, read))];
}

/** The project's checklist: letters, and how many requirements each has. */
const CHECKLIST = { W: 202, B: 38, L: 57, X: 61, H: 69, R: 31, G: 18, M: 35 } as const;

/** Every requirement of the checklist stands in the table, or in the list of later work: in one of them, once. */
export function checkCoverage(document: string, checklist: { readonly [letter: string]: number } = CHECKLIST): readonly Finding[] {
  const rows = new Set(readRows(document).map(({ id }) => id));
  const later = laterIds(document);
  const all = Object.entries(checklist).flatMap(([letter, count]) => idsFrom(letter, 1, count));
  const known = new Set(all);
  const placed = all.flatMap((id) => {
    const places = (rows.has(id) ? 1 : 0) + later.filter((other) => other === id).length;
    if (places === 1) return [];
    return [places === 0 ? `${id} stands nowhere.` : `${id} stands in more than one place.`];
  });
  return [...placed, ...[...rows, ...later].filter((id) => !known.has(id)).map((id) => `${id} is not in the checklist.`)];
}

/** `W128–W131` is all of them. */
function laterIds(document: string): readonly string[] {
  const [, later = ""] = document.split(/^## Shown by later work$/m);
  return [...later.matchAll(/\b([A-Z])(\d{3})(?:–\1(\d{3}))?\b/g)].flatMap(([, letter = "", first = "", last = first]) =>
    idsFrom(letter, Number(first), Number(last)),
  );
}

function idsFrom(letter: string, first: number, last: number): readonly string[] {
  return Array.from({ length: last - first + 1 }, (_, index) => `${letter}${String(first + index).padStart(3, "0")}`);
}

function checkRow(row: RequirementRow, read: (path: string) => string | null): readonly Finding[] {
  if (row.shownBy === "open") return [];
  return row.shownBy.split(/; (?=`)/).flatMap((reference) => {
    const [matched, path = "", title] = REFERENCE.exec(reference) ?? [];
    if (matched === undefined) return [`${row.id}: "${reference}" is neither "open" nor a test or document.`];
    const text = read(path);
    if (text === null) return [`${row.id}: ${path} does not exist.`];
    const isScenarios = path.endsWith(".scenario.yaml");
    if (title === undefined && (isScenarios || path.endsWith(".test.ts")))
      return [`${row.id}: ${path} is a test file; name a title in it.`];
    const has = isScenarios ? hasScenario : hasTitle;
    return title === undefined || has(text, title) ? [] : [`${row.id}: ${path} has no test "${title}".`];
  });
}

/** The title stands in the file as a whole string literal. */
function hasTitle(text: string, title: string): boolean {
  return ['"', "'", "`"].some((quote) => text.includes(`${quote}${title}${quote}`));
}

/** `test/e2e/examples` runs the scenarios of all examples. */
function hasScenario(text: string, name: string): boolean {
  return text.split("\n").includes(`  - name: ${name}`);
}
