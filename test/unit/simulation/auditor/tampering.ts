/** Ways to change one thing in a history. */
import type { Evidence, StoredFact } from "../../../../src/simulation/evidence.ts";
import type { Facts } from "./histories.ts";

type Test = (fact: StoredFact) => boolean;
type Change = (facts: Facts) => Facts;

export function isOf(kind: string, path?: string, attempt?: number): Test {
  return (fact) =>
    fact.kind === kind &&
    (path === undefined || (fact["path"] ?? fact["step"]) === path) &&
    (attempt === undefined || fact["attempt"] === attempt);
}

function placeOf(facts: Facts, test: Test): number {
  const place = facts.findIndex(test);
  if (place === -1) throw new Error("The history has no such fact: the test changes nothing.");
  return place;
}

function factOf(facts: Facts, test: Test): StoredFact {
  return facts[placeOf(facts, test)] as StoredFact;
}

export function without(test: Test): Change {
  return (facts) => facts.toSpliced(placeOf(facts, test), 1);
}

export function changed(
  test: Test,
  fields: { readonly [field: string]: unknown } | ((fact: StoredFact) => { readonly [field: string]: unknown }),
): Change {
  return (facts) => {
    const fact = factOf(facts, test);
    return facts.with(placeOf(facts, test), { ...fact, ...(typeof fields === "function" ? fields(fact) : fields) });
  };
}

/** A fact stands right before another one, and has its instant. */
export function moved(test: Test, before: Test): Change {
  return (facts) => inserted(facts.toSpliced(placeOf(facts, test), 1), factOf(facts, test), before);
}

/** A fact once more, right before another one. */
export function repeated(test: Test, before: Test, fields: { readonly [field: string]: unknown } = {}): Change {
  return (facts) => inserted(facts, { ...factOf(facts, test), ...fields }, before);
}

function inserted(facts: Facts, fact: StoredFact, before: Test): Facts {
  return facts.toSpliced(placeOf(facts, before), 0, { ...fact, at: factOf(facts, before).at });
}

/** The history ends before a fact. */
export function cutBefore(test: Test): Change {
  return (facts) => facts.slice(0, placeOf(facts, test));
}

export function cutAfter(test: Test): Change {
  return (facts) => facts.slice(0, placeOf(facts, test) + 1);
}

/** The workflow's file says something else: what happened does not fit it. */
export function withStep(evidence: Evidence, workflow: string, step: string, fields: object): Evidence {
  const file = Object(evidence.definitions[workflow]);
  const steps = { ...file.steps, [step]: { ...file.steps[step], ...fields } };
  return { ...evidence, definitions: { ...evidence.definitions, [workflow]: { ...file, steps } } };
}

/** The first entry that passes, changed. */
export function changeFirst<Item>(items: readonly Item[], test: (item: Item) => boolean, change: (item: Item) => Item): readonly Item[] {
  const place = items.findIndex(test);
  if (place === -1) throw new Error("There is no such entry: the test changes nothing.");
  return items.with(place, change(items[place] as Item));
}
