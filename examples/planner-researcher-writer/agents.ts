/** Six agents that make a brief: none is a language model, so what they write is always the same. */
import { defineAgent, fail } from "tutti";
import { z } from "zod";

import { amountsIn, ratio, search } from "./library.ts";
import { classify, frame, Framed, Intent, planOf } from "./plan.ts";
import { compose, Draft, Finding, Remark, reviewOf } from "./write.ts";

export const classifierAgent = defineAgent({
  name: "classifier",
  description: "Knows what kind of request it is.",
  version: "0.1.0",
  capabilities: {
    classify_intent: {
      description: "A brief on one subject, or a comparison of two.",
      input: z.object({ request: z.string().min(1) }),
      output: Intent,
      run: ({ input }) => {
        const intent = classify(input.request);
        return intent.subjects.length === 0 ? fail("NO_SUBJECT", "The request names no subject that the library knows.") : intent;
      },
    },
  },
});

export const orchestratorAgent = defineAgent({
  name: "orchestrator",
  description: "Says what the brief must have.",
  version: "0.1.0",
  capabilities: {
    orchestrate: {
      description: "The goal, the aspects to look at, and how long the brief may be.",
      input: z.object({ request: z.string(), intent: Intent }),
      output: Framed,
      run: ({ input }) => frame(input.request, input.intent),
    },
  },
});

export const plannerAgent = defineAgent({
  name: "planner",
  description: "Takes the work apart.",
  version: "0.1.0",
  capabilities: {
    plan: {
      description: "One subtask for each subject and aspect; a comparison needs the costs of both.",
      input: Framed,
      run: ({ input }) => ({ subtasks: planOf(input) }),
    },
  },
});

const PASSAGES = 1;

export const researcherAgent = defineAgent({
  name: "researcher",
  description: "Answers questions from a library of notes.",
  version: "0.1.0",
  capabilities: {
    research: {
      description: "The passages that answer a question; or, of results that it needs, which one costs more, and how much.",
      input: z.object({
        question: z.string(),
        compare: z.boolean().default(false),
        results: z.record(z.string(), Finding).default({}),
      }),
      output: Finding,
      run: ({ input: { question, compare, results } }) => {
        if (!compare) return { question, passages: [...search(question, PASSAGES)] };
        const costs = Object.entries(results).map(([id, { passages }]) => ({
          name: nameOf(id),
          euros: amountsIn(passages[0]?.text ?? "")[0] ?? 0,
        }));
        const [dear, cheap] = costs.toSorted((left, right) => right.euros - left.euros);
        if (dear === undefined || cheap === undefined) return fail("NOTHING_TO_COMPARE", "A comparison needs two results.");
        const text = `A ${dear.name} costs ${ratio(dear.euros, cheap.euros)} times as much as a ${cheap.name}: ${dear.euros} and ${cheap.euros} euros.`;
        return { question, passages: [{ source: "calculator", text }] };
      },
    },
  },
});

/** The subject of a subtask: `cargo_bike_cost` is about a cargo bike. */
function nameOf(id: string): string {
  return id.replace(/_cost$/, "").replaceAll("_", " ");
}

export const writerAgent = defineAgent({
  name: "writer",
  description: "Writes briefs.",
  version: "0.1.0",
  capabilities: {
    write: {
      description: "Writes what was found; a review of the last draft says what it must do better.",
      input: z.object({
        goal: z.string(),
        research: z.record(z.string(), Finding.nullable()),
        feedback: z.array(Remark).default([]),
        done: z.array(Remark.shape.rule).default([]),
      }),
      output: Draft,
      run: ({ input }) => compose(input),
    },
  },
});

export const criticAgent = defineAgent({
  name: "critic",
  description: "Reviews briefs.",
  version: "0.1.0",
  capabilities: {
    review: {
      description: "A score from 0 to 1, and what is missing.",
      input: z.object({ draft: Draft, max_words: z.int(), research: z.record(z.string(), Finding.nullable()) }),
      output: z.object({ quality_score: z.number(), feedback: z.array(Remark) }),
      run: ({ input }) => reviewOf(input),
    },
  },
});
