import { describe, expect, it } from "vitest";

import { BugError } from "../../../src/base/assert.ts";
import type { Json } from "../../../src/base/json.ts";
import { MAX_EXPRESSION_LENGTH } from "../../../src/base/limits.ts";
import { compileExpression } from "../../../src/definition/expression/expression.ts";
import { asText } from "../../../src/definition/expression/functions.ts";
import { type ExpressionNames, failMissing } from "../../../src/definition/expression/names.ts";
import { stepNames } from "../../../src/definition/expression/step-names.ts";
import type { Scope } from "../../../src/definition/program.ts";
import { scopeOf } from "./scope.ts";

const INPUT = { depth: 4, i: 1, half: 0.5, name: "Acme", empty: null, list: [3, 1, 2], emoji: "hé😀o", deep: { a: { b: "x" } }, yes: true };

function evaluate(
  source: string,
  scope: Scope = scopeOf(INPUT),
  names: ExpressionNames = {},
): ReturnType<ReturnType<typeof compiled>["evaluate"]> {
  return compiled(source, names).evaluate(scope);
}

function compiled(source: string, names: ExpressionNames = {}) {
  const result = compileExpression(source, names);
  if (!result.ok) throw new Error(`${source}: ${result.error.message}`);
  return result.value;
}

function mistake(source: string, names: ExpressionNames = {}) {
  const result = compileExpression(source, names);
  if (result.ok) throw new Error(`${source} compiles.`);
  return result.error;
}

describe("numbers", () => {
  const cases: readonly (readonly [string, Json])[] = [
    ["input.depth + 1", 5],
    ["size(input.list) <= input.depth", true],
    ["input.depth % 2 == 0", true],
    ["steps.done.output.list[input.i]", 20],
    ["input.depth == 4 && 4.0 == input.depth", true],
    ["1 + 0.5", 1.5],
    ["input.half * 2", 1],
    ["7 / 2", 3],
    ["-7 / 2", -3],
    ["size(input.list) / 2", 1],
    ["input.depth / 8", 0.5],
    ["[1, 2, 3].map(x, x / 2)", [0, 1, 1]],
    ["input.list.map(x, x / 2)", [1.5, 0.5, 1]],
    ["[7, 8][0] / 2", 3],
    ["([7] + [8])[1] / 3", 2],
    ["cel.bind(x, 7, x / 2)", 3],
    ["(true ? 7 : 8) / 2", 3],
    ["(true ? 7 : 8.0) / 2", 3.5],
    ["[1].filter(x, x > 0).map(x, x + 0.5)", [1.5]],
    ["7u / 2u", 3],
    ["-(-3)", 3],
    ["-0.0", 0],
    ["0 - 0", 0],
    ["7 % -3", 1],
    ["1.0", 1],
    ["0xff", 255],
    ["double(1) / 2", 0.5],
  ];
  it.each(cases)("%s is %j", (source, expected) => {
    expect(evaluate(source)).toEqual({ ok: true, value: expected });
  });
});

describe("texts, lists and objects", () => {
  const cases: readonly (readonly [string, Json])[] = [
    ['"a" + "b"', "ab"],
    ["input.name < 'Bolt'", true],
    ["'b' > 'a' && 'a' >= 'a' && !('b' <= 'a')", true],
    ["false < true", true],
    ["size(input.emoji)", 4],
    ["input.emoji.indexOf('o')", 3],
    ["input.emoji.indexOf('o', 2)", 3],
    ["input.emoji.indexOf('z')", -1],
    ["input.emoji.lastIndexOf('o')", 3],
    ["input.emoji.lastIndexOf('h', 3)", 0],
    ["input.emoji.substring(2, 3)", "😀"],
    ["'tacocat'.substring(4)", "cat"],
    ["'a,b,c'.split(',')", ["a", "b", "c"]],
    ["'a,b,c'.split(',', 2)", ["a", "b,c"]],
    ["'a,b,c'.split(',', 0)", []],
    ["'a,b,c'.split(',', -1).size()", 3],
    ["['a', 'b'].join('-')", "a-b"],
    ["['a', 'b'].join()", "ab"],
    ["'aaa'.replace('a', 'b')", "bbb"],
    ["'aaa'.replace('a', 'b', 2)", "bba"],
    ["'aaa'.replace('a', 'b', 0)", "aaa"],
    ["' x '.trim()", "x"],
    ["'aÉz'.upperAscii()", "AÉZ"],
    ["'AÉZ'.lowerAscii()", "aÉz"],
    ["'abc'.contains('b') && 'abc'.startsWith('a') && 'abc'.endsWith('c')", true],
    ["'abc'.matches('^a.c$') && matches('xabcx', 'b')", true],
    ["'abc'.matches(input.name)", false],
    ["string(1.5) + string(true) + string('x') + string(2)", "1.5truex2"],
    ["int('42') + int(3.9) + uint(1)", 46],
    ["double('1e3')", 1000],
    ["bool('true') && bool(true) && !bool('false')", true],
    ["dyn(1)", 1],
    ["[1, 2] + [3]", [1, 2, 3]],
    ["3 in input.list", true],
    ["'depth' in input && !('x' in input) && !(true in input)", true],
    ["1 in {1: 'a'}", true],
    ["{1: 'a'}[1]", "a"],
    ["{'a': [input.half], true: 1, 2: null}", { a: [0.5], true: 1, "2": null }],
    ["{'b': 1, 'a': [1]} == {'a': [1], 'b': 1}", true],
    ["[1, [2]] == [1, [3]]", false],
    ["[1] == [1, 2]", false],
    ["[1] == {'a': 1} || {'a': 1} == {'b': 1} || {'a': 1} == {} || 1 == '1' || null == 0", false],
    ["input.list != [3, 1, 2]", false],
    ["size(input.deep) + size('abc') + 'ab'.size()", 6],
    ["input['name']", "Acme"],
    ["input.yes ? 'a' : 'b'", "a"],
    ["null", null],
  ];
  it.each(cases)("%s is %j", (source, expected) => {
    expect(evaluate(source)).toEqual({ ok: true, value: expected });
  });
});

describe("macros and optionals", () => {
  const cases: readonly (readonly [string, Json])[] = [
    ["input.list.map(x, x * 2)", [6, 2, 4]],
    ["input.list.map(x, x > 1, x * 2)", [6, 4]],
    ["input.list.filter(x, x > 1)", [3, 2]],
    ["input.list.all(x, x > 0)", true],
    ["input.list.all(x, x > 1)", false],
    ["input.list.exists(x, x == 2)", true],
    ["input.list.exists(x, x == 9)", false],
    ["input.list.exists_one(x, x == 2)", true],
    ["input.list.exists_one(x, x > 1)", false],
    ["[1, 'a'].exists(x, x > 'a' || x == 1)", true],
    ["['a', 1].exists(x, x == 1 || x > 5)", true],
    ["{'a': 1, 'b': 2}.map(k, k)", ["a", "b"]],
    ["[[1, 2], [3]].map(x, x.map(y, y + size(x)))", [[3, 4], [4]]],
    ["has(input.name)", true],
    ["has(input.nope)", false],
    ["has(input.empty.x)", false],
    ["has(input.?nope.x)", false],
    ["has(steps.skipped.output)", false],
    ["has(steps.done.output)", true],
    ["input.?nope.orValue('d')", "d"],
    ["input.?name.orValue('d')", "Acme"],
    ["input.?deep.?a.b.orValue('d')", "x"],
    ["input.?empty.?x.orValue('d')", "d"],
    ["input.list[?9].orValue(0)", 0],
    ["input[?'name'].value()", "Acme"],
    ["input.?nope", null],
    ["[input.?nope, input.?name]", [null, "Acme"]],
    ["input.?nope.or(input.?name).value()", "Acme"],
    ["input.?name.or(input.?nope).value()", "Acme"],
    ["optional.of(1).hasValue() && !optional.none().hasValue()", true],
    ["steps.?done.output.name.orValue('')", "Acme"],
    ["steps.skipped.?output.orValue('none')", "none"],
    ["input.?list[0].orValue(9)", 3],
    ["optional.none().?x.orValue(9)", 9],
    ["optional.none() == optional.none()", true],
    ["has(optional.none().x)", false],
  ];
  it.each(cases)("%s is %j", (source, expected) => {
    expect(evaluate(source)).toEqual({ ok: true, value: expected });
  });

  it("a side of || or && that decides hides a failure of the other, whichever comes first", () => {
    for (const source of ["input.nope || true", "true || input.nope", "!(input.nope && false)", "!(false && input.nope)"]) {
      expect(evaluate(source)).toEqual({ ok: true, value: true });
    }
    expect(evaluate("input.nope || false").ok).toBe(false);
    expect(evaluate("input.nope && true").ok).toBe(false);
    expect(evaluate("false || false")).toEqual({ ok: true, value: false });
  });
});

describe("failures are values, with the steps that were read", () => {
  const cases: readonly (readonly [string, RegExp])[] = [
    ["input.nope", /There is no "nope"; there is depth, i, half/],
    ["input.name.x", /There is no "x" in a text/],
    ["input.empty.x", /in null/],
    ["optional.of(1) + 1", /an optional and a number/],
    ["1 + (input.i == 1)", /a number and a boolean/],
    ["input.deep - 1", /an object and a number/],
    ["input.list[9]", /There is no item 9 in a list of 3/],
    ["input.list[0.5]", /whole numbers/],
    ["input.list.x", /A list has no "x"/],
    ["input.list['x']", /A list has no "x"/],
    ["input.deep[true]", /An index must be a number or a text, not a boolean/],
    ["{}.x", /there are no keys/],
    ["1 / 0", /Division by zero/],
    ["input.half / 0.0", /Division by zero/],
    ["1 % 0", /Division by zero/],
    ["input.half % 2", /whole numbers/],
    ["1e308 * 10.0", /finite/],
    ["'a' + 1", /a text and a number/],
    ["'a' - 'b'", /"-" does not work/],
    ["1 < 'a'", /cannot compare a number with a text/],
    ["!1", /needs true or false, not a number/],
    ["-'a'", /needs a number/],
    ["1 ? 2 : 3", /"\?" needs true or false/],
    ["input.list.filter(x, x)", /filter\(\) needs true or false/],
    ["input.list.all(x, x)", /all\(\) needs/],
    ["input.name.map(x, x)", /needs a list or an object/],
    ["1 in 'abc'", /needs a list or an object on its right/],
    ["int('x')", /int\(\) cannot read "x"/],
    ["int(true)", /a boolean/],
    ["int(1e300)", /whole number/],
    ["uint(-1)", /cannot be -1/],
    ["double('x')", /double\(\)/],
    ["double(null)", /null/],
    ["bool('x')", /bool\(\)/],
    ["string(null)", /string\(\)/],
    ["size(1)", /size\(\) needs/],
    ["input.depth.contains('x')", /A text is needed here, not a number/],
    ["'abc'.contains(1)", /A text is needed/],
    ["'abc'.substring(5)", /from 0 to 3/],
    ["'abc'.substring(2, 1)", /cannot end at 1/],
    ["'abc'.indexOf('a', 0.5)", /whole number/],
    ["'a'.split('', 'x')", /limit must be/],
    ["'a'.replace('', 'x')", /needs a text to look for/],
    ["[1].join(',')", /A text is needed/],
    ["'a'.join(',')", /join\(\) needs a list/],
    ["'a'.matches(input.name + '(')", /cannot be used/],
    ["optional.none().value()", /no value/],
    ["input.name.orValue(1)", /An optional is needed/],
    ["input.?nope.or(1)", /An optional is needed/],
    ["has(input.name.x)", /needs an object before/],
    ["{input.list: 1}", /A key must be/],
    ["{'a': 1, input.deep.a.b == 'x' ? 'a' : 'b': 2}", /stands twice/],
    ["{'__pro' + 'to__': 1}", /cannot be a key/],
    ["steps.missing.output", /Step "missing" is not over/],
    ["steps.skipped.output", /Step "skipped" is skipped and has no output/],
    ["steps.skipped.output + 1", /Step "skipped" is skipped and has no output/],
    ["steps.tolerated.output.uri", /in null/],
  ];
  it.each(cases)("%s fails", (source, message) => {
    expect(evaluate(source)).toMatchObject({ ok: false, error: { source, message: expect.stringMatching(message) as string } });
  });

  it("a failure names the steps, so that a skipped one can be told from a mistake", () => {
    const result = evaluate("steps.done.output.name + steps.skipped.output.x");
    expect(result).toMatchObject({ ok: false, error: { reads: ["done", "skipped"] } });
  });

  it("names without a value at run time fail", () => {
    expect(evaluate("item", scopeOf(), { each: ["item"] }).ok).toBe(false);
    expect(evaluate("output", scopeOf(), { output: true }).ok).toBe(false);
  });
});

describe("scope", () => {
  it("an each-step sees its item and the index, and a rule sees the output", () => {
    const scope = scopeOf({}, { item: { name: "question", value: { q: "why" }, index: 3 }, output: [1, 2] });
    expect(evaluate("question.q + string(index)", scope, { each: ["question"] })).toEqual({ ok: true, value: "why3" });
    expect(evaluate("index / 2", scope, { each: ["question"] })).toEqual({ ok: true, value: 1 });
    expect(evaluate("size(output) == 2", scope, { output: true })).toEqual({ ok: true, value: true });
    expect(evaluate("question.q", scope, { each: ["question"] })).toEqual({ ok: true, value: "why" });
    expect(evaluate("output[1]", scope, { output: true })).toEqual({ ok: true, value: 2 });
  });

  it("reads are found through members and literal keys, once each, sorted", () => {
    expect(compiled('steps.b.output == steps["a"].output && has(steps.b.text)').reads).toEqual(["a", "b"]);
    expect(compiled("steps.plan.output.questions").reads).toEqual(["plan"]);
    expect(compiled("steps.plan").reads).toEqual(["plan"]);
    expect(compiled("steps.?plan.output").reads).toEqual(["plan"]);
  });

  it("run and context are readable", () => {
    expect(evaluate("run.id")).toEqual({ ok: true, value: "run_1" });
    expect(evaluate("context.a.b + 1")).toEqual({ ok: true, value: 8 });
  });

  it("an expression in ${{ }} is understood where a bare one is wanted", () => {
    expect(evaluate("${{ input.depth }}")).toEqual({ ok: true, value: 4 });
    expect(mistake("${{ inptu.x }}").span).toEqual({ offset: 4, length: 5 });
  });
});

describe("mistakes are found before a run, with their place", () => {
  const cases: readonly (readonly [string, string, RegExp, { readonly offset: number; readonly length: number } | null])[] = [
    ["1 +", "T1201", /unexpected token: the end/, { offset: 2, length: 1 }],
    ["", "T1201", /empty/, { offset: 0, length: 1 }],
    ["a b", "T1201", /unexpected character/, { offset: 2, length: 1 }],
    ["b'x'", "T1201", /Bytes/, { offset: 0, length: 4 }],
    ["9007199254740993", "T1201", /too large/, { offset: 0, length: 16 }],
    ["'a'.matches('(')", "T1201", /cannot be used/, { offset: 12, length: 3 }],
    ["'a'.matches('(?=a)')", "T1201", /Perl syntax/, { offset: 12, length: 7 }],
    ["inptu.x", "T1202", /not known/, { offset: 0, length: 5 }],
    ["output", "T1202", /has no value here/, { offset: 0, length: 6 }],
    ["constructor", "T1202", /not known/, { offset: 0, length: 11 }],
    ["input.constructor", "T1202", /cannot be read/, { offset: 6, length: 11 }],
    ["input['__proto__']", "T1202", /cannot be read/, { offset: 0, length: 18 }],
    ["has(input.prototype)", "T1202", /cannot be read/, { offset: 10, length: 9 }],
    ["{'__proto__': 1}", "T1202", /cannot be read/, { offset: 1, length: 11 }],
    ["steps.constructor", "T1202", /cannot be read/, { offset: 6, length: 11 }],
    ["steps.a.outptu", "T1202", /A step's result has no "outptu"/, { offset: 8, length: 6 }],
    ["steps.a.uri", "T1202", /has no "uri"/, { offset: 8, length: 3 }],
    ["run.name", "T1202", /"run" has no "name"/, { offset: 4, length: 4 }],
    ["input.list.map(input, 1)", "T1202", /already taken/, { offset: 15, length: 5 }],
    ["input.list.map(x, x.map(x, 1))", "T1202", /already taken/, { offset: 24, length: 1 }],
    ["foo(1)", "T1203", /no function "foo\(\)"/, { offset: 0, length: 6 }],
    ["input.name.startWith('a')", "T1203", /no method ".startWith\(\)"/, { offset: 0, length: 25 }],
    ["size()", "T1203", /takes 1 values here, not 0/, { offset: 0, length: 6 }],
    ["'a'.indexOf()", "T1203", /takes 1 to 2 values here, not 0/, { offset: 0, length: 13 }],
    ["cel.bind(x, 1)", "T1203", /cel.bind takes/, { offset: 0, length: 14 }],
    ["cel.bind(1, 1, 1)", "T1201", /variable/, { offset: 9, length: 1 }],
    ["optional.some(1)", "T1203", /no optional.some/, { offset: 0, length: 16 }],
    ["has(input)", "T1203", /has\(\) takes one field/, { offset: 0, length: 10 }],
    ["has(steps.a)", "T1205", /Every step is there/, { offset: 0, length: 12 }],
    ["steps", "T1205", /must name each step/, { offset: 0, length: 5 }],
    ["size(steps)", "T1205", /must name each step/, { offset: 5, length: 5 }],
    ["steps[input.x].output", "T1205", /must name each step/, { offset: 0, length: 5 }],
    ["steps[0]", "T1205", /must name each step/, { offset: 0, length: 5 }],
    ["1 + ".repeat(600) + "1", "T1204", /too large or too deep/, null],
    ["(".repeat(100) + "1" + ")".repeat(100), "T1204", /too large or too deep/, null],
    ["'" + "x".repeat(MAX_EXPRESSION_LENGTH) + "'", "T1204", /the limit is 4096/, null],
  ];
  it.each(cases)("%s is refused with %s", (source, code, message, span) => {
    const found = mistake(source);
    expect(found.code).toBe(code);
    expect(found.message).toMatch(message);
    expect(found.span).toEqual(span);
  });

  it("a suggestion names what was probably meant", () => {
    expect(mistake("inptu.x").help).toBe('Did you mean "input"?');
    expect(mistake("steps.a.outptu").help).toBe('Did you mean "output"?');
    expect(mistake("steps.a.uri").help).toContain(".output.uri");
    expect(mistake("input.name.startWith('a')").help).toBe('Did you mean "startsWith"?');
    expect(mistake("steps.paln.output", { steps: stepNames(new Set(["plan"])) })).toMatchObject({
      code: "T1301",
      help: 'Did you mean "plan"?',
    });
    expect(mistake("size(steps.paln.output)", { steps: stepNames(new Set(["plan"])) }).span).toEqual({ offset: 11, length: 4 });
  });

  it("a place counts from the beginning of the text, white space included", () => {
    expect(mistake("   inptu").span).toEqual({ offset: 3, length: 5 });
  });
});

describe("a bug is not taken for a failure", () => {
  const bug = new BugError("A promise is broken.");

  it("what the scope throws goes on", () => {
    const scope = Object.defineProperty({ ...scopeOf() }, "input", {
      get: () => {
        throw bug;
      },
    });
    expect(() => evaluate("input.x", scope)).toThrow(bug);
    expect(() => evaluate("input.x == 1 || true", scope)).toThrow(bug);
  });

  it("what the caller's set throws goes on", () => {
    const steps = {
      has: () => {
        throw bug;
      },
    } as unknown as ReadonlySet<string>;
    expect(() => compileExpression("size(steps.a)", { steps: stepNames(steps) })).toThrow(bug);
  });

  it("helpers say what they miss", () => {
    expect(() => asText(undefined)).toThrow(expect.objectContaining({ message: "A text is needed here, not nothing." }) as Error);
    expect(() => failMissing(scopeOf(), "nowhere", "output")).toThrow(
      expect.objectContaining({ message: 'Step "nowhere" is unknown and has no output.' }) as Error,
    );
  });
});

describe("nothing leads out of the data", () => {
  it("own properties with forbidden names are not readable through computed keys", () => {
    const input = JSON.parse('{"k": "__proto__", "__proto__": {"x": 1}, "c": "constructor"}') as Json;
    expect(evaluate("input[input.k]", scopeOf(input)).ok).toBe(false);
    expect(evaluate("input[input.c]", scopeOf(input)).ok).toBe(false);
    expect(evaluate("input.k in input", scopeOf(input))).toEqual({ ok: true, value: false });
    expect(evaluate("input.?toString.orValue(1)", scopeOf(input))).toEqual({ ok: true, value: 1 });
    expect(evaluate("input.list.?length.orValue(1)", scopeOf({ list: [] }))).toEqual({ ok: true, value: 1 });
  });
});
