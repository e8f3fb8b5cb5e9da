/**
 * What must not compile: `tsc` fails here when a mistake is accepted. What a program without types
 * would do with the same mistake is run as well: it is told, at the latest by `build`.
 */
import { type Branches, cel, defineAgent, type Expr, handoff, loop, parallel, sequential, text, TuttiError, workflow } from "tutti";
import { describe, expect, it } from "vitest";
import { z } from "zod";

const planner = defineAgent({
  name: "planner",
  description: "Plans.",
  version: "1.0.0",
  capabilities: {
    plan: {
      description: "Plans.",
      input: z.object({ topic: z.string() }),
      output: z.object({ questions: z.array(z.string()) }),
      run: () => ({ questions: [] }),
    },
    price: { description: "Prices.", run: () => 1 },
  },
});

const begun = workflow("brief", { input: z.object({ vendor: z.string(), depth: z.number() }) })
  .step("plan", { agent: planner, skill: "plan", with: ({ input }) => ({ topic: input.vendor }) })
  .step("score", { capability: "score", output: z.object({ value: z.number(), note: z.string() }) });

/** The mistake is one for programs without types, too: the code of the error that they get. */
function told(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    if (error instanceof TuttiError) return error.code;
    throw error;
  }
  return "nothing";
}

/** Nothing but the compiler can see the mistake: what a schema promises is checked in the run. */
function compiled(make: () => unknown): boolean {
  return typeof make === "function";
}

const twoBranches = (empty: Branches<unknown, object, object, object, object>) =>
  empty.step("left", { agent: "x" }).step("right", { agent: "y" });

describe("references that do not compile", () => {
  it("a step that is not there, or that comes later", () => {
    expect(
      told(() =>
        begun.step("use", {
          capability: "use",
          // @ts-expect-error -- no such step
          with: ({ steps }) => ({ a: steps.plann.output }),
        }),
      ),
    ).toMatch(/^T/);
    expect(
      told(() =>
        begun
          .step("early", {
            capability: "use",
            // @ts-expect-error -- it comes later
            with: ({ steps }) => ({ a: steps.late.output }),
          })
          .step("late", { capability: "late" }),
      ),
    ).toMatch(/^T/);
    expect(
      told(() =>
        begun.step("itself", {
          capability: "use",
          // @ts-expect-error -- a step does not read itself
          with: ({ steps }) => ({ a: steps.itself.output }),
        }),
      ),
    ).toMatch(/^T/);
    // @ts-expect-error -- no such step
    expect(told(() => begun.output(({ steps }) => steps.nothing.output))).toMatch(/^T/);
    // @ts-expect-error -- no such step to wait for
    expect(told(() => begun.step("use", { capability: "use", needs: ["plann"] }).build())).toMatch(/^T/);
  });

  it("an inner step from outside, and a branch from another branch", () => {
    const looped = begun.step("draft", {
      loop: { steps: (block) => block.step("write", { capability: "write" }), until: ({ steps }) => cel`${steps.write.output} != null` },
    });
    // @ts-expect-error -- steps.draft.output.write is the way
    expect(told(() => looped.output(({ steps }) => steps.write.output))).toMatch(/^T/);
    expect(
      told(() =>
        begun
          .step("sides", {
            parallel: {
              branches: (branches) =>
                branches.step("left", { capability: "left" }).step("right", {
                  capability: "right",
                  // @ts-expect-error -- branches run at the same time
                  with: ({ steps }) => ({ a: steps.left.output }),
                }),
            },
          })
          .build(),
      ),
    ).toMatch(/^T/);
  });

  it("a field that the schema does not have, or a name that has no value there", () => {
    // @ts-expect-error -- no such field
    expect(compiled(() => begun.output(({ steps }) => steps.plan.output.question))).toBe(true);
    // @ts-expect-error -- no such field of the input
    expect(compiled(() => begun.output(({ input }) => input.vendr))).toBe(true);
    // @ts-expect-error -- no such part of a result
    expect(compiled(() => begun.output(({ steps }) => steps.plan.result))).toBe(true);
    expect(
      told(() =>
        begun.step("use", {
          capability: "use",
          // @ts-expect-error -- there is no item without `each`
          with: ({ item }) => ({ a: item }),
        }),
      ),
    ).toMatch(/^T/);
    expect(
      told(() =>
        begun.step("use", {
          capability: "use",
          // @ts-expect-error -- `iter` is only in loops
          with: ({ iter }) => ({ a: iter.number }),
        }),
      ),
    ).toMatch(/^T/);
    expect(
      told(() =>
        begun.step("use", {
          capability: "use",
          // @ts-expect-error -- only rules see the output under test
          with: ({ output }) => ({ a: output }),
        }),
      ),
    ).toMatch(/^T/);
  });

  it("a method that the value does not have", () => {
    // @ts-expect-error -- a number has no size
    expect(compiled(() => begun.output(({ input }) => input.depth.size()))).toBe(true);
    // @ts-expect-error -- a text is not a list
    expect(compiled(() => begun.output(({ input }) => input.vendor.map((one: Expr<string>) => one)))).toBe(true);
    // @ts-expect-error -- a test gives true or false
    expect(compiled(() => begun.output(({ steps }) => steps.plan.output.questions.filter((question) => question)))).toBe(true);
  });

  it("a reference used as a value", () => {
    // @ts-expect-error -- nothing can be added to a reference
    expect(told(() => begun.output(({ input }) => input.depth + 1))).toMatch(/^T/);
    // @ts-expect-error -- nor compared
    expect(compiled(() => begun.step("use", { capability: "use", if: ({ input }) => input.depth === 4 }))).toBe(true);
    // @ts-expect-error -- nor iterated over
    expect(told(() => begun.output(({ steps }) => [...steps.plan.output.questions]))).toMatch(/^T/);
    // A plain template string would need a text.
    expect(told(() => begun.output(({ input }) => `for ${input.vendor as unknown as string}`))).toMatch(/^T/);
  });
});

describe("results of a wrong type do not compile", () => {
  it("conditions, scores and lists", () => {
    // @ts-expect-error -- a condition is true or false
    expect(compiled(() => begun.step("use", { capability: "use", if: ({ input }) => input.vendor }))).toBe(true);
    // @ts-expect-error -- a rule is true or false
    expect(compiled(() => begun.step("use", { capability: "use", output: z.number(), rules: ({ output }) => output }))).toBe(true);
    expect(
      compiled(() =>
        begun.step("draft", {
          loop: {
            steps: (block) => block.step("judge", { capability: "judge", output: z.string() }),
            // @ts-expect-error -- a score is a number
            score: ({ steps }) => steps.judge.output,
          },
        }),
      ),
    ).toBe(true);
    // @ts-expect-error -- a text is no list
    expect(compiled(() => begun.step("use", { each: ({ input }) => input.vendor, capability: "use" }))).toBe(true);
    // @ts-expect-error -- `text` is a text
    expect(compiled(() => begun.step("use", { capability: "use", text: ({ input }) => input.depth }))).toBe(true);
    // @ts-expect-error -- an instant is a text
    expect(compiled(() => begun.step("use", { wait: { until: ({ input }) => input.depth } }))).toBe(true);
  });

  it("what a function agent does not take", () => {
    expect(
      compiled(() =>
        // @ts-expect-error -- `topic` is a text
        begun.step("use", { agent: planner, skill: "plan", with: ({ steps }) => ({ topic: steps.score.output.value }) }),
      ),
    ).toBe(true);
    const maybe = begun.step("maybe", { capability: "maybe", critical: false, output: z.string() });
    // @ts-expect-error -- a tolerated failure is null
    expect(compiled(() => maybe.step("use", { agent: planner, skill: "plan", with: ({ steps }) => ({ topic: steps.maybe.output }) }))).toBe(
      true,
    );
    // @ts-expect-error -- `topic` is missing
    expect(compiled(() => begun.step("use", { agent: planner, skill: "plan", with: {} }))).toBe(true);
    // @ts-expect-error -- no such skill
    expect(compiled(() => begun.step("use", { agent: planner, skill: "plaan" }))).toBe(true);
  });

  it("functions and promises in the place of data", () => {
    // @ts-expect-error -- a function is not data
    expect(told(() => begun.step("use", { capability: "use", with: { run: () => 1 } }).build())).toMatch(/^T/);
    // @ts-expect-error -- nothing is awaited while a workflow is written
    expect(told(() => begun.output(async ({ input }) => input.vendor))).toMatch(/^T/);
  });
});

describe("impossible options do not compile", () => {
  it("a step of two kinds, or of none", () => {
    // @ts-expect-error -- one kind
    expect(told(() => begun.step("use", { agent: "a", capability: "b" }).build())).toMatch(/^T/);
    // @ts-expect-error -- one kind
    expect(told(() => begun.step("use", { wait: "5m", set: { a: 1 } }).build())).toMatch(/^T/);
    // @ts-expect-error -- some kind
    expect(told(() => begun.step("use", { critical: false }).build())).toMatch(/^T/);
  });

  it("options that do not fit the kind", () => {
    // @ts-expect-error -- nobody works at a wait
    expect(told(() => begun.step("use", { wait: "5m", fallback: ["other"] }).build())).toMatch(/^T/);
    // @ts-expect-error -- nobody works at a wait
    expect(told(() => begun.step("use", { wait: "5m", retry: { attempts: 3 } }).build())).toMatch(/^T/);
    // @ts-expect-error -- an approval has its timeout inside
    expect(told(() => begun.step("use", { approval: { to: "anna", title: "Go?" }, timeout: "5m" }).build())).toMatch(/^T/);
    // @ts-expect-error -- a capability is a skill already
    expect(told(() => begun.step("use", { capability: "use", skill: "use" }).build())).toMatch(/^T/);
    // @ts-expect-error -- the inner steps get the work
    expect(told(() => begun.step("use", { steps: (block) => block.step("one", { capability: "x" }), with: { a: 1 } }).build())).toMatch(
      /^T/,
    );
    // @ts-expect-error -- an event is not repaired
    expect(told(() => begun.step("use", { emit: "done", fallback: ["other"] }).build())).toMatch(/^T/);
    // @ts-expect-error -- branches have their own work
    expect(told(() => begun.step("use", { parallel: { branches: twoBranches }, with: { a: 1 } }).build())).toMatch(/^T/);
  });

  it("options that exclude each other", () => {
    const both = { until: () => cel<boolean>`true`, score: () => cel<number>`1` };
    // @ts-expect-error -- one way to be done
    expect(told(() => begun.step("draft", { loop: { steps: (b) => b.step("j", { agent: "x" }), ...both } }).build())).toMatch(/^T/);
    // @ts-expect-error -- some way to be done
    expect(told(() => begun.step("draft", { loop: { steps: (block) => block.step("judge", { capability: "judge" }) } }).build())).toMatch(
      /^T/,
    );
    // @ts-expect-error -- `as` names the items of an `each`
    expect(told(() => begun.step("use", { capability: "use", as: "question" }).build())).toMatch(/^T/);
    // @ts-expect-error -- `concurrency` is one of items
    expect(told(() => begun.step("use", { capability: "use", concurrency: 3 }).build())).toMatch(/^T/);
    // @ts-expect-error -- `succeed` is one of items
    expect(told(() => begun.step("use", { capability: "use", succeed: "any" }).build())).toMatch(/^T/);
    // @ts-expect-error -- one rule
    expect(told(() => begun.step("use", { parallel: { agents: ["a", "b"], succeed: { first: 1, atLeast: 2 } } }).build())).toMatch(/^T/);
    // @ts-expect-error -- a quorum needs to know on what
    expect(told(() => begun.step("use", { parallel: { agents: ["a", "b"], succeed: { quorum: 2 } } }).build())).toMatch(/^T/);
    // @ts-expect-error -- a signal or a duration
    expect(told(() => begun.step("use", { wait: { signal: "go", for: "5m" } }).build())).toMatch(/^T/);
    // @ts-expect-error -- a strategy or an agent
    expect(told(() => begun.step("use", { aggregate: { from: () => [1], strategy: "list", agent: "a" } }).build())).toMatch(/^T/);
  });

  it("handlers that would run at other times, and unknown words", () => {
    // @ts-expect-error -- a handler runs when the step fails
    expect(told(() => begun.step("use", { capability: "use", onError: { capability: "other", if: () => cel`true` } }).build())).toMatch(
      /^T/,
    );
    // @ts-expect-error -- once
    expect(told(() => begun.step("use", { capability: "use", onError: { agent: "x", each: () => [1] } }).build())).toMatch(/^T/);
    // @ts-expect-error -- no such word
    expect(told(() => begun.step("use", { capability: "use", onUnknown: "retry" }).build())).toMatch(/^T/);
    // @ts-expect-error -- no such key
    expect(told(() => begun.step("use", { capability: "use", tiemout: "5m" }).build())).toMatch(/^T/);
    // @ts-expect-error -- a duration has a unit
    expect(told(() => begun.step("use", { capability: "use", timeout: "5" }).build())).toMatch(/^T/);
    // @ts-expect-error -- no such strategy
    expect(told(() => begun.step("use", { aggregate: { from: () => [1], strategy: "vote" } }).build())).toMatch(/^T/);
  });

  it("an id that is taken, an agent that is not declared", () => {
    // @ts-expect-error -- there is one
    expect(told(() => begun.step("plan", { capability: "use" }))).toMatch(/^T/);
    // @ts-expect-error -- there is one further out
    expect(told(() => begun.step("group", { steps: (block) => block.step("plan", { capability: "use" }) }))).toMatch(/^T/);
    const declared = workflow("declared").agents({ writer: { card: "https://writer.example.com" } });
    // @ts-expect-error -- it is not declared
    expect(compiled(() => declared.step("use", { agent: "writr" }))).toBe(true);
    const nowhere = { writer: { url: "https://writer.example.com" } };
    // @ts-expect-error -- it leads nowhere
    expect(told(() => workflow("w").agents(nowhere).step("use", { agent: "writer" }).build())).toMatch(/^T/);
  });

  it("shapes without what they need", () => {
    // @ts-expect-error -- a critic
    expect(told(() => loop({ generator: planner }).build())).toMatch(/^T/);
    // @ts-expect-error -- no such rule
    expect(told(() => parallel([planner, "other"], { succeed: { most: 2 } }).build())).toMatch(/^T/);
    // @ts-expect-error -- no such option
    expect(told(() => handoff([planner, "other"], { first: planner }).build())).toMatch(/^T/);
    // @ts-expect-error -- an agent, its name, or one of its skills
    expect(told(() => sequential([{ url: "https://writer.example.com" }]).build())).toMatch(/^T/);
  });
});

it("a text or an expression takes references and data, and nothing else", () => {
  // @ts-expect-error -- a function is not data
  expect(told(() => begun.output(() => text`a ${() => 1}`))).toMatch(/^T/);
  // @ts-expect-error -- nor is a date
  expect(told(() => begun.output(() => cel`${new Date(0)} > 1`))).toMatch(/^T/);
});
