/** The steps that an expression may read: those beside its step, then those further out. */
import type { StepId } from "../definition.ts";
import { didYouMean } from "../did-you-mean.ts";
import type { Problem } from "../problem.ts";

/** What is wrong with reading a step; the reader adds the place. */
export type MissingStep = Pick<Problem, "code" | "message" | "help" | "declared">;

export type StepNames = {
  readonly has: (id: StepId) => boolean;
  /** Why a step cannot be read here. */
  readonly missing: (id: StepId) => MissingStep;
  /** Every step that can be read, the nearest first. */
  readonly all: () => Iterable<StepId>;
  /** How to read a step that stands inside another one; null when there is none of that name. */
  readonly inside: (id: StepId) => string | null;
};

/** How many names a message offers: more do not help, and a large workflow has thousands. */
const SHOWN_STEPS = 50;
/** A suggestion costs a look at each name. */
const SEARCHED_STEPS = 1_000;

/** The steps of a workflow. */
export function stepNames(ids: ReadonlySet<StepId>, inside: StepNames["inside"] = () => null): StepNames {
  const names: StepNames = { has: (id) => ids.has(id), missing: (id) => unknownIn(names, id), all: () => ids, inside };
  return names;
}

/** The steps of a loop or group, which read each other and what is around them. */
export function innerNames(ids: ReadonlySet<StepId>, outer: StepNames): StepNames {
  const names: StepNames = {
    has: (id) => ids.has(id) || outer.has(id),
    missing: (id) => unknownIn(names, id),
    all: () => concatenated(ids, outer.all()),
    inside: outer.inside,
  };
  return names;
}

/** One of several branches, which read themselves and what is around them, but never each other. */
export function branchNames(own: StepId, ids: ReadonlySet<StepId>, outer: StepNames): StepNames {
  const names = innerNames(new Set([own]), outer);
  return { ...names, missing: (id) => (ids.has(id) ? besides(own, id) : names.missing(id)) };
}

function besides(own: StepId, id: StepId): MissingStep {
  return {
    code: "T1304",
    message: `"${own}" and "${id}" run side by side, so neither can read or await the other.`,
    help: "What depends on a branch comes after all of them, or both stand in one branch of several `steps`.",
    declared: [],
  };
}

function unknownIn(names: StepNames, id: StepId): MissingStep {
  const found = unknownStep(id, names.all());
  return { ...found, help: names.inside(id) ?? found.help };
}

/** A step that is not in reach. */
export function unknownStep(id: StepId, known: Iterable<StepId>): MissingStep {
  const searched: StepId[] = [];
  for (const name of known) if (searched.push(name) === SEARCHED_STEPS) break;
  return { code: "T1301", message: `unknown step "${id}".`, help: didYouMean(id, searched), declared: searched.slice(0, SHOWN_STEPS) };
}

function* concatenated<Item>(first: Iterable<Item>, second: Iterable<Item>): Iterable<Item> {
  yield* first;
  yield* second;
}
