/** The glance at a schema, beside the dialect's own schema as an oracle. */
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import * as fc from "fast-check";
import { expect, it } from "vitest";

import type { Json } from "../../../src/base/json.ts";
import { DIALECT, isPlainSchema } from "../../../src/definition/plain-schema.ts";

const ajv = new Ajv2020({ strict: false, logger: false });
addFormats.default(ajv);
const isSchema = (schema: Json): boolean => ajv.validate(DIALECT, schema);

const TYPES = ["array", "boolean", "integer", "null", "number", "object", "string", "text"];
const NUMBERS = ["minProperties", "maxProperties", "minItems", "maxItems", "minLength", "maxLength", "minimum", "maximum"];
const WORDS = ["title", "description", "format", "$ref", "$schema", "pattern", "$id", "$anchor", "unknown"];

/** Schemas, and what is nearly one. */
const { schema: anySchema } = fc.letrec<{ readonly schema: Json }>((tie) => {
  const inner = tie("schema");
  const text = fc.constantFrom("a", "", "#", "#/$defs/a", "# a", "a b", "(", DIALECT, "date");
  const number = fc.constantFrom(0, 1, 2.5, -1, 1e21, -0.5);
  const list = fc.array(inner, { maxLength: 2 });
  const map = fc.dictionary(fc.constantFrom("a", "b", "__proto__", "type"), inner, { maxKeys: 2 });
  const kinds = fc.oneof(fc.constantFrom(...TYPES), fc.array(fc.constantFrom(...TYPES), { maxLength: 3 }));
  const odd = fc.constantFrom<Json>(null, true, 1, "a", [], {}, ["a", "a"]);
  const entry = (keywords: readonly string[], value: fc.Arbitrary<Json>) => fc.tuple(fc.constantFrom(...keywords), value);
  const keyword = fc.oneof(
    entry(["type"], kinds),
    entry([...NUMBERS, "exclusiveMinimum", "exclusiveMaximum", "multipleOf"], number),
    entry(WORDS, text),
    entry(["properties", "$defs", "patternProperties"], map),
    entry(["items", "additionalProperties", "propertyNames", "not", "if", "contains"], inner),
    entry(["allOf", "anyOf", "oneOf", "prefixItems"], list),
    entry(["required", "examples", "enum", "type"], fc.array(fc.constantFrom<Json>("a", "b", "string", 1), { maxLength: 3 })),
    entry(["const", "default", "uniqueItems", "required", "enum", "items", "properties", ...NUMBERS], odd),
  );
  const object = fc.array(keyword, { maxLength: 4 }).map((entries): Json => Object.fromEntries(entries));
  return { schema: fc.oneof({ depthSize: "small", withCrossShrink: true }, fc.boolean(), fc.boolean(), object, object, odd) };
});

it("whatever is plain is a schema by the dialect's own schema, too", () => {
  const counts = { plain: 0, refused: 0 };
  fc.assert(
    fc.property(anySchema, (schema) => {
      if (!isPlainSchema(schema)) return void (counts.refused += isSchema(schema) ? 0 : 1);
      counts.plain += 1;
      expect(isSchema(schema)).toBe(true);
    }),
    { numRuns: 5_000 },
  );
  // Else it would not say much.
  expect(counts.plain).toBeGreaterThan(500);
  expect(counts.refused).toBeGreaterThan(500);
});

it("the schemas that people write are plain", () => {
  const whole: Json = {
    $schema: DIALECT,
    title: "Order",
    description: "What is bought.",
    type: "object",
    required: ["id", "lines"],
    additionalProperties: false,
    minProperties: 1,
    properties: {
      id: { type: ["string", "null"], minLength: 1, maxLength: 20, format: "uuid", examples: ["a"] },
      lines: { type: "array", items: { $ref: "#/$defs/line" }, minItems: 1, maxItems: 9, uniqueItems: true },
      state: { enum: ["open", 1, null], default: "open" },
      size: { anyOf: [{ const: 0 }, { type: "number", minimum: 1, exclusiveMaximum: 9.5, multipleOf: 0.5 }] },
      notes: { not: { type: "integer" }, propertyNames: { maxLength: 3 } },
      pair: { prefixItems: [true, false], oneOf: [{}], allOf: [{}] },
    },
    $defs: { line: { type: "object" } },
  };
  expect([isPlainSchema(whole), isSchema(whole)]).toEqual([true, true]);
});

it.each<[Json]>([
  [{ type: "strng" }],
  [{ type: [] }],
  [{ type: ["string", "string"] }],
  [{ required: ["a", "a"] }],
  [{ required: "a" }],
  [{ required: [1] }],
  [{ properties: { a: 1 } }],
  [{ properties: [] }],
  [{ items: [true] }],
  [{ anyOf: [] }],
  [{ anyOf: {} }],
  [{ allOf: [{ oneOf: [1] }] }],
  [{ minLength: -1 }],
  [{ maxItems: 1.5 }],
  [{ minimum: "1" }],
  [{ multipleOf: 0 }],
  [{ multipleOf: "1" }],
  [{ uniqueItems: 1 }],
  [{ enum: 1 }],
  [{ title: 1 }],
  [{ $ref: 1 }],
  [1],
  [null],
  ["a"],
  [[]],
])("%j is no schema, and not taken for one", (schema) => {
  expect([isPlainSchema(schema), isSchema(schema)]).toEqual([false, false]);
});

it.each<[Json]>([[{ pattern: "a" }], [{ $ref: "https://a.example" }], [{ $schema: `${DIALECT}#` }], [{ toString: 1 }]])(
  "%j is left to the dialect's own schema",
  (schema) => {
    expect(isPlainSchema(schema)).toBe(false);
  },
);
