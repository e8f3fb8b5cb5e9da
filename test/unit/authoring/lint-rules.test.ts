import { describe, expect, it } from "vitest";

import { definitionProblems, lintText } from "../../../src/authoring/lint/linter.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import type { Json, JsonObject } from "../../../src/base/json.ts";
import { toYaml } from "../../../src/authoring/print/print-definition.ts";

const FILE: JsonObject = {
  tutti: "1.0",
  name: "w",
  timeout: "30d",
  input: {
    type: "object",
    additionalProperties: false,
    properties: {
      region: { enum: ["EMEA", "AMER"] },
      depth: { type: "integer" },
      note: { type: "string" },
      tags: { type: "array", items: { type: "string" } },
    },
  },
};
const PLAN: JsonObject = {
  capability: "plan",
  output: {
    type: "object",
    required: ["other"],
    properties: { questions: { type: "array", items: { type: "object", properties: { text: { type: "string" } } } } },
  },
};

/** What the linter says about these steps, as `code severity: message`. */
function said(steps: JsonObject, more: JsonObject = {}): readonly string[] {
  return lintText(toYaml({ ...FILE, steps, ...more }), "w.yaml", { agents: ["one", "two", "three"] }).map(
    ({ code, severity, message, help }) => `${code} ${severity}: ${message}${help?.startsWith("Did you") === true ? ` ${help}` : ""}`,
  );
}

/** About one step `b`, after a step `a` with a schema. */
function saidOf(b: JsonObject): readonly string[] {
  return said({ a: PLAN, b });
}

function withValue(expression: string): JsonObject {
  return { capability: "c", with: { x: `\${{ ${expression} }}` } };
}

describe("T1404: an expression reads a field that no schema has", () => {
  const readings: readonly (readonly [expression: string, found: readonly string[]])[] = [
    ["input.region", []],
    ["input.regoin", ['T1404 error: input has no "regoin" in its schema. Did you mean "region"?']],
    ["size(input.regoin) > 1", ['T1404 error: input has no "regoin" in its schema. Did you mean "region"?']],
    ['input["regoin"]', ['T1404 error: input has no "regoin" in its schema. Did you mean "region"?']],
    ["input.region.name", ["T1404 error: input.region is a text, which has no fields."]],
    ["steps.a.output.questions", []],
    ["steps.a.output.question", ['T1404 warning: steps.a.output has no "question" in its schema. Did you mean "questions"?']],
    ["steps.a.output.other.anything", []],
    ["has(steps.a.output.more) ? steps.a.output.more : 1", []],
    ["steps.a.output.?more.orValue(1)", []],
    ["steps.a.output.questions.map(q, q.txt)", ['T1404 warning: q has no "txt" in its schema. Did you mean "text"?']],
    ["steps.a.output.questions[0].txt", ['T1404 warning: steps.a.output.questions[0] has no "txt" in its schema. Did you mean "text"?']],
    ["cel.bind(o, steps.a.output, o.question)", ['T1404 warning: o has no "question" in its schema. Did you mean "questions"?']],
    ["steps.a.attempts + 1", []],
    ["run.id", []],
  ];
  it.each(readings)("%s", (expression, found) => {
    expect(saidOf(withValue(expression))).toEqual(found);
  });

  it("in the output of the workflow, with the place of the field", () => {
    const file = { ...FILE, steps: { a: PLAN }, output: { x: "  ${{ input.regoin }}" } };
    const [found] = lintText(toYaml(file), "w.yaml");
    expect(found?.sourceLine.slice(found.column - 1, found.column - 1 + found.length)).toBe("regoin");
  });

  it("in inner steps, loops, handlers, items and votes, each with its own names", () => {
    expect(
      said({
        a: PLAN,
        each_one: { each: "${{ steps.a.output.questions }}", as: "q", capability: "c", with: { x: "${{ q.txt }}" } },
        again: {
          loop: {
            until: "steps.x.output.done && iter.number > 2",
            steps: { x: { capability: "c", output: { type: "object", properties: { dome: true } } } },
          },
        },
        three: { steps: { y: { capability: "c", with: { x: "${{ steps.a.output.question }}" } } } },
        four: {
          parallel: { agents: ["one", "two"], succeed: { quorum: 2, on: "result.verdit" } },
          output: { type: "object", properties: { verdict: true } },
        },
        five: { capability: "c", onError: { capability: "d", with: { x: "${{ error.mesage }}" } } },
        six: { capability: "c", with: { x: "${{ steps.again.output.z }}", y: "${{ steps.four.output.tow }}" } },
        seven: { aggregate: { from: "${{ steps.a.output.questions }}", strategy: "best", by: "item.txt" } },
      }),
    ).toEqual([
      'T1404 error: steps.again.output has no "z" in its schema. Did you mean "x"?',
      'T1404 error: steps.four.output has no "tow" in its schema. Did you mean "two"?',
      'T1404 warning: q has no "txt" in its schema. Did you mean "text"?',
      'T1404 warning: steps.x.output has no "done" in its schema. Did you mean "dome"?',
      'T1404 warning: steps.a.output has no "question" in its schema. Did you mean "questions"?',
      'T1404 warning: result has no "verdit" in its schema. Did you mean "verdict"?',
      'T1404 warning: error has no "mesage" in its schema. Did you mean "message"?',
      'T1404 warning: item has no "txt" in its schema. Did you mean "text"?',
    ]);
  });
});

describe("T1405: an expression does not fit its types", () => {
  const comparisons: readonly (readonly [b: JsonObject, found: readonly string[]])[] = [
    [{ capability: "c", if: 'input.region == "EMEA"' }, []],
    [
      { capability: "c", if: 'input.region == "EMAE"' },
      ['T1405 warning: input.region is one of "EMEA", "AMER", so this is never true. Did you mean "EMEA"?'],
    ],
    [{ capability: "c", if: "input.region == 3" }, ["T1405 warning: input.region is a text and 3 is a number, so this is never true."]],
    [{ capability: "c", if: "input.region != 3" }, ["T1405 warning: input.region is a text and 3 is a number, so this is always true."]],
    [{ capability: "c", if: "input.note == null" }, []],
    [{ capability: "c", if: "input.note < 3" }, ["T1405 error: input.note is a text and 3 is a number: neither is more than the other."]],
    [{ capability: "c", if: "input.depth" }, ["T1405 error: A condition must be true or false, and input.depth is a number."]],
    [
      { capability: "c", if: "input.depth > 1 && input.note" },
      ["T1405 error: Each side of `&&` must be true or false, and input.note is a text."],
    ],
    [
      { capability: "c", if: "input.depth in input.note" },
      ["T1405 error: What stands behind `in` must be a list or an object, and input.note is a text."],
    ],
    [{ capability: "c", rules: ["size(output)"] }, ["T1405 error: A rule must be true or false, and size(output) is a number."]],
    [{ capability: "c", each: "${{ input.depth }}" }, ["T1405 error: `each` must be a list, and input.depth is a number."]],
    [{ capability: "c", each: "${{ input.tags.filter(t, t != '') }}" }, []],
    [
      withValue("input.depth.startsWith('a')"),
      ["T1405 error: What stands before .startsWith() must be a text, and input.depth is a number."],
    ],
    [
      withValue("size(input.depth)"),
      ["T1405 error: What is measured by size() must be a list, an object or a text, and input.depth is a number."],
    ],
    [withValue("input.note - 1"), ["T1405 error: Each side of `-` must be a number, and input.note is a text."]],
    [withValue("input.depth[0]"), ["T1405 error: input.depth is a number, which has no parts."]],
    [withValue("input.note + '!'"), []],
    [
      { aggregate: { from: "${{ input.depth }}", strategy: "count" } },
      ["T1405 error: `from` must be a list or an object, and input.depth is a number."],
    ],
    [
      { loop: { score: "steps.x.output", steps: { x: { capability: "c", output: { type: "string" } } } } },
      ["T1405 error: A score must be a number, and steps.x.output is a text."],
    ],
    [
      { approval: { to: ["x"], title: "Go?" }, if: 'steps.a.status == "done"' },
      ['T1405 warning: steps.a.status is one of "completed", "skipped", "failed", "canceled", so this is never true.'],
    ],
  ];
  it.each(comparisons)("%j", (b, found) => {
    expect(saidOf(b)).toEqual(found);
  });

  it("an approval decides for approved or rejected, and nothing else", () => {
    const steps = { a: { approval: { to: ["x"], title: "Go?" } }, b: { capability: "c", if: 'steps.a.output.decision == "aproved"' } };
    expect(said(steps)).toEqual([
      'T1405 warning: steps.a.output.decision is one of "approved", "rejected", so this is never true. Did you mean "approved"?',
    ]);
  });
});

describe("T1407: an output does not fit the next input", () => {
  const child = workflowFromObject({
    name: "child",
    version: "2.1.0",
    input: {
      type: "object",
      required: ["brief", "depth"],
      additionalProperties: false,
      properties: { brief: { type: "string" }, depth: { type: "integer", default: 3 } },
    },
    steps: { a: { capability: "c" } },
  });
  const given: readonly (readonly [given: Json, found: readonly string[]])[] = [
    [{ brief: "${{ input.note }}" }, []],
    [{ brief: "About ${{ input.depth }}" }, []],
    [{ brief: "${{ steps.a.output.other }}" }, []],
    [{ brief: "${{ input.tags }}" }, ['error: "brief" that "b" gives to the workflow "child" is a list, and a text is wanted.']],
    [{ brief: 3 }, ['error: "brief" that "b" gives to the workflow "child" can be 3, which is refused: The value must be a string.']],
    [
      { note: "x" },
      [
        'error: "brief" that "b" gives to the workflow "child" is missing.',
        'error: "note" that "b" gives to the workflow "child" is not known to it.',
      ],
    ],
    ["${{ input }}", ['warning: "brief" that "b" gives to the workflow "child" is missing.']],
    [null, ['error: "brief" that "b" gives to the workflow "child" is missing.']],
  ];
  it.each(given.filter(([value]) => typeof value !== "string"))("with: %j", (value, found) => {
    const definition = workflowFromObject({
      ...FILE,
      steps: { a: PLAN, b: { workflow: "child@^2", ...(value === null ? {} : { with: value }) } },
    });
    const problems = definitionProblems(definition, { workflows: [child] }).filter(({ code }) => code === "T1407");
    expect(problems.map(({ severity, message }) => `${severity}: ${message}`)).toEqual(found);
    expect(definitionProblems(definition).filter(({ code }) => code === "T1407")).toEqual([]);
  });

  it("not for another version than the one that would run", () => {
    const definition = workflowFromObject({ ...FILE, steps: { b: { workflow: "child@^3", with: {} } } });
    expect(definitionProblems(definition, { workflows: [child] })).toEqual([]);
  });
});

describe("the structure of a workflow", () => {
  const cases: readonly (readonly [what: string, steps: JsonObject, found: readonly string[]])[] = [
    [
      "a loop of a thousand iterations",
      { a: { loop: { max: 1000, until: "true", steps: { x: { capability: "c", timeout: "1s" } } } } },
      ["T1408 warning: The loop may run 1000 times; more than 100 is rarely meant."],
    ],
    [
      "a quorum among names of one agent",
      {
        a: {
          parallel: {
            branches: { x: { agent: "one" }, y: { agent: "one", skill: "s" }, z: { agent: "one", text: "t" } },
            succeed: { quorum: 2, on: "result" },
          },
        },
      },
      ['T1409 warning: A quorum of 2 wants 2 different agents, and "a" has only 1: one agent has one vote.'],
    ],
    ["a quorum among different agents", { a: { parallel: { agents: ["one", "two", "three"], succeed: { quorum: 2, on: "result" } } } }, []],
    ["a quorum among whoever is found", { a: { each: [1, 2], capability: "c", succeed: { quorum: 2, on: "result" } } }, []],
    [
      "a quorum of one agent with itself",
      { a: { each: "${{ input.tags }}", agent: "one", succeed: { quorum: 2, on: "result" } } },
      ['T1409 warning: A quorum of 2 wants 2 different agents, and "a" has only 1: one agent has one vote.'],
    ],
    [
      "steps that never run, and what reads them",
      {
        a: { if: false, capability: "c" },
        b: { capability: "c", with: { x: "${{ steps.a.output }}" } },
        c: { capability: "c", with: { x: "${{ steps.b.output.y }}" } },
        d: {
          capability: "c",
          with: { x: "${{ steps.a.?output.orValue(1) }}", y: '${{ steps.a.status == "completed" ? steps.a.output : 1 }}' },
        },
        e: { capability: "c", needs: ["a"] },
        f: { if: "${{ false }}", steps: { g: { if: false, capability: "c" } } },
      },
      [
        'T1410 warning: Step "a" can never run: its `if` is false.',
        'T1410 warning: Step "b" can never run: it reads "a", which never runs.',
        'T1410 warning: Step "c" can never run: it reads "b", which never runs.',
        'T1410 warning: Step "f" can never run: its `if` is false.',
      ],
    ],
    [
      "a context path that nobody writes",
      {
        a: { set: { "brief.text": "x" } },
        b: { capability: "c", context: { read: ["brief", "breif.text"], write: ["notes"] } },
        c: {
          capability: "c",
          with: {
            x: "${{ context.brief.text.length }}",
            y: "${{ context.notes.x }}",
            z: "${{ context.nots }}",
            v: "${{ context.?w.orValue(1) }}",
          },
        },
      },
      [
        'T1412 warning: Nobody writes "breif.text" into the run context. Did you mean "brief.text"?',
        'T1412 warning: Nobody writes "nots" into the run context. Did you mean "notes"?',
      ],
    ],
    [
      "branches that write the same path",
      {
        a: {
          parallel: {
            branches: {
              x: { set: { "a.b": 1 } },
              y: { steps: { z: { capability: "c", context: { write: ["a"] } } } },
              v: { set: { "a.c.d": 1 } },
              w: { set: { other: 1 } },
            },
          },
        },
      },
      [
        'T1413 warning: The branches "x" and "y" of "a" both write "a" into the run context.',
        'T1413 warning: The branches "y" and "v" of "a" both write "a.c.d" into the run context.',
      ],
    ],
  ];
  it.each(cases)("%s", (_, steps, found) => {
    expect(said(steps)).toEqual(found);
  });

  it("agents that are declared and never used, unless the registry may choose them", () => {
    const agents = { x: { local: "x" }, y: { local: "y" }, z: { local: "z" } };
    expect(said({ a: { agent: "x", fallback: "y" } }, { agents })).toEqual(['T1411 warning: The agent "z" is never used.']);
    expect(said({ a: { agent: "x" }, b: { capability: "c" } }, { agents })).toEqual([]);
    expect(said({ a: { plan: { agent: "x", allow: ["c"] } } }, { agents })).toEqual([]);
  });
});

describe("T1402: an agent's text becomes another agent's instruction", () => {
  const instruction = (text: string): JsonObject => ({ capability: "c", text });
  it("through inner steps, iterations, items and results that agents are behind", () => {
    const steps = {
      a: PLAN,
      l: { loop: { until: "true", steps: { x: instruction("${{ iter.prev.x.text }}") } } },
      g: { steps: { y: instruction("${{ steps.a.text }}") } },
      e: { each: "${{ steps.a.output.questions }}", as: "q", steps: { z: instruction("${{ q.text }}") } },
      p: { parallel: { agents: ["one", "two"] }, text: "${{ steps.a.output.questions }}" },
      h: { capability: "c", onError: instruction("${{ steps.g.output.y }}") },
    };
    expect(said(steps).map((found) => found.slice("T1402 warning: What ".length))).toEqual([
      '"x" answered becomes an instruction for "x".',
      '"a" answered becomes an instruction for "y".',
      '"a" answered becomes an instruction for "z".',
      '"a" answered becomes an instruction for "p".',
      '"g" answered becomes an instruction for "h/onError".',
    ]);
  });

  it("not for numbers, words from a list, what people and the workflow itself say", () => {
    const steps = {
      a: { capability: "c", output: { type: "object", properties: { count: { type: "integer" }, verdict: { enum: ["yes", "no"] } } } },
      s: { set: { x: "y" } },
      q: { approval: { to: ["x"], title: "Go?" } },
      b: instruction(
        "${{ steps.a.output.count }} ${{ steps.a.output.verdict }} ${{ steps.a.status }} ${{ steps.s.output.x }} ${{ steps.q.output.form }}",
      ),
    };
    expect(said(steps)).toEqual([]);
  });
});
