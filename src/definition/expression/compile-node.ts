/**
 * A parsed expression becomes a closure. The library parses; evaluation is ours, because the facade's
 * rules (workflow-language.md, Expressions) need a hand in every step: JSON numbers instead of
 * BigInt, own properties only, and work that is counted.
 */
import type { ASTNode, BinaryOperator } from "@marcbachmann/cel-js";

import type { Json } from "../../base/json.ts";
import { didYouMean } from "../did-you-mean.ts";
import { type Code, type Context, refuse, type Placed } from "./context.ts";
import { compileCall, compileMethod } from "./compile-call.ts";
import { failMissing, PLACE_NAMES, ROOT_NAMES, STEP_FIELDS, stepOf, stepsAround } from "./names.ts";
import { unknownStep } from "./step-names.ts";
import { binary, logical, negate, not, truth } from "./operators.ts";
import { charge, fail, isForbiddenName, kindOf, member, Optional, optionalMember, peek, plain, type Value } from "./value.ts";

type NodeOf<Operator extends ASTNode["op"]> = Extract<ASTNode, { op: Operator }>;

export function compileNode(node: ASTNode, context: Context): Code {
  switch (node.op) {
    case "value":
      return literal(node);
    case "id":
      return name(node, context);
    case ".":
    case ".?":
    case "[]":
    case "[?]":
      return access(node, context);
    case "call":
      return compileCall(node, context, compileNode);
    case "rcall":
      return compileMethod(node, context, compileNode);
    case "list":
      return list(node, context);
    case "map":
      return map(node, context);
    case "?:":
      return ternary(node, context);
    case "||":
    case "&&":
      return logical(node.op === "||", compileNode(node.args[0], context), compileNode(node.args[1], context));
    case "!_":
      return not(compileNode(node.args, context));
    case "-_":
      return negate(compileNode(node.args, context));
    case "!=":
    case "==":
    case "in":
    case "+":
    case "-":
    case "*":
    case "/":
    case "%":
    case "<":
    case "<=":
    case ">":
    case ">=":
      return infix(node, context);
  }
}

function infix(node: NodeOf<BinaryOperator>, context: Context): Code {
  return binary(node.op, compileNode(node.args[0], context), compileNode(node.args[1], context));
}

function literal(node: NodeOf<"value">): Code {
  const value = node.args;
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number") {
    return { run: () => value, type: "any", cost: 1 };
  }
  if (value instanceof Uint8Array) {
    refuse(node, { code: "T1201", message: "Bytes are not JSON, so they cannot be used here.", help: "Write a text instead." });
  }
  const whole = Number(value.valueOf());
  if (!Number.isSafeInteger(whole)) {
    refuse(node, { code: "T1201", message: "The number is too large to be exact in JSON.", help: "Write it as a text." });
  }
  return { run: () => whole, type: "int", cost: 1 };
}

function name(node: NodeOf<"id">, context: Context): Code {
  const local = context.locals.get(node.args);
  if (local !== undefined) {
    const { slot } = local;
    return { run: (frame) => frame.slots[slot] as Value, type: local.type, cost: 1 };
  }
  if (node.args === "steps") {
    refuse(node, {
      code: "T1205",
      message: "An expression must name each step that it reads.",
      help: 'Write steps.some_step.output; "steps" alone, or steps[x] with a computed name, hides what the step waits for.',
    });
  }
  const root = context.roots.get(node.args);
  if (root === undefined) unknownName(node, context);
  const { read } = root;
  return { run: (frame) => read(frame.scope), type: root.type, cost: 1 };
}

function unknownName(node: NodeOf<"id">, context: Context): never {
  const known = [...context.locals.keys(), ...context.roots.keys(), "steps"];
  const elsewhere = [...ROOT_NAMES, ...PLACE_NAMES].some((other) => other === node.args);
  refuse(node, {
    code: "T1202",
    message: elsewhere ? `The name "${node.args}" has no value here.` : `The name "${node.args}" is not known.`,
    help: didYouMean(node.args, known),
    declared: known,
  });
}

function access(node: NodeOf<"." | ".?" | "[]" | "[?]">, context: Context): Code {
  const optional = node.op === ".?" || node.op === "[?]";
  const [container, key] = node.args;
  if (container.op === "id" && container.args === "steps" && !context.locals.has("steps")) return step(node, context, optional);
  const checked = typeof key === "string" ? key : key.op === "value" && typeof key.args === "string" ? key.args : null;
  if (checked !== null) {
    refuseForbidden(node, checked);
    checkField(node, checked, context);
    return select(compileNode(container, context), { key: checked, optional, step: stepIdOf(container, context) });
  }
  return index(compileNode(container, context), compileNode(key as ASTNode, context), optional);
}

function refuseForbidden(node: ASTNode, key: string): void {
  if (isForbiddenName(key))
    refuse(keyOf(node), {
      code: "T1202",
      message: `The name "${key}" cannot be read.`,
      help: "It is a name of the language below; give the field another name.",
    });
}

/** `steps.x`, the only way to read a step. */
function step(node: NodeOf<"." | ".?" | "[]" | "[?]">, context: Context, optional: boolean): Code {
  const id = stepIdOf(node, context);
  if (id === null) {
    name(node.args[0] as NodeOf<"id">, context);
    refuse(node, { code: "T1205", message: "The step must be named, not computed.", help: "Write steps.some_step." });
  }
  refuseForbidden(node, id);
  if (context.steps?.has(id) === false) refuse(keyOf(node), context.steps.missing(id));
  context.found.reads.add(id);
  if (optional) return { run: (frame) => optionalMember(stepsAround(frame.scope, id), id), type: "any", cost: 1 };
  return { run: (frame) => stepOf(frame.scope, id), type: "any", cost: 1 };
}

/** The id in `steps.x` or `steps["x"]`; null for anything else. */
function stepIdOf(node: ASTNode, context: Context): string | null {
  if (node.op !== "." && node.op !== ".?" && node.op !== "[]" && node.op !== "[?]") return null;
  const [container, key] = node.args;
  if (container.op !== "id" || container.args !== "steps" || context.locals.has("steps")) return null;
  if (typeof key === "string") return key;
  return key.op === "value" && typeof key.args === "string" ? key.args : null;
}

/** Fields of things that we make ourselves are known before a run. */
function checkField(node: NodeOf<"." | ".?" | "[]" | "[?]">, key: string, context: Context): void {
  const [container] = node.args;
  if (isPrevious(container) && context.iter?.has(key) === false) {
    refuse(keyOf(node), {
      ...unknownStep(key, context.iter),
      help: didYouMean(key, context.iter) ?? "iter.prev has the steps of this loop.",
    });
  }
  const isStep = stepIdOf(container, context) !== null || isPreviousStep(container);
  const rootName = container.op === "id" && !context.locals.has(container.args) ? container.args : null;
  const root = rootName === null ? undefined : context.roots.get(rootName);
  const fields: readonly string[] | null = isStep ? STEP_FIELDS : (root?.fields ?? null);
  if (fields === null || fields.includes(key)) return;
  const what = isStep ? "A step's result" : `"${rootName}"`;
  refuse(keyOf(node), {
    code: "T1202",
    message: `${what} has no "${key}".`,
    help: didYouMean(key, fields) ?? (isStep ? `What the agent answered is in .output: steps.….output.${key}.` : null),
    declared: fields,
  });
}

/** Whether a node is `iter.prev`. */
function isPrevious(node: ASTNode): boolean {
  if (node.op !== "." && node.op !== ".?") return false;
  const [container, key] = node.args;
  return key === "prev" && container.op === "id" && container.args === "iter";
}

/** Whether a node is `iter.prev.x`. */
function isPreviousStep(node: ASTNode): boolean {
  return (node.op === "." || node.op === ".?") && isPrevious(node.args[0]);
}

/** The part after the dot: where a wrong name stands. */
function keyOf(node: ASTNode): Placed {
  return node.op === "." || node.op === ".?" ? { start: node.pos, end: node.end } : node;
}

function select(container: Code, { key, optional, step: stepId }: { key: string; optional: boolean; step: string | null }): Code {
  const { run } = container;
  const cost = 1 + container.cost;
  if (optional) return { run: (frame) => optionalMember(run(frame), key), type: "any", cost };
  if (stepId === null) {
    return { run: (frame) => memberOrOptional(run(frame), key), type: "any", cost };
  }
  return {
    run: (frame) => {
      const result = run(frame);
      if (result instanceof Optional) return optionalMember(result, key);
      const found = peek(result, key);
      if (found === undefined) failMissing(frame.scope, stepId, key);
      return found;
    },
    type: "any",
    cost,
  };
}

function memberOrOptional(container: Value, key: string | number): Value {
  return container instanceof Optional ? optionalMember(container, key) : member(container, key);
}

function index(container: Code, key: Code, optional: boolean): Code {
  return {
    run: (frame) => {
      const value = container.run(frame);
      const at = plain(key.run(frame));
      if (typeof at !== "string" && typeof at !== "number") fail(`An index must be a number or a text, not ${kindOf(at)}.`);
      return optional ? optionalMember(value, at) : memberOrOptional(value, at);
    },
    type: container.type === "ints" ? "int" : "any",
    cost: 1 + container.cost + key.cost,
  };
}

function list(node: NodeOf<"list">, context: Context): Code {
  const items = node.args.map((item) => compileNode(item, context));
  const isWhole = items.length > 0 && items.every((item) => item.type === "int");
  return {
    run: (frame) => items.map((item) => plain(item.run(frame))),
    type: isWhole ? "ints" : "any",
    cost: items.reduce((total, item) => total + item.cost, 1),
  };
}

function map(node: NodeOf<"map">, context: Context): Code {
  const entries = node.args.map(([keyNode, valueNode]) => {
    if (keyNode.op === "value" && typeof keyNode.args === "string") refuseForbidden(keyNode, keyNode.args);
    return { key: compileNode(keyNode, context), value: compileNode(valueNode, context) };
  });
  return {
    run: (frame) => {
      const result: { [key: string]: Json } = {};
      for (const { key, value } of entries) {
        const found = plain(key.run(frame));
        if (found === null || typeof found === "object") fail(`A key must be a text, a number or a boolean, not ${kindOf(found)}.`);
        const text = String(found);
        if (isForbiddenName(text)) fail(`The name "${text}" cannot be a key.`);
        if (Object.hasOwn(result, text)) fail(`The key "${text}" stands twice in an object.`);
        result[text] = plain(value.run(frame));
      }
      charge(frame, entries.length);
      return result;
    },
    type: "any",
    cost: entries.reduce((total, { key, value }) => total + key.cost + value.cost, 1),
  };
}

function ternary(node: NodeOf<"?:">, context: Context): Code {
  const [condition, first, second] = [
    compileNode(node.args[0], context),
    compileNode(node.args[1], context),
    compileNode(node.args[2], context),
  ];
  return {
    run: (frame) => (truth(condition.run(frame), '"?"') ? first.run(frame) : second.run(frame)),
    type: first.type === second.type ? first.type : "any",
    cost: 1 + condition.cost + first.cost + second.cost,
  };
}
