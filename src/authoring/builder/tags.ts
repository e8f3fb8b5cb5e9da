import { TuttiError } from "../../base/errors.ts";
import type { Expr, TemplateValue } from "./expression-types.ts";
import { atomOf, celOf, expression, nodeOf, textNode } from "./reference.ts";

/**
 * An expression in CEL with references and values in it. References become their expressions, any
 * other value a literal, so that no text can break out of its place. Give it a type where none is
 * expected: cel<string[]>`…`.
 *
 * @example
 * until: ({ steps }) => cel`${steps.review.output.quality_score} >= 0.9`
 */
export function cel<Value>(strings: TemplateStringsArray, ...values: readonly TemplateValue[]): Expr<Value> {
  // As it is written: CEL has escapes of its own.
  const source = strings.raw.map((piece, index) => piece + (index < values.length ? operand(values[index]) : "")).join("");
  return expression(source.trim()) as Expr<Value>;
}

/**
 * A text with references in it: `${…}` gives texts as they are, null as nothing, the rest as JSON.
 * A text that is one reference and nothing else gives its value as it is.
 *
 * @example
 * text: ({ input }) => text`List at most ${input.depth} questions about ${input.vendor}.`
 */
export function text(strings: TemplateStringsArray, ...values: readonly TemplateValue[]): Expr<string> {
  const broken = (strings as readonly (string | undefined)[]).indexOf(undefined);
  if (broken !== -1) throw new TuttiError("T1011", `The text \`${strings.raw[broken]}\` has an escape that JavaScript does not know.`);
  const texts = [strings[0] ?? ""];
  const sources: string[] = [];
  for (const [index, value] of values.entries()) {
    const after = strings[index + 1] ?? "";
    if (isConstant(value)) texts.push((texts.pop() ?? "") + constantText(value) + after);
    else {
      sources.push(celOf(value));
      texts.push(after);
    }
  }
  return textNode(texts, sources) as Expr<string>;
}

/** What is known already stands in the text as it is. */
function isConstant(value: TemplateValue): value is string | number | boolean | null {
  return value === null || (typeof value !== "object" && typeof value !== "function");
}

/** As a run would write it. */
function constantText(value: string | number | boolean | null): string {
  return value === null ? "" : String(value);
}

function operand(value: TemplateValue | undefined): string {
  const node = nodeOf(value);
  if (node?.kind === "path") return atomOf(node);
  const source = celOf(value);
  return node?.kind === "text" || (typeof value === "number" && value < 0) ? `(${source})` : source;
}
