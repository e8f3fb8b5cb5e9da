import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Styled only where standard error is a terminal that wants it (`NO_COLOR` is respected). */
function styled(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stderr });
}

export const bold = (text: string): string => styled("bold", text);
export const dim = (text: string): string => styled("dim", text);
export const good = (text: string): string => styled("green", text);
export const bad = (text: string): string => styled("red", text);
export const strong = (text: string): string => styled(["bold", "cyan"], text);

/** Prose goes to standard error, as with `tutti` itself. */
export function say(line = ""): void {
  process.stderr.write(`${line}\n`);
}

/** A heading with room above it. */
export function heading(text: string): void {
  say();
  say(bold(text));
}

/** One fact of a list: a mark, its name in a column, and words. */
export function point(mark: string, name: string, words: string): void {
  say(`  ${mark} ${name.padEnd(13)} ${words}`);
}

export const TICK = good("✓");
export const CROSS = bad("✗");

/** Rows under each other, each cell as wide as its column; `paint` styles a cell after it has its width. */
export function rows(cells: readonly (readonly string[])[], paint: (text: string, column: number, row: number) => string): void {
  const widths = (cells[0] ?? []).map((_, column) => Math.max(...cells.map((row) => (row[column] ?? "").length)));
  cells.forEach((row, index) => {
    const line = row.map((cell, column) =>
      paint(column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0), column, index),
    );
    say(`  ${line.join("   ").trimEnd()}`);
  });
}

/** A killed program may leave the cursor hidden and a line unfinished. */
export function repairTerminal(): void {
  if (process.stderr.isTTY) process.stderr.write("\u001B[?25h\n");
}
