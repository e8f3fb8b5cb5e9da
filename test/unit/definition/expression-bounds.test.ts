import { isDeepStrictEqual } from "node:util";

import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Json } from "../../../src/base/json.ts";
import { compileExpression } from "../../../src/definition/expression/expression.ts";
import { compileTemplate } from "../../../src/definition/expression/template.ts";
import { scopeOf } from "./scope.ts";

function run(source: string, input: Json) {
  const compiled = compileExpression(source);
  if (!compiled.ok) throw new Error(compiled.error.message);
  return compiled.value.evaluate(scopeOf(input));
}

const NUMBERS = Array.from({ length: 100_000 }, (_, index) => index);

/** As a history gives it back: JSON has no -0. */
function asRecorded(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

describe("work is bounded by counting", () => {
  it("map and filter over 100,000 items work", () => {
    expect(run("size(input.map(x, x * 2))", NUMBERS)).toEqual({ ok: true, value: 100_000 });
    expect(run("size(input.filter(x, x % 2 == 0))", NUMBERS)).toEqual({ ok: true, value: 50_000 });
  });

  it("map and filter over 10,000 items take milliseconds", () => {
    const input = NUMBERS.slice(0, 10_000);
    run("input.filter(x, x > 5).map(x, x + 1)", input);
    const times = Array.from({ length: 5 }, () => {
      const startedAt = performance.now();
      run("input.filter(x, x > 5).map(x, x + 1)", input);
      return performance.now() - startedAt;
    });
    expect(Math.min(...times)).toBeLessThan(50);
  });

  const hostile: readonly (readonly [string, string])[] = [
    ["loops inside loops", "input.map(x, input.map(y, x * y))"],
    ["loops inside quantifiers, which hide failures", "input.all(x, input.exists(y, y == -1) || true)"],
    ["a failure that || would hide", "input.map(x, input.map(y, 1)).size() > 0 || true"],
    ["comparing large lists again and again", "input.map(x, input == input.map(y, y))"],
    ["lists that double", doubling("+", 24)],
    ["parts that are shared, and multiply when written", doublingPairs(25)],
    ["membership inside a loop", "input.filter(x, (x + 1000000) in input)"],
    ["objects as lists", "input.map(x, input.map(y, {'a': y}).size())"],
  ];
  it.each(hostile)("%s end with a clear failure", (_, source) => {
    const startedAt = performance.now();
    const result = run(source, NUMBERS);
    expect(result).toMatchObject({ ok: false, error: { message: expect.stringContaining("too much work") as string } });
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it("texts that double end with a clear failure", () => {
    const result = run(doubling("+", 30).replaceAll("input", "input.text"), { text: "x".repeat(1000) });
    expect(result).toMatchObject({ ok: false, error: { message: expect.stringContaining("too much work") as string } });
  });

  it("a regular expression takes time in proportion to the text, or is refused", () => {
    const text = `${"a".repeat(26)}!`;
    expect(run("input.matches('^(a+)+$')", text)).toEqual({ ok: true, value: false });
    expect(run("input.matches('^(a|a)*$')", "a".repeat(100_000) + "!")).toEqual({ ok: true, value: false });
    expect(run(`input.matches('^(${"(a|b|ab)*".repeat(40)})$')`, "ab".repeat(200_000)).ok).toBe(false);
    expect(run("[1, 2, 3].map(x, range(x))".replace("range(x)", "'a'.matches(input + string(x))"), "a{500}").ok).toBe(true);
    expect(run("input.matches(input)", "a".repeat(2_000)).ok).toBe(false);
  });

  it("patterns that are computed can only be compiled so many times", () => {
    const result = run("input.map(x, 'a'.matches('a{500}' + string(x)))", NUMBERS);
    expect(result).toMatchObject({ ok: false, error: { message: expect.stringContaining("too much work") as string } });
  });

  it("a value that is nested too deeply is no stack overflow", () => {
    let deep: Json = 1;
    for (let level = 0; level < 100_000; level += 1) deep = [deep];
    expect(run("input == [input]", deep).ok).toBe(false);
    expect(run("has(input.x) ? 1 : input", { y: deep }).ok).toBe(false);
    const template = compileTemplate("x ${{ input.y }}");
    expect(template.ok && template.value.evaluate(scopeOf({ y: deep })).ok).toBe(false);
  });

  function doubling(operator: string, times: number): string {
    let source = "size(x0)";
    for (let index = 0; index < times; index += 1) {
      const from = index === times - 1 ? "input" : `x${index + 1}`;
      source = `cel.bind(x${index}, ${from} ${operator} ${from}, ${source})`;
    }
    return source;
  }

  function doublingPairs(times: number): string {
    let source = `x${times}`;
    for (let index = times; index > 0; index -= 1) source = `cel.bind(x${index}, [x${index - 1}, x${index - 1}], ${source})`;
    return `cel.bind(x0, [1], ${source})`;
  }
});

describe("evaluation is total", () => {
  const leaf = fc.constantFrom(
    "1",
    "2.5",
    "0",
    "'a'",
    "''",
    "true",
    "null",
    "input",
    "input.a",
    "input.b",
    "input.c[0]",
    "steps.done.output",
    "steps.skipped.output",
    "x",
    "[]",
    "{}",
    "-1",
  );
  const { source } = fc.letrec<{ source: string }>((tie) => ({
    source: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc
        .tuple(tie("source"), fc.constantFrom("+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "in", "&&", "||"), tie("source"))
        .map(([left, operator, right]) => `(${left} ${operator} ${right})`),
      fc.tuple(tie("source"), tie("source"), tie("source")).map(([a, b, c]) => `(${a} ? ${b} : ${c})`),
      tie("source").map((inner) => `!${inner}`),
      tie("source").map((inner) => `-(${inner})`),
      fc
        .tuple(fc.constantFrom("map", "filter", "all", "exists", "exists_one"), tie("source"), tie("source"))
        .map(([name, list, body]) => `(${list}).${name}(y, ${body.replaceAll("x", "y")})`),
      fc
        .tuple(fc.constantFrom("size", "int", "double", "string", "bool", "dyn"), tie("source"))
        .map(([name, inner]) => `${name}(${inner})`),
      fc
        .tuple(fc.constantFrom("contains", "matches", "split", "indexOf", "substring", "join"), tie("source"), tie("source"))
        .map(([name, left, right]) => `(${left}).${name}(${right})`),
      fc.tuple(tie("source"), tie("source")).map(([left, right]) => `(${left})[${right}]`),
      tie("source").map((inner) => `(${inner}).?a.orValue(1)`),
      tie("source").map((inner) => `[${inner}, ${inner}]`),
      tie("source").map((inner) => `{"k": ${inner}}`),
    ),
  }));

  it("any expression over any input gives plain JSON or a failure, the same each time, and never throws", () => {
    fc.assert(
      fc.property(source, fc.jsonValue(), fc.jsonValue(), (text, a, b) => {
        const compiled = compileExpression(`cel.bind(x, input.c, ${text})`);
        if (!compiled.ok) return;
        const scope = scopeOf({ a: asRecorded(a), b: asRecorded(b), c: [1, "a", null] });
        const before = JSON.stringify(scope);
        const first = compiled.value.evaluate(scope);
        const isSound = first.ok ? isDeepStrictEqual(JSON.parse(JSON.stringify(first.value)), first.value) : first.error.message.length > 5;
        expect(isSound).toBe(true);
        expect(compiled.value.evaluate(scope)).toEqual(first);
        expect(JSON.stringify(scope)).toBe(before);
      }),
      { numRuns: 2_000 },
    );
  });

  it("any text at all compiles or is refused with a problem", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary" })), (text) => {
        const result = compileExpression(text);
        expect(result.ok ? "T1201" : result.error.code).toMatch(/^T1[23]0\d$/);
      }),
      { numRuns: 2_000 },
    );
  });
});
