import { TuttiError } from "../../base/errors.ts";
import { didYouMean } from "../../definition/did-you-mean.ts";
import type { AgentBook } from "./agent-book.ts";
import { celOf, nodeOf, reference, withNames } from "./reference.ts";
import { toTemplate } from "./template.ts";

/** What a place in a workflow under construction can see. */
export type Place = {
  readonly agents: AgentBook;
  /** Steps in sight. */
  readonly steps: readonly string[];
  /** Names besides `input`, `steps`, `context` and `run`. */
  readonly names: readonly string[];
  /** Where it is, for errors: `steps.draft`. */
  readonly where: string;
};

export function inside(
  place: Place,
  more: { readonly steps?: readonly string[]; readonly names?: readonly string[]; readonly at?: string },
): Place {
  const { steps = [], names = [], at } = more;
  return {
    agents: place.agents,
    steps: [...place.steps, ...steps],
    names: [...place.names, ...names],
    where: at === undefined ? place.where : `${place.where}.${at}`,
  };
}

/** The value of an option: what its callback makes of references, or the option itself. */
export function valueOf(option: unknown, place: Place): unknown {
  if (typeof option !== "function" || nodeOf(option) !== null) return option;
  return withNames(place.names, () => (option as (scope: object) => unknown)(scopeOf(place)));
}

/** An option as a template of the file format. */
export function templateOf(option: unknown, place: Place): ReturnType<typeof toTemplate> {
  return withNames(place.names, () => toTemplate(valueOf(option, place), place.where));
}

/** An option as a bare expression. */
export function expressionOf(option: unknown, place: Place): string {
  return withNames(place.names, () => celOf(valueOf(option, place)));
}

/** The compiler has found most mistakes; a program without types meets them here. */
function scopeOf(place: Place): object {
  const names: ReadonlyMap<string, object> = new Map([
    ...["input", "context", "run", ...place.names].map((name) => [name, reference(name)] as const),
    ["steps", stepsOf(place)],
  ]);
  return new Proxy(Object.freeze({}), {
    get(_, name) {
      const found = typeof name === "string" ? names.get(name) : undefined;
      if (found !== undefined || typeof name === "symbol") return found;
      throw new TuttiError("T1202", `The name "${name}" has no value at ${place.where}.`, {
        help: `There are ${[...names.keys()].join(", ")}.`,
      });
    },
  });
}

function stepsOf({ steps, where }: Place): object {
  return new Proxy(Object.freeze({}), {
    get(_, id) {
      if (typeof id === "symbol") return undefined;
      if (steps.includes(id)) return reference("steps", [id]);
      throw new TuttiError("T1301", `${where} reads step "${id}", which does not stand before it.`, {
        help: didYouMean(id, steps) ?? "A step may read those that were added before it.",
      });
    },
  });
}
