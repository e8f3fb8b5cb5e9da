/** What an expression reads, as paths: `steps.plan.output.questions`. */
import type { ASTNode } from "@marcbachmann/cel-js";

import { parseExpression } from "../../definition/expression/parse.ts";
import { isPlainPath, type Placed } from "./placed.ts";
import { childrenOf } from "./tree.ts";

export type ReadPath = {
  /** The name it begins with, and its fields as far as they are written out. */
  readonly keys: readonly string[];
  /** Whether the expression can do without it: it is asked for with `has()` or `.?`, or behind a condition. */
  readonly isGuarded: boolean;
};

const LITERALS: ReadonlySet<string> = new Set(["true", "false", "null"]);

/** Every path that an expression reads; variables of its own macros are none. */
export function pathsIn({ source }: Placed): readonly ReadPath[] {
  if (isPlainPath(source)) return LITERALS.has(source) ? [] : [{ keys: source.split("."), isGuarded: false }];
  const parsed = parseExpression(source);
  if (!parsed.ok) return [];
  const found: ReadPath[] = [];
  collect(parsed.value, { found, locals: new Set(), isGuarded: false });
  return found;
}

/** Whether an expression is plainly false. */
export function isNever({ source }: Placed): boolean {
  return source === "false";
}

type Walk = { readonly found: ReadPath[]; readonly locals: ReadonlySet<string>; readonly isGuarded: boolean };

function collect(node: ASTNode, walk: Walk): void {
  const chain = chainOf(node);
  if (chain !== null) {
    const [first = ""] = chain.keys;
    if (!walk.locals.has(first)) walk.found.push({ keys: chain.keys, isGuarded: walk.isGuarded || chain.isOptional });
    for (const index of chain.computed) collect(index, walk);
    return;
  }
  for (const { child, inner } of partsOf(node, walk)) collect(child, inner);
}

type Part = { readonly child: ASTNode; readonly inner: Walk };

/** The parts of a node, each with what is known there: a condition guards what stands behind it. */
function partsOf(node: ASTNode, walk: Walk): readonly Part[] {
  const guarded = { ...walk, isGuarded: true };
  if (node.op === "?:" || node.op === "&&" || node.op === "||") {
    const [first, ...others] = node.args;
    return [{ child: first, inner: walk }, ...others.map((child) => ({ child, inner: guarded }))];
  }
  if (node.op === "call" && node.args[0] === "has") return node.args[1].map((child) => ({ child, inner: guarded }));
  if (node.op === "rcall") {
    const [, receiver, [variable, ...bodies]] = node.args;
    if (variable?.op === "id" && bodies.length > 0) {
      const inner = { ...walk, locals: new Set([...walk.locals, variable.args]) };
      return [{ child: receiver, inner: walk }, ...bodies.map((child) => ({ child, inner }))];
    }
  }
  return childrenOf(node).map((child) => ({ child, inner: walk }));
}

type Chain = { readonly keys: readonly string[]; readonly isOptional: boolean; readonly computed: readonly ASTNode[] };

/** `a.b["c"]`, as far as it is written out; null for a node that is no such way. */
function chainOf(node: ASTNode): Chain | null {
  if (node.op === "id") return { keys: [node.args], isOptional: false, computed: [] };
  if (node.op !== "." && node.op !== ".?" && node.op !== "[]" && node.op !== "[?]") return null;
  const [container, key] = node.args;
  const before = chainOf(container);
  if (before === null) return null;
  const isOptional = before.isOptional || node.op === ".?" || node.op === "[?]";
  if (typeof key === "string") return { ...before, keys: [...before.keys, key], isOptional };
  if (key.op === "value" && typeof key.args === "string") return { ...before, keys: [...before.keys, key.args], isOptional };
  // A computed part ends what is known of the way.
  return { ...before, isOptional, computed: key.op === "value" ? before.computed : [...before.computed, key] };
}
