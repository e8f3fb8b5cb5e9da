/** One expression, read and compiled: the piece that bare expressions and templates are made of. */
import { Environment, ParseError, type ASTNode } from "@marcbachmann/cel-js";

import { assert } from "../../base/assert.ts";
import type { Json } from "../../base/json.ts";
import { MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_LENGTH, MAX_EXPRESSION_NODES } from "../../base/limits.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { problem, type Problem } from "../problem.ts";
import type { ExpressionFailure, Scope } from "../program.ts";
import { compileNode } from "./compile-node.ts";
import { type Context, Mistake } from "./context.ts";
import { type ExpressionNames, rootsOf } from "./names.ts";
import { plainPath } from "./plain-path.ts";
import type { CompiledSource } from "./source.ts";
import { Fault, type Frame, settle } from "./value.ts";

/** An expression ready to run, inside a frame that it may share with others. */
export type Piece = CompiledSource & {
  readonly run: (frame: Frame) => Json;
  /** Reads straight from the scope; only for plain paths. */
  readonly read: ((scope: Scope) => Json) | null;
  readonly slotCount: number;
};

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

/** Compiles the text between `${{` and `}}`, or a bare expression. */
export function compilePiece(text: string, names: ExpressionNames): Result<Piece, Problem> {
  const source = text.trim();
  const offset = text.length - text.trimStart().length;
  const found = source.length > MAX_EXPRESSION_LENGTH ? err(tooLong(source)) : compileTrimmed(source, names);
  if (found.ok || found.error.span === null) return found;
  return err({ ...found.error, span: { ...found.error.span, offset: found.error.span.offset + offset } });
}

function compileTrimmed(source: string, names: ExpressionNames): Result<Piece, Problem> {
  const roots = rootsOf(names);
  const path = plainPath(source, roots, names);
  if (path !== null) {
    const { read, reads } = path;
    return ok({ source, reads, read, run: (frame) => read(frame.scope), slotCount: 0 });
  }
  const parsed = parse(source);
  if (!parsed.ok) return parsed;
  const context: Context = { roots, steps: names.steps, iter: names.iter, locals: new Map(), found: { reads: new Set(), slotCount: 0 } };
  try {
    const { run } = compileNode(parsed.value, context);
    const reads = [...context.found.reads].toSorted();
    return ok({ source, reads, read: null, run: (frame) => settle(frame, run(frame)), slotCount: context.found.slotCount });
  } catch (thrown) {
    if (thrown instanceof Mistake) return err(thrown.problem);
    throw thrown;
  }
}

function parse(source: string): Result<ASTNode, Problem> {
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
    help: "Expressions are CEL: for example steps.plan.output.count > 3 && input.urgent.",
    span: { offset, length: Math.max(1, Math.min(end, source.length) - offset) },
  });
}

/** The parser's message without the names of its tokens. */
function inWords(summary: string): string {
  return summary.replace(/\bEOF\b/g, "the end").replace(/^./, (first) => first.toLowerCase());
}

function tooLong(source: string): Problem {
  return problem({
    code: "T1204",
    message: `The expression has ${source.length} characters; the limit is ${MAX_EXPRESSION_LENGTH}.`,
    help: "Split it, or use a local agent.",
  });
}

/** What a throw inside an evaluation means. It never leaves the evaluation. */
export function failureOf(thrown: unknown, { source, reads }: CompiledSource): { readonly ok: false; readonly error: ExpressionFailure } {
  if (thrown instanceof Fault) return err({ source, message: thrown.message, reads });
  if (thrown instanceof RangeError) return err({ source, message: "The expression made a value that is too large or too deep.", reads });
  throw thrown;
}
