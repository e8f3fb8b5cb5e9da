/**
 * What a workflow expects of the outputs of its steps, where no schema says it: read off the
 * expressions. `steps.review.output.score >= 0.8` wants an object with a number in it.
 *
 * 1. A shape only ever learns more; what is learned of a step is learned of all that bears its name.
 * 2. A step that holds others has one field for each; what is learned of the field is learned of the step.
 */
import type { ASTNode } from "@marcbachmann/cel-js";

import type { Json } from "../../base/json.ts";
import type { Definition, Step } from "../../definition/definition.ts";
import { parseExpression } from "../../definition/expression/parse.ts";
import { splitTemplate } from "../../definition/expression/split-template.ts";
import { sourcesOf, type StepSource } from "../../definition/step-sources.ts";
import { eachStep, innerBlockOf, type PlacedStep } from "../../definition/walk.ts";

type ShapeKind = "number" | "text" | "flag" | "list" | "object";

export class Shape {
  kind: ShapeKind | null = null;
  readonly fields = new Map<string, Shape>();
  /** Values that it is compared with. */
  readonly values: Json[] = [];
  #item: Shape | null = null;

  get item(): Shape {
    this.#item ??= new Shape();
    return this.#item;
  }

  /** What is read first is believed; fields and items leave no doubt. */
  be(kind: ShapeKind): void {
    if (this.kind === null || kind === "object") this.kind = kind;
  }

  field(name: string): Shape {
    this.be("object");
    const known = this.fields.get(name);
    if (known !== undefined) return known;
    const shape = new Shape();
    this.fields.set(name, shape);
    return shape;
  }

  each(): Shape {
    this.be("list");
    return this.item;
  }

  compare(value: Json): void {
    this.be(typeof value === "number" ? "number" : typeof value === "boolean" ? "flag" : "text");
    if (value !== null && !this.values.includes(value)) this.values.push(value);
  }
}

type Names = ReadonlyMap<string, Shape>;

/** The shapes of the steps of a workflow, by their ids: what one execution of each comes to. */
export class Shapes {
  /** What is read of the workflow's input. */
  readonly input = new Shape();
  /** What is read of the run's context. */
  readonly context = new Shape();
  readonly #ofWork = new Map<string, Shape>();
  readonly #asRead = new Map<string, Shape>();

  constructor(definition: Pick<Definition, "steps" | "output">) {
    const placed = eachStep(definition);
    for (const one of placed) this.#declare(one);
    for (const one of placed) this.#learn(one);
    this.#learnTemplate(definition.output, new Map());
  }

  /** What one execution of a step gives: of an `each`, one item. */
  of(id: string): Shape {
    const known = this.#ofWork.get(id);
    if (known !== undefined) return known;
    const shape = new Shape();
    this.#ofWork.set(id, shape);
    return shape;
  }

  #declare({ id, step, role, holder }: PlacedStep): void {
    // Whoever stands in, or has the turn, gives what the step around it is to give.
    if (holder !== null && role !== "step" && role !== "branch" && role !== "compensate") this.#ofWork.set(id, this.of(holder.id));
    const own = this.of(id);
    this.#asRead.set(id, own);
    const block = innerBlockOf(step);
    const inner = block === null || block.kind === "agents" ? [] : Object.keys(block.steps);
    // Voters answer in the same form.
    if (step.succeed?.rule.kind === "quorum" && inner[0] !== undefined)
      for (const voter of inner) this.#ofWork.set(voter, this.of(inner[0]));
    for (const name of inner) own.fields.set(name, this.of(name));
    if (step.each === null) return;
    const list = new Shape();
    list.be("list");
    this.#asRead.set(id, list);
    this.#items.set(list, own);
  }

  /** Lists whose items are the outputs of a step. */
  readonly #items = new Map<Shape, Shape>();

  #learn(placed: PlacedStep): void {
    const { step } = placed;
    if (step.kind === "aggregate" && step.strategy === "merge" && step.key === undefined) this.#beObjects(step.from);
    for (const source of sourcesOf(step, placed)) {
      const names = this.#namesAt(placed, source);
      if (source.kind === "template") this.#learnTemplate(source.template, names, source.name === "items" ? "list" : null);
      else this.#visitSource(source.source, names, kindOfSource(step, source));
      if (source.kind === "expression" && source.name === "vote") this.#vary(source.source, names);
    }
  }

  #namesAt({ id, step, holder }: PlacedStep, { name }: StepSource): Names {
    const names = new Map<string, Shape>([["output", this.of(id)]]);
    for (let at: { readonly step: Step; readonly holder: PlacedStep | null } | null = { step, holder }; at !== null; at = at.holder)
      if (at.step.each !== null && !names.has(at.step.each.as)) names.set(at.step.each.as, this.#itemsOf(at.step.each.items));
    if (name === "vote") names.set("result", this.of(Object.keys(innerBlockOf(step)?.steps ?? { [id]: step })[0] ?? id));
    if (step.kind === "aggregate") names.set("item", this.#itemsOf(step.from));
    return names;
  }

  /** Votes differ at times, also where nothing says what is voted for. */
  #vary(source: string, names: Names): void {
    const parsed = parseExpression(source.trim());
    const shape = parsed.ok ? this.#resolve(parsed.value, names) : null;
    if (shape === null || shape.kind !== null) return;
    for (const vote of ["yes", "no"]) shape.compare(vote);
  }

  #itemsOf(template: Json): Shape {
    const source = typeof template === "string" ? soleExpression(template) : null;
    const parsed = source === null ? null : parseExpression(source);
    const list = parsed?.ok === true ? this.#resolve(parsed.value, new Map()) : null;
    return list === null ? new Shape() : this.#each(list);
  }

  /** What is merged without a key are objects. */
  #beObjects(template: Json): void {
    const source = typeof template === "string" ? soleExpression(template) : null;
    const parsed = source === null ? null : parseExpression(source);
    if (parsed?.ok !== true) return;
    if (parsed.value.op !== "list") return this.#itemsOf(template).be("object");
    for (const item of parsed.value.args) this.#resolve(item, new Map())?.be("object");
  }

  #each(list: Shape): Shape {
    return this.#items.get(list) ?? list.each();
  }

  #learnTemplate(template: Json, names: Names, kind: ShapeKind | null = null): void {
    if (typeof template === "string") {
      const parts = splitTemplate(template);
      if (!parts.ok) return;
      for (const part of parts.value) if (part.kind === "expression") this.#visitSource(part.source, names, kind);
    } else if (typeof template === "object" && template !== null)
      for (const inner of Object.values(template)) this.#learnTemplate(inner, names);
  }

  #visitSource(source: string, names: Names, kind: ShapeKind | null): void {
    const parsed = parseExpression(source.trim());
    if (parsed.ok) this.#visit(parsed.value, names, kind);
  }

  /** Learns from a part of an expression; `kind`: what its value is to be. */
  #visit(node: ASTNode, names: Names, kind: ShapeKind | null): void {
    const shape = this.#resolve(node, names);
    if (shape !== null && kind !== null) shape.be(kind);
    switch (node.op) {
      case "==":
      case "!=":
      case "<":
      case "<=":
      case ">":
      case ">=":
        return this.#compare(node.op, node.args, names);
      case "-":
      case "*":
      case "/":
      case "%":
        return node.args.forEach((side) => this.#visit(side, names, "number"));
      case "in":
        return this.#among(node.args, names);
      case "&&":
      case "||":
        return node.args.forEach((side) => this.#visit(side, names, "flag"));
      case "!_":
        return this.#visit(node.args, names, "flag");
      case "-_":
        return this.#visit(node.args, names, "number");
      case "?:":
        return node.args.forEach((part, index) => this.#visit(part, names, index === 0 ? "flag" : kind));
      case "+":
      case "list":
        return node.args.forEach((part) => this.#visit(part, names, null));
      case "map":
        return node.args.forEach((pair) => pair.forEach((part) => this.#visit(part, names, null)));
      case "call":
        return node.args[1].forEach((given) => this.#visit(given, names, node.args[0] === "size" ? "list" : null));
      case "rcall":
        return this.#method(node.args, names);
      case ".":
      case ".?":
      case "[]":
      case "[?]":
      case "id":
      case "value":
        return;
    }
  }

  #compare(op: string, [left, right]: readonly [ASTNode, ASTNode], names: Names): void {
    const isOrder = op !== "==" && op !== "!=";
    for (const [side, other] of [
      [left, right],
      [right, left],
    ] as const) {
      const shape = this.#resolve(side, names);
      if (shape !== null && other.op === "value") shape.compare(plain(other.args));
      this.#visit(side, names, isOrder && other.op !== "value" ? "number" : null);
    }
  }

  #among([item, list]: readonly [ASTNode, ASTNode], names: Names): void {
    const shape = this.#resolve(item, names);
    if (shape !== null && list.op === "list") for (const one of list.args) if (one.op === "value") shape.compare(plain(one.args));
    this.#visit(item, names, null);
    this.#visit(list, names, list.op === "list" ? null : "list");
  }

  #method([name, receiver, given]: readonly [string, ASTNode, readonly ASTNode[]], names: Names): void {
    const of = this.#resolve(receiver, names);
    const [variable] = given;
    if (LOOPS.has(name) && variable?.op === "id") {
      this.#visit(receiver, names, "list");
      const inner = new Map([...names, [variable.args, of === null ? new Shape() : this.#each(of)] as const]);
      const isTest = name !== "map";
      return given.slice(1).forEach((part) => this.#visit(part, inner, isTest ? "flag" : null));
    }
    const [otherwise] = given;
    if (name === "orValue" && of !== null && otherwise?.op === "value") of.be(kindOf(plain(otherwise.args)) ?? "text");
    if (name === "orValue" && of !== null && otherwise?.op === "list") of.be("list");
    this.#visit(receiver, names, TEXT_METHODS.has(name) ? "text" : name === "size" || name === "join" ? "list" : null);
    given.forEach((part) => this.#visit(part, names, null));
  }

  /** The shape that an expression reads, when it is a path. */
  #resolve(node: ASTNode, names: Names): Shape | null {
    if (node.op === "id")
      return names.get(node.args) ?? (node.args === "input" ? this.input : node.args === "context" ? this.context : null);
    if (node.op === "rcall" && (node.args[0] === "orValue" || node.args[0] === "or")) return this.#resolve(node.args[1], names);
    if (node.op !== "." && node.op !== ".?" && node.op !== "[]" && node.op !== "[?]") return null;
    const [container, key] = node.args;
    const name = typeof key === "string" ? key : key.op === "value" && typeof key.args === "string" ? key.args : null;
    const id = name === "output" || name === "data" ? stepIn(container) : null;
    if (id !== null) return this.#asRead.get(id) ?? null;
    const of = this.#resolve(container, names);
    if (of === null) return null;
    return name === null ? this.#each(of) : of.field(name);
  }
}

const LOOPS: ReadonlySet<string> = new Set(["map", "filter", "all", "exists", "exists_one"]);
const TEXT_METHODS: ReadonlySet<string> = new Set([
  "contains",
  "startsWith",
  "endsWith",
  "matches",
  "split",
  "trim",
  "lowerAscii",
  "upperAscii",
]);

function kindOfSource(step: Step, { name }: StepSource): ShapeKind | null {
  if (name === "rule" || name === "condition") return "flag";
  if (name === "until") return step.kind === "loop" && step.until.kind === "score" ? "number" : "flag";
  if (name === "by" && step.kind === "aggregate") return "number";
  return null;
}

/** The step of `steps.x` and of `iter.prev.x`. */
function stepIn(node: ASTNode): string | null {
  if (node.op !== "." && node.op !== ".?") return null;
  const [container, key] = node.args;
  const isSteps = container.op === "id" && container.args === "steps";
  const isBefore =
    container.op === "." && container.args[0].op === "id" && container.args[0].args === "iter" && container.args[1] === "prev";
  return (isSteps || isBefore) && typeof key === "string" ? key : null;
}

/** The expression of a template that is nothing else. */
function soleExpression(template: string): string | null {
  const parts = splitTemplate(template.trim());
  if (!parts.ok || parts.value.length !== 1) return null;
  const [part] = parts.value;
  return part?.kind === "expression" ? part.source.trim() : null;
}

function kindOf(value: Json): ShapeKind | null {
  if (typeof value === "number") return "number";
  if (typeof value === "boolean") return "flag";
  return typeof value === "string" ? "text" : null;
}

/** A literal of an expression as JSON; numbers come as they were parsed. */
function plain(value: unknown): Json {
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number") return value;
  return Number(value);
}
