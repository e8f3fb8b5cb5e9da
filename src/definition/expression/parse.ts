/** The one way to read an expression: the library's parser, under our limits. */
import { type ASTNode, Environment, ParseError } from "@marcbachmann/cel-js";

import { assert } from "../../base/assert.ts";
import { MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_NODES } from "../../base/limits.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { problem, type Problem } from "../problem.ts";

const parser = new Environment({
  enableOptionalTypes: true,
  homogeneousAggregateLiterals: false,
  unlistedVariablesAreDyn: true,
  limits: {
    maxDepth: MAX_EXPRESSION_DEPTH,
    maxAstNodes: MAX_EXPRESSION_NODES,
    maxListElements: MAX_EXPRESSION_NODES,
    maxMapEntries: MAX_EXPRESSION_NODES,
  },
});

/** The tree of an expression, or what is wrong with it and where. */
export function parseExpression(source: string): Result<ASTNode, Problem> {
  try {
    return ok(parser.parse(source).ast);
  } catch (thrown) {
    return err(asProblem(thrown, source));
  }
}

function asProblem(thrown: unknown, source: string): Problem {
  assert(thrown instanceof ParseError, `The parser only throws its own errors, not ${String(thrown)}.`);
  if (thrown.code === "limit_exceeded") {
    return problem({
      code: "T1204",
      message: `The expression is too large or too deep: ${thrown.summary}.`,
      help: "Split it, or use a local agent.",
    });
  }
  assert(thrown.range !== undefined, "The parser says where it stopped.");
  const { start, end } = thrown.range;
  const offset = Math.min(start, Math.max(0, source.length - 1));
  return problem({
    code: "T1201",
    message: source === "" ? "The expression is empty." : `The expression cannot be read: ${inWords(thrown.summary)}.`,
    help: helpFor(source, start),
    span: { offset, length: Math.max(1, Math.min(end, source.length) - offset) },
  });
}

/** Spellings of other languages, where the parser stops at them. */
const SPELLINGS: readonly { readonly stands: RegExp; readonly help: string }[] = [
  { stands: /^(?:={3}|=(?![=>]))/, help: "In CEL, equal is ==, and not equal is !=." },
  { stands: /^(?:(?:and|AND)\b|&(?!&))/, help: "In CEL, and is &&." },
  { stands: /^(?:(?:or|OR)\b|\|(?!\|))/, help: "In CEL, or is ||." },
  { stands: /^(?:not|NOT)\b/, help: "In CEL, not is !: for example !input.urgent." },
  { stands: /^(?:\?\.|\?\?)/, help: 'What may be missing is read with .?: for example input.?note.orValue("none").' },
  { stands: /^=>/, help: "In CEL, a macro names its variable: for example rows.filter(row, row.amount > 3)." },
];

/** With room for a longer word that only ends in one of them. */
const LONGEST_SPELLING = 16;

/** The parser may stop in the middle of an operator, or behind it, or behind a word. */
function helpFor(source: string, stop: number): string {
  const near = Math.max(0, stop - LONGEST_SPELLING);
  const begins = [/[=?]*\.?$/, /\w*\s*$/].map((before) => near + source.slice(near, stop).search(before));
  const spelling = [stop, ...begins].flatMap((begin) => SPELLINGS.find(({ stands }) => stands.test(source.slice(begin))) ?? [])[0];
  return spelling?.help ?? "Expressions are CEL: for example steps.plan.output.count > 3 && input.urgent.";
}

/** The parser's message without the names of its tokens. */
function inWords(summary: string): string {
  return summary.replace(/\bEOF\b/g, "the end").replace(/^./, (first) => first.toLowerCase());
}
