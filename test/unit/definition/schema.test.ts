import { describe, expect, it } from "vitest";

import type { Json } from "../../../src/base/json.ts";
import type { JsonSchema } from "../../../src/definition/definition.ts";
import { compilePattern } from "../../../src/definition/pattern.ts";
import { applyDefaults, prepareInput } from "../../../src/definition/run-input.ts";
import { compileSchema, type SchemaMode } from "../../../src/definition/schema.ts";
import { minimal } from "./definitions.ts";

function check(schema: JsonSchema, value: Json, mode: SchemaMode = "all"): readonly string[] {
  const compiled = compileSchema(schema, mode);
  if (!compiled.ok) throw new Error(compiled.error.message);
  return compiled.value(value);
}

function refused(schema: JsonSchema) {
  const compiled = compileSchema(schema);
  if (compiled.ok) throw new Error("The schema compiles.");
  return compiled.error;
}

describe("a schema checks values and says what is wrong, with the place", () => {
  const cases: readonly (readonly [JsonSchema, Json, readonly string[]])[] = [
    [{ type: "object", required: ["a/b"] }, {}, ["/a~1b is missing."]],
    [{ properties: { a: {} }, additionalProperties: false }, { b: 1 }, ["/b is not allowed."]],
    [{ properties: { a: {} }, unevaluatedProperties: false }, { b: 1 }, ["/b is not allowed."]],
    [{ properties: { a: { enum: ["x", 1] } } }, { a: 2 }, ['/a must be one of "x", 1.']],
    [{ const: 1 }, 2, ["The value must be 1."]],
    [{ type: ["string", "null"] }, 1, ["The value must be a string or null."]],
    [{ items: { type: "integer" } }, [1, "a"], ["/1 must be an integer."]],
    [{ format: "date" }, "x", ["The value must be in the format date."]],
    [{ minLength: 2 }, "a", ["The value must have at least 2 characters."]],
    [{ minLength: 1 }, "", ["The value must not be empty."]],
    [{ maxItems: 1 }, [1, 2], ["The value must have at most 1 item."]],
    [{ minProperties: 2 }, {}, ["The value must have at least 2 keys."]],
    [{ minimum: 1, exclusiveMaximum: 0 }, 0, ["The value must be at least 1.", "The value must be less than 0."]],
    [{ multipleOf: 2 }, 3, ["The value must be a multiple of 2."]],
    [{ anyOf: [{ type: "string" }] }, 1, ["The value must be a string.", "The value fits none of the alternatives (`anyOf`)."]],
    [{ oneOf: [false, false] }, 1, ["The value is not allowed.", "The value fits none of the alternatives (`oneOf`)."]],
    [{ minItems: 1, maxLength: 1 }, [], ["The value must not be empty."]],
    [{ exclusiveMinimum: 1, maximum: 0 }, 1, ["The value must be at most 0.", "The value must be more than 1."]],
    [{ maxProperties: 0 }, { a: 1 }, ["The value must have at most 0 keys."]],
    [{ oneOf: [true, true] }, 1, ["The value fits more than one of the alternatives (`oneOf`)."]],
    [{ not: {} }, 1, ["The value is of a kind that the schema excludes (`not`)."]],
    [{ if: false, else: false }, 1, ["The value is not allowed.", "The value does not fit what the schema says under `else`."]],
    [{ contains: { const: 1 } }, [2], ["/0 must be 1.", "The value must hold at least 1 item of the kind under `contains`."]],
    [{ propertyNames: { maxLength: 1 } }, { ab: 1 }, ["The value must have at most 1 character.", 'The value must not have a key "ab".']],
    [{ dependentRequired: { a: ["b"] } }, { a: 1 }, ["/b is missing; a comes only together with it."]],
    [{ properties: { a: false } }, { a: 1 }, ["/a is not allowed."]],
    [false, 1, ["The value is not allowed."]],
    [true, 1, []],
    [
      { uniqueItems: true },
      [
        { a: 1, b: 2 },
        { b: 2, a: 1 },
      ],
      ["The value must not hold the same item twice."],
    ],
    [{ uniqueItems: true }, [1, 2], []],
    [{ uniqueItems: false }, [1, 1], []],
    [{ pattern: "^\\u0041\\/\\d+$" }, "A/12", []],
    [{ pattern: "^a$" }, "b", ["The value must match the pattern ^a$."]],
    [{ $defs: { q: { type: "integer" } }, $ref: "#/$defs/q" }, "x", ["The value must be an integer."]],
    [{ $schema: "https://json-schema.org/draft/2020-12/schema", type: "string" }, "x", []],
    [{ type: "string", "x-note": "other words are allowed" }, "x", []],
  ];
  it.each(cases)("%j on %j: %j", (schema, value, expected) => {
    expect(check(schema, value)).toEqual(expected);
  });

  it("one mode stops at the first problem, the other finds all, up to a readable number", () => {
    const schema = { items: { type: "string" } };
    const value = Array.from({ length: 30 }, () => 1);
    expect(check(schema, value, "first")).toEqual(["/0 must be a string."]);
    expect(check(schema, value)).toHaveLength(21);
    expect(check(schema, value).at(-1)).toBe("There are 10 more problems.");
  });

  it("the same $id can be used by many schemas", () => {
    for (const type of ["string", "integer", "string"]) expect(check({ $id: "https://example.com/a", type }, true)).toHaveLength(1);
  });

  it("unique objects by the thousand are checked in linear time", () => {
    const items = Array.from({ length: 20_000 }, (_, id) => ({ id }));
    const startedAt = performance.now();
    expect(check({ uniqueItems: true }, items)).toEqual([]);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it("a pattern that makes other engines backtrack for ever is quick", () => {
    const startedAt = performance.now();
    expect(check({ pattern: "^(a+)+$" }, `${"a".repeat(50_000)}!`)).toHaveLength(1);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  it("a text that is no Unicode cannot be compared, which is a problem too", () => {
    expect(check({ uniqueItems: true }, ["\ud800", "a"])).toEqual([expect.stringContaining("cannot be checked")]);
  });

  it("a value that is nested too deeply is a problem, not a crash", () => {
    let deep: Json = [];
    for (let level = 0; level < 50_000; level += 1) deep = [deep];
    expect(check({ items: { $ref: "#" } }, deep)).toEqual(["The value is nested too deeply to be checked."]);
  });
});

describe("a schema that cannot be used is refused", () => {
  const cases: readonly (readonly [string, JsonSchema, string, RegExp, readonly (string | number)[]])[] = [
    ["an unknown type", { type: "strin" }, "T1101", /cannot be used: "strin" is not a type; a type is string, number/, ["type"]],
    [
      "an unknown type among several",
      { properties: { type: { type: ["string", "nul"] } } },
      "T1101",
      /"nul" is not a type/,
      ["properties", "type", "type", 1],
    ],
    [
      "a list where a schema belongs",
      { properties: { audience: ["internal", "public"] } },
      "T1101",
      /"audience" must be a schema, such as \{ type: string \}, not \["internal","public"\]/,
      ["properties", "audience"],
    ],
    ["a word where a list belongs", { required: "audience" }, "T1101", /"required" must be a list, not "audience"/, ["required"]],
    ["a text where an object belongs", { properties: "x" }, "T1101", /"properties" must be an object, not "x"/, ["properties"]],
    ["a type with nothing behind it", { items: { type: null } }, "T1101", /null is not a type/, ["items", "type"]],
    ["a limit that is none", { minLength: -1 }, "T1101", /"minLength" must be at least 0, not -1/, ["minLength"]],
    ["a broken reference", { $ref: "#/$defs/none" }, "T1101", /can't resolve/, []],
    [
      "a reference to elsewhere",
      { properties: { a: { $ref: "https://example.com/x" } } },
      "T1101",
      /outside of itself/,
      ["properties", "a", "$ref"],
    ],
    ["a dynamic reference to elsewhere", { $dynamicRef: "x" }, "T1101", /outside of itself/, ["$dynamicRef"]],
    ["another dialect", { $schema: "http://json-schema.org/draft-07/schema#" }, "T1101", /draft-07/, ["$schema"]],
    ["a regular expression with look-ahead", { allOf: [{ pattern: "(?=a)" }] }, "T1101", /Perl syntax/, []],
    ["a huge regular expression", { pattern: "a".repeat(2_000) }, "T1101", /at most 1000 characters/, []],
    ["too many schemas", { anyOf: Array.from({ length: 600 }, () => ({})) }, "T1102", /more than 500/, []],
    ["too many characters", { description: "x".repeat(70_000) }, "T1102", /70/, []],
    ["too many levels", nested(40), "T1102", /more than 32 levels/, Array.from({ length: 33 }, () => "items")],
  ];
  it.each(cases)("%s", (_, schema, code, message, path) => {
    expect(refused(schema)).toMatchObject({ code, message: expect.stringMatching(message) as string, path });
  });

  function nested(levels: number): JsonSchema {
    let schema: JsonSchema = {};
    for (let level = 0; level < levels; level += 1) schema = { items: schema };
    return schema;
  }
});

describe("patterns", () => {
  it("a pattern whose repetitions multiply is refused", () => {
    expect(compilePattern("(a{90}){90}", "re2")).toMatchObject({
      ok: false,
      error: expect.stringMatching(/too large|repeat count/) as string,
    });
    expect(compilePattern("(a{30}b{30}c{30}){30}", "re2")).toMatchObject({
      ok: false,
      error: expect.stringContaining("too large") as string,
    });
  });
});

describe("the run's input", () => {
  const schema: JsonSchema = {
    type: "object",
    required: ["vendor"],
    properties: {
      vendor: { type: "string", minLength: 1 },
      depth: { type: "integer", maximum: 8, default: 4 },
      options: { type: "object", default: {}, properties: { deep: { default: [1] }, other: {} } },
      rows: { type: "array", items: { $ref: "#/$defs/row" } },
      pair: { prefixItems: [{ properties: { x: { default: 1 } } }] },
      mixed: { allOf: [{ properties: { y: { default: 2 } } }] },
    },
    $defs: { row: { properties: { size: { default: 1 } } } },
  };

  it("gets the defaults of the schema at every level that is there, and stays as it was given", () => {
    const given = { vendor: "Acme", rows: [{}, { size: 5 }, 3], pair: [{}, {}], mixed: {} };
    const copy = structuredClone(given);
    expect(prepareInput(minimal({ input: schema }), given)).toEqual({
      ok: true,
      value: {
        vendor: "Acme",
        depth: 4,
        options: { deep: [1] },
        rows: [{ size: 1 }, { size: 5 }, 3],
        pair: [{ x: 1 }, {}],
        mixed: { y: 2 },
      },
    });
    expect(given).toEqual(copy);
  });

  it("that does not fit is an error with every problem, its place, and what the workflow takes", () => {
    const definition = minimal({ input: schema });
    for (let time = 0; time < 2; time += 1) {
      const prepared = prepareInput(definition, { vendor: "", depth: 9 });
      expect(prepared.ok ? null : prepared.error).toMatchObject({
        code: "T2001",
        message: 'The input of workflow "w" does not fit: /vendor must not be empty. /depth must be at most 8.',
        help: "It takes vendor (required), depth, options, rows, pair, mixed.",
      });
    }
  });

  it("of a workflow without a schema is anything; with a schema for other things than objects, the help is general", () => {
    expect(prepareInput(minimal({}), [1])).toEqual({ ok: true, value: [1] });
    const list = prepareInput(minimal({ input: { type: "array" } }), 1);
    expect(list.ok ? null : list.error.help).toBe("Give an input that fits the workflow's input schema.");
    const never = prepareInput(minimal({ input: false }), 1);
    expect(never.ok).toBe(false);
    const open = prepareInput(minimal({ input: { properties: { a: { type: "string" } } } }), { a: 1 });
    expect(open.ok ? null : open.error.help).toBe("It takes a.");
  });

  it("of a stored definition whose schema cannot be used is refused with the reason", () => {
    const prepared = prepareInput(minimal({ input: { type: "strin" } }), 1);
    expect(prepared.ok ? null : prepared.error.message).toContain("The schema cannot be used");
  });

  it("never gets a default for a name that leads out of the data, nor one that turns in circles", () => {
    const hostile = JSON.parse('{"properties": {"__proto__": {"default": {"x": 1}}, "a": {"default": 1}}}') as JsonSchema;
    expect(Object.keys(applyDefaults(hostile, {}) as object)).toEqual(["a"]);
    expect(applyDefaults({ $ref: "#/$defs/a", $defs: { a: { $ref: "#/$defs/a" } } }, { x: 1 })).toEqual({ x: 1 });
    expect(applyDefaults({ properties: { a: true } }, { a: 1 })).toEqual({ a: 1 });
    expect(applyDefaults({ properties: { a: true } }, {})).toEqual({});
    expect(applyDefaults(true, 1)).toBe(1);
    expect(applyDefaults({ $ref: "#/$defs/nothing/here" }, {})).toEqual({});
    expect(applyDefaults({ $ref: "other", properties: { a: { default: 1 } } }, {})).toEqual({ a: 1 });
  });
});
