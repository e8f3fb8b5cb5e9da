/**
 * The names that an expression may use, and where each value comes from. Scopes are lexical: the
 * compiler knows every name, so a misspelt one is found before a run.
 */
import type { Json } from "../../base/json.ts";
import type { StepId } from "../definition.ts";
import type { Scope } from "../program.ts";
import { fail } from "./value.ts";

/** The names besides `input`, `steps`, `context` and `run` that a place in a definition gives. */
export type ExpressionNames = {
  /** The `as` name of an `each`; `index` comes with it. */
  readonly item?: string;
  /** True in `rules`: `output` is the output under test. */
  readonly output?: boolean;
  /** The steps that exist; absent when that is not to be checked. */
  readonly steps?: ReadonlySet<StepId>;
};

export type Root = { readonly read: (scope: Scope) => Json; readonly type: "int" | "any"; readonly fields: readonly string[] | null };

/** Names that no variable and no `as` may take, whether or not this version gives them a value. */
export const ROOT_NAMES = ["input", "steps", "context", "run", "index", "output", "iter", "result", "cel", "optional"] as const;

/** The fields that `steps.x` has. */
export const STEP_FIELDS = ["output", "text", "data", "artifacts", "status", "error", "errors", "attempts", "agent", "usage"] as const;

const RUN_FIELDS = ["id", "started_at"] as const;

/** Every name that can be read at this place, with `steps` left to the compiler. */
export function rootsOf(names: ExpressionNames): ReadonlyMap<string, Root> {
  const roots = new Map<string, Root>([
    ["input", root((scope) => scope.input)],
    ["context", root((scope) => scope.context)],
    ["run", { read: (scope) => scope.run, type: "any", fields: RUN_FIELDS }],
  ]);
  if (names.item !== undefined) {
    roots.set(
      names.item,
      root((scope) => itemOf(scope).value),
    );
    roots.set("index", { read: (scope) => itemOf(scope).index, type: "int", fields: null });
  }
  if (names.output === true) roots.set("output", root(outputOf));
  return roots;
}

function root(read: (scope: Scope) => Json): Root {
  return { read, type: "any", fields: null };
}

function itemOf(scope: Scope): NonNullable<Scope["item"]> {
  if (scope.item === undefined) fail("There is no item here.");
  return scope.item;
}

function outputOf(scope: Scope): Json {
  if (scope.output === undefined) fail("There is no output here.");
  return scope.output;
}

/** What `steps.x` is, once the step is over. */
export function stepOf(scope: Scope, id: string): Json {
  const result = Object.hasOwn(scope.steps, id) ? scope.steps[id] : undefined;
  if (result === undefined) fail(`Step "${id}" is not over, so it has no result.`);
  return result;
}

/** Why a field of a step's result is missing, in the words of the product. */
export function failMissing(scope: Scope, id: string, field: string): never {
  const status = scope.steps[id]?.status ?? "unknown";
  fail(`Step "${id}" is ${status} and has no ${field}.`);
}
