import { TuttiError } from "../../base/errors.ts";
import type { Json } from "../../base/json.ts";
import { isPlainObject, kindOf, nodeOf, sourceOf, type TextNode } from "./reference.ts";

/** A value as a template of the file format: references as `${{ … }}`. `where` names it in errors. */
export function toTemplate(value: unknown, where: string): Json {
  const node = nodeOf(value);
  if (node?.kind === "path") return `\${{ ${sourceOf(node)} }}`;
  if (node?.kind === "text") return textTemplate(node);
  if (value === null || typeof value === "boolean" || typeof value === "number") return value;
  if (typeof value === "string") return plainText(value, where);
  if (Array.isArray(value)) return value.map((item: unknown, index) => toTemplate(item, `${where}[${index}]`));
  if (typeof value === "object" && isPlainObject(value)) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(entries.map(([key, inner]) => [key, toTemplate(inner, `${where}.${key}`)]));
  }
  throw notJson(value, where);
}

/** A value without expressions. */
export function toPlain(value: unknown, where: string): Json {
  if (nodeOf(value) !== null)
    throw new TuttiError("T1206", `${where} must be known while the workflow is written; a reference has no value then.`);
  if (value === null || typeof value === "boolean" || typeof value === "number" || typeof value === "string") return value;
  if (Array.isArray(value)) return value.map((item: unknown, index) => toPlain(item, `${where}[${index}]`));
  if (typeof value === "object" && isPlainObject(value)) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return Object.fromEntries(entries.map(([key, inner]) => [key, toPlain(inner, `${where}.${key}`)]));
  }
  throw notJson(value, where);
}

function notJson(value: unknown, where: string): TuttiError {
  return new TuttiError("T1011", `${kindOf(value)} at ${where} is not JSON.`, {
    help: "A workflow is data: its callbacks run once, while it is written. What must be computed in a run is an expression or an agent.",
  });
}

const LOOKS_COMPUTED = /\$\{\{|^\$context(?:\.[A-Za-z_]\w*)+$/;

/** In TypeScript a text is what it is: one that a file would compute is a mistake, or comes from outside. */
function plainText(value: string, where: string): string {
  if (!LOOKS_COMPUTED.test(value)) return value;
  throw new TuttiError("T1011", `${where} holds "\${{" or "$context", which would be computed.`, {
    help: "Use a reference, text`…` or cel`…`; for the characters themselves write text`${variable}`.",
  });
}

function textTemplate({ texts, sources }: TextNode): string {
  if (sources.length === 0 && LOOKS_COMPUTED.test(texts.join(""))) return `\${{ ${JSON.stringify(texts.join(""))} }}`;
  const escaped = texts.map((text) => text.replaceAll("${{", '${{ "${{" }}'));
  return escaped.map((text, index) => text + (sources[index] === undefined ? "" : `\${{ ${sources[index]} }}`)).join("");
}
