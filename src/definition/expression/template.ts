/**
 * Templates: JSON whose texts may hold `${{ expression }}`. A value that is one whole `${{ }}` keeps
 * its type; anything else becomes text. A template compiles to one closure; the parts that are
 * constant are made once, frozen, and cost nothing.
 */
import { isJsonObject, type Json } from "../../base/json.ts";
import { err, ok, type Result } from "../../base/result.ts";
import type { Template } from "../definition.ts";
import { below, type DocumentPath, problem, type Problem } from "../problem.ts";
import type { Evaluate } from "../program.ts";
import { type CompiledExpression, evaluatePiece } from "./expression.ts";
import type { ExpressionNames } from "./names.ts";
import { compilePiece, failureOf, type Piece } from "./piece.ts";
import { splitTemplate, type TemplatePart } from "./split-template.ts";
import { charge, type Frame, isForbiddenName, newFrame, textWork } from "./value.ts";

type Node =
  | { readonly kind: "constant"; readonly value: Json }
  | { readonly kind: "piece"; readonly piece: Piece }
  | { readonly kind: "run"; readonly run: (frame: Frame) => Json };

type Context = { readonly names: ExpressionNames; readonly pieces: Piece[]; readonly problems: Problem[] };

/** Compiles a template. All of its mistakes are found, each with its path inside the template. */
export function compileTemplate(template: Template, names: ExpressionNames = {}): Result<CompiledExpression, readonly Problem[]> {
  const context: Context = { names, pieces: [], problems: [] };
  const node = compileValue(template, [], context);
  if (context.problems.length > 0) return err(context.problems);
  const reads = [...new Set(context.pieces.flatMap((piece) => piece.reads))].toSorted();
  return ok({ source: typeof template === "string" ? template : "", reads, evaluate: evaluatorOf(node, context.pieces) });
}

function evaluatorOf(node: Node, pieces: readonly Piece[]): Evaluate {
  if (node.kind === "constant") {
    const result = ok(node.value);
    return () => result;
  }
  if (node.kind === "piece") return evaluatePiece(node.piece);
  const slotCount = Math.max(0, ...pieces.map((piece) => piece.slotCount));
  const first = pieces[0] as Piece;
  const { run } = node;
  return (scope) => {
    const frame = newFrame(scope, first, slotCount);
    try {
      return { ok: true, value: run(frame) };
    } catch (thrown) {
      return failureOf(thrown, frame.source);
    }
  };
}

function compileValue(value: Template, path: DocumentPath, context: Context): Node {
  if (typeof value === "string") return compileText(value, path, context);
  if (Array.isArray(value)) return compileList(value, path, context);
  if (isJsonObject(value)) return compileObject(value, path, context);
  return { kind: "constant", value };
}

function compileList(items: readonly Template[], path: DocumentPath, context: Context): Node {
  const nodes = items.map((item, index) => compileValue(item, [...path, index], context));
  if (nodes.every((node) => node.kind === "constant")) return { kind: "constant", value: Object.freeze(nodes.map((node) => node.value)) };
  const runs = nodes.map(runOf);
  return { kind: "run", run: (frame) => runs.map((run) => run(frame)) };
}

function compileObject(object: { readonly [key: string]: Template }, path: DocumentPath, context: Context): Node {
  const keys = Object.keys(object);
  const forbidden = keys.find(isForbiddenName);
  if (forbidden !== undefined) {
    context.problems.push(forbiddenKey(forbidden, [...path, forbidden]));
    return { kind: "constant", value: null };
  }
  const nodes = keys.map((key) => compileValue(object[key] as Template, [...path, key], context));
  if (nodes.every((node) => node.kind === "constant")) {
    return { kind: "constant", value: Object.freeze(Object.fromEntries(nodes.map((node, index) => [keys[index] as string, node.value]))) };
  }
  const runs = nodes.map(runOf);
  const run = (frame: Frame): Json => {
    const result: { [key: string]: Json } = {};
    for (let index = 0; index < keys.length; index += 1) result[keys[index] as string] = (runs[index] as (typeof runs)[number])(frame);
    return result;
  };
  return { kind: "run", run };
}

/** A key that would lead out of the data. */
export function forbiddenKey(key: string, path: DocumentPath): Problem {
  return problem({
    code: "T1014",
    message: `The name "${key}" cannot be a key.`,
    help: "It is a name of the language below; choose another.",
    path,
    at: "key",
  });
}

function compileText(text: string, path: DocumentPath, context: Context): Node {
  const split = splitTemplate(text);
  if (!split.ok) {
    context.problems.push(below(path, split.error));
    return { kind: "constant", value: null };
  }
  const [only, ...others] = split.value;
  if (only === undefined || (only.kind === "text" && others.length === 0)) return { kind: "constant", value: text };
  const nodes = split.value.map((part) => compilePart(part, path, context));
  if (others.length === 0) return nodes[0] as Node;
  const runs = nodes.map(runOf);
  return { kind: "run", run: (frame) => interpolate(frame, runs) };
}

function compilePart(part: TemplatePart, path: DocumentPath, context: Context): Node {
  if (part.kind === "text") return { kind: "constant", value: part.text };
  const piece = compilePiece(part.source, context.names);
  if (piece.ok) {
    context.pieces.push(piece.value);
    return { kind: "piece", piece: piece.value };
  }
  const span = piece.error.span ?? { offset: 0, length: part.source.length };
  context.problems.push(below(path, { ...piece.error, span: { ...span, offset: span.offset + part.offset } }));
  return { kind: "constant", value: null };
}

function runOf(node: Node): (frame: Frame) => Json {
  if (node.kind === "run") return node.run;
  if (node.kind === "constant") {
    const { value } = node;
    return () => value;
  }
  const { piece } = node;
  return (frame) => {
    frame.source = piece;
    return piece.run(frame);
  };
}

/** Texts as they are, null as nothing, the rest as JSON. */
function interpolate(frame: Frame, runs: readonly ((frame: Frame) => Json)[]): string {
  let text = "";
  for (const run of runs) {
    const value = run(frame);
    if (value === null) continue;
    const piece = typeof value === "string" ? value : JSON.stringify(value);
    charge(frame, textWork(piece.length));
    text += piece;
  }
  return text;
}
