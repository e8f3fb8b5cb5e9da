import { err, ok, type Result } from "../../base/result.ts";
import { problem, type Problem } from "../problem.ts";

/** A text cut at its `${{ }}`: what stands as it is, and what is computed. */
export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  /** `offset`: where the expression begins in the whole text. */
  | { readonly kind: "expression"; readonly source: string; readonly offset: number };

const OPEN = "${{";
/** The guide's way to write a reference: a whole value such as `$context.sales.region`. */
const CONTEXT_REFERENCE = /^\$(context(?:\.[A-Za-z_]\w*)+)$/;

/** Cuts a text at its expressions. Braces and quotes inside an expression are understood. */
export function splitTemplate(text: string): Result<readonly TemplatePart[], Problem> {
  const reference = CONTEXT_REFERENCE.exec(text);
  if (reference !== null) return ok([{ kind: "expression", source: reference[1] as string, offset: 1 }]);
  const parts: TemplatePart[] = [];
  let position = 0;
  for (;;) {
    const open = text.indexOf(OPEN, position);
    if (open === -1) break;
    const close = endOf(text, open + OPEN.length);
    if (close === null) return err(unclosed(open));
    if (open > position) parts.push({ kind: "text", text: text.slice(position, open) });
    parts.push({ kind: "expression", source: text.slice(open + OPEN.length, close), offset: open + OPEN.length });
    position = close + 2;
  }
  if (position < text.length) parts.push({ kind: "text", text: text.slice(position) });
  return ok(parts);
}

/** Where the `}}` stands that closes an expression. */
function endOf(text: string, from: number): number | null {
  let depth = 0;
  let position = from;
  while (position < text.length) {
    const character = text[position];
    if (character === '"' || character === "'") {
      position = skipQuoted(text, position);
      continue;
    }
    if (character === "{") depth += 1;
    if (character === "}") {
      if (depth === 0 && text[position + 1] === "}") return position;
      depth = Math.max(0, depth - 1);
    }
    position += 1;
  }
  return null;
}

function skipQuoted(text: string, start: number): number {
  const quote = text[start] as string;
  const isRaw = /(?:^|[^A-Za-z0-9_])[bB]?[rR]$/.test(text.slice(Math.max(0, start - 3), start));
  const fence = text.startsWith(quote.repeat(3), start) ? quote.repeat(3) : quote;
  let position = start + fence.length;
  while (position < text.length) {
    if (text.startsWith(fence, position)) return position + fence.length;
    position += text[position] === "\\" && !isRaw ? 2 : 1;
  }
  return text.length;
}

function unclosed(offset: number): Problem {
  return problem({
    code: "T1201",
    message: 'The "${{" is never closed.',
    help: 'Close it with "}}"; to write the characters themselves, write ${{ "${{" }}.',
    span: { offset, length: OPEN.length },
  });
}
