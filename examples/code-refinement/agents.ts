/** A generator that writes JavaScript functions, and a reviewer that parses, runs and tests them. */
import { defineAgent } from "tutti";
import { z } from "zod";

import { betterDraft, firstDraft } from "./generate.ts";
import { reviewOf } from "./review.ts";
import { Draft, Finding, Spec } from "./spec.ts";

/** In the first iteration the spec alone, later what was written before and what is wrong with it. */
const Task = z.object({ spec: Spec, previous_draft: Draft.optional(), feedback: z.array(Finding).optional() });

export const generatorAgent = defineAgent({
  name: "generator",
  description: "Writes a function from text to text.",
  version: "1.0.0",
  capabilities: {
    generate: {
      description: "Writes a first draft, or a better one by the feedback on the last.",
      input: z.object({ input: Task }),
      output: Draft,
      run: ({ input: { input: task } }) =>
        task.previous_draft === undefined ? firstDraft(task.spec) : betterDraft(task.spec, task.previous_draft, task.feedback ?? []),
    },
  },
});

export const reviewerAgent = defineAgent({
  name: "reviewer",
  description: "Reviews a function for bugs, style and performance.",
  version: "1.0.0",
  capabilities: {
    review: {
      description: "Parses the code, runs it on the examples of its spec, and gives a score from 0 to 1.",
      input: z.object({ draft: Draft, spec: Spec }),
      output: z.object({ quality_score: z.number(), passed: z.string(), feedback: z.array(Finding).readonly() }),
      run: ({ input: { draft, spec } }) => reviewOf(draft.code, spec),
    },
  },
});
