import { run as runOracle } from "@bufbuild/cel";
import { Environment } from "@marcbachmann/cel-js";
import { describe, expect, it } from "vitest";

import type { Json } from "../../../src/base/json.ts";
import { compileExpression } from "../../../src/definition/expression/expression.ts";
import { scopeOf } from "./scope.ts";

const INPUT = {
  name: "Acme",
  list: ["b", "a", "c"],
  nested: { on: true, off: false, text: "x" },
  rows: [
    { id: "r1", ok: true },
    { id: "r2", ok: false },
  ],
  ratio: 2.5,
};

const library = new Environment({ unlistedVariablesAreDyn: true, homogeneousAggregateLiterals: false });

/** Expressions of standard CEL: two other implementations must agree with ours on each. */
const SOURCES: readonly string[] = [
  "1 + 2 * 3",
  "7 / 2",
  "-7 / 2",
  "7 % 3",
  "-7 % 3",
  "(1 + 2) * 3",
  "2.5 * 2.0",
  "10.0 / 4.0",
  "1 - 5",
  "0x10 + 1",
  "1 == 1",
  "1 != 2",
  "1 < 2",
  "2 <= 2",
  "3 > 2",
  "3 >= 4",
  "'a' < 'b'",
  "'a' == 'a'",
  "true != false",
  "true && false",
  "true || false",
  "!true",
  "true ? 1 : 2",
  "false ? 1 : 2",
  "1 > 2 ? 'a' : 'b'",
  "'a' + 'b'",
  "[1, 2] + [3]",
  "[1, 2][1]",
  "{'a': 1}['a']",
  "{'a': {'b': 2}}.a.b",
  "{'a': 1}.a + 1",
  "1 in [1, 2]",
  "3 in [1, 2]",
  "'a' in {'a': 1}",
  "'b' in {'a': 1}",
  "[1, 2] == [1, 2]",
  "{'a': 1} == {'a': 1}",
  "[] == []",
  "[1] == [2]",
  "size('hello')",
  "size([1, 2, 3])",
  "size({'a': 1})",
  "'hello'.size()",
  "[].size()",
  "size('')",
  "size('😀')",
  "'hello'.contains('ell')",
  "'hello'.startsWith('he')",
  "'hello'.endsWith('lo')",
  "'hello'.matches('^h.*o$')",
  "'hello'.matches('l+')",
  "'hello'.matches('^l')",
  "[1, 2, 3].map(x, x * 2)",
  "[1, 2, 3].filter(x, x > 1)",
  "[1, 2, 3].all(x, x > 0)",
  "[1, 2, 3].all(x, x > 1)",
  "[1, 2, 3].exists(x, x == 2)",
  "[1, 2, 3].exists(x, x == 4)",
  "[1, 2, 3].exists_one(x, x == 2)",
  "[1, 1].exists_one(x, x == 1)",
  "[1, 2, 3].map(x, x > 1, x * 10)",
  "[[1, 2], [3]].map(x, x.map(y, y + 1))",
  "[1, 2].map(x, x / 2)",
  "[].map(x, x)",
  "[].all(x, false)",
  "[].exists(x, true)",
  "int('42')",
  "int(3.9)",
  "int(-3.9)",
  "double('2.5')",
  "double(2)",
  "string(12)",
  "string(true)",
  "string(2.5)",
  "bool('true')",
  "input.name",
  "input.name + '!'",
  "size(input.list)",
  "input.list[0]",
  "input.list.map(x, x + x)",
  "input.list.exists(x, x == 'a')",
  "'a' in input.list",
  "input.nested.on && !input.nested.off",
  "has(input.nested.text)",
  "has(input.nested.nope)",
  "input.rows.filter(r, r.ok).map(r, r.id)",
  "input.rows.all(r, has(r.id))",
  "input.ratio * 2.0",
  "input.ratio > 2.0",
  "input.nested.text == 'x' ? input.name : ''",
  "input['name']",
  "input.rows[1].id",
  "null == null",
  "input.name != null",
  "'a\\n\\u00e9'",
  "r'a\\n'",
  "'it''s' == 'its' || true".replace("'it''s' == 'its' || ", ""),
  '"""multi\nline"""',
  "'\\x41'",
  "[1, 'a', true]",
  "{'a': [1, {'b': null}]}",
  "1 / 0",
  "1 % 0",
  "input.nope",
  "[1][5]",
  "{'a': 1}['b']",
  "'a' + 1 == 'a1'",
  "!'a'",
  "int('x')",
  "input.nested.off || input.nope",
  "input.nested.on || input.nope",
  "input.nope || input.nested.on",
  "false && (1 / 0 > 0)",
  "(1 / 0 > 0) && false",
  "[1, 0].exists(x, 1 / x == 1)",
  "[0, 1].exists(x, 1 / x == 1)",
  "[0, 2].all(x, 1 / x == 1)",
];

describe("on standard CEL, other implementations agree", () => {
  it.each(SOURCES)("%s", (source) => {
    const compiled = compileExpression(source);
    if (!compiled.ok) throw new Error(compiled.error.message);
    const ours = compiled.value.evaluate(scopeOf(INPUT));
    const expected = outcome(() => library.evaluate(source, { input: INPUT }));
    expect(outcomeOf(ours)).toEqual(expected);
    expect(outcomeOf(ours)).toEqual(outcome(() => runOracle(source, { input: INPUT })));
  });
});

function outcomeOf(result: { readonly ok: boolean; readonly value?: Json }): unknown {
  return result.ok ? { value: result.value } : "fails";
}

function outcome(evaluate: () => unknown): unknown {
  try {
    const value = evaluate();
    return isError(value) ? "fails" : { value: plain(value) };
  } catch {
    return "fails";
  }
}

function isError(value: unknown): boolean {
  return value instanceof Error || (typeof value === "object" && value !== null && "kind" in value && value.kind === "error");
}

/** Other implementations answer with BigInt, maps and wrappers. */
function plain(value: unknown): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value === null || typeof value !== "object") return value;
  if (value instanceof Map) return Object.fromEntries(Array.from(value, ([key, inner]) => [String(key), plain(inner)]));
  if (Symbol.iterator in value) {
    const items = Array.from(value as Iterable<unknown>);
    const isEntries = !Array.isArray(value) && "get" in value && "has" in value;
    return isEntries
      ? Object.fromEntries((items as [unknown, unknown][]).map(([key, inner]) => [String(key), plain(inner)]))
      : items.map(plain);
  }
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}
