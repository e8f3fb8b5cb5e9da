/**
 * The operators of CEL on JSON. JSON has one kind of number, so int and double mix freely. Only `/`
 * tells them apart, as CEL does: it cuts off the fraction when both sides are whole numbers *of the
 * expression* (literals, `size`, `index`, and what is computed of them), and never for data.
 */
import type { BinaryOperator } from "@marcbachmann/cel-js";

import { isJsonObject, type Json } from "../../base/json.ts";
import type { Code } from "./context.ts";
import { charge, equal, fail, failAgain, Fault, type Frame, kindOf, peek, plain, type Run, textWork, type Value } from "./value.ts";

type Apply = (frame: Frame, left: Value, right: Value) => Value;

const APPLY: { readonly [Operator in BinaryOperator]: Apply } = {
  "==": (frame, left, right) => equal(frame, plain(left), plain(right)),
  "!=": (frame, left, right) => !equal(frame, plain(left), plain(right)),
  in: (frame, left, right) => contains(frame, plain(right), plain(left)),
  "+": add,
  "-": (_, left, right) => finite(number("-", left, right) - (right as number)),
  "*": (_, left, right) => finite(number("*", left, right) * (right as number)),
  "/": (_, left, right) => finite(number("/", left, right) / divisor(right)),
  "%": (_, left, right) => remainder(number("%", left, right), right as number),
  "<": (frame, left, right) => compare(frame, "<", left, right) < 0,
  "<=": (frame, left, right) => compare(frame, "<=", left, right) <= 0,
  ">": (frame, left, right) => compare(frame, ">", left, right) > 0,
  ">=": (frame, left, right) => compare(frame, ">=", left, right) >= 0,
};

const ARITHMETIC: ReadonlySet<string> = new Set(["+", "-", "*", "/", "%"]);

/** `left operator right`. */
export function binary(operator: BinaryOperator, left: Code, right: Code): Code {
  const whole = ARITHMETIC.has(operator) && left.type === "int" && right.type === "int";
  const apply = whole && operator === "/" ? divideWhole : APPLY[operator];
  const runLeft = left.run;
  const runRight = right.run;
  const joined = operator === "+" && left.type === "ints" && right.type === "ints";
  return {
    run: (frame) => apply(frame, runLeft(frame), runRight(frame)),
    type: whole ? "int" : joined ? "ints" : "any",
    cost: 1 + left.cost + right.cost,
  };
}

/** `-x`. */
export function negate(code: Code): Code {
  const run: Run = (frame) => {
    const value = code.run(frame);
    if (typeof value !== "number") fail(`"-" needs a number, not ${kindOf(value)}.`);
    return value === 0 ? 0 : -value;
  };
  return { run, type: code.type === "int" ? "int" : "any", cost: 1 + code.cost };
}

/** `!x`. */
export function not(code: Code): Code {
  return { run: (frame) => !truth(code.run(frame), '"!"'), type: "any", cost: 1 + code.cost };
}

/** `a && b`, `a || b`: a side that decides hides a failure of the other (CEL: logical operators). */
export function logical(decides: boolean, left: Code, right: Code): Code {
  const name = decides ? '"||"' : '"&&"';
  const run: Run = (frame) => {
    const first = attempt(frame, left.run, name);
    if (first === decides) return decides;
    const second = truth(right.run(frame), name);
    if (second === decides) return decides;
    if (first instanceof Fault) failAgain(first);
    return !decides;
  };
  return { run, type: "any", cost: 1 + left.cost + right.cost };
}

/** True, false, or the fault that came instead. A fault that is fatal goes on. */
export function attempt(frame: Frame, run: Run, name: string): boolean | Fault {
  try {
    return truth(run(frame), name);
  } catch (thrown) {
    if (thrown instanceof Fault && !thrown.fatal) return thrown;
    throw thrown;
  }
}

export function truth(value: Value, name: string): boolean {
  if (typeof value === "boolean") return value;
  fail(`${name} needs true or false, not ${kindOf(value)}.`);
}

export function finite(value: number): number {
  if (!Number.isFinite(value)) fail("The result is not a finite number.");
  return value === 0 ? 0 : value;
}

function number(operator: string, left: Value, right: Value): number {
  if (typeof left === "number" && typeof right === "number") return left;
  fail(`"${operator}" does not work on ${kindOf(left)} and ${kindOf(right)}.`);
}

function add(frame: Frame, left: Value, right: Value): Value {
  if (typeof left === "number" && typeof right === "number") return finite(left + right);
  if (typeof left === "string" && typeof right === "string") {
    charge(frame, textWork(left.length + right.length));
    return left + right;
  }
  if (Array.isArray(left) && Array.isArray(right)) {
    charge(frame, 1 + left.length + right.length);
    return [...(left as readonly Json[]), ...(right as readonly Json[])];
  }
  fail(`"+" does not work on ${kindOf(left)} and ${kindOf(right)}.`);
}

function divisor(value: Value): number {
  if (value === 0) fail("Division by zero.");
  return value as number;
}

function divideWhole(frame: Frame, left: Value, right: Value): Value {
  return finite(Math.trunc(APPLY["/"](frame, left, right) as number));
}

function remainder(left: number, right: number): number {
  if (!Number.isInteger(left) || !Number.isInteger(right)) fail('"%" needs whole numbers.');
  return finite(left % divisor(right));
}

function compare(frame: Frame, operator: string, left: Value, right: Value): number {
  if (typeof left === "number" && typeof right === "number") return left - right;
  if (typeof left === "string" && typeof right === "string") {
    charge(frame, textWork(Math.min(left.length, right.length)));
    return left < right ? -1 : left > right ? 1 : 0;
  }
  if (typeof left === "boolean" && typeof right === "boolean") return Number(left) - Number(right);
  fail(`"${operator}" cannot compare ${kindOf(left)} with ${kindOf(right)}.`);
}

function contains(frame: Frame, container: Json, value: Json): boolean {
  if (Array.isArray(container)) return container.some((item) => equal(frame, item as Json, value));
  if (isJsonObject(container)) return (typeof value === "string" || typeof value === "number") && peek(container, value) !== undefined;
  fail(`"in" needs a list or an object on its right, not ${kindOf(container)}.`);
}
