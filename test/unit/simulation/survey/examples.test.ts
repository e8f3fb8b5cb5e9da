/** Answers that stand in for agents: they keep the contract where there is one, and are what the workflow reads where there is none. */
import { describe, expect, it } from "vitest";

import type { JsonObject } from "../../../../src/base/json.ts";
import { workflowFromObject } from "../../../../src/authoring/file/workflow-from-object.ts";
import { compileSchema } from "../../../../src/definition/schema.ts";
import { exampleOf, exampleOfShape } from "../../../../src/simulation/survey/examples.ts";
import { Shapes } from "../../../../src/simulation/survey/shapes.ts";
import { Random } from "../../../../src/simulation/random.ts";

const SEEDS = Array.from({ length: 50 }, (_, index) => `seed ${index}`);

const SCHEMAS: { readonly [what: string]: JsonObject } = {
  "an object with what it requires": { type: "object", required: ["a", "b"], properties: { a: { type: "integer", minimum: 3 } } },
  "an object that is closed": { type: "object", additionalProperties: false, required: ["a"], properties: { a: { const: 7 } } },
  "a list with bounds": { type: "array", minItems: 2, maxItems: 2, items: { enum: ["x", "y"] } },
  "a list of different things": { type: "array", uniqueItems: true, items: { enum: [1, 2, 3] } },
  "a tuple": { type: "array", prefixItems: [{ type: "string" }, { type: "boolean" }], minItems: 2 },
  "numbers above, below and in steps": {
    type: "object",
    required: ["above", "below", "step"],
    properties: {
      above: { type: "number", exclusiveMinimum: 10 },
      below: { type: "integer", exclusiveMaximum: -1 },
      step: { type: "integer", minimum: 10, multipleOf: 5 },
    },
  },
  "a score": { type: "number", minimum: 0, maximum: 1 },
  "a text of some length": { type: "string", minLength: 40, maxLength: 41 },
  "a reference": {
    $defs: { id: { type: "string", pattern: "^[A-Z]{2}-\\d+$" } },
    type: "array",
    minItems: 1,
    items: { $ref: "#/$defs/id" },
  },
  "one of several": { oneOf: [{ type: "string" }, { type: "object", required: ["x"], properties: { x: { type: "null" } } }] },
  "all of several": {
    allOf: [
      { required: ["a"], properties: { a: { type: "string" } } },
      { required: ["b"], properties: { b: { type: "integer" } } },
    ],
  },
  "a kind that may be absent": { type: ["string", "null"] },
};
const PATTERNS = ["^file:", "^(latest|[0-9]{4}-W[0-9]{2})$", "^#[0-9a-f]{6}$", "^[^@]+@example\\.com$", "^v\\d+(\\.\\d+)?$", "^(?:a|b)c*$"];
const FORMATS = [
  "date",
  "time",
  "date-time",
  "duration",
  "email",
  "hostname",
  "ipv4",
  "ipv6",
  "uri",
  "uri-reference",
  "uuid",
  "json-pointer",
  "regex",
];

function problemsOf(schema: JsonObject, seed: string): readonly string[] {
  const compiled = compileSchema(schema);
  if (!compiled.ok) throw new Error(compiled.error.message);
  return compiled.value(exampleOf(schema, { random: new Random(seed, "test"), number: 4 }));
}

describe("an answer made from a schema keeps it", () => {
  it.each(Object.entries(SCHEMAS))("%s", (_, schema) => {
    for (const seed of SEEDS) expect(problemsOf(schema, seed)).toEqual([]);
  });

  it.each(PATTERNS)("a text that matches %s", (pattern) => {
    for (const seed of SEEDS) expect(problemsOf({ type: "string", pattern }, seed)).toEqual([]);
  });

  it.each(FORMATS)("a text in the format %s", (format) => {
    expect(problemsOf({ type: "string", format }, "seed")).toEqual([]);
  });

  it("a schema that never ends gives an answer that does", () => {
    const tree: JsonObject = {
      $ref: "#/$defs/tree",
      $defs: { tree: { type: "object", required: ["left"], properties: { left: { $ref: "#/$defs/tree" } } } },
    };
    expect(JSON.stringify(exampleOf(tree, { random: new Random("seed", "test"), number: 4 })).length).toBeLessThan(1_000);
  });
});

function answersOf(steps: JsonObject, id: string, output?: JsonObject): readonly unknown[] {
  const definition = workflowFromObject({ name: "test", steps, ...(output === undefined ? {} : { output }) });
  const shape = new Shapes(definition).of(id);
  return SEEDS.map((seed) => exampleOfShape(shape, { random: new Random(seed, "test"), number: 4 }));
}

describe("without a schema, an answer is what the workflow reads from it", () => {
  it("a number where one is compared, on both sides of the bound", () => {
    const steps = { a: { agent: "x", text: "?" }, b: { agent: "y", if: "steps.a.output.score >= 0.5", text: "!" } };
    const scores = answersOf(steps, "a").map((answer) => (answer as { readonly score: number }).score);
    expect(scores.some((score) => score >= 0.5) && scores.some((score) => score < 0.5)).toBe(true);
  });

  it("one of the words that it is compared with", () => {
    const steps = { a: { agent: "x", text: "?" }, b: { agent: "y", if: "steps.a.output.kind in ['bug', 'praise']", text: "!" } };
    expect(new Set(answersOf(steps, "a").map((answer) => (answer as { readonly kind: string }).kind))).toEqual(new Set(["bug", "praise"]));
  });

  it("a list of objects where each of them is read, by `each` and by macros", () => {
    const steps = {
      a: { agent: "x", text: "?" },
      b: { each: "${{ steps.a.output.rows }}", as: "row", agent: "y", with: { id: "${{ row.id }}" } },
      c: { agent: "z", with: { names: "${{ steps.a.output.rows.map(row, row.name) }}" } },
    };
    for (const answer of answersOf(steps, "a")) {
      const { rows } = answer as { readonly rows: readonly object[] };
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) expect(Object.keys(row).toSorted()).toEqual(["id", "name"]);
    }
  });

  it("a number for a loop that asks for a score, and what a later step reads of the loop", () => {
    const steps = {
      draft: {
        loop: {
          steps: { write: { agent: "w", text: "?" }, review: { agent: "r", needs: ["write"], text: "?" } },
          score: "steps.review.output.score",
          max: 3,
        },
      },
    };
    const output = { text: "${{ steps.draft.output.write.body.size() > 3 ? 'long' : 'short' }}" };
    for (const answer of answersOf(steps, "review", output)) expect(answer).toEqual({ score: expect.any(Number) });
    for (const answer of answersOf(steps, "write", output)) expect(answer).toHaveProperty("body");
  });

  it("votes that differ at times, for a quorum on a value", () => {
    const steps = { vote: { parallel: { agents: ["a", "b", "c"], succeed: { quorum: 2, on: "result.label" } }, text: "?" } };
    expect(new Set(answersOf(steps, "a").map((answer) => JSON.stringify(answer))).size).toBe(2);
  });
});
