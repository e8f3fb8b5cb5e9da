import { readFileSync } from "node:fs";

import { z } from "zod";

export const LABELS = ["billing", "bug", "feature", "praise"] as const;
export type Label = (typeof LABELS)[number];

/** How sure: the share of the winning label, from 0 to 1. */
export type Verdict = { readonly label: Label; readonly confidence: number };

const Labelled = z.object({ label: z.enum(LABELS), text: z.string() });

/** Messages that people have labelled. */
export function readTraining(): readonly z.infer<typeof Labelled>[] {
  const lines = readFileSync(new URL("./training.jsonl", import.meta.url), "utf8")
    .trim()
    .split("\n");
  return lines.map((line) => Labelled.parse(JSON.parse(line)));
}

/** The label with the most; of equals the first in the list of labels. */
export function verdictOf(scores: Readonly<Record<Label, number>>): Verdict {
  const total = LABELS.reduce((sum, label) => sum + scores[label], 0);
  const label = LABELS.reduce((best, each) => (scores[each] > scores[best] ? each : best));
  return { label, confidence: total === 0 ? 0 : Math.round((scores[label] / total) * 100) / 100 };
}
