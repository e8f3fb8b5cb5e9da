/** Expressions with their places in the file format, for rules that look at what is read and not only at which steps. */
import { isJsonObject, type Json } from "../../base/json.ts";
import { unwrapped } from "../../definition/expression/expression.ts";
import { splitTemplate, type TemplatePart } from "../../definition/expression/split-template.ts";
import type { DocumentPath } from "../../definition/problem.ts";

/** An expression and its place in the file format. */
export type Placed = {
  readonly source: string;
  readonly path: DocumentPath;
  /** Where the source begins in the text at the path. */
  readonly offset: number;
};

const PLAIN = /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*$/;

/** Whether an expression is a plain path such as `steps.plan.output.count`: nine of ten are, and need no parser. */
export function isPlainPath(source: string): boolean {
  return PLAIN.test(source);
}

/** A bare expression; one that stands in `${{ }}` is understood as well. */
export function placedExpression(source: string, path: DocumentPath): Placed {
  const { inner, offset } = unwrapped(source);
  return trimmed(inner, path, offset);
}

/** Every expression in a template. */
export function expressionsIn(template: Json, path: DocumentPath): readonly Placed[] {
  if (typeof template === "string")
    return partsOf(template).flatMap((part) => (part.kind === "text" ? [] : [trimmed(part.source, path, part.offset)]));
  if (Array.isArray(template)) return template.flatMap((item: Json, index) => expressionsIn(item, [...path, index]));
  if (isJsonObject(template)) return Object.entries(template).flatMap(([key, inner]) => expressionsIn(inner, [...path, key]));
  return [];
}

/** The expression of a text that is one whole `${{ }}`, and so keeps its type; else null. */
export function wholeExpression(text: string, path: DocumentPath): Placed | null {
  const [only, ...others] = partsOf(text);
  return only?.kind === "expression" && others.length === 0 ? trimmed(only.source, path, only.offset) : null;
}

/** A text that cannot be cut has no expressions: the loader says what is wrong with it. */
function partsOf(text: string): readonly TemplatePart[] {
  if (!text.includes("$")) return [];
  const split = splitTemplate(text);
  return split.ok ? split.value : [];
}

function trimmed(text: string, path: DocumentPath, offset: number): Placed {
  const source = text.trim();
  return { source, path, offset: offset + text.length - text.trimStart().length };
}
