/**
 * What is known of an expression's value before a run, as a JSON Schema, and what about the expression
 * cannot be right. Only what the schemas say for certain counts: `true` means that nothing is known.
 */
import type { ASTNode } from "@marcbachmann/cel-js";

import { canonicalJson, type Json } from "../../base/json.ts";
import { parseExpression } from "../../definition/expression/parse.ts";
import type { Problem } from "../../definition/problem.ts";
import { checkEquality, checkOrder, type Sides } from "./comparisons.ts";
import { expectPart, field, reportAt, type Reporting, shown, type Span, wordsOf } from "./expression-report.ts";
import { callShape, type Method, METHODS } from "./function-shapes.ts";
import { isPlainPath, type Placed } from "./placed.ts";
import { itemsOf, type TypeName, typesOf } from "./schema-facts.ts";
import { childrenOf, nodesOf } from "./tree.ts";

/** What the names at one place are. */
export type Names = {
  /** The schema of a name; null for one that is not there. */
  readonly root: (name: string) => Json | null;
  /** The schema of `steps.x`. */
  readonly step: (id: string) => Json;
};

/** The schema of an expression's value. What is wrong is added to `found`. */
export function shapeOfExpression(placed: Placed, names: Names, found: Problem[]): Json {
  const reporting: Reporting = { placed, found };
  const path = plainShape(placed.source, names, reporting);
  if (path !== null) return path;
  const parsed = parseExpression(placed.source);
  // The loader compiles every expression, and says what is wrong with it.
  if (!parsed.ok) return true;
  const node = parsed.value;
  return shapeOf(node, { ...reporting, names, locals: new Map(), guarded: guardsOf(node, placed.source) });
}

type Context = Reporting & {
  readonly names: Names;
  readonly locals: ReadonlyMap<string, Json>;
  /** Fields that the expression asks for with `has()` before it reads them. */
  readonly guarded: ReadonlySet<string>;
};

const BOOLEAN: Json = { type: "boolean" };
const NUMBER: Json = { type: "number" };
const TEXT: Json = { type: "string" };

function plainShape(source: string, names: Names, reporting: Reporting): Json | null {
  if (!isPlainPath(source)) return null;
  const [first = "", ...keys] = source.split(".");
  const isStep = first === "steps" && keys.length > 0;
  let shape = isStep ? names.step(keys[0] as string) : (names.root(first) ?? true);
  let end = isStep ? first.length + 1 + (keys[0] as string).length : first.length;
  for (const key of isStep ? keys.slice(1) : keys) {
    shape = field(shape, { key, container: source.slice(0, end), start: end + 1, end: end + 1 + key.length }, reporting);
    end += 1 + key.length;
  }
  return shape;
}

/** The fields inside `has()`, as they are written. */
function guardsOf(node: ASTNode, source: string): ReadonlySet<string> {
  const guards = new Set<string>();
  if (!source.includes("has(")) return guards;
  for (const inner of nodesOf(node)) {
    if (inner.op !== "call" || inner.args[0] !== "has") continue;
    const [selection] = inner.args[1];
    if (selection !== undefined) guards.add(textOf(selection, source));
  }
  return guards;
}

function textOf(node: ASTNode, source: string): string {
  return source.slice(node.start, node.end);
}

function shapeOf(node: ASTNode, context: Context): Json {
  switch (node.op) {
    case "value":
      return literalShape(node.args);
    case "id":
      return context.locals.get(node.args) ?? context.names.root(node.args) ?? true;
    case ".":
      return selected(node, node.args[0], node.args[1], context);
    case ".?":
    case "[?]":
      if (!isSteps(node.args[0], context)) shapeOf(node.args[0], context);
      return true;
    case "[]":
      return indexed(node, context);
    case "call":
      return called(node, context);
    case "rcall":
      return methodShape(node, context);
    case "list":
      return { type: "array", items: union(node.args.map((item) => shapeOf(item, context))) };
    case "map":
      return mapShape(node, context);
    case "?:":
      expectNode(node.args[0], ["boolean"], "The condition before `?`", context);
      return union([shapeOf(node.args[1], context), shapeOf(node.args[2], context)]);
    case "||":
    case "&&":
      for (const side of node.args) expectNode(side, ["boolean"], `Each side of \`${node.op}\``, context);
      return BOOLEAN;
    case "!_":
      expectNode(node.args, ["boolean"], "What stands behind `!`", context);
      return BOOLEAN;
    case "-_":
      expectNode(node.args, ["number"], "What stands behind `-`", context);
      return NUMBER;
    case "==":
    case "!=":
      checkEquality(sidesOf(node, context), node.op, context);
      return BOOLEAN;
    case "<":
    case "<=":
    case ">":
    case ">=":
      checkOrder(sidesOf(node, context), context);
      return BOOLEAN;
    case "in":
      shapeOf(node.args[0], context);
      expectNode(node.args[1], ["array", "object"], "What stands behind `in`", context);
      return BOOLEAN;
    case "+":
      return sumShape(node.args.map((side) => shapeOf(side, context)));
    case "-":
    case "*":
    case "/":
    case "%":
      for (const side of node.args) expectNode(side, ["number"], `Each side of \`${node.op}\``, context);
      return NUMBER;
  }
}

type NodeOf<Operator extends ASTNode["op"]> = Extract<ASTNode, { op: Operator }>;

function literalShape(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number") return { const: value };
  return typeof value === "bigint" ? { const: Number(value) } : true;
}

function isSteps(node: ASTNode, context: Context): boolean {
  return node.op === "id" && node.args === "steps" && !context.locals.has("steps");
}

function selected(node: ASTNode, container: ASTNode, key: string, context: Context): Json {
  if (isSteps(container, context)) return context.names.step(key);
  const shape = shapeOf(container, context);
  const { source } = context.placed;
  if (context.guarded.has(textOf(node, source))) return true;
  const start = node.op === "." ? node.pos : node.start;
  return field(shape, { key, container: textOf(container, source), start, end: node.end }, context);
}

function indexed(node: NodeOf<"[]">, context: Context): Json {
  const [container, key] = node.args;
  if (key.op === "value" && typeof key.args === "string") return selected(node, container, key.args, context);
  const shape = shapeOf(container, context);
  shapeOf(key, context);
  const types = typesOf(shape);
  if (types !== null && !types.has("array") && !types.has("object")) {
    const message = `${shown(textOf(container, context.placed.source))} is ${wordsOf(types)}, which has no parts.`;
    reportAt(context, node, { code: "T1405", message });
    return true;
  }
  return types?.has("object") === false ? itemsOf(shape) : true;
}

function mapShape(node: NodeOf<"map">, context: Context): Json {
  const entries = node.args.map(([key, value]) => ({ key, shape: shapeOf(value, context) }));
  const properties: [string, Json][] = [];
  for (const { key, shape } of entries) {
    if (key.op !== "value" || typeof key.args !== "string") return { type: "object" };
    properties.push([key.args, shape]);
  }
  return closedObject(properties);
}

/** An object with exactly these fields. */
export function closedObject(properties: readonly (readonly [string, Json])[]): Json {
  return {
    type: "object",
    additionalProperties: false,
    required: properties.map(([key]) => key),
    properties: Object.fromEntries(properties),
  };
}

/** A value of one of these schemas. */
export function union(shapes: readonly Json[]): Json {
  if (shapes.length === 0 || shapes.includes(true)) return true;
  const different = [...new Map(shapes.map((shape) => [canonicalJson(shape), shape])).values()];
  return different.length === 1 ? (different[0] as Json) : { anyOf: different };
}

function called(node: NodeOf<"call">, context: Context): Json {
  const [name, given] = node.args;
  if (name === "has") {
    const [selection] = given;
    if (selection !== undefined) for (const child of childrenOf(selection)) if (!isSteps(child, context)) shapeOf(child, context);
    return BOOLEAN;
  }
  const [first] = given.map((value) => ({ value, shape: shapeOf(value, context) }));
  if (name === "size" && first !== undefined) expectPart(partOf(first.value, first.shape), SIZED, "What is measured by size()", context);
  return callShape(name);
}

const SIZED: readonly TypeName[] = ["array", "object", "string"];

function methodShape(node: NodeOf<"rcall">, context: Context): Json {
  const [name, receiver, given] = node.args;
  if (receiver.op === "id" && receiver.args === "cel" && name === "bind") return bound(given, context);
  if (receiver.op === "id" && receiver.args === "optional") return true;
  const shape = shapeOf(receiver, context);
  const method: Method | undefined = METHODS[name];
  if (method === undefined) {
    for (const value of given) shapeOf(value, context);
    return true;
  }
  if (!isOptional(receiver)) expectPart(partOf(receiver, shape), method.of, `What stands before .${name}()`, context);
  if (!method.isMacro) {
    for (const value of given) shapeOf(value, context);
    return method.gives;
  }
  return macroShape({ name, shape, given }, context);
}

/** Whether a value comes through `.?`, whose methods are its own. */
function isOptional(node: ASTNode): boolean {
  for (const inner of nodesOf(node)) if (inner.op === ".?" || inner.op === "[?]") return true;
  return false;
}

type Macro = { readonly name: string; readonly shape: Json; readonly given: readonly ASTNode[] };

function macroShape({ name, shape, given }: Macro, context: Context): Json {
  const [variable, ...bodies] = given;
  if (variable?.op !== "id") return true;
  const types = typesOf(shape);
  const item = types?.has("object") === false ? itemsOf(shape) : types?.size === 1 && types.has("object") ? TEXT : true;
  const inner = { ...context, locals: new Map([...context.locals, [variable.args, item]]) };
  const shapes = bodies.map((body) => shapeOf(body, inner));
  if (name === "map") return { type: "array", items: shapes.at(-1) ?? true };
  return name === "filter" ? { type: "array", items: item } : BOOLEAN;
}

function bound(given: readonly ASTNode[], context: Context): Json {
  const [name, value, body] = given;
  if (name?.op !== "id" || value === undefined || body === undefined) return true;
  return shapeOf(body, { ...context, locals: new Map([...context.locals, [name.args, shapeOf(value, context)]]) });
}

function expectNode(node: ASTNode, wanted: readonly TypeName[], what: string, context: Context): void {
  expectPart(partOf(node, shapeOf(node, context)), wanted, what, context);
}

function partOf({ start, end }: ASTNode, shape: Json): Span & { readonly shape: Json } {
  return { start, end, shape };
}

function sidesOf(node: ASTNode & { readonly args: readonly [ASTNode, ASTNode] }, context: Context): Sides {
  const side = (inner: ASTNode): Sides["left"] => ({ text: textOf(inner, context.placed.source), shape: shapeOf(inner, context) });
  return { left: side(node.args[0]), right: side(node.args[1]), start: node.start, end: node.end };
}

function sumShape(shapes: readonly Json[]): Json {
  const types = shapes.map(typesOf);
  for (const type of ["string", "number", "array"] as const)
    if (types.every((found) => found?.size === 1 && found.has(type))) return { type };
  return true;
}
