/** The functions of CEL, and of its string extension, on JSON. */
import { isJsonObject, type Json } from "../../base/json.ts";
import type { StaticType } from "./context.ts";
import { finite } from "./operators.ts";
import { charge, fail, type Frame, kindOf, Optional, plain, textWork, type Value } from "./value.ts";

/** A function. The arguments of a method begin with what stands before the dot. */
export type CelFunction = {
  readonly call: (frame: Frame, values: readonly Value[]) => Value;
  /** How many values it takes, the one before the dot included: at least, at most. */
  readonly arity: readonly [number, number];
  readonly type: StaticType;
};

/** `name(x)`. */
export const FUNCTIONS: ReadonlyMap<string, CelFunction> = new Map([
  ["size", define("int", [1, 1], size)],
  ["int", define("int", [1, 1], toInt)],
  ["uint", define("int", [1, 1], (frame, values) => unsigned(toInt(frame, values)))],
  ["double", define("any", [1, 1], toDouble)],
  ["string", define("any", [1, 1], toText)],
  ["bool", define("any", [1, 1], toBool)],
  ["dyn", define("any", [1, 1], (_, [value]) => value as Value)],
]);

/** `x.name()`. */
export const METHODS: ReadonlyMap<string, CelFunction> = new Map([
  ["size", define("int", [1, 1], size)],
  ["contains", text(2, 2, (frame, value, [part]) => (charge(frame, textWork(value.length)), value.includes(asText(part))))],
  ["startsWith", text(2, 2, (_, value, [part]) => value.startsWith(asText(part)))],
  ["endsWith", text(2, 2, (_, value, [part]) => value.endsWith(asText(part)))],
  ["lowerAscii", text(1, 1, (_, value) => value.replace(/[A-Z]+/g, (part) => part.toLowerCase()))],
  ["upperAscii", text(1, 1, (_, value) => value.replace(/[a-z]+/g, (part) => part.toUpperCase()))],
  ["trim", text(1, 1, (_, value) => value.trim())],
  ["indexOf", text(2, 3, (_, value, [part, from]) => characters(value).indexOf(asText(part), bounded(from ?? 0, value)), "int")],
  [
    "lastIndexOf",
    text(
      2,
      3,
      (_, value, [part, from]) => characters(value).lastIndexOf(asText(part), from === undefined ? undefined : bounded(from, value)),
      "int",
    ),
  ],
  ["substring", text(2, 3, (_, value, [from, to]) => substring(value, from as Value, to))],
  [
    "replace",
    text(3, 4, (frame, value, [part, by, limit]) => replace(frame, value, { part: asText(part), by: asText(by), limit: limitOf(limit) })),
  ],
  ["split", text(2, 3, (frame, value, [separator, limit]) => split(frame, value, asText(separator), limitOf(limit)))],
  ["join", define("any", [1, 2], join)],
  ["hasValue", define("any", [1, 1], (_, [value]) => asOptional(value as Value).value !== undefined)],
  ["value", define("any", [1, 1], (_, [value]) => valueOf(asOptional(value as Value)))],
]);

function define(type: StaticType, arity: readonly [number, number], call: CelFunction["call"]): CelFunction {
  return { type, arity, call };
}

type TextCall = (frame: Frame, value: string, rest: readonly Value[]) => Value;

/** A method of texts; it is charged for reading the whole text. */
function text(least: number, most: number, call: TextCall, type: StaticType = "any"): CelFunction {
  return define(type, [least, most], (frame, [value, ...rest]) => {
    const own = asText(value);
    charge(frame, textWork(own.length));
    return call(frame, own, rest);
  });
}

export function asText(value: Value | undefined): string {
  if (typeof value === "string") return value;
  fail(`A text is needed here, not ${value === undefined ? "nothing" : kindOf(value)}.`);
}

export function asOptional(value: Value): Optional {
  if (value instanceof Optional) return value;
  fail(`An optional is needed here, not ${kindOf(value)}; write a.?b or optional.of(a).`);
}

function valueOf(optional: Optional): Json {
  if (optional.value === undefined) fail("The optional has no value.");
  return optional.value;
}

function size(frame: Frame, [given]: readonly Value[]): number {
  const value = plain(given as Value);
  if (Array.isArray(value)) return value.length;
  if (typeof value === "string") {
    charge(frame, textWork(value.length));
    return characters(value).length;
  }
  if (!isJsonObject(value)) fail(`size() needs a text, a list or an object, not ${kindOf(value)}.`);
  const count = Object.keys(value).length;
  charge(frame, count);
  return count;
}

const WHOLE = /^[+-]?\d{1,19}$/;
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function toInt(_: Frame, [value]: readonly Value[]): number {
  const result =
    typeof value === "number" ? Math.trunc(value) : typeof value === "string" && WHOLE.test(value) ? Number(value) : Number.NaN;
  if (Number.isSafeInteger(result)) return finite(result);
  fail(`int() cannot read ${shown(value as Value)} as a whole number.`);
}

function unsigned(value: number): number {
  if (value < 0) fail(`uint() cannot be ${value}.`);
  return value;
}

function toDouble(_: Frame, [value]: readonly Value[]): number {
  if (typeof value === "number") return value;
  if (typeof value === "string" && DECIMAL.test(value.slice(0, 400))) return finite(Number(value));
  fail(`double() cannot read ${shown(value as Value)} as a number.`);
}

function toText(_: Frame, [value]: readonly Value[]): string {
  if (typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  fail(`string() works on texts, numbers and booleans, not on ${kindOf(value as Value)}.`);
}

function toBool(_: Frame, [value]: readonly Value[]): boolean {
  if (typeof value === "boolean") return value;
  if (value === "true" || value === "false") return value === "true";
  fail(`bool() cannot read ${shown(value as Value)} as true or false.`);
}

function shown(value: Value): string {
  return typeof value === "string" && value.length <= 40
    ? JSON.stringify(value)
    : typeof value === "number"
      ? String(value)
      : kindOf(value);
}

const SURROGATE = /[\ud800-\udfff]/;

type Characters = {
  readonly length: number;
  indexOf(part: string, from: number): number;
  lastIndexOf(part: string, from: number | undefined): number;
  slice(from: number, to: number): string;
};

/** A text as a row of code points, as CEL counts them. Almost always the text itself will do. */
function characters(value: string): Characters {
  if (!SURROGATE.test(value)) return value;
  const points = Array.from(value);
  const unitsBefore = (count: number): number => points.slice(0, count).join("").length;
  const pointsBefore = (units: number): number => (units < 0 ? units : Array.from(value.slice(0, units)).length);
  return {
    length: points.length,
    indexOf: (part, from) => pointsBefore(value.indexOf(part, unitsBefore(from))),
    lastIndexOf: (part, from) => pointsBefore(value.lastIndexOf(part, from === undefined ? undefined : unitsBefore(from))),
    slice: (from, to) => points.slice(from, to).join(""),
  };
}

function bounded(value: Value, within: string): number {
  const length = characters(within).length;
  if (typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= length) return value;
  fail(`A place in the text must be a whole number from 0 to ${length}, not ${shown(value)}.`);
}

function substring(value: string, from: Value, to: Value | undefined): string {
  const start = bounded(from, value);
  const end = to === undefined ? characters(value).length : bounded(to, value);
  if (end < start) fail(`substring() cannot end at ${end} before it begins at ${start}.`);
  return characters(value).slice(start, end);
}

function limitOf(value: Value | undefined): number {
  if (value === undefined) return -1;
  if (typeof value === "number" && Number.isInteger(value)) return value;
  fail(`A limit must be a whole number, not ${shown(value)}.`);
}

function split(frame: Frame, value: string, separator: string, limit: number): readonly string[] {
  if (limit === 0) return [];
  const pieces = value.split(separator);
  charge(frame, pieces.length);
  if (limit < 0 || pieces.length <= limit) return pieces;
  return [...pieces.slice(0, limit - 1), pieces.slice(limit - 1).join(separator)];
}

function replace(frame: Frame, value: string, { part, by, limit }: { part: string; by: string; limit: number }): string {
  if (part === "") fail("replace() needs a text to look for.");
  const pieces = split(frame, value, part, limit < 0 ? -1 : limit + 1);
  charge(frame, textWork(value.length + (pieces.length - 1) * by.length));
  return limit === 0 ? value : pieces.join(by);
}

function join(frame: Frame, [list, separator]: readonly Value[]): string {
  if (!Array.isArray(list)) fail(`join() needs a list, not ${kindOf(list as Value)}.`);
  const between = separator === undefined ? "" : asText(separator);
  const texts = list.map((item: Json) => asText(item));
  charge(frame, texts.length + textWork(texts.reduce((total, piece) => total + piece.length + between.length, 0)));
  return texts.join(between);
}
