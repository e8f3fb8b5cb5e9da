import { err, ok, type Result } from "../../base/result.ts";
import type { StepId } from "../definition.ts";
import type { Problem } from "../problem.ts";
import type { Evaluate } from "../program.ts";
import type { ExpressionNames } from "./names.ts";
import { compilePiece, failureOf, type Piece } from "./piece.ts";
import { newFrame } from "./value.ts";

/** An expression or a template, ready to run. */
export type CompiledExpression = {
  readonly source: string;
  /** The steps that it reads, sorted. */
  readonly reads: readonly StepId[];
  /** Never throws for what data can do; the work of one call is bounded (MAX_EXPRESSION_WORK). */
  readonly evaluate: Evaluate;
};

const WRAPPED = /^(\s*\$\{\{)([\s\S]*)\}\}\s*$/;

/**
 * Compiles a bare CEL expression, as in `if` and `rules` (workflow-language.md, Expressions). One
 * that stands in `${{ }}` is understood as well.
 */
export function compileExpression(source: string, names: ExpressionNames = {}): Result<CompiledExpression, Problem> {
  const [, open = "", inner = source] = WRAPPED.exec(source) ?? [];
  const piece = compilePiece(inner, names);
  if (!piece.ok) return err(shifted(piece.error, open.length));
  return ok({ source: piece.value.source, reads: piece.value.reads, evaluate: evaluatePiece(piece.value) });
}

/** The same problem, in a text that begins earlier. */
export function shifted(found: Problem, by: number): Problem {
  return found.span === null ? found : { ...found, span: { ...found.span, offset: found.span.offset + by } };
}

/** Runs one piece by itself, in the cheapest way. */
export function evaluatePiece(piece: Piece): Evaluate {
  const { read, run, slotCount } = piece;
  if (read !== null) {
    return (scope) => {
      try {
        return { ok: true, value: read(scope) };
      } catch (thrown) {
        return failureOf(thrown, piece);
      }
    };
  }
  return (scope) => {
    try {
      return { ok: true, value: run(newFrame(scope, piece, slotCount)) };
    } catch (thrown) {
      return failureOf(thrown, piece);
    }
  };
}
