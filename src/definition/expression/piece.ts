/** One expression, read and compiled: the piece that bare expressions and templates are made of. */
import type { Json } from "../../base/json.ts";
import { MAX_EXPRESSION_LENGTH } from "../../base/limits.ts";
import { err, ok, type Result } from "../../base/result.ts";
import { problem, type Problem } from "../problem.ts";
import type { ExpressionFailure, Scope } from "../program.ts";
import { compileNode } from "./compile-node.ts";
import { type Context, Mistake } from "./context.ts";
import { type ExpressionNames, rootsOf } from "./names.ts";
import { parseExpression } from "./parse.ts";
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
  const parsed = parseExpression(source);
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
