/** How references, expressions and texts are written down, and what is refused while a workflow is written. */
import { cel, text, TuttiError, workflow } from "tutti";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { compileTemplate } from "../../../../src/definition/expression/template.ts";

const Row = z.object({
  name: z.string(),
  tags: z.array(z.object({ id: z.number() })),
  "odd key": z.string(),
  in: z.number(),
  "0": z.string(),
});
const begun = workflow("refs", {
  input: z.object({ rows: z.array(Row), name: z.string(), note: z.string().optional(), count: z.number() }),
}).step("a", {
  agent: "x",
  output: Row,
});

type Output = Parameters<(typeof begun)["output"]>[0];

function outputOf(make: Output): unknown {
  const file = begun.output(make).toFile();
  expect(() => begun.output(make).build()).not.toThrow();
  return file["output"];
}

/** What an output is in a run. */
function evaluate(make: Output, input: { readonly [key: string]: string | number }): unknown {
  const compiled = compileTemplate(begun.output(make).build().output);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  const result = compiled.value.evaluate({ input, steps: {}, context: {}, run: { id: "run_1", started_at: "2026-01-01T00:00:00Z" } });
  return result.ok ? result.value : result.error;
}

function errorOf(make: () => unknown): TuttiError {
  try {
    make();
  } catch (error) {
    if (error instanceof TuttiError) return error;
  }
  throw new Error("Nothing was refused.");
}

describe("references", () => {
  it.each<readonly [title: string, make: Output, written: string]>([
    ["a field", ({ steps }) => steps.a.output.name, "steps.a.output.name"],
    ["a field that is no identifier", ({ steps }) => steps.a.output["odd key"], 'steps.a.output["odd key"]'],
    ["a field with a name of the expression language", ({ steps }) => steps.a.output.in, 'steps.a.output["in"]'],
    ["an item of a list", ({ input }) => input.rows[2] ?? null, "input.rows[2]"],
    ["a method", ({ input }) => input.name.replace("a", "b").size(), 'input.name.replace("a", "b").size()'],
    [
      "a method that takes a reference",
      ({ input, steps }) => input.name.contains(steps.a.output.name),
      "input.name.contains(steps.a.output.name)",
    ],
    [
      "a list of objects",
      ({ input }) => input.rows.map((row) => ({ name: row.name, n: 1 })),
      'input.rows.map(it, {"name": it.name, "n": 1})',
    ],
    [
      "a callback inside a callback",
      ({ input }) => input.rows.filter((row) => row.tags.exists((tag) => cel`${tag.id} > ${row.in}`)),
      'input.rows.filter(it, it.tags.exists(it2, it2.id > it["in"]))',
    ],
    [
      "a text inside an expression",
      ({ input }) => input.rows.map((row) => text`${row.name}!`),
      'input.rows.map(it, string(it.name) + "!")',
    ],
    ["a field that may be missing", ({ input }) => input.note.orValue("-"), 'input.?note.orValue("-")'],
    ["a step that may be skipped", ({ steps }) => steps.a.output.name.orValue("-"), 'steps.a.?output.name.orValue("-")'],
    ["an operand that is an expression itself", ({ input }) => cel`${cel`${input.count} + 1`} * 2`, "(input.count + 1) * 2"],
    ["values as literals", () => cel`${['a"b', -1, { k: null }]}.size() - ${-2}`, '["a\\"b", -1, {"k": null}].size() - (-2)'],
    ["backslashes as they are written", ({ input }) => cel`${input.name}.matches("\\d+")`, 'input.name.matches("\\\\d+")'],
  ])("%s", (_title, make, written) => {
    expect(outputOf(make)).toBe(`\${{ ${written} }}`);
  });

  it("the variable of a callback avoids the name of an item", () => {
    const file = workflow("refs")
      .step("a", {
        each: ({ input }) => input.as<string[][]>(),
        as: "it",
        agent: "x",
        with: ({ it: list }) => ({ sizes: list.map((one) => one.size()) }),
      })
      .toFile();
    expect(file["steps"]).toMatchObject({ a: { with: { sizes: "${{ it.map(it2, it2.size()) }}" } } });
  });

  it("no text of the program can become an expression", () => {
    const nasty = "\"}} ${{ 1 + 1 }} ' \\ \n";
    expect(evaluate(() => ({ cel: cel`${nasty}`, text: text`a${nasty}b`, alone: text`${nasty}`, written: text`$` }), {})).toEqual({
      cel: nasty,
      text: `a${nasty}b`,
      alone: nasty,
      written: "$",
    });
    expect(evaluate(({ input }) => text`$${input.name}{{ $context.a`, { name: "Ada" })).toBe("$Ada{{ $context.a");
    expect(evaluate(() => text`$context.a`, {})).toBe("$context.a");
    expect(evaluate(() => cel`${nasty} + "x"`, {})).toBe(`${nasty}x`);
  });

  it("a text writes values as a run would", () => {
    expect(evaluate(({ input }) => text`${null}|${1.5}|${true}|${input.count}|${input.name}`, { count: 2, name: "Ada" })).toBe(
      "|1.5|true|2|Ada",
    );
  });

  it("a builder never changes: what is added makes another one", () => {
    const one = workflow("one").step("a", { agent: "x" });
    const [left, right] = [one.step("left", { agent: "x" }), one.step("right", { agent: "x" })];
    expect([one, left, right].map((made) => Object.keys(made.build().steps))).toEqual([["a"], ["a", "left"], ["a", "right"]]);
  });
});

describe("refused while a workflow is written", () => {
  it.each<readonly [title: string, make: () => unknown, code: string, sentence: string]>([
    [
      "a reference in a template string",
      () => begun.output(({ input }) => `Hello ${input.name as unknown as string}`),
      "T1206",
      "`input.name` is computed with",
    ],
    ["a reference that is spread", () => begun.output(({ input }) => ({ ...(input as object) })), "T1206", "`input` is spread"],
    ["a reference that is searched", () => begun.output(({ input }) => "name" in input), "T1206", "is searched"],
    ["a reference in JSON.stringify", () => begun.output(({ input }) => JSON.stringify(input)), "T1206", "is used"],
    [
      "a reference where data must be known",
      () => begun.step("b", { agent: "x", timeout: begunRef() as never }),
      "T1206",
      "steps.b.timeout must be known",
    ],
    [
      "an expression as a plain text",
      () => begun.step("b", { agent: "x", text: "Hello ${{ input.name }}" }),
      "T1011",
      "steps.b.text holds",
    ],
    [
      "the guide's reference as a plain text",
      () => begun.step("b", { agent: "x", with: { a: "$context.a" } }),
      "T1011",
      "steps.b.with.a holds",
    ],
    ["a date", () => begun.step("b", { agent: "x", with: { at: new Date(0) as unknown as string } }), "T1011", "A Date at steps.b.with.at"],
    [
      "a block that is not returned",
      () => begun.step("b", { steps: (() => undefined) as never }),
      "T1011",
      "must be a callback that returns its block",
    ],
    [
      "a step that is misspelt",
      () => begun.output(({ steps }) => (steps as unknown as { readonly aa: string }).aa),
      "T1301",
      'output reads step "aa"',
    ],
    [
      "two agents of one name",
      () => begun.step("b", { agent: other() }).step("c", { agent: other() }),
      "T1014",
      'Two agents are called "other"',
    ],
    ["a schema that transforms", () => workflow("w", { input: z.string().transform(Number) }), "T1101", "input cannot be JSON Schema"],
    [
      "a schema that cannot be data",
      () => begun.step("b", { agent: "x", output: z.date() }),
      "T1101",
      "steps.b.output cannot be JSON Schema",
    ],
    [
      "a schema of a library that only validates",
      () => workflow("w", { input: onlyValidates }),
      "T1101",
      'the library "plain" does not say it',
    ],
    [
      "orValue on nothing that can be missing",
      () => begun.output(({ input }) => input.name.trim().orValue("")),
      "T1206",
      "cannot be missing",
    ],
    [
      "a value that is called",
      () => begun.output(({ input }) => (input.rows as unknown as { 0: () => string })[0]()),
      "T1206",
      "is no function",
    ],
  ])("%s", (_title, make, code, sentence) => {
    const error = errorOf(make);
    expect(error.code).toBe(code);
    expect(error.message).toContain(sentence);
  });

  it("what is wrong with the definition is told by `build`, all of it", () => {
    const error = errorOf(() =>
      workflow("bad name")
        .step("Bad", { agent: "x", rules: () => cel`1 +` })
        .build(),
    );
    expect(error.code).toMatch(/^T1/);
    expect(JSON.stringify(error.details)).toContain("T1201");
    expect(JSON.stringify(error.details)).toContain("T1014");
  });
});

const other = () => ({ kind: "local", name: "other" }) as const;
const onlyValidates = { "~standard": { version: 1, vendor: "plain", validate: (value: unknown) => ({ value }) } } as const;

function begunRef(): unknown {
  let found: unknown = null;
  begun.output(({ input }) => {
    found = input;
    return input;
  });
  return found;
}
