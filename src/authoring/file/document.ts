/**
 * A text in YAML or JSON, as a value and with the place of each of its parts. JSON is read as the
 * YAML that it is.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from "yaml";

import type { Json } from "../../base/json.ts";
import { MAX_ALIASES, MAX_DEFINITION_BYTES } from "../../base/limits.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { problem, type Problem } from "../../definition/problem.ts";
import type { FileProblem } from "./problem.ts";

export type SourceDocument = {
  readonly value: Json;
  /** Gives a problem its line and column. */
  readonly place: (found: Problem) => FileProblem;
};

/** Reads a text; a broken one gives the first thing that is wrong, since the rest follows from it. */
export function readDocument(text: string, file: string): Result<SourceDocument, FileProblem> {
  const source: Source = { text, file, lines: new LineCounter() };
  if (text.length > MAX_DEFINITION_BYTES) {
    const message = `The file has ${text.length} characters; the limit is ${MAX_DEFINITION_BYTES}.`;
    return err(
      placed(source, problem({ code: "T1003", message, help: "Keep data out of the definition: give it as input." }), { start: 0, end: 0 }),
    );
  }
  let parsed: Document.Parsed;
  let twice: SyntaxMistake | null;
  try {
    // The library looks for a key among all before it: ten thousand steps took more than a second.
    parsed = parseDocument(text, { lineCounter: source.lines, prettyErrors: false, logLevel: "silent", uniqueKeys: false });
    twice = keyTwice(parsed.contents);
  } catch (cause) {
    return err(placed(source, syntaxProblem(`The file cannot be read: ${reason(cause)}.`), { start: 0, end: 0 }));
  }
  const [first] = parsed.errors;
  const wrong = twice !== null && (first === undefined || twice.pos[0] < first.pos[0]) ? twice : (first ?? parsed.warnings[0]);
  if (wrong !== undefined) return err(syntaxError(source, wrong));
  const value = valueOf(parsed);
  if (!value.ok) return err(placed(source, syntaxProblem(value.error), { start: 0, end: 0 }));
  return ok({ value: value.value, place: (found) => placed(source, found, rangeOf(parsed, found, text)) });
}

type SyntaxMistake = Pick<YAMLError, "code" | "message" | "pos">;

/** The first key that stands in its map a second time. */
function keyTwice(node: unknown): SyntaxMistake | null {
  if (!isMap(node) && !isSeq(node)) return null;
  const keys = new Set<string>();
  for (const item of node.items) {
    if (isPair(item) && isScalar(item.key)) {
      const [start, end] = item.key.range ?? [0, 0];
      const key = String(item.key.value);
      if (keys.has(key)) return { code: "DUPLICATE_KEY", message: "", pos: [start, end] };
      keys.add(key);
    }
    const inner = keyTwice(isPair(item) ? item.value : item);
    if (inner !== null) return inner;
  }
  return null;
}

type Source = { readonly text: string; readonly file: string; readonly lines: LineCounter };
type Range = { readonly start: number; readonly end: number };

function valueOf(parsed: Document.Parsed): Result<Json, string> {
  try {
    const value = parsed.toJS({ maxAliasCount: MAX_ALIASES }) as Json;
    return ok(value);
  } catch (cause) {
    return err(`The file cannot be read: ${reason(cause)}.`);
  }
}

function reason(cause: unknown): string {
  const message = cause instanceof RangeError ? "it is nested too deeply" : cause instanceof Error ? cause.message : String(cause);
  return message.replace(/\.$/, "");
}

function syntaxProblem(message: string, help: string | null = null): Problem {
  return problem({ code: "T1002", message, help });
}

/** What the parser found, in words that say what to do. */
function syntaxError(source: Source, wrong: SyntaxMistake): FileProblem {
  const [start, end] = wrong.pos;
  const lineEnd = source.text.indexOf("\n", start);
  const line = source.text.slice(source.text.lastIndexOf("\n", start - 1) + 1, lineEnd === -1 ? undefined : lineEnd);
  const isCompact = wrong.code === "BLOCK_AS_IMPLICIT_KEY";
  const range = { start, end: isCompact ? start + line.trimEnd().length : end };
  return placed(source, syntaxProblem(...inWords(wrong, line)), range);
}

function inWords(wrong: SyntaxMistake, line: string): readonly [message: string, help: string | null] {
  if (wrong.code === "BLOCK_AS_IMPLICIT_KEY")
    return [
      'A value without quotes holds a ": ", which YAML reads as another key.',
      "Put the whole value in quotes; or, if it was meant to be a key, set it under the other keys of its step.",
    ];
  if (wrong.code === "DUPLICATE_KEY") return ["The same key stands here a second time.", "Take one of them away."];
  if (wrong.code === "TAB_AS_INDENT") return ["The line is indented with a tab.", "YAML wants spaces."];
  if (wrong.code === "UNEXPECTED_TOKEN" && line.includes("${{"))
    return ["An expression stands inside { } or [ ] without quotes.", 'Put it in quotes: "${{ … }}".'];
  return [`The file is not YAML here: ${wrong.message.replace(/\.$/, "")}.`, null];
}

/** Where a problem stands: its key, its value, or the part of the value that is wrong. */
function rangeOf(parsed: Document.Parsed, found: Problem, text: string): Range {
  let node: Node | null = parsed.contents;
  let key: Node | null = null;
  for (const part of found.path) {
    const container = resolved(node, parsed);
    let next: { readonly key: Node | null; readonly value: Node | null } | null = null;
    if (isMap(container)) {
      const pair = container.items.find((item) => String(isScalar(item.key) ? item.key.value : item.key) === String(part));
      if (pair !== undefined) next = { key: isNode(pair.key) ? pair.key : null, value: isNode(pair.value) ? pair.value : null };
    } else if (isSeq(container) && typeof part === "number") {
      const item = container.items[part];
      if (isNode(item)) next = { key: null, value: item };
    }
    if (next === null) break;
    key = next.key ?? next.value;
    node = next.value;
  }
  const value = node?.range === undefined || node.range === null ? null : { start: node.range[0], end: node.range[1] };
  const ownKey = key?.range === undefined || key.range === null ? null : { start: key.range[0], end: key.range[1] };
  const isBlock = isMap(node) || isSeq(node);
  if (found.at === "key" || value === null || value.start === value.end || (isBlock && ownKey !== null))
    return ownKey ?? value ?? { start: 0, end: 0 };
  return found.span !== null && isScalar(node) ? partOf(value, found.span, { scalar: String(node.value), text }) : value;
}

function resolved(node: Node | null, parsed: Document.Parsed): Node | null {
  return isAlias(node) ? (node.resolve(parsed) ?? null) : node;
}

type Scalar = { readonly scalar: string; readonly text: string };

/** A part of a scalar in the file: quotes, escapes and folded lines stand between the two. */
function partOf(range: Range, { offset, length }: { readonly offset: number; readonly length: number }, { scalar, text }: Scalar): Range {
  const raw = text.slice(range.start, range.end);
  const whole = raw.indexOf(scalar);
  if (whole !== -1) return { start: range.start + whole + offset, end: range.start + whole + offset + length };
  const [wanted = ""] = scalar.slice(offset, offset + length).split("\n");
  const earlier = wanted === "" ? 0 : scalar.slice(0, offset).split(wanted).length - 1;
  let at = -1;
  for (let index = 0; index <= earlier; index += 1) at = raw.indexOf(wanted, at + 1);
  return at === -1 || wanted === "" ? range : { start: range.start + at, end: range.start + at + wanted.length };
}

function placed(source: Source, found: Problem, { start, end }: Range): FileProblem {
  const { line, col } = source.lines.linePos(Math.min(start, source.text.length));
  const lineNumber = Math.max(1, line);
  const lineStart = source.lines.lineStarts[lineNumber - 1] ?? 0;
  const lineEnd = source.text.indexOf("\n", lineStart);
  const sourceLine = source.text.slice(lineStart, lineEnd === -1 ? undefined : lineEnd).trimEnd();
  const column = Math.max(1, col);
  const { code, severity, message, help, declared } = found;
  const length = Math.max(1, Math.min(end - start, sourceLine.length - column + 1));
  // A secret is not shown again by the warning about it.
  const shownLine =
    code === "T1403" ? sourceLine.slice(0, column - 1) + "•".repeat(length) + sourceLine.slice(column - 1 + length) : sourceLine;
  return { code, severity, message, help, declared, file: source.file, line: lineNumber, column, length, sourceLine: shownLine };
}
