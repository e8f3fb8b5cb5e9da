import { wordsOf } from "../lib/text.ts";

export const CATEGORIES = ["invoice", "report", "memo"] as const;
export type Category = (typeof CATEGORIES)[number];

const TELLING: Readonly<Record<Category, readonly string[]>> = {
  invoice: ["invoice", "due", "vat", "total", "pay", "payment", "amount"],
  report: ["report", "trial", "result", "results", "found", "costs", "percent"],
  memo: ["please", "until", "today", "tomorrow", "friday", "meeting", "use"],
};

/** The category whose words are most frequent, and the largest sum of money that is named. */
export function classify(title: string, text: string): { readonly category: Category; readonly amount_euros: number } {
  // A title says more than a sentence.
  const words = wordsOf(`${title} ${title} ${text}`);
  const count = (category: Category): number => words.filter((word) => TELLING[category].includes(word)).length;
  const category = CATEGORIES.reduce((best, each) => (count(each) > count(best) ? each : best), "memo");
  const amounts = [...text.matchAll(/(\d+(?:\.\d{2})?) euros/g)].map(([, amount]) => Number(amount));
  return { category, amount_euros: Math.max(0, ...amounts) };
}
