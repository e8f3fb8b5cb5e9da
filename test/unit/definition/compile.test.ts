import { describe, expect, it } from "vitest";

import { TuttiError } from "../../../src/base/errors.ts";
import type { Json } from "../../../src/base/json.ts";
import { checkAgents, checkDefinition, definitionError } from "../../../src/definition/check.ts";
import { compile } from "../../../src/definition/compile.ts";
import type { Definition, DelegateStep } from "../../../src/definition/definition.ts";
import { didYouMean, nearest } from "../../../src/definition/did-you-mean.ts";
import { fingerprintOf } from "../../../src/definition/fingerprint.ts";
import { edgesOf, leavesOf, orderOf } from "../../../src/definition/graph.ts";
import { withInferredNeeds } from "../../../src/definition/infer-needs.ts";
import { problem } from "../../../src/definition/problem.ts";
import type { StepProgram } from "../../../src/definition/program.ts";
import { minimal, step } from "./definitions.ts";
import { scopeOf } from "./scope.ts";

function graph(needs: { readonly [id: string]: readonly string[] }): Definition["steps"] {
  return Object.fromEntries(Object.entries(needs).map(([id, own]) => [id, step({ needs: own })]));
}

const DIAMOND = graph({ report: ["chart", "kpis"], chart: ["data"], kpis: ["data"], data: [] });

describe("the graph", () => {
  it("orders dependencies before dependents, otherwise as the definition does", () => {
    expect(orderOf(DIAMOND)).toEqual({ ok: true, value: ["data", "chart", "kpis", "report"] });
    expect(orderOf(graph({ c: [], a: [], b: [] }))).toEqual({ ok: true, value: ["c", "a", "b"] });
  });

  it("knows its edges and its leaves", () => {
    expect(edgesOf(DIAMOND)).toHaveLength(4);
    expect(edgesOf(DIAMOND)[0]).toEqual({ source: "chart", target: "report" });
    expect(leavesOf(DIAMOND)).toEqual(["report"]);
  });

  it.each([
    [{ a: ["a"] }, ["a", "a"]],
    [{ a: ["c"], b: ["a"], c: ["b"] }, ["a", "b", "c", "a"]],
    [{ z: ["a"], a: ["b"], b: ["a"] }, ["a", "b", "a"]],
  ])("finds the circle in %j", (needs, circle) => {
    expect(orderOf(graph(needs))).toEqual({ ok: false, error: circle });
  });

  it("leaves out needs that are no steps", () => {
    expect(orderOf(graph({ a: ["nowhere"] }))).toEqual({ ok: true, value: ["a"] });
  });

  it("a chain of 100,000 steps overflows no stack", () => {
    const steps = Object.fromEntries(
      Array.from({ length: 100_000 }, (_, index) => [`s${index}`, step({ needs: index === 99_999 ? [] : [`s${index + 1}`] })]),
    );
    expect(orderOf(steps).ok).toBe(true);
  });
});

describe("compile", () => {
  const definition = withInferredNeeds(
    minimal({
      input: { type: "object" },
      steps: {
        plan: step({
          if: "input.go",
          text: "Plan ${{ input.topic }}",
          output: { type: "object", required: ["list"] },
          rules: ["size(output.list) > 0"],
        }),
        work: step({
          each: { items: "${{ steps.plan.output.list }}", as: "topic", concurrency: 2 },
          with: { topic: "${{ topic }}", at: "${{ index }}" },
        }),
      },
    }),
  );

  it("makes a program with edges both ways and functions for every expression and schema", () => {
    const program = compile(definition);
    const [plan, work] = program.steps as readonly [StepProgram, StepProgram];
    expect([plan.id, plan.index, work.id, work.index]).toEqual(["plan", 0, "work", 1]);
    expect(plan.dependents).toEqual([work]);
    expect(program.stepById.get("work")).toBe(work);
    expect(plan.condition?.(scopeOf({ go: true }))).toEqual({ ok: true, value: true });
    expect(plan.text?.(scopeOf({ topic: "x" }))).toEqual({ ok: true, value: "Plan x" });
    expect(plan.validate?.({})).toEqual(["/list is missing."]);
    expect(plan.validate?.({ list: [] })).toEqual([]);
    expect(plan.rules[0]?.source).toBe("size(output.list) > 0");
    expect(plan.rules[0]?.evaluate(scopeOf({}, { output: { list: [] } }))).toEqual({ ok: true, value: false });
    expect(work.items?.(scopeOf({}, { steps: { plan: { status: "completed", output: { list: [1] }, attempts: 1 } } }))).toEqual({
      ok: true,
      value: [1],
    });
    expect(work.with?.(scopeOf({}, { item: { name: "topic", value: "t", index: 1 } }))).toEqual({ ok: true, value: { topic: "t", at: 1 } });
    expect([plan.items, work.condition, work.text, plan.with, work.validate]).toEqual([null, null, null, null, null]);
  });

  it("infers needs from what expressions read, and keeps those that are written", () => {
    expect(definition.steps["work"]?.needs).toEqual(["plan"]);
    const both = withInferredNeeds(
      minimal({
        steps: {
          a: step(),
          b: step(),
          c: step({ needs: ["b"], rules: ["steps.a.output == output"], with: "${{ steps.nowhere.output }}" }),
        },
      }),
    );
    expect(both.steps["c"]?.needs).toEqual(["a", "b"]);
  });

  it("equal schemas share one validator, and one that cannot be used says so when it is needed", () => {
    const program = compile(
      minimal({
        steps: { a: step({ output: { type: "string" } }), b: step({ output: { type: "string" } }), c: step({ output: { type: "strin" } }) },
      }),
    );
    expect(program.steps.map(({ validate }) => validate?.(1))).toEqual([
      ["The value must be a string."],
      ["The value must be a string."],
      [expect.stringContaining("cannot be used")],
    ]);
  });

  it("a thousand steps compile in a fraction of a second (the bench holds it to a tenth)", () => {
    const steps: { [id: string]: DelegateStep } = {};
    for (let index = 0; index < 1_000; index += 1) {
      steps[`s${index}`] = step({
        with: { a: index === 0 ? 1 : `\${{ steps.s${index - 1}.output.x }}`, b: "${{ input.q + 1 }}", c: "x ${{ run.id }}" },
        output: { type: "object", required: ["x"] },
        rules: ["size(output) > 0"],
      });
    }
    const large = withInferredNeeds(minimal({ steps }));
    compile(large);
    const times = Array.from({ length: 5 }, () => {
      const startedAt = performance.now();
      compile(large);
      return performance.now() - startedAt;
    });
    expect(Math.min(...times)).toBeLessThan(500);
  });
});

describe("the run's output", () => {
  const steps = { done: step(), skipped: step(), tolerated: step() };

  function outputOf(parts: Partial<Definition>) {
    return compile(minimal({ steps, ...parts })).output(scopeOf({ n: 1 }));
  }

  it("is by default that of the only last step, or of all last steps by id", () => {
    const one = { done: step({ needs: ["skipped", "tolerated"] }), skipped: step(), tolerated: step() };
    expect(outputOf({ steps: one })).toMatchObject({ ok: true, value: { name: "Acme" } });
    expect(outputOf({})).toMatchObject({ ok: true, value: { done: { name: "Acme" }, skipped: null, tolerated: null } });
  });

  it("is null where it reads a step that was skipped or failed tolerably, and fails where it is a mistake", () => {
    expect(
      outputOf({
        output: { a: "${{ steps.done.output.name }}", b: "${{ steps.skipped.output.x }}", c: ["${{ steps.tolerated.output.uri }}"], d: 1 },
      }),
    ).toEqual({
      ok: true,
      value: { a: "Acme", b: null, c: null, d: 1 },
    });
    expect(outputOf({ output: "${{ steps.skipped.output }}" })).toEqual({ ok: true, value: null });
    expect(outputOf({ output: "${{ steps.done.output.name }}" })).toEqual({ ok: true, value: "Acme" });
    expect(outputOf({ output: "${{ steps.done.output.nope }}" })).toMatchObject({ ok: false, error: { reads: ["done"] } });
    expect(outputOf({ output: { a: "${{ input.nope }}" } })).toMatchObject({ ok: false });
    expect(outputOf({ output: ["${{ input.n }}"] })).toEqual({ ok: true, value: [1] });
  });
});

describe("a definition that is wrong", () => {
  const wrong: readonly (readonly [string, Partial<Definition>, readonly Json[]])[] = [
    ["has no steps", { steps: {} }, [{ code: "T1012", path: ["steps"] }]],
    [
      "has too many steps",
      { steps: Object.fromEntries(Array.from({ length: 10_001 }, (_, index) => [`s${index}`, step()])) },
      [{ code: "T1017", path: ["steps"] }],
    ],
    [
      "has a circle",
      { steps: graph({ a: ["b"], b: ["a"] }) },
      [{ code: "T1303", message: "Steps wait for each other in a circle: a → b → a.", path: ["steps", "a"] }],
    ],
    [
      "needs a step that is not there",
      { steps: graph({ plan: [], b: ["paln"] }) },
      [{ code: "T1301", help: 'Did you mean "plan"?', path: ["steps", "b", "needs"] }],
    ],
    [
      "reads a step that is not there",
      { steps: { plan: step(), b: step({ if: "steps.paln.output" }) } },
      [{ code: "T1301", path: ["steps", "b", "if"], span: { offset: 6, length: 4 } }],
    ],
    [
      "reads a step that it does not wait for",
      { steps: { a: step(), b: step({ if: "steps.a.output" }) } },
      [{ code: "T1012", path: ["steps", "b", "needs"] }],
    ],
    [
      "has an id that cannot be one",
      { steps: { "A-b": step(), in: step() } },
      [
        { code: "T1014", path: ["steps", "A-b"] },
        { code: "T1014", path: ["steps", "in"] },
      ],
    ],
    [
      "gives an item a name that is taken",
      {
        steps: {
          a: step({ each: { items: [1], as: "input", concurrency: 1 } }),
          b: step({ each: { items: [1], as: "x y", concurrency: 1 } }),
        },
      },
      [
        { code: "T1014", path: ["steps", "a", "as"] },
        { code: "T1014", path: ["steps", "b", "as"] },
      ],
    ],
    [
      "has mistakes in many places",
      {
        steps: {
          a: step({
            if: "1 +",
            text: "${{ nope }}",
            with: { x: ["${{ nope }}"] },
            each: { items: "${{ nope }}", as: "i", concurrency: 1 },
            rules: ["true", "nope"],
          }),
        },
      },
      [
        { code: "T1201", path: ["steps", "a", "if"] },
        { code: "T1202", path: ["steps", "a", "each"] },
        { code: "T1202", path: ["steps", "a", "text"] },
        { code: "T1202", path: ["steps", "a", "with", "x", 0] },
        { code: "T1202", path: ["steps", "a", "rules", 1] },
      ],
    ],
    [
      "has mistakes in its output",
      { output: { a: "${{ nope }}", b: "${{ steps.z.output }}" } },
      [
        { code: "T1202", path: ["output", "a"] },
        { code: "T1301", path: ["output", "b"] },
      ],
    ],
    ["has a mistake in an output that is one expression", { output: "${{ nope }}" }, [{ code: "T1202", path: ["output"] }]],
    [
      "has an output key that leads out of the data",
      { output: JSON.parse('{"__proto__": 1}') as Json },
      [{ code: "T1014", path: ["output", "__proto__"] }],
    ],
  ];
  it.each(wrong)("%s", (_, parts, expected) => {
    const definition = minimal(parts);
    const problems = checkDefinition(definition);
    expect(problems).toMatchObject(expected);
    expect(problems).toHaveLength(expected.length);
    const thrown = thrownBy(() => compile(definition));
    expect(thrown.code).toBe(problems[0]?.code);
    expect(thrown.details).toHaveLength(problems.length);
  });

  it("with a schema that cannot be used is found by the check, once for each place", () => {
    const bad = { type: "strin" };
    const problems = checkDefinition(minimal({ input: bad, steps: { a: step({ output: bad }) } }));
    expect(problems.map(({ code, path }) => [code, path])).toEqual([
      ["T1101", ["input", "type"]],
      ["T1101", ["steps", "a", "output", "type"]],
    ]);
  });

  it("with schemas that can be used has no problems", () => {
    const good = { type: "string" };
    expect(checkDefinition(minimal({ input: good, steps: { a: step({ output: good }) } }))).toEqual([]);
  });

  it("says in one sentence what is wrong, where, and how much more there is", () => {
    expect(definitionError("w", [problem({ code: "T1011", message: "It is no object." })])).toMatchObject({
      message: 'The definition of "w" is wrong: It is no object.',
      help: undefined,
    });
    expect(thrownBy(() => compile(minimal({ steps: {} }))).message).toBe(
      'The definition of "w" is wrong at steps: The workflow has no steps.',
    );
    expect(thrownBy(() => compile(minimal({ steps: { a: step({ if: "x", text: "${{ x }}" }) } }))).message).toContain(
      "There is 1 more problem.",
    );
    expect(thrownBy(() => compile(minimal({ steps: { a: step({ if: "x", text: "${{ x }}", rules: ["x"] }) } }))).message).toContain(
      "There are 2 more problems.",
    );
  });

  function thrownBy(action: () => unknown): TuttiError {
    try {
      action();
    } catch (thrown) {
      if (thrown instanceof TuttiError) return thrown;
      throw thrown;
    }
    throw new Error("Nothing was thrown.");
  }
});

describe("agents that nobody declares", () => {
  it("are found in steps and fallbacks, and those of elsewhere count", () => {
    const definition = minimal({
      agents: { planner: { kind: "local", name: "p" } },
      steps: {
        a: step({
          target: { kind: "agent", agent: "planer", skill: null },
          fallback: [
            { kind: "capability", capability: "x" },
            { kind: "agent", agent: "zzz", skill: null },
          ],
        }),
        b: step({ target: { kind: "agent", agent: "outside", skill: null } }),
      },
    });
    expect(checkAgents(definition, ["outside"])).toMatchObject([
      {
        code: "T1302",
        message: 'unknown agent "planer".',
        help: 'Did you mean "planner"?',
        path: ["steps", "a", "agent"],
        declared: ["planner", "outside"],
      },
      { code: "T1302", help: 'Declare it under "agents", or write "capability: zzz".', path: ["steps", "a", "fallback", 1] },
    ]);
    expect(checkAgents(definition)).toHaveLength(3);
  });
});

describe("the fingerprint", () => {
  it("covers everything but the bindings of agents, and not the order of keys", () => {
    const definition = minimal({ agents: { x: { kind: "card", url: "https://a.example.com", secret: null } } });
    expect(fingerprintOf(definition)).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprintOf({ ...definition, agents: {} })).toBe(fingerprintOf(definition));
    expect(fingerprintOf(Object.fromEntries(Object.entries(definition).toReversed()) as Definition)).toBe(fingerprintOf(definition));
    expect(fingerprintOf({ ...definition, timeoutMs: 1 })).not.toBe(fingerprintOf(definition));
    expect(compile(definition).fingerprint).toBe(fingerprintOf(definition));
  });
});

describe("did you mean", () => {
  it.each([
    ["planer", "planner"],
    ["paln", "plan"],
    ["PLAN", "plan"],
    ["outptu", "output"],
  ])("%s means %s", (word, meant) => {
    expect(nearest(word, ["planner", "plan", "output", "zebra"])).toBe(meant);
  });

  it("says nothing when nothing is near", () => {
    expect(nearest("giraffe", ["plan", "output"])).toBe(null);
    expect(didYouMean("x", [])).toBe(null);
  });
});
