/** Sentiment by a lexicon, with negation and intensifiers: what each word says, from -3 to 3. */
import { rounded, wordsOf } from "../lib/text.ts";
import type { Ticket } from "./tickets.ts";

const LEXICON: { readonly [word: string]: number } = Object.fromEntries(
  Object.entries({
    "3": "excellent wonderful perfectly love outstanding",
    "2": "great happy friendly helpful easy solved reliable nice patient smooth",
    "1": "fast quick clear thank thanks works correct valid saves",
    "-1": "slow wrong missing error expired declined late twice wait higher problem never",
    "-2": "fails broken crashes freezes hangs locked loses lose annoying frustrating bad disappointing empty drains timeout",
    "-3": "awful terribly terrible unacceptable rude horrible",
  }).flatMap(([score, words]) => words.split(" ").map((word) => [word, Number(score)])),
);
const NEGATIONS = new Set(["not", "no", "never", "cannot", "nobody", "without"]);
const INTENSIFIERS = new Set(["very", "really", "terribly", "so", "extremely"]);
/** How far a negation reaches, in words. */
const REACH = 2;

/** The mean of the words that say anything; 0 for a text without any. */
export function scoreOf(text: string): number {
  const words = wordsOf(text);
  const values = words.flatMap((word, index) => {
    const value = LEXICON[word];
    const before = words.slice(Math.max(0, index - REACH), index);
    // What is not there cannot be done: "cannot log in" is a complaint by itself.
    if (value === undefined) return word === "cannot" ? [-2] : [];
    const sign = before.some((each) => NEGATIONS.has(each)) && value > 0 ? -1 : 1;
    return [sign * value * (before.some((each) => INTENSIFIERS.has(each)) ? 1.5 : 1)];
  });
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

export type Sentiment = {
  readonly overall: "positive" | "mixed" | "negative";
  readonly score: number;
  readonly positive: number;
  readonly neutral: number;
  readonly negative: number;
  readonly by_month: { readonly [month: string]: number };
  readonly by_ticket: { readonly [id: string]: number };
};

export function sentimentOf(tickets: readonly Ticket[]): Sentiment {
  const scored = tickets.map((ticket) => ({ ...ticket, score: rounded(scoreOf(ticket.text)) }));
  const count = (test: (score: number) => boolean): number => scored.filter(({ score }) => test(score)).length;
  const months = [...new Set(scored.map(({ created_at }) => created_at.slice(0, 7)))].toSorted();
  const score = meanOf(scored.map((each) => each.score));
  return {
    overall: overallOf(score),
    score,
    positive: count((each) => each >= 0.5),
    neutral: count((each) => each > -0.5 && each < 0.5),
    negative: count((each) => each <= -0.5),
    by_month: Object.fromEntries(
      months.map((month) => [month, meanOf(scored.flatMap((each) => (each.created_at.startsWith(month) ? [each.score] : [])))]),
    ),
    by_ticket: Object.fromEntries(scored.map((each) => [each.id, each.score])),
  };
}

export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : rounded(values.reduce((sum, value) => sum + value, 0) / values.length);
}

function overallOf(score: number): Sentiment["overall"] {
  if (score >= 0.5) return "positive";
  return score <= -0.5 ? "negative" : "mixed";
}
