import type { ASTNode } from "@marcbachmann/cel-js";

import type { StepId } from "../definition.ts";
import { problem, type Problem } from "../problem.ts";
import type { Root } from "./names.ts";
import type { StepNames } from "./step-names.ts";
import type { Run } from "./value.ts";

/**
 * What is known of a value before a run: a whole number of CEL, a list of them, or anything else.
 * It only decides how `/` divides (operators.ts).
 */
export type StaticType = "int" | "ints" | "any";

/** A piece of an expression, made ready to run. */
export type Code = {
  readonly run: Run;
  readonly type: StaticType;
  /** Work of one run, without the parts that charge for themselves. */
  readonly cost: number;
};

/** A variable of a macro: a place in the frame. */
export type Local = { readonly slot: number; readonly type: StaticType };

/** What the compiler of one expression knows at one place in it. */
export type Context = {
  readonly roots: ReadonlyMap<string, Root>;
  /** The steps in reach; undefined when that is not to be checked. */
  readonly steps: StepNames | undefined;
  /** The steps of the loop around. */
  readonly iter: ReadonlySet<StepId> | undefined;
  readonly locals: ReadonlyMap<string, Local>;
  /** Shared by all places of the expression. */
  readonly found: { readonly reads: Set<StepId>; slotCount: number };
};

/** Stops the compilation of an expression; caught at its edge. */
export class Mistake {
  readonly problem: Problem;
  constructor(found: Problem) {
    this.problem = found;
  }
}

type MistakeParts = Pick<Problem, "code" | "message"> & Partial<Pick<Problem, "help" | "declared">>;

/** A part of the expression's text. */
export type Placed = Pick<ASTNode, "start" | "end">;

/** Ends the compilation with a mistake at a node of the expression. */
export function refuse(node: Placed, parts: MistakeParts): never {
  // oxlint-disable-next-line typescript/only-throw-error -- caught at the compilation's edge; it needs no stack trace
  throw new Mistake(problem({ ...parts, span: { offset: node.start, length: Math.max(1, node.end - node.start) } }));
}
