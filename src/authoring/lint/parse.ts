/** Expressions as trees, for rules that look at what is read and not only at which steps. */
import { type ASTNode, Environment } from "@marcbachmann/cel-js";

import { isJsonObject, type Json } from "../../base/json.ts";
import { MAX_EXPRESSION_DEPTH, MAX_EXPRESSION_NODES } from "../../base/limits.ts";
import { splitTemplate } from "../../definition/expression/split-template.ts";
import type { DocumentPath } from "../../definition/problem.ts";

/** An expression and its place in the file format. */
export type Placed = {
  readonly source: string;
  readonly path: DocumentPath;
  /** Where the source begins in the text at the path. */
  readonly offset: number;
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

const WRAPPED = /^(\s*\$\{\{)([\s\S]*)\}\}\s*$/;

/** The tree of an expression; null for one that cannot be read, which the check has reported. */
export function parseExpression(source: string): ASTNode | null {
  try {
    return parser.parse(source).ast;
  } catch {
    // The loader compiles every expression, and says what is wrong with it.
    return null;
  }
}

/** A bare expression; one that stands in `${{ }}` is understood as well. */
export function placedExpression(source: string, path: DocumentPath): Placed {
  const [, open = "", inner = source] = WRAPPED.exec(source) ?? [];
  return trimmed(inner, path, open.length);
}

/** Every expression in a template. */
export function expressionsIn(template: Json, path: DocumentPath): readonly Placed[] {
  if (typeof template === "string") return expressionsInText(template, path);
  if (Array.isArray(template)) return template.flatMap((item: Json, index) => expressionsIn(item, [...path, index]));
  if (isJsonObject(template)) return Object.entries(template).flatMap(([key, inner]) => expressionsIn(inner, [...path, key]));
  return [];
}

function expressionsInText(text: string, path: DocumentPath): readonly Placed[] {
  if (!text.includes("$")) return [];
  const split = splitTemplate(text);
  if (!split.ok) return [];
  return split.value.flatMap((part) => (part.kind === "text" ? [] : [trimmed(part.source, path, part.offset)]));
}

/** The expression of a text that is one whole `${{ }}`, and so keeps its type; else null. */
export function wholeExpression(text: string, path: DocumentPath): Placed | null {
  const found = expressionsInText(text, path);
  const [only] = found;
  if (only === undefined || found.length > 1) return null;
  const split = splitTemplate(text);
  return split.ok && split.value.length === 1 ? only : null;
}

function trimmed(text: string, path: DocumentPath, offset: number): Placed {
  const source = text.trim();
  return { source, path, offset: offset + text.length - text.trimStart().length };
}
