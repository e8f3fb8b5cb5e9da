import type { Problem } from "../../definition/problem.ts";

/** A problem with its place in a file, ready to be shown. Lines and columns begin at 1. */
export type FileProblem = Pick<Problem, "code" | "severity" | "message" | "help" | "declared"> & {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Characters that are wrong, on that line. */
  readonly length: number;
  readonly sourceLine: string;
};

/** Errors first, then by place. */
export function inOrder(problems: readonly FileProblem[]): readonly FileProblem[] {
  const weight = { error: 0, warning: 1 };
  return problems.toSorted(
    (left, right) => weight[left.severity] - weight[right.severity] || left.line - right.line || left.column - right.column,
  );
}
