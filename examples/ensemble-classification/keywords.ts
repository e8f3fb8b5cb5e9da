import { wordsOf } from "../lib/text.ts";
import { type Label, LABELS, type Verdict, verdictOf } from "./labels.ts";

/** What a person who has read many messages would look for. */
const TELLING: Readonly<Record<Label, readonly string[]>> = {
  billing: [
    "invoice",
    "invoices",
    "bill",
    "billing",
    "charged",
    "payment",
    "paid",
    "pay",
    "refund",
    "price",
    "fee",
    "receipt",
    "tax",
    "bank",
  ],
  bug: ["crash", "crashes", "error", "fails", "broken", "blank", "freezes", "wrong", "bug", "stopped", "nothing", "cannot"],
  feature: ["add", "wish", "could", "support", "option", "integration", "would", "need", "feature", "allow", "export"],
  praise: ["thank", "thanks", "great", "love", "happy", "wonderful", "fantastic", "best", "perfectly", "impressed", "beautiful"],
};

export function classifyByKeywords(text: string): Verdict {
  const words = new Set(wordsOf(text));
  const count = (label: Label): number => TELLING[label].filter((word) => words.has(word)).length;
  return verdictOf(Object.fromEntries(LABELS.map((label) => [label, count(label)])) as Record<Label, number>);
}
