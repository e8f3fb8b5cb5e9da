/** The researcher's tools: a search over the notes in `library/`, and a calculator. Both work offline. */
import { readdirSync, readFileSync } from "node:fs";

import { countsOf, rarityOf, rounded, termsOf } from "../lib/text.ts";

export type Passage = { readonly source: string; readonly text: string };

const FOLDER = new URL("./library/", import.meta.url);
/** The usual constants of BM25. */
const SATURATION = 1.2;
const LENGTH_WEIGHT = 0.75;

let passages: readonly (Passage & { readonly terms: readonly string[] })[] | undefined;

/** The passages that answer a question best (BM25 over paragraphs and their titles). */
export function search(question: string, count: number): readonly Passage[] {
  passages ??= readPassages();
  const rarity = rarityOf(passages.map(({ terms }) => terms));
  const average = passages.reduce((sum, { terms }) => sum + terms.length, 0) / passages.length;
  const asked = new Set(termsOf(question));
  const scored = passages.map(({ source, text, terms }) => {
    const counts = countsOf(terms);
    const length = 1 - LENGTH_WEIGHT + (LENGTH_WEIGHT * terms.length) / average;
    const weigh = (term: string): number => {
      const found = counts.get(term) ?? 0;
      return (rarity(term) * found * (SATURATION + 1)) / (found + SATURATION * length);
    };
    return { source, text, score: [...asked].reduce((sum, term) => sum + weigh(term), 0) };
  });
  return scored
    .filter(({ score }) => score > 0)
    .toSorted((left, right) => right.score - left.score)
    .slice(0, count)
    .map(({ source, text }) => ({ source, text }));
}

function readPassages(): readonly (Passage & { readonly terms: readonly string[] })[] {
  const files = readdirSync(FOLDER).toSorted();
  return files.flatMap((file) => {
    const [title = "", ...paragraphs] = readFileSync(new URL(file, FOLDER), "utf8").trim().split("\n\n");
    return paragraphs.map((text) => ({ source: file, text, terms: termsOf(`${title} ${text}`) }));
  });
}

/** Every amount of money in a text, in the order of the text. */
export function amountsIn(text: string): readonly number[] {
  return [...text.matchAll(/(\d+) euros/g)].map(([, amount]) => Number(amount));
}

/** How many times the larger number is the smaller. */
export function ratio(left: number, right: number): number {
  return rounded(Math.max(left, right) / Math.max(1, Math.min(left, right)), 1);
}
