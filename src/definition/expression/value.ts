/**
 * What an expression works on while it runs. It owns the bound on work and the rule of what may be
 * read; it does not know the language.
 *
 * 1. Every value is plain JSON, or an `Optional` around plain JSON; numbers are finite.
 * 2. Only own properties are read, and none of the forbidden names, so no prototype is reachable.
 * 3. All work that can grow with the data is charged to the frame before it is done; a frame that
 *    has nothing left stops with a fault that nothing inside the expression can catch.
 */
import { isJsonObject, type Json } from "../../base/json.ts";
import { MAX_EXPRESSION_WORK, MAX_JSON_DEPTH } from "../../base/limits.ts";
import type { Scope } from "../program.ts";
import type { CompiledSource } from "./source.ts";

/** A value that may be missing: `a.?b`, `optional.of(x)`. */
export class Optional {
  readonly value: Json | undefined;
  constructor(value: Json | undefined) {
    this.value = value;
  }
}

export const NONE = new Optional(undefined);

export type Value = Json | Optional;

/** One evaluation: what it sees, its variables, and the work it may still do. */
export type Frame = {
  readonly scope: Scope;
  readonly slots: Value[];
  workLeft: number;
  /** The expression at work, for the failure's report. */
  source: CompiledSource;
};

export type Run = (frame: Frame) => Value;

/** Why an expression has no value. Thrown inside an evaluation only, and caught at its edge. */
export class Fault {
  readonly message: string;
  /** True when `||` and friends must not hide it. */
  readonly fatal: boolean;
  constructor(message: string, fatal = false) {
    this.message = message;
    this.fatal = fatal;
  }
}

/** Ends the evaluation without a value. */
export function fail(message: string, fatal = false): never {
  // oxlint-disable-next-line typescript/only-throw-error -- an Error costs a stack trace for each of a hundred thousand items
  throw new Fault(message, fatal);
}

/** Ends the evaluation with a failure that was kept. */
export function failAgain(fault: Fault): never {
  // oxlint-disable-next-line typescript/only-throw-error -- see above
  throw fault;
}

export function newFrame(scope: Scope, source: CompiledSource, slotCount: number): Frame {
  return { scope, slots: slotCount === 0 ? NO_SLOTS : new Array<Value>(slotCount).fill(null), workLeft: MAX_EXPRESSION_WORK, source };
}

const NO_SLOTS: Value[] = [];

/** Takes work from the frame (invariant 3). */
export function charge(frame: Frame, amount: number): void {
  frame.workLeft -= amount;
  if (frame.workLeft < 0) {
    fail(`The expression does too much work (more than ${MAX_EXPRESSION_WORK} steps); use smaller lists, or a local agent.`, true);
  }
}

/** Work that is done on a text of this length. */
export function textWork(length: number): number {
  return 1 + (length >> 4);
}

const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** Names that lead out of the data and into the language below it. */
export function isForbiddenName(name: string): boolean {
  return FORBIDDEN.has(name);
}

/** The own property of a JSON object or the item of a list, or undefined. */
export function peek(container: Json, key: string | number): Json | undefined {
  if (typeof container !== "object" || container === null) return undefined;
  if (Array.isArray(container)) return typeof key === "number" ? (container as readonly Json[])[key] : undefined;
  const name = typeof key === "number" ? String(key) : key;
  return Object.hasOwn(container, name) && !FORBIDDEN.has(name) ? (container as { readonly [key: string]: Json })[name] : undefined;
}

/** The property or item, or a fault that says what is there instead. */
export function member(container: Json, key: string | number): Json {
  const found = peek(container, key);
  if (found === undefined) fail(missing(container, key));
  return found;
}

function missing(container: Json, key: string | number): string {
  if (Array.isArray(container)) {
    return typeof key === "number" && Number.isInteger(key)
      ? `There is no item ${key} in a list of ${container.length}.`
      : `A list has no "${key}"; its items are found by whole numbers.`;
  }
  if (!isJsonObject(container)) return `There is no "${key}" in ${kindOf(container)}.`;
  const keys = Object.keys(container);
  const shown = keys.slice(0, 8).join(", ") + (keys.length > 8 ? ", …" : "");
  return `There is no "${key}"; there ${keys.length === 0 ? "are no keys" : `is ${shown}`}.`;
}

/** The property or item as an optional; missing parts on the way are no failure. */
export function optionalMember(container: Value, key: string | number): Optional {
  const inner = container instanceof Optional ? container.value : container;
  if (inner === undefined) return NONE;
  const found = peek(inner, key);
  return found === undefined ? NONE : new Optional(found);
}

/** Without the optional: what a list, a map or a result holds. A missing value is null. */
export function plain(value: Value): Json {
  return value instanceof Optional ? (value.value ?? null) : value;
}

const KIND_WORDS: { readonly [type: string]: string } = { string: "a text", number: "a number", boolean: "a boolean" };

/** The kind of a value in the words of JSON, for messages. */
export function kindOf(value: Value): string {
  if (value === null) return "null";
  if (value instanceof Optional) return "an optional";
  if (Array.isArray(value)) return "a list";
  return KIND_WORDS[typeof value] ?? "an object";
}

/** The result of an expression. It counts the whole of it, since shared parts multiply when written. */
export function settle(frame: Frame, value: Value): Json {
  const result = plain(value);
  weigh(frame, result, 0);
  return result;
}

function weigh(frame: Frame, value: Json, depth: number): void {
  if (typeof value === "string") return charge(frame, textWork(value.length));
  if (typeof value !== "object" || value === null) return charge(frame, 1);
  if (depth >= MAX_JSON_DEPTH) fail(`The value is nested more than ${MAX_JSON_DEPTH} deep.`, true);
  charge(frame, 1);
  if (Array.isArray(value)) for (const item of value as readonly Json[]) weigh(frame, item, depth + 1);
  else for (const inner of Object.values(value)) weigh(frame, inner, depth + 1);
}

/** Equality on JSON: by value, whatever the order of keys. */
export function equal(frame: Frame, left: Json, right: Json, depth = 0): boolean {
  charge(frame, 1);
  if (left === right) return true;
  if (typeof left !== "object" || typeof right !== "object" || left === null || right === null) return false;
  if (depth >= MAX_JSON_DEPTH) fail(`The value is nested more than ${MAX_JSON_DEPTH} deep.`, true);
  if (Array.isArray(left) || Array.isArray(right)) {
    if (!Array.isArray(left) || !Array.isArray(right) || left.length !== right.length) return false;
    return left.every((item, index) => equal(frame, item as Json, right[index] as Json, depth + 1));
  }
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => Object.hasOwn(right, key) && equal(frame, member(left, key), member(right, key), depth + 1));
}
