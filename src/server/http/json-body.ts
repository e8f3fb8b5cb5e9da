/** A request's body, read within limits: its bytes while it comes, and its shape before it is parsed. */
import { isJsonObject } from "../../base/json.ts";
import { MAX_JSON_DEPTH, MAX_REQUEST_VALUES } from "../../base/limits.ts";
import { Refusal } from "../refusal.ts";

/** A body as it came; null when its bytes are no UTF-8, which no JSON is (RFC 8259, section 8.1). */
export type BodyText = string | null;

/** The body as text. Throws a refusal when it is too large, is not JSON by its own account, or is cut off. */
export async function readBody(request: Request, maxBytes: number): Promise<BodyText> {
  const encoding = request.headers.get("content-encoding") ?? "identity";
  if (encoding !== "identity") throw new Refusal("mediaType", `The body must not be encoded, and this one is ${encoding.slice(0, 40)}.`);
  const text = toText(await bytesOf(request, maxBytes));
  const type = request.headers.get("content-type") ?? "";
  // A page of the web can send a body that says nothing of its type to any address, without asking first.
  if (text !== "" && !JSON_TYPE.test(type))
    throw new Refusal("mediaType", `The body must be JSON, not ${type.slice(0, 100) || "untyped"}.`);
  return text;
}

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\b/i;

async function bytesOf(request: Request, maxBytes: number): Promise<ArrayBuffer | Buffer> {
  const tooLarge = () => new Refusal("tooLarge", `The request is larger than ${maxBytes} bytes.`, { connection: "close" });
  const declared = request.headers.get("content-length");
  if (declared !== null && Number(declared) > maxBytes) throw tooLarge();
  try {
    if (declared !== null) return await request.arrayBuffer();
    const chunks: Uint8Array[] = [];
    let byteCount = 0;
    for await (const chunk of request.body ?? []) {
      byteCount += chunk.byteLength;
      if (byteCount > maxBytes) throw tooLarge();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal("malformed", "The body ended before its time.", { connection: "close" });
  }
}

// It drops a byte order mark. Bytes that it replaced would make two different bodies one.
const UTF_8 = new TextDecoder("utf-8", { fatal: true });

function toText(bytes: ArrayBuffer | Buffer): BodyText {
  try {
    return UTF_8.decode(bytes);
  } catch {
    // No UTF-8; each binding says so in its own words for what is no JSON.
    return null;
  }
}

/** What became of a text that should be JSON. */
export type Parsed = { readonly kind: "json"; readonly value: unknown } | { readonly kind: "notJson" | "refused"; readonly why: string };

export function parseJson(text: BodyText): Parsed {
  if (text === null) return { kind: "notJson", why: "The body is not JSON: its bytes are not UTF-8." };
  if (!isWithinBounds(text)) {
    return {
      kind: "refused",
      why: `The body is nested deeper than ${MAX_JSON_DEPTH} levels, or holds more than ${MAX_REQUEST_VALUES} values.`,
    };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: "notJson", why: "The body is not JSON." };
  }
  if (mayNamePrototype(text) && namesPrototype(value))
    return { kind: "refused", why: 'A key of the body is "__proto__", which no key may be.' };
  return { kind: "json", value };
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;

/** Counts brackets and commas outside of texts, so that nothing is built of what would be too much. */
function isWithinBounds(text: string): boolean {
  let depth = 0;
  let valueCount = 1;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit === QUOTE) at = endOfText(text, at);
    else if (unit === COMMA) valueCount += 1;
    else if (isOpening(unit)) {
      depth += 1;
      valueCount += 1;
      if (depth > MAX_JSON_DEPTH) return false;
    } else if (isClosing(unit)) depth -= 1;
    if (valueCount > MAX_REQUEST_VALUES) return false;
  }
  return true;
}

const isOpening = (unit: number): boolean => unit === 0x7b || unit === 0x5b;
const isClosing = (unit: number): boolean => unit === 0x7d || unit === 0x5d;

/** Where the quote stands that ends a text. */
function endOfText(text: string, start: number): number {
  for (let at = text.indexOf('"', start + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let backslashes = 0;
    while (text.charCodeAt(at - 1 - backslashes) === BACKSLASH) backslashes += 1;
    if (backslashes % 2 === 0) return at;
  }
  return text.length;
}

/** Every letter of a key may be written as an escape, so what has escapes is looked at as well. */
function mayNamePrototype(text: string): boolean {
  return text.includes("__proto__") || text.includes("\\u");
}

function namesPrototype(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(namesPrototype);
  if (!isJsonObject(value)) return false;
  return Object.hasOwn(value, "__proto__") || Object.values(value).some(namesPrototype);
}
