import type { FileProblem } from "./problem.ts";

const WIDTH = 100;
const SHOWN_NAMES = 8;

/** One problem as a person reads it (experience.md, "break it on purpose"): the line, a caret, what to do. */
export function renderProblem(found: FileProblem): string {
  const head = `${found.severity} ${found.code}  ${found.file}:${found.line}:${found.column}`;
  const said = found.help === null ? found.message : `${found.message} ${found.help}`;
  const { text, column } = windowOf(found);
  const number = String(found.line).padStart(5);
  const caret = "^".repeat(Math.max(1, Math.min(found.length, text.length - column + 1)));
  const lines = [head, `${number} | ${text}`, `${" ".repeat(number.length)} | ${" ".repeat(column - 1)}${caret} ${said}`];
  if (found.declared.length > 0) lines.push(`   declared: ${namesOf(found.declared)}`);
  lines.push(`   docs/errors.md#${found.code.toLowerCase()}`);
  return lines.join("\n");
}

/** All problems, and how many there are. */
export function renderProblems(problems: readonly FileProblem[]): string {
  const errors = problems.filter((found) => found.severity === "error").length;
  const warnings = problems.length - errors;
  return [...problems.map(renderProblem), `${count(errors, "error")}, ${count(warnings, "warning")}`].join("\n\n");
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? "" : "s"}`;
}

function namesOf(names: readonly string[]): string {
  return names.slice(0, SHOWN_NAMES).join(", ") + (names.length > SHOWN_NAMES ? " …" : "");
}

/** The line without control characters; of a very long line, the part around the place. */
function windowOf({ sourceLine, column }: FileProblem): { readonly text: string; readonly column: number } {
  // eslint-disable-next-line no-control-regex -- control characters are what is looked for
  const clean = sourceLine.replace(/[\u0000-\u001f\u007f-\u009f]/g, " ");
  if (clean.length <= WIDTH) return { text: clean, column };
  const start = Math.max(0, Math.min(column - 1 - WIDTH / 2, clean.length - WIDTH));
  const text = `${start > 0 ? "…" : ""}${clean.slice(start, start + WIDTH)}${start + WIDTH < clean.length ? "…" : ""}`;
  return { text, column: column - start + (start > 0 ? 1 : 0) };
}
