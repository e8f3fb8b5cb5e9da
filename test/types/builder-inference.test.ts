/** What flows from step to step: the compiler checks these types, and each program is built as well. */
import { cel, defineAgent, type Expr, type Ref, text, workflow } from "tutti";
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";

const planner = defineAgent({
  name: "planner",
  description: "Plans.",
  version: "1.0.0",
  capabilities: {
    make_plan: {
      description: "Makes a plan.",
      input: z.object({ topic: z.string(), depth: z.number().optional() }),
      output: z.object({ questions: z.array(z.string()), cost: z.number() }),
      run: () => ({ questions: [], cost: 1 }),
    },
  },
});

const Input = z.object({ vendor: z.string(), depth: z.number().default(4), note: z.string().optional() });
const begun = workflow("brief", { input: Input });

/** A reference of this very type. */
function isRef<Value>(reference: Ref<Value>): void {
  expect(reference).toBeTypeOf("function");
}

describe("types of references", () => {
  it("the run's input has the type that its schema gives, defaults written in", () => {
    begun.step("one", {
      capability: "x",
      with: ({ input }) => {
        expectTypeOf(input.vendor).toExtend<Expr<string>>();
        expectTypeOf(input.depth).toEqualTypeOf<Ref<number>>();
        expectTypeOf(input.note).toEqualTypeOf<Ref<string | undefined>>();
        expectTypeOf(input.note.orValue("none")).toEqualTypeOf<Ref<string>>();
        return input;
      },
    });
    workflow("brief", {
      input: {
        type: "object",
        required: ["a"],
        properties: { a: { type: "integer" }, b: { enum: ["x", "y"] }, c: { type: "string", default: "z" } },
      },
    })
      .step("one", {
        capability: "x",
        text: ({ input }) => {
          expectTypeOf(input.a).toEqualTypeOf<Ref<number>>();
          expectTypeOf(input.b).toEqualTypeOf<Ref<"x" | "y" | undefined>>();
          return input.c;
        },
      })
      .build();
  });

  it("a step's output has the type of its schema, or of the function agent's", () => {
    begun
      .step("plan", { agent: planner, skill: "make_plan", with: ({ input }) => ({ topic: input.vendor }) })
      .step("only", { agent: planner, with: { topic: "its only skill" } })
      .step("read", {
        capability: "read",
        output: z.object({ pages: z.array(z.object({ url: z.string(), score: z.number().nullable() })) }),
      })
      .step("raw", {
        capability: "raw",
        output: { type: "array", items: { type: "object", required: ["n"], properties: { n: { type: "number" } } } },
      })
      .step("use", {
        capability: "use",
        with: ({ steps }) => {
          expectTypeOf(steps.plan.output.questions[0]).toExtend<Expr<string> | undefined>();
          expectTypeOf(steps.only.output.cost).toEqualTypeOf<Ref<number>>();
          expectTypeOf(steps.read.output.pages.map((page) => page.url)).toEqualTypeOf<Ref<readonly string[]>>();
          expectTypeOf(steps.read.output.pages.map(({ url }) => ({ link: url, kind: "page" }))).toExtend<
            Expr<readonly { link: string; kind: string }[]>
          >();
          expectTypeOf(steps.raw.output.filter((item) => cel`${item.n} > 1`).size()).toEqualTypeOf<Ref<number>>();
          expectTypeOf(steps.plan.status).toEqualTypeOf<Ref<"completed" | "skipped" | "failed" | "canceled">>();
          return { first: steps.plan.output.questions, attempts: steps.plan.attempts };
        },
      })
      .build();
  });

  it("an item has its name and its type, and the outputs of an `each` are a list", () => {
    const built = begun
      .step("plan", { agent: planner, with: { topic: "x" } })
      .step("research", {
        each: ({ steps }) => steps.plan.output.questions,
        as: "question",
        capability: "research",
        critical: false,
        with: ({ question, index, input }) => ({ question: question.upperAscii(), number: cel`${index} + 1`, vendor: input.vendor }),
        output: z.object({ facts: z.array(z.string()) }),
      })
      .step("plain", { each: ({ steps }) => steps.research.output, agent: planner, with: ({ item }) => ({ topic: text`${item}` }) })
      .output(({ steps }) => {
        isRef<readonly ({ facts: string[] } | null)[]>(steps.research.output);
        isRef<readonly { questions: string[]; cost: number }[]>(steps.plain.output);
        return steps.plain.output.map((one) => one.cost);
      })
      .build();
    expect(Object.keys(built.steps)).toEqual(["plan", "research", "plain"]);
  });

  it("holders give an object of what they hold, approvals a decision with their form", () => {
    const built = begun
      .step("draft", {
        loop: {
          steps: (block) =>
            block
              .step("write", { capability: "write", output: z.string(), with: ({ iter }) => ({ number: iter.number, prev: iter.prev }) })
              .step("review", {
                capability: "review",
                output: z.object({ score: z.number() }),
                with: ({ steps }) => ({ draft: steps.write.output.trim() }),
              }),
          until: ({ steps }) => cel`${steps.review.output.score} >= 0.9`,
        },
      })
      .step("sides", {
        parallel: {
          branches: (branches) =>
            branches
              .step("credit", { capability: "credit", output: z.number() })
              .step("home", { steps: (block) => block.step("find", { capability: "find", output: z.string() }) }),
        },
      })
      .step("votes", { parallel: { agents: ["check-a", "check.b"], succeed: "any" }, output: z.object({ label: z.string() }) })
      .step("sign", { approval: { to: "anna", title: "Go?", form: z.object({ note: z.string() }) } })
      .step("count", { aggregate: { from: ({ steps }) => steps.draft.output, strategy: "count" } })
      .output(({ steps }) => {
        isRef<{ write: string; review: { score: number } }>(steps.draft.output);
        isRef<number | null>(steps.sides.output.credit);
        isRef<string | null>(steps.sides.output.home.find);
        isRef<{ label: string } | null>(steps.votes.output.check_a);
        isRef<{ label: string } | null>(steps.votes.output.check_b);
        isRef<"approved" | "rejected">(steps.sign.output.decision);
        isRef<string>(steps.sign.output.form.note);
        isRef<number>(steps.count.output);
        return { ok: steps.sign.output.decision };
      })
      .build();
    expect(Object.keys(built.steps)).toEqual(["draft", "sides", "votes", "sign", "count"]);
  });

  it("what nobody has described may be read as one likes, and be given a type", () => {
    begun
      .step("any", { capability: "any" })
      .output(({ steps, context }) => {
        expectTypeOf(steps.any.output.as<{ uri: string }>().uri).toEqualTypeOf<Ref<string>>();
        expectTypeOf(context.as<{ intermediate: { data_uri: string } }>().intermediate.data_uri).toEqualTypeOf<Ref<string>>();
        return { uri: steps.any.output.as<{ uri: string }>().uri, all: steps.any.output };
      })
      .build();
  });

  it("a compensation reads the step's own result, a handler the failure", () => {
    const built = begun
      .step("publish", {
        capability: "publish",
        output: z.object({ id: z.string() }),
        compensate: { capability: "retract", with: ({ steps }) => ({ id: steps.publish.output.id }) },
        onError: { capability: "tell", with: ({ error, input }) => ({ why: error.message, vendor: input.vendor }) },
      })
      .build();
    expect(Object.keys(built.steps)).toEqual(["publish"]);
  });
});
