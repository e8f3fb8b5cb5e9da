import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Json } from "../../../src/base/json.ts";
import { err, ok } from "../../../src/base/result.ts";
import { aggregate, itemEvaluators, type ItemEvaluators, itemsOf } from "../../../src/definition/aggregate.ts";
import { compile } from "../../../src/definition/compile.ts";
import { AGGREGATE_STRATEGIES } from "../../../src/definition/definition.ts";
import type { StepProgram } from "../../../src/definition/program.ts";
import { aggregateStep, minimal } from "./definitions.ts";
import { scopeOf } from "./scope.ts";

type Strategy = Parameters<typeof aggregate>[0];

/** Every case with its evaluators. */
function whole<Expected>(cases: readonly (readonly [Strategy, Json, Expected, ItemEvaluators?])[]) {
  return cases.map(([strategy, value, expected, evaluators = {}]) => [strategy, value, expected, evaluators] as const);
}

const field =
  (name: string) =>
  (item: Json): ReturnType<NonNullable<ItemEvaluators["key"]>> => {
    const value = (item as { readonly [name: string]: Json })[name];
    return value === undefined ? err(`There is no "${name}".`) : ok(value);
  };
const byKey: ItemEvaluators = { key: field("k") };
const byValue: ItemEvaluators = { by: field("v") };
const danger = JSON.parse('{"__proto__": {"polluted": 1}, "constructor": 2, "prototype": 3}') as Json;

describe("results are combined", () => {
  const cases: readonly (readonly [Strategy, Json, Json, ItemEvaluators?])[] = [
    ["list", [1, null, 0, "", false, [], {}], [1, 0, "", false, [], {}]],
    ["list", { b: 1, a: null, c: 2 }, [1, 2]],
    ["list", null, []],
    ["dict", { b: 1, a: null, c: 0 }, { b: 1, c: 0 }],
    [
      "dict",
      [{ k: "x", n: 1 }, { k: 7 }, null, { k: true }, { k: "x", n: 2 }],
      { x: { k: "x", n: 2 }, 7: { k: 7 }, true: { k: true } },
      byKey,
    ],
    ["dict", { a: { k: "x" } }, { x: { k: "x" } }, byKey],
    ["dict", [], {}],
    ["dict", [null], {}],
    ["merge", [{ a: 1, b: { c: 1 } }, null, { b: { d: 2 } }], { a: 1, b: { d: 2 } }],
    ["merge", { credit: { score: 7 }, address: { city: "Bern" } }, { score: 7, city: "Bern" }],
    [
      "merge",
      [
        [1, { a: 1, b: 2 }],
        [{ b: 2, a: 1 }, 1, 2],
      ],
      [1, { a: 1, b: 2 }, 2],
    ],
    ["merge", [], {}],
    ["merge", [[{ k: 1, n: 1 }, null], { k: 2 }, [{ k: 1, n: 2 }, { k: { x: 1 } }]], [{ k: 1, n: 1 }, { k: 2 }, { k: { x: 1 } }], byKey],
    ["merge", [], [], byKey],
    ["concat", [[1, [2]], null, [], [3]], [1, [2], 3]],
    ["concat", ["a", "", "b"], "ab"],
    ["concat", { x: ["a"], y: ["b"] }, ["a", "b"]],
    ["concat", [], []],
    ["majority", ["no", "yes", "yes"], "yes"],
    ["majority", ["b", "a", "a", "b"], "b"],
    ["majority", [{ a: 1, b: 2 }, 5, { b: 2, a: 1 }], { a: 1, b: 2 }],
    ["majority", [false, null, null, null, true, false], false],
    [
      "majority",
      [
        { k: "x", n: 1 },
        { k: "y", n: 2 },
        { k: "y", n: 3 },
      ],
      { k: "y", n: 2 },
      byKey,
    ],
    ["majority", { a: 0, b: "", c: 0 }, 0],
    ["first", [null, 0, 1], 0],
    ["first", { z: false, a: true }, false],
    ["best", [{ v: 1 }, { v: 3, n: 1 }, { v: 3, n: 2 }], { v: 3, n: 1 }, byValue],
    ["best", ["2026-01", "2026-03", "2026-02"], "2026-03"],
    ["min", [{ v: 3 }, { v: -1 }, { v: 2 }], -1, byValue],
    ["max", [3, 7, 5], 7],
    ["min", ["b", "a"], "a"],
    ["sum", [1, 2.5, null, -1], 2.5],
    ["sum", [], 0],
    ["sum", { a: { v: 1 }, b: { v: 2 } }, 3, byValue],
    ["average", [1, 2, null, 6], 3],
    ["count", [0, null, "", false], 3],
    ["count", {}, 0],
  ];
  it.each(whole(cases))("%s of %j is %j", (strategy, value, expected, evaluators) => {
    const result = aggregate(strategy, value, evaluators);
    expect(result).toEqual({ ok: true, value: expected });
    expect(result.ok && JSON.stringify(result.value)).toBe(JSON.stringify(expected));
  });

  it("the items are the same for an expression of one's own", () => {
    expect(itemsOf({ a: 1, b: null, c: 0 })).toEqual({ ok: true, value: [1, 0] });
    expect(itemsOf(7)).toEqual({ ok: false, error: "An aggregate needs a list or an object, not a number." });
  });
});

describe("what cannot be combined fails with a sentence", () => {
  const cases: readonly (readonly [Strategy, Json, string, ItemEvaluators?])[] = [
    ["list", "abc", "list needs a list or an object, not a text."],
    ["dict", [1], "dict needs a `key` for the items of a list."],
    ["dict", [{ k: 1 }, null, { k: [] }], "The key of item 2 must be a text, a number or a boolean, not a list.", byKey],
    ["dict", [{ k: null }], "The key of item 0 must be a text, a number or a boolean, not null.", byKey],
    ["dict", [{ k: 1 }, {}], 'The key of item 1 cannot be had: There is no "k".', byKey],
    ["merge", [{}, null, [1]], "merge without a `key` needs objects only, or lists only; item 2 is a list."],
    ["merge", [[1], {}], "merge without a `key` needs objects only, or lists only; item 1 is an object."],
    ["merge", [7], "merge without a `key` needs objects only, or lists only; item 0 is a number."],
    ["merge", [{}], 'The key of item 0 cannot be had: There is no "k".', byKey],
    ["concat", ["a", ["b"]], "concat needs lists only, or texts only; item 1 is a list."],
    ["concat", [["a"], 1], "concat needs lists only, or texts only; item 1 is a number."],
    ["concat", [1], "concat needs lists only, or texts only; item 0 is a number."],
    ["majority", [], "majority needs at least one result, and there is none."],
    ["majority", [{}], 'The key of item 0 cannot be had: There is no "k".', byKey],
    ["first", [null], "first needs at least one result, and there is none."],
    ["best", [], "best needs at least one result, and there is none."],
    ["best", [{ v: 1 }, {}], 'The value of item 1 cannot be had: There is no "v".', byValue],
    [
      "max",
      [1, null, "a"],
      "max compares numbers with numbers, or texts with texts, and the value of item 2 is a text; `by` says what to compare.",
    ],
    [
      "min",
      [{}],
      "min compares numbers with numbers, or texts with texts, and the value of item 0 is an object; `by` says what to compare.",
    ],
    ["sum", [1, null, "2"], "sum needs numbers, and the value of item 2 is a text; `by` says what to count."],
    ["sum", [{}], 'The value of item 0 cannot be had: There is no "v".', byValue],
    ["sum", [1e308, 1e308], "The sum is too large to be a number of JSON."],
    ["average", [], "average needs at least one result, and there is none."],
  ];
  it.each(whole(cases))("%s of %j", (strategy, value, error, evaluators) => {
    expect(aggregate(strategy, value, evaluators)).toEqual({ ok: false, error });
  });
});

describe("keys are data", () => {
  it("a key that leads out of the data in other places is a property here, and nothing else", () => {
    for (const result of [
      aggregate("merge", [danger]),
      aggregate("dict", danger),
      aggregate("dict", [{ k: "__proto__" }, { k: "constructor" }, { k: "prototype" }], byKey),
    ]) {
      const value = result.ok ? result.value : null;
      expect(Object.keys(value as object)).toEqual(["__proto__", "constructor", "prototype"]);
      expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    }
    expect(({} as { readonly polluted?: number }).polluted).toBe(undefined);
  });
});

describe("an aggregate step", () => {
  it("evaluates its key and what it compares for one item, among the names around it", () => {
    const program = compile(
      minimal({
        steps: {
          a: aggregateStep({
            each: { items: [1], as: "best", concurrency: 1 },
            key: "item.url + string(index) + best.x",
            by: "item.score",
          }),
        },
      }),
    );
    const scope = scopeOf({}, { item: { name: "best", value: { x: "!" }, index: 9 } });
    const { key, by } = itemEvaluators(program.steps[0] as StepProgram, scope);
    expect(key?.({ url: "u" }, 2)).toEqual({ ok: true, value: "u2!" });
    expect(by?.({ score: 5 }, 0)).toEqual({ ok: true, value: 5 });
    expect(by?.({}, 0)).toEqual({ ok: false, error: 'There is no "score"; there are no keys.' });
    expect(itemEvaluators({ parts: {} }, scope)).toEqual({});
  });
});

describe("any results at all", () => {
  const strategies = AGGREGATE_STRATEGIES.filter((strategy) => strategy !== "expression");
  const anyJson = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as Json);
  const anyValue = fc.oneof(anyJson, fc.array(anyJson), fc.array(fc.array(anyJson)), fc.array(fc.dictionary(fc.string(), anyJson)));

  it("give a value of plain JSON or a sentence, the same each time, and stay as they were", () => {
    fc.assert(
      fc.property(fc.constantFrom(...strategies), anyValue, fc.boolean(), (strategy, value, hasKey) => {
        const before = JSON.stringify(value);
        const evaluators: ItemEvaluators = hasKey ? { key: (item) => ok(item), by: (_, index) => ok(index) } : {};
        const first = aggregate(strategy, value, evaluators);
        expect(aggregate(strategy, value, evaluators)).toEqual(first);
        expect(JSON.stringify(value)).toBe(before);
        if (first.ok) expect(JSON.parse(JSON.stringify(first.value))).toEqual(first.value);
        else expect(first.error).toMatch(/^[A-Za-z][\s\S]*\.$/);
      }),
    );
  });

  it("the majority is never outvoted, and is the first of those that are as frequent", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<Json>("a", { b: 1 }, 0, false), { minLength: 1 }), (votes) => {
        const result = aggregate("majority", votes);
        const counts = votes.map((vote) => votes.filter((other) => JSON.stringify(other) === JSON.stringify(vote)).length);
        expect(result).toEqual({ ok: true, value: votes[counts.indexOf(Math.max(...counts))] });
      }),
    );
  });

  it("the order in which an object got its keys is the only one that counts", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z]{1,4}$/), fc.integer()), (value) => {
        for (const strategy of ["list", "first", "majority", "sum"] as const) {
          expect(aggregate(strategy, value)).toEqual(aggregate(strategy, Object.values(value)));
        }
      }),
    );
  });
});
