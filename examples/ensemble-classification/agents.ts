/** Three classifiers of customer messages that work in three different ways, and so err on different messages. */
import { defineAgent } from "tutti";
import { z } from "zod";

import { classifyByBayes } from "./bayes.ts";
import { classifyByKeywords } from "./keywords.ts";
import { LABELS, type Verdict } from "./labels.ts";
import { classifyByNeighbours } from "./neighbours.ts";

const classifier = (name: string, description: string, classify: (text: string) => Verdict) =>
  defineAgent({
    name,
    description,
    version: "1.0.0",
    capabilities: {
      classify: {
        description,
        input: z.object({ text: z.string().min(1) }),
        output: z.object({ label: z.enum(LABELS), confidence: z.number().min(0).max(1) }),
        run: ({ input }) => classify(input.text),
      },
    },
  });

export const keywordsAgent = classifier("keywords", "Counts telling words.", classifyByKeywords);
export const bayesAgent = classifier("bayes", "Naive Bayes over the words of 48 labelled messages.", classifyByBayes);
export const neighboursAgent = classifier("neighbours", "Asks the three most alike of 48 labelled messages.", classifyByNeighbours);
