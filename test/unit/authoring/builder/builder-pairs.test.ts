/** One language, two spellings: what the builder makes is what a file says, to the last default. */
import { type Buildable, cel, defineAgent, handoff, loop, parallel, remoteAgent, sequential, text, workflow } from "tutti";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { loadText } from "../../../../src/authoring/file/load-file.ts";
import { fingerprintOf } from "../../../../src/definition/fingerprint.ts";
import { WHOLE_LANGUAGE } from "../whole-language.ts";
import { WHOLE_WORKFLOW } from "./whole-workflow.ts";

function fromBuilder(built: Buildable): unknown {
  return { definition: built.build(), fingerprint: fingerprintOf(built.build()) };
}

function fromFile(file: string): unknown {
  const loaded = loadText(file, "pair.tutti.yaml");
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.error, null, 1));
  return { definition: loaded.value, fingerprint: fingerprintOf(loaded.value) };
}

it("a workflow that uses the whole language is the same definition from the builder and from a file", () => {
  expect(fromBuilder(WHOLE_WORKFLOW)).toEqual(fromFile(WHOLE_LANGUAGE));
});

/** Steps of a workflow without anything else. */
function fromSteps(steps: string): unknown {
  return fromFile(`{ tutti: "1.0", name: pair, steps: ${steps} }`);
}
const begin = () => workflow("pair");
type Begun = ReturnType<typeof begin>;
type Pair = readonly [title: string, make: (begun: Begun) => Buildable, steps: string];

describe("a step is the same from the builder and from a file", () => {
  it.each<Pair>([
    ["with nothing but its agent", (w) => w.step("a", { agent: "x" }), "{ a: { agent: x } }"],
    ["with a skill", (w) => w.step("a", { agent: "x", skill: "s" }), "{ a: { agent: x, skill: s } }"],
    [
      "with parameters deep inside",
      (w) =>
        w.step("a", { capability: "x", with: ({ input, run }) => ({ list: [1, null, { id: run.id }], value: input, none: undefined }) }),
      '{ a: { capability: x, with: { list: [1, null, { id: "${{ run.id }}" }], value: "${{ input }}" } } }',
    ],
    [
      "with one expression as its parameters",
      (w) => w.step("a", { capability: "x", with: ({ input }) => input }),
      '{ a: { capability: x, with: "${{ input }}" } }',
    ],
    [
      "with a text",
      (w) => w.step("a", { capability: "x", text: "As it is: {{ }} $" }),
      '{ a: { capability: x, text: "As it is: {{ }} $" } }',
    ],
    [
      "that waits for others",
      (w) =>
        w
          .step("a", { agent: "x" })
          .step("b", { agent: "x", needs: "a", with: ({ steps }) => ({ a: steps.a.text }) })
          .step("c", { agent: "x", needs: ["b", "a"] }),
      '{ a: { agent: x }, b: { agent: x, with: { a: "${{ steps.a.text }}" } }, c: { agent: x, needs: [a, b] } }',
    ],
    [
      "for each item, with the usual name",
      (w) => w.step("a", { each: ({ input }) => input.as<string[]>(), agent: "x", with: ({ item, index }) => ({ item, index }) }),
      '{ a: { each: "${{ input }}", agent: x, with: { item: "${{ item }}", index: "${{ index }}" } } }',
    ],
    [
      "for each item of a list that is known",
      (w) => w.step("a", { each: () => ["north", "south"], as: "region", agent: "x", with: ({ region }) => ({ region }) }),
      '{ a: { each: [north, south], as: region, agent: x, with: { region: "${{ region }}" } } }',
    ],
    [
      "with several rules",
      (w) => w.step("a", { agent: "x", rules: ({ output }) => [cel`${output} != null`, cel`size(${output}) > 1`] }),
      '{ a: { agent: x, rules: ["output != null", size(output) > 1] } }',
    ],
    [
      "with each rule of success",
      (w) =>
        w
          .step("a", { each: () => [1], agent: "x", succeed: "all" })
          .step("b", { each: () => [1], agent: "x", succeed: { any: true, within: "5s" } })
          .step("c", { each: () => [1, 2], agent: "x", succeed: { first: 2 } })
          .step("d", { each: () => [1], agent: "x", succeed: { all: true, within: "30s" } })
          .step("e", { each: () => [1, 2], agent: "x", succeed: { quorum: 2, on: ({ result }) => result } }),
      `{ a: { each: [1], agent: x }, b: { each: [1], agent: x, succeed: { any: true, within: 5s } }, c: { each: [1, 2], agent: x, succeed: { first: 2 } },
         d: { each: [1], agent: x, succeed: { all: true, within: 30s } }, e: { each: [1, 2], agent: x, succeed: { quorum: 2, on: result } } }`,
    ],
    [
      "with a handler that holds steps of its own",
      (w) =>
        w.step("a", {
          agent: "x",
          onError: {
            steps: (block) =>
              block
                .step("look", { agent: "y", with: ({ error }) => ({ code: error.code }) })
                .step("mend", { agent: "z", with: ({ steps }) => ({ found: steps.look.output }) }),
          },
        }),
      '{ a: { agent: x, onError: { steps: { look: { agent: y, with: { code: "${{ error.code }}" } }, mend: { agent: z, with: { found: "${{ steps.look.output }}" } } } } } }',
    ],
    [
      "inside a loop inside a branch, seeing what is further out",
      (w) =>
        w.step("a", { agent: "x" }).step("b", {
          parallel: {
            branches: (branches) =>
              branches.step("left", { agent: "l", with: ({ steps }) => ({ a: steps.a.output }) }).step("right", {
                loop: {
                  max: 2,
                  steps: (block) =>
                    block.step("turn", { agent: "r", with: ({ steps, iter }) => ({ a: steps.a.output, number: iter.number }) }),
                  until: ({ steps, iter }) => cel`${steps.turn.output} == ${steps.a.output} || ${iter.number} > 1`,
                },
              }),
            succeed: { atLeast: 1 },
          },
        }),
      `{ a: { agent: x }, b: { parallel: { succeed: { atLeast: 1 }, branches: { left: { agent: l, with: { a: "\${{ steps.a.output }}" } },
         right: { loop: { max: 2, until: steps.turn.output == steps.a.output || iter.number > 1,
           steps: { turn: { agent: r, with: { a: "\${{ steps.a.output }}", number: "\${{ iter.number }}" } } } } } } } } }`,
    ],
    [
      "that waits until an instant that is computed",
      (w) => w.step("a", { wait: { until: ({ input }) => input.as<{ at: string }>().at } }),
      '{ a: { wait: { until: "${{ input.at }}" } } }',
    ],
    ["that writes the context", (w) => w.step("a", { set: { "a.b": 1 } }), '{ a: { set: { "a.b": 1 } } }'],
    [
      "that emits to a webhook",
      (w) => w.step("a", { emit: { event: "done", to: { webhook: "https://h.example.com" } } }),
      "{ a: { emit: { event: done, to: { webhook: https://h.example.com } } } }",
    ],
  ])("%s", (_title, make, steps) => expect(fromBuilder(make(begin()))).toEqual(fromSteps(steps)));
});

describe("agents and schemas", () => {
  const local = defineAgent({
    name: "local.one",
    description: "Works.",
    version: "1.0.0",
    capabilities: { work: { description: "Works.", run: () => 1 } },
  });
  const remote = remoteAgent("https://far.example.com/agent");

  it("agents that are given as objects are named, and recorded as what they are", () => {
    expect(
      fromBuilder(
        workflow("pair")
          .agents({ far: remote })
          .step("a", { agent: local, fallback: [remote, "capability_word", { agent: local, skill: "work" }] })
          .step("b", { agent: "far" }),
      ),
    ).toEqual(
      fromFile(
        `{ tutti: "1.0", name: pair, agents: { far: { card: https://far.example.com/agent }, local_one: { local: local.one } },
         steps: { a: { agent: local_one, fallback: [{ agent: far }, capability_word, { agent: local_one, skill: work }] }, b: { agent: far } } }`,
      ),
    );
  });

  it("a workflow that is given as an object is named with its version, or by its name alone", () => {
    const child = (version?: string) => workflow("child", version === undefined ? {} : { version }).step("x", { agent: "x" });
    expect(fromBuilder(((w) => w.step("a", { workflow: child("1.2.0") }).step("b", { workflow: child() }))(begin()))).toEqual(
      fromSteps("{ a: { workflow: child@1.2.0 }, b: { workflow: child } }"),
    );
  });

  it("a Standard Schema is the JSON Schema of what goes in", () => {
    expect(
      fromBuilder(
        workflow("pair", { input: z.object({ a: z.string(), b: z.number().default(4) }) }).step("x", {
          agent: "x",
          output: z.object({ c: z.array(z.string()).optional() }),
        }),
      ),
    ).toEqual(
      fromFile(
        `{ tutti: "1.0", name: pair,
         input: { type: object, properties: { a: { type: string }, b: { default: 4, type: number } }, required: [a] },
         steps: { x: { agent: x, output: { type: object, properties: { c: { type: array, items: { type: string } } } } } } }`,
      ),
    );
  });
});

describe("a shape is a file", () => {
  it("sequential", () => {
    expect(
      fromBuilder(
        sequential(["planner", { agent: "research-er", skill: "find" }, { capability: "write" }], { name: "brief", version: "1.0.0" }),
      ),
    ).toEqual(
      fromFile(
        `{ tutti: "1.0", name: brief, version: 1.0.0, output: "\${{ steps.write.output }}", steps: {
         planner: { agent: planner, text: "\${{ input }}", with: { conversation: [{ from: user, content: "\${{ input }}" }] } },
         research_er: { agent: research-er, skill: find, text: "\${{ input }}\\n\\nplanner: \${{ steps.planner.output }}",
           with: { conversation: [{ from: user, content: "\${{ input }}" }, { from: planner, content: "\${{ steps.planner.output }}" }] } },
         write: { capability: write, text: "\${{ input }}\\n\\nplanner: \${{ steps.planner.output }}\\n\\nresearch-er: \${{ steps.research_er.output }}",
           with: { conversation: [{ from: user, content: "\${{ input }}" }, { from: planner, content: "\${{ steps.planner.output }}" }, { from: research-er, content: "\${{ steps.research_er.output }}" }] } } } }`,
      ),
    );
  });

  it("parallel", () => {
    expect(fromBuilder(parallel(["a", "b"], { succeed: { atLeast: 1 }, aggregate: "list", input: { type: "object" } }))).toEqual(
      fromFile(
        `{ tutti: "1.0", name: parallel, input: { type: object }, output: "\${{ steps.combined.output }}", steps: {
         answers: { parallel: { agents: [a, b], succeed: { atLeast: 1 } }, with: "\${{ input }}" },
         combined: { aggregate: { strategy: list, from: "\${{ [steps.answers.output.a, steps.answers.output.b].filter(it, it != null) }}" } } } }`,
      ),
    );
    expect(fromBuilder(parallel({ left: "a", right: { capability: "b" } }))).toEqual(
      fromFile(
        `{ tutti: "1.0", name: parallel, output: "\${{ steps.answers.output }}", steps: { answers: { parallel: { branches: {
         left: { agent: a, text: "\${{ input }}", with: { input: "\${{ input }}" } },
         right: { capability: b, text: "\${{ input }}", with: { input: "\${{ input }}" } } } } } } }`,
      ),
    );
  });

  it("loop", () => {
    const feedback = 'iter.?prev.critic.output.feedback.orValue(\\"\\")';
    const later = (part: string) => `\${{ iter.prev == null ? \\"\\" : ${part} }}`;
    expect(
      fromBuilder(loop({ generator: "coder", critic: { capability: "review" }, max: 4, threshold: 0.8, onExhausted: "best" })),
    ).toEqual(
      fromFile(
        `{ tutti: "1.0", name: loop, output: "\${{ steps.refine.output.generator }}", steps: { refine: { loop: {
         max: 4, score: "steps.critic.?output.quality_score.orValue(0)", threshold: 0.8, onExhausted: best, steps: {
           generator: { agent: coder,
             text: "\${{ input }}${later('\\"\\\\n\\\\nYour last draft:\\\\n\\"')}${later("iter.prev.generator.output")}${later('\\"\\\\n\\\\nFeedback on it:\\\\n\\"')}${later(feedback)}",
             with: "\${{ iter.prev == null ? {\\"input\\": input} : {\\"previous_draft\\": iter.prev.generator.output, \\"feedback\\": ${feedback}} }}" },
           critic: { capability: review, text: "\${{ steps.generator.output }}", with: { draft: "\${{ steps.generator.output }}" },
             output: { type: [object, string], properties: { quality_score: { type: number } } } } } } } } }`,
      ),
    );
  });

  it("handoff", () => {
    expect(fromBuilder(handoff(["triage", "billing-desk"], { start: "billing-desk", max: 3 }))).toEqual(
      fromFile(
        `{ tutti: "1.0", name: handoff, output: "\${{ steps.answer.output }}", steps: { answer: {
         handoff: { agents: [triage, billing-desk], start: billing_desk, max: 3 }, text: "\${{ input }}", with: { input: "\${{ input }}" } } } }`,
      ),
    );
  });
});

it("a text with references is the same text with expressions", () => {
  expect(fromBuilder(((w) => w.step("a", { agent: "x", text: ({ input }) => text`Go: ${input}, ${3} times` }))(begin()))).toEqual(
    fromSteps('{ a: { agent: x, text: "Go: ${{ input }}, 3 times" } }'),
  );
});
