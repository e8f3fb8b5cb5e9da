/** Expressions with their places in the file format, for rules that look at what is read and not only at which steps. */
import { isJsonObject, type Json } from "../../base/json.ts";
import { splitTemplate } from "../../definition/expression/split-template.ts";
import type { DocumentPath } from "../../definition/problem.ts";

/** An expression and its place in the file format. */
export type Placed = {
  readonly source: string;
  readonly path: DocumentPath;
  /** Where the source begins in the text at the path. */
  readonly offset: number;
};

const WRAPPED = /^(\s*\$\{\{)([\s\S]*)\}\}\s*$/;

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
