import type { ErrorCode } from "../base/codes.ts";

/** A way down a document: keys and list indexes. */
export type DocumentPath = readonly (string | number)[];

/** A part of a text, in characters from its beginning. */
export type Span = { readonly offset: number; readonly length: number };

/**
 * Something wrong with a definition, wherever it came from. The path is that of the file format
 * (workflow-language.md), so that a file can show the line; a definition without a file shows the path.
 */
export type Problem = {
  readonly code: ErrorCode;
  /** A warning does not stop the definition from running. */
  readonly severity: "error" | "warning";
  readonly message: string;
  /** What to do about it, as a sentence. */
  readonly help: string | null;
  readonly path: DocumentPath;
  /** Whether the key or its value is wrong. */
  readonly at: "key" | "value";
  /** The part of the text at the path, when not all of it is wrong. */
  readonly span: Span | null;
  /** What would have been right there; shown as `declared: …`. */
  readonly declared: readonly string[];
};

type ProblemParts = Pick<Problem, "code" | "message"> & Partial<Problem>;

/** Makes a problem: an error about the value at the root, unless told otherwise. */
export function problem(parts: ProblemParts): Problem {
  return { severity: "error", help: null, path: [], at: "value", span: null, declared: [], ...parts };
}

/** The same problem, seen from further up in the document. */
export function below(parent: DocumentPath, found: Problem): Problem {
  return { ...found, path: [...parent, ...found.path] };
}
