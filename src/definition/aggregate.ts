/**
 * Combines results (requirements W101–W104, X023). Pure: the same results in the same order give the
 * same value. `value` is a list or an object; an object counts as its values, in the order of its
 * keys, which is the declared order of the branches that made it.
 *
 * 1. Null is what a tolerated failure leaves, so nulls are left out; so is nothing else: 0, "", [], {}
 *    and false are results (X001). Null as a whole is no result at all.
 * 2. The order is the declared one. Of equals, the first wins.
 * 3. Two values are the same when their canonical JSON is, so votes may be objects (X023).
 * 4. A key is data: `__proto__` makes a property of that name and reaches nothing else.
 *
 * | strategy | of | value | without any result |
 * |---|---|---|---|
 * | `list` | anything | the results | `[]` |
 * | `dict` | an object, or a list with `key` | the results by their key; the later of two overwrites (W103) | `{}` |
 * | `merge` | objects | one object; later keys overwrite earlier ones (W103), deeper levels are not merged | `{}` |
 * | `merge` | lists | one list, each value once | `{}` |
 * | `merge` with `key` | anything; lists are laid together first | a list, the first of each key | `[]` |
 * | `concat` | lists, or texts | one list, or one text | `[]` |
 * | `majority` | anything | the result that is there most often, by `key` or as a whole; on a tie the first (W104) | fails |
 * | `first` | anything | the first result | fails |
 * | `best` | anything, with `by`; or numbers or texts | the result with the greatest `by` | fails |
 * | `min`, `max` | numbers or texts, themselves or by `by` | the least, the greatest of them | fails |
 * | `sum` | numbers, themselves or by `by` | the sum | `0` |
 * | `average` | numbers, themselves or by `by` | the sum through the count | fails |
 * | `count` | anything | how many results | `0` |
 *
 * `expression` is the step's own: its `value` sees `itemsOf(value)` as `items`.
 */
import { canonicalJson, isJsonArray, isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { AggregateStrategy } from "./definition.ts";
import { kindOf } from "./expression/value.ts";
import type { Evaluate, Scope, StepProgram } from "./program.ts";

/** What a step says about one item: its key, and what is summed or compared. */
export type ItemEvaluators = { readonly key?: ItemEvaluate; readonly by?: ItemEvaluate };
export type ItemEvaluate = (item: Json, index: number) => Result<Json, string>;

type Combined = Result<Json, string>;
type Strategy = Exclude<AggregateStrategy, "expression">;
/** A result, its key, and its place among all that there were, nulls included. */
type Entry = { readonly name: string; readonly index: number; readonly item: Json };

/** Combines results. The failure is a sentence with the values. */
export function aggregate(strategy: Strategy, value: Json, { key, by }: ItemEvaluators = {}): Combined {
  const found = entriesOf(value);
  if (!found.ok) return err(`${strategy} needs a list or an object, not ${found.error}.`);
  const entries = found.value;
  switch (strategy) {
    case "list":
      return ok(entries.map(itemOf));
    case "count":
      return ok(entries.length);
    case "dict":
      return dict(entries, key, isJsonArray(value));
    case "merge":
      return key === undefined ? merge(entries) : mergeByKey(entries, key);
    case "concat":
      return concat(entries);
    case "majority":
      return majority(entries, key);
    case "first":
      return entries[0] === undefined ? nothing(strategy) : ok(entries[0].item);
    case "best":
    case "min":
    case "max":
      return extreme(strategy, entries, by);
    case "sum":
    case "average":
      return total(strategy, entries, by);
  }
}

/** The results that an aggregate combines: a list, or the values of an object, without nulls. */
export function itemsOf(value: Json): Result<readonly Json[], string> {
  const found = entriesOf(value);
  return found.ok ? ok(found.value.map(itemOf)) : err(`An aggregate needs a list or an object, not ${found.error}.`);
}

/** The evaluators of an aggregate step, which see `item` and `index` besides what the scope has. */
export function itemEvaluators({ parts }: Pick<StepProgram, "parts">, scope: Scope): ItemEvaluators {
  return {
    ...(parts.key === undefined ? {} : { key: evaluateItem(parts.key, scope) }),
    ...(parts.by === undefined ? {} : { by: evaluateItem(parts.by, scope) }),
  };
}

function evaluateItem(evaluate: Evaluate, scope: Scope): ItemEvaluate {
  return (value, index) => {
    // Around it is the scope itself, which may have an item of its own under another name.
    const found = evaluate({ ...scope, item: { name: "item", value, index }, outer: scope });
    return found.ok ? found : err(found.error.message);
  };
}

function entriesOf(value: Json): Result<readonly Entry[], string> {
  if (value === null) return ok([]);
  if (typeof value !== "object") return err(kindOf(value));
  return ok(resultsIn(value));
}

function resultsIn(value: readonly Json[] | JsonObject): readonly Entry[] {
  const all = Object.entries(value).map(([name, item]: readonly [string, Json], index) => ({ name, index, item }));
  return all.filter(({ item }) => item !== null);
}

function itemOf({ item }: Entry): Json {
  return item;
}

/** The key or value of each entry; the failure says of which. */
function evaluated(entries: readonly Entry[], what: "key" | "value", evaluate: ItemEvaluate | undefined): Result<readonly Json[], string> {
  if (evaluate === undefined) return ok(entries.map(itemOf));
  const values: Json[] = [];
  for (const { item, index } of entries) {
    const found = evaluate(item, index);
    if (!found.ok) return err(`The ${what} of item ${index} cannot be had: ${found.error}`);
    values.push(found.value);
  }
  return ok(values);
}

function dict(entries: readonly Entry[], key: ItemEvaluate | undefined, isList: boolean): Combined {
  if (key === undefined && isList && entries.length > 0) return err("dict needs a `key` for the items of a list.");
  const keys = key === undefined ? ok(entries.map(({ name }) => name)) : evaluated(entries, "key", key);
  if (!keys.ok) return keys;
  const found: [string, Json][] = [];
  for (const [place, { index, item }] of entries.entries()) {
    const name = keys.value[place] as Json;
    if (name === null || typeof name === "object") {
      return err(`The key of item ${index} must be a text, a number or a boolean, not ${kindOf(name)}.`);
    }
    found.push([String(name), item]);
  }
  return ok(objectOf(found));
}

/** An own property for each key, whatever its name (invariant 4). */
function objectOf(entries: readonly (readonly [string, Json])[]): JsonObject {
  return Object.fromEntries(entries);
}

function merge(entries: readonly Entry[]): Combined {
  const items = entries.map(itemOf);
  if (items.every(isJsonObject)) return ok(objectOf(items.flatMap((item) => Object.entries(item))));
  if (items.every(isJsonArray)) return ok(distinct(items.flat(), canonicalJson));
  const wanted = isJsonObject(items[0]) ? isJsonObject : isJsonArray;
  return err(`merge without a \`key\` needs objects only, or lists only; ${oddOne(entries, wanted)}.`);
}

function mergeByKey(entries: readonly Entry[], key: ItemEvaluate): Combined {
  const laid = resultsIn(entries.flatMap(({ item }) => (isJsonArray(item) ? item : [item])));
  const keys = evaluated(laid, "key", key);
  if (!keys.ok) return keys;
  const texts = keys.value.map(canonicalJson);
  return ok(distinct(laid.map(itemOf), (_, place) => texts[place] as string));
}

/** Of items with the same key, the first (invariant 2). */
function distinct(items: readonly Json[], keyOf: (item: Json, place: number) => string): readonly Json[] {
  const firstByKey = new Map<string, Json>();
  for (const [place, item] of items.entries()) {
    const key = keyOf(item, place);
    if (!firstByKey.has(key)) firstByKey.set(key, item);
  }
  return [...firstByKey.values()];
}

function concat(entries: readonly Entry[]): Combined {
  const items = entries.map(itemOf);
  if (items.every(isJsonArray)) return ok(items.flat());
  if (items.every(isText)) return ok(items.join(""));
  return err(`concat needs lists only, or texts only; ${oddOne(entries, isText(items[0]) ? isText : isJsonArray)}.`);
}

function isText(item: Json | undefined): item is string {
  return typeof item === "string";
}

function oddOne(entries: readonly Entry[], fits: (item: Json) => boolean): string {
  const odd = entries.find(({ item }) => !fits(item)) as Entry;
  return `item ${odd.index} is ${kindOf(odd.item)}`;
}

function majority(entries: readonly Entry[], key: ItemEvaluate | undefined): Combined {
  const keys = evaluated(entries, "key", key);
  if (!keys.ok) return keys;
  const votes = new Map<string, { readonly place: number; count: number }>();
  for (const [place, value] of keys.value.entries()) {
    const vote = canonicalJson(value);
    const known = votes.get(vote);
    if (known === undefined) votes.set(vote, { place, count: 1 });
    else known.count += 1;
  }
  // In the order of their first votes, so that the first of the greatest is the first tied value (W104).
  let best = { place: -1, count: 0 };
  for (const vote of votes.values()) if (vote.count > best.count) best = vote;
  return entries[best.place] === undefined ? nothing("majority") : ok((entries[best.place] as Entry).item);
}

function nothing(strategy: Strategy): Combined {
  return err(`${strategy} needs at least one result, and there is none.`);
}

function extreme(strategy: "best" | "min" | "max", entries: readonly Entry[], by: ItemEvaluate | undefined): Combined {
  const values = evaluated(entries, "value", by);
  if (!values.ok) return values;
  const [first] = values.value;
  if (first === undefined) return nothing(strategy);
  const odd = values.value.findIndex((value) => typeof value !== typeof first || !(isText(value) || typeof value === "number"));
  if (odd !== -1) {
    const what = `the value of item ${entries[odd]?.index} is ${kindOf(values.value[odd] as Json)}`;
    return err(`${strategy} compares numbers with numbers, or texts with texts, and ${what}; \`by\` says what to compare.`);
  }
  let best = 0;
  for (const place of values.value.keys()) if (isBetter(strategy, values.value[place], values.value[best])) best = place;
  return ok(strategy === "best" ? (entries[best] as Entry).item : (values.value[best] as Json));
}

/** Of equals neither is better, so the first stays. */
function isBetter(strategy: "best" | "min" | "max", left: Json | undefined, right: Json | undefined): boolean {
  const [lesser, greater] = strategy === "min" ? [left, right] : [right, left];
  return (lesser as number) < (greater as number);
}

function total(strategy: "sum" | "average", entries: readonly Entry[], by: ItemEvaluate | undefined): Combined {
  const values = evaluated(entries, "value", by);
  if (!values.ok) return values;
  let sum = 0;
  for (const [place, value] of values.value.entries()) {
    if (typeof value !== "number") {
      return err(
        `${strategy} needs numbers, and the value of item ${entries[place]?.index} is ${kindOf(value)}; \`by\` says what to count.`,
      );
    }
    sum += value;
  }
  if (!Number.isFinite(sum)) return err(`The ${strategy} is too large to be a number of JSON.`);
  if (strategy === "sum") return ok(sum);
  return entries.length === 0 ? nothing(strategy) : ok(sum / entries.length);
}
