/**
 * The names that an expression may use, and where each value comes from. Scopes are lexical: the
 * compiler knows every name, so a misspelt one is found before a run.
 *
 * 1. A step is looked up in the scope itself, then in its `outer` ones. No two steps in reach have
 *    the same id (the check refuses it), so the first that is found is the one that was meant.
 * 2. `iter` and `error` come from the nearest scope that has them, an item from the nearest with its
 *    name; `index` is that of the nearest item. `output`, `result` and `items` come from the scope
 *    itself, and `input`, `context` and `run` are the same in all of them.
 */
import type { Json } from "../../base/json.ts";
import type { StepId } from "../definition.ts";
import type { Scope } from "../program.ts";
import type { StepNames } from "./step-names.ts";
import { fail } from "./value.ts";

/** The names besides `input`, `steps`, `context` and `run` that a place in a definition gives. */
export type ExpressionNames = {
  /** The `as` names of every `each` around the place, the innermost last; `index` comes with them. */
  readonly each?: readonly string[];
  /** The steps of the innermost loop around the place: `iter` is there. */
  readonly iter?: ReadonlySet<StepId>;
  /** True in `rules`: `output` is the output under test. */
  readonly output?: boolean;
  /** True in the `on` of a quorum. */
  readonly result?: boolean;
  /** True in the `value` of an aggregate. */
  readonly items?: boolean;
  /** True in a handler. */
  readonly error?: boolean;
  /** The steps in reach; absent when that is not to be checked. */
  readonly steps?: StepNames;
};

export type Root = {
  readonly read: (scope: Scope) => Json;
  readonly type: "int" | "any";
  /** What it can have; null for data. */
  readonly fields: readonly string[] | null;
};

/** Names that no variable and no `as` may take, whether or not they have a value at that place. */
export const ROOT_NAMES = ["input", "steps", "context", "run", "index", "output", "iter", "result", "cel", "optional"] as const;

/** Names that have a value in some places only, and are free in all others. */
export const PLACE_NAMES = ["items", "item", "error"] as const;

/** The fields that `steps.x` has. */
export const STEP_FIELDS = [
  "output",
  "text",
  "data",
  "artifacts",
  "status",
  "error",
  "errors",
  "attempts",
  "agent",
  "usage",
  "agreed",
] as const;

const RUN_FIELDS = ["id", "started_at"] as const;
const ITER_FIELDS = ["number", "prev"] as const;

const ALWAYS: readonly (readonly [string, Root])[] = [
  ["input", data((scope) => scope.input)],
  ["context", data((scope) => scope.context)],
  ["run", { read: (scope) => scope.run, type: "any", fields: RUN_FIELDS }],
];
const INDEX: Root = { read: (scope) => nearest(scope, "item", "There is no item here.").index, type: "int", fields: null };
const ITER: Root = { read: (scope) => nearest(scope, "iter", "There is no iteration here."), type: "any", fields: ITER_FIELDS };
const ERROR: Root = data((scope) => nearest(scope, "error", "There is no error here."));
const OUTPUT: Root = data((scope) => own(scope, "output"));
const RESULT: Root = data((scope) => own(scope, "result"));
const ITEMS: Root = data((scope) => own(scope, "items"));

const rootsByNames = new WeakMap<ExpressionNames, ReadonlyMap<string, Root>>();

/** Every name that can be read at this place, with `steps` left to the compiler. */
export function rootsOf(names: ExpressionNames): ReadonlyMap<string, Root> {
  const known = rootsByNames.get(names);
  if (known !== undefined) return known;
  const roots = newRoots(names);
  rootsByNames.set(names, roots);
  return roots;
}

const namesWithOutput = new WeakMap<ExpressionNames, ExpressionNames>();

/** The names in `rules`. All steps of a block share theirs. */
export function withOutput(names: ExpressionNames): ExpressionNames {
  let more = namesWithOutput.get(names);
  if (more === undefined) {
    more = { ...names, output: true };
    namesWithOutput.set(names, more);
  }
  return more;
}

function newRoots(names: ExpressionNames): ReadonlyMap<string, Root> {
  const roots = new Map<string, Root>(ALWAYS);
  for (const name of names.each ?? []) {
    roots.set(
      name,
      data((scope) => itemOf(scope, name)),
    );
    roots.set("index", INDEX);
  }
  if (names.iter !== undefined) roots.set("iter", ITER);
  if (names.error === true) roots.set("error", ERROR);
  if (names.output === true) roots.set("output", OUTPUT);
  if (names.result === true) roots.set("result", RESULT);
  if (names.items === true) roots.set("items", ITEMS);
  return roots;
}

function data(read: (scope: Scope) => Json): Root {
  return { read, type: "any", fields: null };
}

function own(scope: Scope, name: "output" | "result" | "items"): Json {
  const value = scope[name];
  if (value === undefined) fail(`There is no ${name} here.`);
  return value;
}

function nearest<Name extends "item" | "iter" | "error">(scope: Scope, name: Name, otherwise: string): NonNullable<Scope[Name]> {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    const value = at[name];
    if (value !== undefined) return value;
  }
  fail(otherwise);
}

function itemOf(scope: Scope, name: string): Json {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    if (at.item?.name === name) return at.item.value;
  }
  fail(`There is no ${name} here.`);
}

/** The results among which a step is found; those of the scope itself when it is nowhere. */
export function stepsAround(scope: Scope, id: StepId): Scope["steps"] {
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    if (Object.hasOwn(at.steps, id)) return at.steps;
  }
  return scope.steps;
}

/** What `steps.x` is, once the step is over. */
export function stepOf(scope: Scope, id: StepId): Json {
  const steps = stepsAround(scope, id);
  const result = Object.hasOwn(steps, id) ? steps[id] : undefined;
  if (result === undefined) fail(`Step "${id}" is not over, so it has no result.`);
  return result;
}

/** Why a field of a step's result is missing, in the words of the product. */
export function failMissing(scope: Scope, id: StepId, field: string): never {
  const status = stepsAround(scope, id)[id]?.status ?? "unknown";
  fail(`Step "${id}" is ${status} and has no ${field}.`);
}
