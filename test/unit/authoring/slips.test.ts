/** T1414 to T1416: what is valid as it is written, and most likely not meant. */
import { describe, expect, it } from "vitest";

import { lintText } from "../../../src/authoring/lint/linter.ts";
import { toYaml } from "../../../src/authoring/print/print-definition.ts";
import type { Json, JsonObject } from "../../../src/base/json.ts";

const FILE: JsonObject = { tutti: "1.0", name: "w", input: { type: "object", properties: { region: { type: "string" } } } };

/** What the linter says about these steps, as `code severity: message`. */
function said(steps: JsonObject, more: JsonObject = {}): readonly string[] {
  return lintText(toYaml({ ...FILE, steps, ...more }), "w.yaml", { agents: ["one", "two"] }).map(
    ({ code, severity, message, help }) => `${code} ${severity}: ${message}${help?.startsWith("Did you") === true ? ` ${help}` : ""}`,
  );
}

describe("T1414: a schema has a word that JSON Schema does not know", () => {
  const schemas: readonly (readonly [what: string, schema: Json, found: readonly string[]])[] = [
    ["keywords and words of one's own", { type: "string", "x-note": 1, unit: "EUR", nullable: true }, []],
    [
      "a property that is called as a keyword nearly is",
      { type: "object", properties: { typ: { type: "string" } }, required: ["typ"] },
      [],
    ],
    [
      "a misspelt keyword",
      { propertys: {}, type: "object" },
      ['"propertys" is no word of JSON Schema, so it checks nothing. Did you mean "properties"?'],
    ],
    [
      "deep inside",
      { items: { anyOf: [{ enums: ["a"], type: "string" }] } },
      ['"enums" is no word of JSON Schema, so it checks nothing. Did you mean "enum"?'],
    ],
    [
      "fields where the schema should be",
      { severity: "string", service: "string" },
      ['The schema checks nothing: "severity" is no word of JSON Schema.'],
    ],
    ["nothing at all", {}, []],
    [
      "a required name that no property has",
      { properties: { audience: {} }, required: ["audince", "elsewhere"] },
      ['"audince" is required, and none of the properties is called so. Did you mean "audience"?'],
    ],
  ];
  it.each(schemas)("%s", (_, schema, found) => {
    const told = found.map((text) => `T1414 warning: ${text}`);
    expect(said({ a: { capability: "c", output: schema } })).toEqual(told);
    expect(said({ a: { approval: { to: ["x"], title: "Go?", form: schema } } })).toEqual(told);
    expect(said({ a: { capability: "c" } }, { input: schema })).toEqual(told);
  });

  it("once for a contract that several agents share", () => {
    expect(said({ p: { parallel: { agents: ["one", "two"] }, output: { typ: "string" } } })).toEqual([
      'T1414 warning: "typ" is no word of JSON Schema, so it checks nothing. Did you mean "type"?',
    ]);
  });
});

describe("T1415: a text looks like an expression", () => {
  const texts: readonly (readonly [text: string, isTold: boolean])[] = [
    ["steps.a.output.questions", true],
    ["input.region", true],
    ["Hello {{ input.region }}!", true],
    ["${{ input.region }}", false],
    ["Hello ${{ input.region }}!", false],
    ["{{ name }}", false],
    ["steps.a", false],
    ["input.region is what we read", false],
    ["input.", false],
  ];
  it.each(texts)("%j: %j", (text, isTold) => {
    const found = isTold ? [`T1415 warning: This is a text, and no expression: "${text}".`] : [];
    expect(said({ a: { capability: "c" }, b: { capability: "c", with: { deep: [{ x: text }] } } })).toEqual(found);
  });

  it("wherever a value stands, and once for what several agents share", () => {
    const x = "input.region";
    const told = `T1415 warning: This is a text, and no expression: "${x}".`;
    expect(said({ a: { approval: { to: ["p"], title: x, show: { x } } } })).toEqual([told, told]);
    expect(said({ a: { set: { x } } })).toEqual([told]);
    expect(said({ a: { aggregate: { from: x, strategy: "list" } } })).toEqual([told]);
    expect(said({ a: { emit: { event: "e", data: { x } } } })).toEqual([told]);
    expect(said({ a: { capability: "c" } }, { output: { x } })).toEqual([told]);
    expect(said({ a: { parallel: { agents: ["one", "two"] }, with: { x } } })).toEqual([told]);
  });
});

describe("T1416: the file of an agent is not there", () => {
  it("is told with its place, unless the agent is bound from outside or nobody knows of files", () => {
    const agents = { a: { module: "./a.ts#a" }, b: { module: "./b.ts" } };
    const text = toYaml({ ...FILE, agents, steps: { x: { agent: "a" }, y: { agent: "b" } } });
    const hasModule = (specifier: string): boolean => specifier === "./a.ts#a";
    expect(lintText(text, "w.yaml", { hasModule })).toMatchObject([
      { code: "T1416", severity: "warning", message: 'The file of agent "b" is not there.', line: 10 },
    ]);
    expect(lintText(text, "w.yaml", { hasModule, agents: ["b"] })).toEqual([]);
    expect(lintText(text, "w.yaml")).toEqual([]);
  });
});
