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

/** What stands in a whole `${{ }}`, and where it begins; anything else is as it was. */
export function unwrapped(source: string): { readonly inner: string; readonly offset: number } {
  const [, open = "", inner = source] = WRAPPED.exec(source) ?? [];
  return { inner, offset: open.length };
}

/**
 * Compiles a bare CEL expression, as in `if` and `rules` (workflow-language.md, Expressions). One
 * that stands in `${{ }}` is understood as well.
 */
export function compileExpression(source: string, names: ExpressionNames = {}): Result<CompiledExpression, Problem> {
  const { inner, offset } = unwrapped(source);
  const piece = compilePiece(inner, names);
  if (!piece.ok) return err(shifted(piece.error, offset));
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
