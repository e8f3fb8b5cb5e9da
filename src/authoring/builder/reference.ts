/**
 * References: what callbacks get in the place of values. It owns how a use of a reference is written
 * down as an expression; it does not check it, the compiler of expressions does.
 *
 * 1. A reference is immutable: reading a field or calling a method makes another one.
 * 2. It has no value. Whatever would need one (`+`, `if`, `${…}` in a plain text, spreading) throws T1206.
 * 3. A callback inside an expression (`map`, `filter`) runs once, with a variable that no expression
 *    around it has: `it`, `it2`, and so on, whatever the callback calls it, so that a minifier does
 *    not change a definition.
 */
import { TuttiError } from "../../base/errors.ts";

/** An expression under construction: a beginning, and the fields read of it so far. */
export type Path = { readonly kind: "path"; readonly base: string; readonly isAtom: boolean; readonly keys: readonly (string | number)[] };
/** A text with expressions in it; the pieces at odd places are expressions. */
export type TextNode = { readonly kind: "text"; readonly texts: readonly string[]; readonly sources: readonly string[] };
export type Node = Path | TextNode;

const nodes = new WeakMap<object, Node>();

/** What stands behind a reference or a text; null for any other value. */
export function nodeOf(value: unknown): Node | null {
  return (typeof value === "function" || (typeof value === "object" && value !== null) ? nodes.get(value) : null) ?? null;
}

/** A reference to a name, or to a field of it. */
export function reference(base: string, keys: Path["keys"] = []): object {
  return toProxy({ kind: "path", base, isAtom: true, keys });
}

/** A reference to the value of a whole expression. */
export function expression(source: string, isAtom = false): object {
  return toProxy({ kind: "path", base: source, isAtom, keys: [] });
}

export function textNode(texts: readonly string[], sources: readonly string[]): object {
  const made = Object.freeze({});
  nodes.set(made, { kind: "text", texts, sources });
  return made;
}

/** The expression that a path stands for. */
export function sourceOf(path: Path): string {
  return path.keys.length === 0 ? path.base : atomOf(path);
}

/** The same, so that an operator beside it does not tear it apart. */
export function atomOf({ base, isAtom, keys }: Path): string {
  return (isAtom ? base : `(${base})`) + keys.map(keySource).join("");
}

const IDENTIFIER = /^[A-Za-z_]\w*$/;
const RESERVED = new Set(
  "as break const continue else false for function if import in let loop namespace null package return true var void while".split(" "),
);

function keySource(key: string | number): string {
  if (typeof key === "number") return `[${key}]`;
  return IDENTIFIER.test(key) && !RESERVED.has(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}

function toProxy(path: Path): object {
  // A function, because methods of the expression language are called on references.
  const made: object = new Proxy(() => undefined, {
    get(_, key) {
      if (typeof key === "symbol") return symbolOf(path, key);
      // A promise that is given a reference asks whether it is one, too.
      return key === "then" ? undefined : toProxy({ ...path, keys: [...path.keys, keyOf(key)] });
    },
    apply: (_, _this, given: readonly unknown[]) => callOf(path, given),
    has: () => refuse(path, "searched"),
    ownKeys: () => refuse(path, "spread"),
  });
  nodes.set(made, path);
  return made;
}

function keyOf(key: string): string | number {
  return /^\d{1,9}$/.test(key) ? Number(key) : key;
}

function symbolOf(path: Path, key: symbol): undefined {
  if (key === Symbol.toPrimitive) refuse(path, "computed with");
  if (key === Symbol.iterator) refuse(path, "iterated over");
  return undefined;
}

/** What JavaScript itself calls on a value that it wants to use. */
const OF_VALUES = new Set(["toString", "valueOf", "toJSON"]);

function callOf(path: Path, given: readonly unknown[]): object {
  const method = path.keys.at(-1);
  if (typeof method !== "string" || !IDENTIFIER.test(method)) throw notAFunction(path);
  if (OF_VALUES.has(method)) refuse(path, "used");
  const receiver = { ...path, keys: path.keys.slice(0, -1) };
  // Only the compiler learns something by it.
  if (method === "as" && given.length === 0) return toProxy(receiver);
  if (method === "orValue") return expression(`${optionalOf(receiver)}.orValue(${given.map(celOf).join(", ")})`, true);
  const values = given.map((value) => (typeof value === "function" && nodeOf(value) === null ? lambdaOf(value) : celOf(value)));
  return expression(`${atomOf(receiver)}.${method}(${values.join(", ")})`, true);
}

/** From its first field on, the whole way is optional (a step itself is always there). */
function optionalOf(path: Path): string {
  const certain = path.base === "steps" && path.isAtom ? 1 : 0;
  const first = path.keys[certain];
  if (first === undefined) {
    throw new TuttiError("T1206", `\`${sourceOf(path)}\` cannot be missing, so it needs no orValue().`, {
      help: "orValue() stands after a field; for other conditions use cel`… ? … : …`.",
    });
  }
  const before = atomOf({ ...path, keys: path.keys.slice(0, certain) });
  const optional = typeof first === "number" ? `[?${first}]` : IDENTIFIER.test(first) ? `.?${first}` : `[?${JSON.stringify(first)}]`;
  return (
    before +
    optional +
    path.keys
      .slice(certain + 1)
      .map(keySource)
      .join("")
  );
}

let namesInUse: readonly string[] = [];

/** Runs a callback whose expressions may use these names. */
export function withNames<Made>(names: readonly string[], make: () => Made): Made {
  const before = namesInUse;
  namesInUse = [...before, ...names];
  try {
    return make();
  } finally {
    namesInUse = before;
  }
}

function lambdaOf(make: unknown): string {
  let name = "it";
  for (let number = 2; namesInUse.includes(name); number += 1) name = `it${number}`;
  const body = withNames([name], () => celOf((make as (item: object) => unknown)(reference(name))));
  return `${name}, ${body}`;
}

/** A value in the expression language: references as their expressions, the rest as literals. */
export function celOf(value: unknown): string {
  const node = nodeOf(value);
  if (node?.kind === "path") return sourceOf(node);
  if (node?.kind === "text") return concatenation(node);
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  if (typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(celOf).join(", ")}]`;
  if (typeof value === "object" && isPlainObject(value)) {
    const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}: ${celOf(inner)}`).join(", ")}}`;
  }
  throw new TuttiError("T1011", `${kindOf(value)} cannot stand in an expression.`, {
    help: "Use references, and JSON values: texts, numbers, true, false, null, lists and objects.",
  });
}

/** True for objects that are data. */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** What a value is that is not JSON, for messages. */
export function kindOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === undefined ? "Undefined" : `A ${typeof value}`;
  return `A ${value.constructor.name}`;
}

function concatenation({ texts, sources }: TextNode): string {
  const pieces = texts.flatMap((text, index) => [
    ...(text === "" ? [] : [JSON.stringify(text)]),
    ...(sources[index] === undefined ? [] : [`string(${sources[index]})`]),
  ]);
  return pieces.length === 0 ? '""' : pieces.join(" + ");
}

function notAFunction(path: Path): TuttiError {
  return new TuttiError("T1206", `\`${sourceOf(path)}\` is no function of the expression language.`);
}

function refuse(path: Path, what: string): never {
  throw new TuttiError("T1206", `The reference \`${sourceOf(path)}\` is ${what}, but it has no value while a workflow is written.`, {
    help: "Build an expression with cel`…`, a text with text`…`, or use a method of the reference such as map().",
  });
}
