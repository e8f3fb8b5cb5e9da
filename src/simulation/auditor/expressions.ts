/** Which steps the expressions of a file read: by their spelling, with no parser of the product. */

/** Keys behind which a whole tree of values may hold `${{ }}`. */
const TEMPLATES: ReadonlySet<string> = new Set(["text", "with", "files", "each", "from", "set", "data", "wait", "title", "show"]);
/** Keys whose text is an expression. */
const BARE: ReadonlySet<string> = new Set(["if", "until", "score", "rules", "on", "key", "by", "value"]);
/** Schemas, names, and what `needs` says in its own way. */
const PLAIN: ReadonlySet<string> = new Set([
  "output",
  "form",
  "needs",
  "as",
  "agent",
  "skill",
  "capability",
  "workflow",
  "fallback",
  "context",
]);

const WHOLE = /\$\{\{([\s\S]*?)\}\}/g;
// Texts inside an expression come before names, so that a name in a text is none.
const NAMES =
  /(?<![\w.])steps\s*\[\s*(?:"([a-z0-9_]+)"|'([a-z0-9_]+)')\s*\]|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?<![\w.])steps\s*\.\s*\??\s*([a-z][a-z0-9_]*)/g;

/** The steps that anything inside of a step, as a file says it, reads or needs. */
export function readsOf(step: unknown): ReadonlySet<string> {
  const found = new Set<string>();
  look(step, found);
  return found;
}

function look(value: unknown, found: Set<string>): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    if (key === "needs") eachText(inner, (text) => found.add(text));
    else if (TEMPLATES.has(key)) eachText(inner, (text) => lookInTemplate(text, found));
    else if (BARE.has(key) && isTextual(inner)) eachText(inner, (text) => lookInExpression(text, found));
    else if (!PLAIN.has(key)) look(inner, found);
  }
}

function isTextual(value: unknown): boolean {
  return typeof value === "string" || Array.isArray(value);
}

function eachText(value: unknown, take: (text: string) => void): void {
  if (typeof value === "string") return take(value);
  if (typeof value === "object" && value !== null) for (const inner of Object.values(value)) eachText(inner, take);
}

function lookInTemplate(text: string, found: Set<string>): void {
  for (const [, source = ""] of text.matchAll(WHOLE)) lookInExpression(source, found);
}

function lookInExpression(source: string, found: Set<string>): void {
  for (const [, quoted, other, plain] of source.matchAll(NAMES)) {
    const name = quoted ?? other ?? plain;
    if (name !== undefined) found.add(name);
  }
}
