import { countsOf, sentencesOf, termsOf } from "../lib/text.ts";

/** The sentences that say most of what the whole says, in the order of the document. */
export function summaryOf(text: string, sentenceCount: number): string {
  const frequency = countsOf(termsOf(text));
  const sentences = text.split("\n").flatMap((paragraph) => sentencesOf(paragraph));
  const weighed = sentences.map((sentence, place) => {
    const terms = [...new Set(termsOf(sentence))];
    const weight = terms.reduce((sum, term) => sum + (frequency.get(term) ?? 0), 0) / Math.sqrt(terms.length + 1);
    return { sentence, place, weight };
  });
  return weighed
    .toSorted((left, right) => right.weight - left.weight)
    .slice(0, sentenceCount)
    .toSorted((left, right) => left.place - right.place)
    .map(({ sentence }) => sentence)
    .join(" ");
}
