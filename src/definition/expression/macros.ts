/**
 * The macros of CEL: `has`, `cel.bind`, the loops over lists, and the lazy methods of optionals.
 * A loop charges each turn with the cost of its body, so that loops inside loops meet the bound.
 */
import type { ASTNode } from "@marcbachmann/cel-js";

import { assert } from "../../base/assert.ts";
import type { Json } from "../../base/json.ts";
import { type Code, type Context, refuse, type StaticType } from "./context.ts";
import { ROOT_NAMES } from "./names.ts";
import { attempt, truth } from "./operators.ts";
import { asOptional } from "./functions.ts";
import { charge, fail, failAgain, Fault, type Frame, kindOf, NONE, Optional, plain, type Run, type Value } from "./value.ts";

/** The compiler of nodes, which these macros are a part of. */
export type CompileNode = (node: ASTNode, context: Context) => Code;

type MacroCall = {
  readonly node: ASTNode;
  readonly receiver: ASTNode;
  readonly arguments: readonly ASTNode[];
  readonly context: Context;
  readonly compile: CompileNode;
};

/** Macros that stand behind a dot, by name and number of arguments. */
export const METHOD_MACROS: ReadonlyMap<string, (call: MacroCall) => Code> = new Map([
  ["map/2", (call: MacroCall) => loop(call, mapLoop, "mapped")],
  ["map/3", (call: MacroCall) => loop(call, mapSomeLoop, "mapped")],
  ["filter/2", (call: MacroCall) => loop(call, filterLoop, "kept")],
  ["all/2", (call: MacroCall) => loop(call, quantifier(false), "any")],
  ["exists/2", (call: MacroCall) => loop(call, quantifier(true), "any")],
  ["exists_one/2", (call: MacroCall) => loop(call, oneLoop, "any")],
  ["or/1", (call: MacroCall) => otherwise(call, true)],
  ["orValue/1", (call: MacroCall) => otherwise(call, false)],
]);

/** `has(a.b)`: whether the last part is there. */
export function hasMacro(selection: Code, key: string): Code {
  const run: Run = (frame) => {
    const container = selection.run(frame);
    const inner = container instanceof Optional ? container.value : container;
    if (inner === undefined || inner === null) return false;
    if (typeof inner !== "object" || Array.isArray(inner)) fail(`has() needs an object before ".${key}", not ${kindOf(inner)}.`);
    return Object.hasOwn(inner, key) && (inner as { readonly [key: string]: Json | undefined })[key] !== undefined;
  };
  return { run, type: "any", cost: 1 + selection.cost };
}

/** `cel.bind(name, value, expression)`. */
export function bindMacro(node: ASTNode, given: readonly ASTNode[], context: Context, compile: CompileNode): Code {
  const [name, value, body] = given;
  if (given.length !== 3 || name === undefined || value === undefined || body === undefined) {
    refuse(node, { code: "T1203", message: "cel.bind takes a name, a value and an expression." });
  }
  const bound = compile(value, context);
  const { inner, slot } = declare(name, bound.type, context);
  const code = compile(body, inner);
  const run: Run = (frame) => {
    frame.slots[slot] = bound.run(frame);
    return code.run(frame);
  };
  return { run, type: code.type, cost: 1 + bound.cost + code.cost };
}

/** `optional.of(x)`, `optional.none()`. */
export function optionalCall(node: ASTNode, name: string, values: readonly Code[]): Code {
  const [value] = values;
  if (name === "none" && value === undefined) return { run: () => NONE, type: "any", cost: 1 };
  if (name === "of" && value !== undefined && values.length === 1) {
    return { run: (frame) => new Optional(plain(value.run(frame))), type: "any", cost: 1 + value.cost };
  }
  refuse(node, {
    code: "T1203",
    message: `There is no optional.${name} with ${values.length} values.`,
    help: "There are optional.of(x) and optional.none().",
  });
}

/** `a.or(b)` stays an optional, `a.orValue(b)` does not; `b` is only computed when it is needed. */
function otherwise({ receiver, arguments: [other], context, compile }: MacroCall, staysOptional: boolean): Code {
  const optional = compile(receiver, context);
  const fallback = compile(other as ASTNode, context);
  const run: Run = (frame) => {
    const given = asOptional(optional.run(frame));
    if (given.value !== undefined) return staysOptional ? given : given.value;
    const value = fallback.run(frame);
    return staysOptional ? asOptional(value) : value;
  };
  return { run, type: "any", cost: 1 + optional.cost + fallback.cost };
}

function declare(node: ASTNode, type: StaticType, context: Context): { readonly inner: Context; readonly slot: number } {
  assert(node.op === "id", "The parser takes only a plain name as the variable of a macro.");
  const name = node.args;
  if (context.locals.has(name) || context.roots.has(name) || (ROOT_NAMES as readonly string[]).includes(name)) {
    refuse(node, { code: "T1202", message: `The name "${name}" is already taken here.`, help: "Choose another name for the variable." });
  }
  const slot = context.found.slotCount;
  context.found.slotCount += 1;
  return { inner: { ...context, locals: new Map([...context.locals, [name, { slot, type }]]) }, slot };
}

/** What one turn does with the items; it sets the variable itself, so that it may stop early. */
type Loop = (frame: Frame, items: readonly Json[], turn: Turn) => Value;
type Turn = { readonly slot: number; readonly bodies: readonly Code[]; readonly cost: number };

function loop(call: MacroCall, walk: Loop, result: "mapped" | "kept" | "any"): Code {
  const list = call.compile(call.receiver, call.context);
  const [name, ...rest] = call.arguments;
  const { inner, slot } = declare(name as ASTNode, list.type === "ints" ? "int" : "any", call.context);
  const bodies = rest.map((body) => call.compile(body, inner));
  const turn: Turn = { slot, bodies, cost: bodies.reduce((total, body) => total + body.cost, 1) };
  const mapped = bodies.at(-1)?.type === "int" ? "ints" : "any";
  return {
    run: (frame) => walk(frame, itemsOf(frame, list.run(frame)), turn),
    type: result === "mapped" ? mapped : result === "kept" ? list.type : "any",
    cost: 1 + list.cost,
  };
}

/** The items of a list, or the keys of an object. */
function itemsOf(frame: Frame, given: Value): readonly Json[] {
  const value = plain(given);
  if (Array.isArray(value)) return value;
  if (typeof value !== "object" || value === null) fail(`A macro needs a list or an object, not ${kindOf(value)}.`);
  const keys = Object.keys(value);
  charge(frame, keys.length);
  return keys;
}

const mapLoop: Loop = (frame, items, { slot, bodies, cost }) => {
  const body = (bodies[0] as Code).run;
  const result: Json[] = [];
  for (const item of items) {
    charge(frame, cost);
    frame.slots[slot] = item;
    result.push(plain(body(frame)));
  }
  return result;
};

const mapSomeLoop: Loop = (frame, items, { slot, bodies, cost }) => {
  const test = (bodies[0] as Code).run;
  const body = (bodies[1] as Code).run;
  const result: Json[] = [];
  for (const item of items) {
    charge(frame, cost);
    frame.slots[slot] = item;
    if (truth(test(frame), "map()")) result.push(plain(body(frame)));
  }
  return result;
};

const filterLoop: Loop = (frame, items, { slot, bodies, cost }) => {
  const test = (bodies[0] as Code).run;
  const result: Json[] = [];
  for (const item of items) {
    charge(frame, cost);
    frame.slots[slot] = item;
    if (truth(test(frame), "filter()")) result.push(item);
  }
  return result;
};

/** `exists` and `all`: an item that decides hides the failures of the others. */
function quantifier(decides: boolean): Loop {
  return (frame, items, { slot, bodies, cost }) => {
    const test = (bodies[0] as Code).run;
    let failure: Fault | null = null;
    for (const item of items) {
      charge(frame, cost);
      frame.slots[slot] = item;
      const found = attempt(frame, test, decides ? "exists()" : "all()");
      if (found === decides) return decides;
      if (found instanceof Fault) failure ??= found;
    }
    if (failure !== null) failAgain(failure);
    return !decides;
  };
}

const oneLoop: Loop = (frame, items, { slot, bodies, cost }) => {
  const test = (bodies[0] as Code).run;
  let count = 0;
  for (const item of items) {
    charge(frame, cost);
    frame.slots[slot] = item;
    if (truth(test(frame), "exists_one()")) count += 1;
  }
  return count === 1;
};
