import * as fc from "fast-check";
import { describe, expect, it } from "vitest";

import { fits } from "../../../src/authoring/lint/fits.ts";
import type { Json } from "../../../src/base/json.ts";
import { compileSchema } from "../../../src/definition/schema.ts";

/** Reasons as `path: reason`, with `!` for those that are certain. */
function reasons(source: Json, target: Json): readonly string[] {
  return fits(source, target).map(({ path, reason, isCertain }) => `${isCertain ? "!" : "?"} ${path.join(".")}: ${reason}`);
}

const TEXT: Json = { type: "string" };
const NUMBER: Json = { type: "number" };
const object = (properties: { readonly [key: string]: Json }, more: { readonly [key: string]: Json } = {}): Json => ({
  type: "object",
  properties,
  ...more,
});

describe("a schema fits another", () => {
  const fitting: readonly (readonly [what: string, source: Json, target: Json])[] = [
    ["when nothing is known of the source", true, object({ a: TEXT }, { required: ["a"] })],
    ["when nothing is wanted", TEXT, true],
    ["when the types are the same", TEXT, TEXT],
    ["when it is narrower", { type: "integer" }, NUMBER],
    ["when one alternative is enough", TEXT, { anyOf: [NUMBER, TEXT] }],
    ["when it promises what is wanted", object({ a: TEXT, b: NUMBER }, { required: ["a"] }), object({ a: TEXT }, { required: ["a"] })],
    ["when it promises a field of which no more is known", { type: "object", required: ["a"] }, object({ a: TEXT }, { required: ["a"] })],
    ["when all of its words are accepted", { enum: ["a", "b"] }, { enum: ["a", "b", "c"] }],
    ["when it leads through references", { $ref: "#/$defs/x", $defs: { x: TEXT } }, { allOf: [{ $ref: "#/$defs/y" }], $defs: { y: TEXT } }],
    [
      "when a reference leads back into itself",
      { $ref: "#/$defs/x", $defs: { x: object({ x: { $ref: "#/$defs/x" } }) } },
      object({ x: object({}) }),
    ],
    ["when bounds overlap", { type: "number", minimum: 1, maximum: 5 }, { type: "number", minimum: 3 }],
  ];
  it.each(fitting)("%s", (_, source, target) => {
    expect(reasons(source, target)).toEqual([]);
  });
});

describe("a schema does not fit another", () => {
  const misfits: readonly (readonly [what: string, source: Json, target: Json, found: readonly string[]])[] = [
    ["another type", TEXT, NUMBER, ["! : is a text, and a number is wanted"]],
    ["perhaps another type", { type: ["string", "null"] }, TEXT, ["? : may be null, and a text is wanted"]],
    ["a fraction", NUMBER, { type: "integer" }, ["? : may have a fraction, and a whole number is wanted"]],
    ["a field that is never there", object({}, { additionalProperties: false }), object({}, { required: ["a"] }), ["! a: is missing"]],
    ["a field that may be missing", object({ a: TEXT }), object({ a: TEXT }, { required: ["a"] }), ["? a: may be missing"]],
    [
      "a field of another type",
      object({ a: TEXT }, { required: ["a"] }),
      object({ a: NUMBER }),
      ["! a: is a text, and a number is wanted"],
    ],
    ["an optional field of another type", object({ a: TEXT }), object({ a: NUMBER }), ["? a: is a text, and a number is wanted"]],
    [
      "a field too many",
      object({ a: TEXT }, { required: ["a"] }),
      object({}, { additionalProperties: false }),
      ["! a: is not known to it"],
    ],
    [
      "items of another type",
      { type: "array", items: TEXT },
      { type: "array", items: NUMBER },
      ["? []: is a text, and a number is wanted"],
    ],
    ["a word that is refused", { enum: ["a", "b"] }, { enum: ["a"] }, ['? : can be "b", which is refused: The value must be one of "a".']],
    ["a constant that is refused", { const: 1 }, TEXT, ["! : can be 1, which is refused: The value must be a string."]],
    [
      "bounds that never meet",
      { type: "number", maximum: 2 },
      { type: "number", minimum: 3 },
      ["! : has a maximum of 2, and a minimum of 3 is wanted"],
    ],
    [
      "no alternative of the target",
      { type: "boolean" },
      { anyOf: [NUMBER, TEXT] },
      ["! : is true or false, and a number or a text is wanted"],
    ],
    ["one alternative of the source", { anyOf: [NUMBER, TEXT] }, NUMBER, ["? : is a text, and a number is wanted"]],
    ["anything where nothing is allowed", TEXT, false, ["! : is not allowed"]],
  ];
  it.each(misfits)("%s", (_, source, target, found) => {
    expect(reasons(source, target)).toEqual(found);
  });
});

// A schema of a small language, and a value of it: what `fits` is sure of must never be contradicted by a value.
const schemas = fc.letrec<{ schema: Json }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, depthIdentifier: "schema" },
    fc.constantFrom<Json>(
      { type: "string" },
      { type: "integer" },
      { type: "number" },
      { type: ["string", "null"] },
      { enum: ["a", "b", 1] },
      { const: "a" },
      true,
    ),
    fc.constantFrom<Json>(
      { type: "number", minimum: 3 },
      { type: "number", maximum: 2 },
      { type: "string", minLength: 2 },
      { type: "boolean" },
    ),
    fc
      .record({ a: tie("schema"), b: tie("schema"), required: fc.subarray(["a", "b"]), isClosed: fc.boolean() })
      .map(({ a, b, required, isClosed }): Json => ({ type: "object", properties: { a, b }, required, additionalProperties: !isClosed })),
    tie("schema").map((items): Json => ({ type: "array", items })),
    fc.tuple(tie("schema"), tie("schema")).map((anyOf): Json => ({ anyOf })),
  ),
})).schema;
const values = fc.letrec<{ value: Json }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, depthIdentifier: "value" },
    fc.constantFrom<Json>(null, true, 0, 1, 2, 3, 2.5, "", "a", "b", "abc"),
    fc.record({ a: tie("value"), b: tie("value"), c: fc.constant(1) }, { requiredKeys: [] }).map((found): Json => found),
    fc.array(tie("value"), { maxLength: 2 }).map((found): Json => found),
  ),
})).value;

it("what is called certain has no value that fits", () => {
  fc.assert(
    fc.property(schemas, schemas, fc.array(values, { minLength: 20, maxLength: 40 }), (source, target, samples) => {
      // Compiling a schema is the dear part, and most pairs say nothing.
      if (!fits(source, target).some(({ isCertain }) => isCertain)) return;
      const [isOfSource, isOfTarget] = [compileSchema(source as { [key: string]: Json }), compileSchema(target as { [key: string]: Json })];
      if (!isOfSource.ok || !isOfTarget.ok) return;
      const ofSource = samples.filter((sample) => isOfSource.value(sample).length === 0);
      expect(ofSource.filter((sample) => isOfTarget.value(sample).length === 0)).toEqual([]);
    }),
    { numRuns: 300 },
  );
}, 60_000);
