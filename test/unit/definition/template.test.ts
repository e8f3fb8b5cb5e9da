import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import type { Json } from "../../../src/base/json.ts";
import { compileTemplate } from "../../../src/definition/expression/template.ts";
import { splitTemplate } from "../../../src/definition/expression/split-template.ts";
import { scopeOf } from "./scope.ts";

function evaluate(template: Json, input: Json = { n: 1, text: "t", nothing: null, list: [1, { a: 2 }], yes: true }) {
  const compiled = compileTemplate(template);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  return compiled.value.evaluate(scopeOf(input));
}

describe("templates", () => {
  const cases: readonly (readonly [Json, Json])[] = [
    ["${{ input.n }}", 1],
    ["${{input.list}}", [1, { a: 2 }]],
    ["${{ input.nothing }}", null],
    ["n is ${{ input.n }}", "n is 1"],
    ["${{ input.text }}${{ input.text }}", "tt"],
    [" ${{ input.n }}", " 1"],
    ["${{ input.nothing }}!", "!"],
    ["${{ input.list }} ${{ input.yes }}", '[1,{"a":2}] true'],
    ['${{ {"a": {"b": 1}} }}', { a: { b: 1 } }],
    ['${{ "}}" }}x', "}}x"],
    ["${{ '}}' + \"'\" }}x", "}}'x"],
    ["${{ r'\\d}}' + 'x' }}y", "\\d}}xy"],
    ["${{ 'it\\'s }}' }}!", "it's }}!"],
    ["${{ '''a'b}}''' }}!", "a'b}}!"],
    ['${{ "${{" }}', "${{"],
    ["$context.a.b", 7],
    ["$context.a", { b: 7 }],
    ["see $context.a.b", "see $context.a.b"],
    ["$contexts.a", "$contexts.a"],
    ["}} and { }", "}} and { }"],
    ["", ""],
    [5, 5],
    [null, null],
    [
      { a: ["${{ input.n }}", { b: "x${{ input.n }}" }], c: { d: 1 } },
      { a: [1, { b: "x1" }], c: { d: 1 } },
    ],
    ["${{ input.list.map(x, 1) }}${{ input.list.filter(y, true).size() }}", "[1,1]2"],
  ];
  it.each(cases)("%j becomes %j", (template, expected) => {
    expect(evaluate(template)).toEqual({ ok: true, value: expected });
  });

  it("a failure tells which of the expressions it was", () => {
    expect(evaluate({ a: "${{ steps.done.output.name }}", b: "${{ steps.skipped.output.x }}" })).toEqual({
      ok: false,
      error: { source: "steps.skipped.output.x", message: 'Step "skipped" is skipped and has no output.', reads: ["skipped"] },
    });
  });

  it("all mistakes are found, each with its path and place", () => {
    const compiled = compileTemplate({ a: "x ${{ inptu }}", b: ["${{ 1 +"], c: "${{ input.x }} ${{ nope(1) }}", ["__proto__x"]: "${{}}" });
    expect(compiled.ok ? [] : compiled.error.map(({ code, path, span }) => ({ code, path, span }))).toEqual([
      { code: "T1202", path: ["a"], span: { offset: 6, length: 5 } },
      { code: "T1201", path: ["b", 0], span: { offset: 0, length: 3 } },
      { code: "T1203", path: ["c"], span: { offset: 19, length: 7 } },
      { code: "T1201", path: ["__proto__x"], span: { offset: 3, length: 1 } },
    ]);
  });

  it("an expression that is too long is marked whole", () => {
    const long = `\${{ ${"x".repeat(5000)} }}`;
    const compiled = compileTemplate(`a${long}`);
    expect(compiled.ok ? null : compiled.error[0]).toMatchObject({ code: "T1204", span: { offset: 4, length: 5002 } });
  });

  it("a key that leads out of the data is refused", () => {
    const compiled = compileTemplate(JSON.parse('{"a": {"__proto__": 1}}') as Json);
    expect(compiled.ok ? null : compiled.error).toMatchObject([{ code: "T1014", path: ["a", "__proto__"], at: "key" }]);
  });

  it("constants are made once, and nobody can change them", () => {
    const compiled = compileTemplate({ a: [1, { b: 2 }] });
    if (!compiled.ok) throw new Error("It compiles.");
    const first = compiled.value.evaluate(scopeOf());
    expect(compiled.value.evaluate(scopeOf())).toBe(first);
    expect(first.ok && Object.isFrozen(first.value)).toBe(true);
  });

  it("reads are those of all expressions, sorted", () => {
    const compiled = compileTemplate({ a: "${{ steps.z.output }} ${{ steps.b.text }}", c: "${{ steps.a }}" });
    expect(compiled.ok && compiled.value.reads).toEqual(["a", "b", "z"]);
  });

  it("interpolating more than the bound fails, and what went before is not kept", () => {
    const template = Array.from({ length: 80 }, () => "${{ input }}").join(" ");
    expect(evaluate(template, "x".repeat(1_000_000))).toMatchObject({
      ok: false,
      error: { message: expect.stringContaining("too much work") as string },
    });
  });

  it("JSON without expressions comes back as it went in", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const template = JSON.parse(JSON.stringify(value)) as Json;
        if (/\$\{\{|\$context|__proto__|constructor|prototype/.test(JSON.stringify(template))) return;
        expect(evaluate(template)).toEqual({ ok: true, value: template });
      }),
    );
  });

  it("any input comes back whole through ${{ input }}, and as its text inside a text", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const input = JSON.parse(JSON.stringify(value)) as Json;
        expect(evaluate({ a: "${{ input }}" }, input)).toEqual({ ok: true, value: { a: input } });
        const text = typeof input === "string" ? input : input === null ? "" : JSON.stringify(input);
        expect(evaluate("<${{ input }}>", input)).toEqual({ ok: true, value: `<${text}>` });
      }),
    );
  });

  it("splitting loses nothing: the parts make the text again", () => {
    const piece = fc.oneof(fc.constantFrom("${{", "}}", "{", "}", "'", '"', "\\", "$", "x", " "), fc.string());
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const text = pieces.join("");
        const parts = splitTemplate(text);
        if (!parts.ok || text.startsWith("$context")) return;
        const again = parts.value.map((part) => (part.kind === "text" ? part.text : `\${{${part.source}}}`)).join("");
        expect(again).toBe(text);
        expect(parts.value.every((part) => part.kind === "text" || text.startsWith(part.source, part.offset))).toBe(true);
      }),
    );
  });
});
