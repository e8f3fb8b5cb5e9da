/** Reads the table of docs/requirements.md: `| id | what | shown by |`. */
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

function checkRow(row: RequirementRow, read: (path: string) => string | null): readonly Finding[] {
  if (row.shownBy === "open") return [];
  return row.shownBy.split(/; (?=`)/).flatMap((reference) => {
    const [matched, path = "", title] = REFERENCE.exec(reference) ?? [];
    if (matched === undefined) return [`${row.id}: "${reference}" is neither "open" nor a test or document.`];
    const text = read(path);
    if (text === null) return [`${row.id}: ${path} does not exist.`];
    if (path.endsWith(".test.ts") && title === undefined) return [`${row.id}: ${path} is a test file; name a title in it.`];
    return title === undefined || hasTitle(text, title) ? [] : [`${row.id}: ${path} has no test "${title}".`];
  });
}

/** The title stands in the file as a whole string literal. */
function hasTitle(text: string, title: string): boolean {
  return ['"', "'", "`"].some((quote) => text.includes(`${quote}${title}${quote}`));
}
