/** Texts of others on one line of a terminal, and columns that line up. */
import { stripVTControlCharacters } from "node:util";

/** One line without anything that a terminal would obey. */
export function clean(text: string): string {
  return stripVTControlCharacters(text).replace(OBEYED, " ").trim();
}

/** Control characters, invisible ones, and those that turn the direction of a text. */
// eslint-disable-next-line no-control-regex -- control characters are what is removed
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u202a-\u202e\u2066-\u2069]+/g;

/** Characters that take two columns: East Asian wide ones and emoji, as far as terminals agree. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const MARK = /^\p{Mark}$/u;

/** The columns that a text takes; colours take none. */
export function widthOf(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** Cuts a text that has no colours to a number of columns. */
export function cut(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  let kept = "";
  let width = 1;
  for (const character of text) {
    width += widthOf(character);
    if (width > columns) break;
    kept += character;
  }
  return `${kept}…`;
}

export function pad(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - widthOf(text)));
}

/** Rows as lines whose columns line up; the last column is cut at the width. */
export function alignRows(rows: readonly (readonly string[])[], columns: number): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ""))));
  return rows.map((row) => {
    const cells = row.map((cell, column) => (column === row.length - 1 ? cell : pad(cell, widths[column] ?? 0)));
    const last = cells.pop() ?? "";
    const head = cells.map((cell) => `${cell}  `).join("");
    return `${head}${cut(last, Math.max(10, columns - widthOf(head)))}`.trimEnd();
  });
}

/** `1 run`, `2 runs`. */
export function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}
