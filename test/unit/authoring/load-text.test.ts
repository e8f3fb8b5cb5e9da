import { describe, expect, it } from "vitest";

import { TuttiError } from "../../../src/base/errors.ts";
import { loadText } from "../../../src/authoring/file/load-file.ts";
import { workflowFromObject } from "../../../src/authoring/file/workflow-from-object.ts";
import { DEFAULTS, type Definition } from "../../../src/definition/definition.ts";

const HEAD = 'tutti: "1.0"\nname: w\n';

function load(body: string, options = {}): Definition {
  const loaded = loadText(HEAD + body, "w.yaml", options);
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error, null, 1));
  return loaded.value;
}

const FULL = `tutti: "1.0"
name: sales_report
version: 1.2.0
description: Weekly.
input:
  type: object
  properties: { region: { type: string } }
agents:
  planner: { card: https://planner.example.com, auth: { secret: PLANNER_TOKEN } }
  tidy: { module: ./tidy.ts#tidy }
  anyone: { capability: work }
  mine: { local: mine }
timeout: 2h
defaults:
  timeout: 1m
  retry: { attempts: 5, max: 10s }
steps:
  plan:
    agent: planner
    skill: make_plan
    if: input.region != ''
    text: "Plan for \${{ input.region }}"
    output: { type: object, required: [list] }
    rules: [size(output.list) > 0]
    timeout: 30s
    retry: { attempts: 2, initial: 500ms, factor: 3, max: 1s, jitter: none }
    fallback: [tidy, other, { agent: outside, skill: s }, { capability: c }]
    onUnknown: resend
  work:
    each: \${{ steps.plan.output.list }}
    as: topic
    concurrency: 4
    capability: research
    with: { topic: "\${{ topic }}", region: $context.region }
    critical: false
    rules: output != null
output: { list: "\${{ steps.work.output }}" }
`;

describe("a file becomes a definition with every default written in", () => {
  it("all that can be said is read", () => {
    const loaded = loadText(FULL, "w.yaml");
    if (!loaded.ok) throw new Error(JSON.stringify(loaded.error));
    expect(loaded.value).toEqual({
      tutti: "1.0",
      semantics: 1,
      name: "sales_report",
      version: "1.2.0",
      description: "Weekly.",
      input: { type: "object", properties: { region: { type: "string" } } },
      agents: {
        planner: { kind: "card", url: "https://planner.example.com", secret: "PLANNER_TOKEN" },
        tidy: { kind: "module", specifier: "./tidy.ts#tidy" },
        anyone: { kind: "capability", capability: "work" },
        mine: { kind: "local", name: "mine" },
      },
      timeoutMs: 7_200_000,
      steps: {
        plan: {
          kind: "delegate",
          target: { kind: "agent", agent: "planner", skill: "make_plan" },
          needs: [],
          if: "input.region != ''",
          each: null,
          text: "Plan for ${{ input.region }}",
          with: null,
          output: { type: "object", required: ["list"] },
          rules: ["size(output.list) > 0"],
          timeoutMs: 30_000,
          retry: { attempts: 2, initialMs: 500, factor: 3, maxMs: 1_000, jitter: "none" },
          fallback: [
            { kind: "agent", agent: "tidy", skill: null },
            { kind: "capability", capability: "other" },
            { kind: "agent", agent: "outside", skill: "s" },
            { kind: "capability", capability: "c" },
          ],
          critical: true,
          onUnknown: "resend",
          repair: 1,
        },
        work: {
          kind: "delegate",
          target: { kind: "capability", capability: "research" },
          needs: ["plan"],
          if: null,
          each: { items: "${{ steps.plan.output.list }}", as: "topic", concurrency: 4 },
          text: null,
          with: { topic: "${{ topic }}", region: "$context.region" },
          output: null,
          rules: ["output != null"],
          timeoutMs: 60_000,
          retry: { attempts: 5, initialMs: 1_000, factor: 2, maxMs: 10_000, jitter: "full" },
          fallback: [],
          critical: false,
          onUnknown: "fail",
          repair: 1,
        },
      },
      output: { list: "${{ steps.work.output }}" },
    });
  });

  it("what says nothing gets the defaults of the product", () => {
    const definition = load("steps:\n  a: { capability: c }\n");
    expect(definition).toMatchObject({
      version: null,
      description: null,
      input: null,
      agents: {},
      timeoutMs: DEFAULTS.runTimeoutMs,
      output: null,
    });
    expect(definition.steps["a"]).toMatchObject({
      timeoutMs: DEFAULTS.attemptTimeoutMs,
      retry: DEFAULTS.retry,
      critical: true,
      fallback: [],
      onUnknown: "fail",
    });
  });

  it("the shorter spellings mean the same", () => {
    const definition = load(
      "steps:\n  a: { capability: c, if: true, text: 5, fallback: other, each: [1, 2] }\n  b: { capability: c, needs: a, with: '${{ steps.a.output }}', if: '${{ steps.a.output == 1 }}', retry: { initial: 2m }, fallback: }\n",
    );
    expect(definition.steps["a"]).toMatchObject({
      if: "true",
      text: "5",
      fallback: [{ kind: "capability", capability: "other" }],
      each: { items: [1, 2], as: "item" },
    });
    expect(definition.steps["b"]).toMatchObject({
      needs: ["a"],
      with: "${{ steps.a.output }}",
      retry: { initialMs: 120_000, maxMs: 120_000 },
      fallback: [],
    });
  });

  it("JSON is read as the YAML that it is, and aliases are followed", () => {
    const object = { tutti: "1.0", name: "w", steps: { a: { capability: "c" } } };
    const loaded = loadText(JSON.stringify(object, null, 2), "w.json");
    expect(loaded.ok && loaded.value).toEqual(workflowFromObject(object));
    expect(load("steps:\n  a: &work { capability: c }\n  b: *work\n").steps["b"]).toEqual(
      load("steps:\n  b: { capability: c }\n").steps["b"],
    );
  });

  it("a fallback is an agent when the caller knows one of that name", () => {
    expect(load("steps:\n  a: { capability: c, fallback: x }\n", { agents: ["x"] }).steps["a"]).toMatchObject({
      fallback: [{ kind: "agent", agent: "x", skill: null }],
    });
  });
});

describe("a definition from an object", () => {
  it("is checked as a file is, and all problems are in the error's details", () => {
    const thrown = thrownBy(() => workflowFromObject({ name: "w", steps: { a: { capability: "c", timout: "3s", if: "nope" } } }));
    expect(thrown).toMatchObject({
      code: "T1010",
      message: 'The definition of "w" is wrong at steps.a.timout: unknown key "timout". There is 1 more problem.',
      help: 'Did you mean "timeout"?',
    });
    expect(thrown.details).toMatchObject([{ code: "T1010" }, { code: "T1202", path: ["steps", "a", "if"] }]);
    expect(thrownBy(() => workflowFromObject({ steps: 5 })).message).toContain('"unnamed"');
  });

  it("that is no plain JSON is refused", () => {
    const strange = [new Date(0), undefined, () => 1, 5n, Number.NaN] as unknown as readonly never[];
    for (const value of strange)
      expect(thrownBy(() => workflowFromObject({ name: "w", steps: { a: { capability: "c", with: { value } } } })).code).toBe("T1011");
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
