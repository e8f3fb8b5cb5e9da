/** Plain text work that several examples share: words, sentences, and how alike two texts are. No model, no network. */

const STOP_WORDS = new Set(
  (
    "a about above after again all also am an and any are as at be because been before being below between both but by can could did do " +
    "does doing down during each few for from further had has have having he her here hers him his how i if in into is it its itself just " +
    "let me more most my no nor not now of off on once only or other our out over own please same she should so some still such than that " +
    "the their them then there these they this those through to too under until up us very was we were what when where which while who " +
    "whom why will with would you your yours"
  ).split(" "),
);

/** Words in lower case, in their order. Hyphens and apostrophes inside a word belong to it. */
export function wordsOf(text: string): readonly string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
}

/** What a text is about: its words without those that every text has, brought to their stem. */
export function termsOf(text: string): readonly string[] {
  return wordsOf(text)
    .filter((word) => word.length > 2 && !STOP_WORDS.has(word) && !/^\d/.test(word))
    .map(stemOf);
}

/** A light stemmer: plurals and the commonest endings of verbs. */
export function stemOf(word: string): string {
  if (word.length > 4 && word.endsWith("ies")) return `${word.slice(0, -3)}y`;
  for (const ending of ["ing", "ed"]) {
    const root = word.slice(0, -ending.length);
    if (word.endsWith(ending) && root.length > 3) return /([bdgmnprt])\1$/.test(root) ? root.slice(0, -1) : root;
  }
  return word.length > 3 && word.endsWith("s") && !/(?:ss|us|is)$/.test(word) ? word.slice(0, -1) : word;
}

export function sentencesOf(text: string): readonly string[] {
  const found =
    text
      .replaceAll(/\s+/g, " ")
      .trim()
      .match(/[^.!?]+(?:[.!?](?=\S)[^.!?]*)*[.!?]*\s*/g) ?? [];
  return found.map((sentence) => sentence.trim()).filter((sentence) => sentence !== "");
}

/** How often each term is in a list. */
export function countsOf(terms: readonly string[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const term of terms) counts.set(term, (counts.get(term) ?? 0) + 1);
  return counts;
}

/** A text as the weights of its terms, of length one. */
export type Vector = ReadonlyMap<string, number>;

/** How much each term says: little when it is in every document, much when it is in few. */
export function rarityOf(documents: readonly (readonly string[])[]): (term: string) => number {
  const found = countsOf(documents.flatMap((terms) => [...new Set(terms)]));
  return (term) => Math.log((1 + documents.length) / (1 + (found.get(term) ?? 0))) + 1;
}

/** The tf-idf vector of a list of terms. */
export function vectorOf(terms: readonly string[], rarity: (term: string) => number): Vector {
  const weights = [...countsOf(terms)].map(([term, count]) => [term, (1 + Math.log(count)) * rarity(term)] as const);
  return unit(new Map(weights));
}

export function unit(vector: Vector): Vector {
  const length = Math.hypot(...vector.values());
  return length === 0 ? vector : new Map([...vector].map(([term, weight]) => [term, weight / length]));
}

/** The cosine of two vectors of length one: 0 for texts without a common term, 1 for the same terms. */
export function likeness(left: Vector, right: Vector): number {
  const [small, large] = left.size <= right.size ? [left, right] : [right, left];
  let sum = 0;
  for (const [term, weight] of small) sum += weight * (large.get(term) ?? 0);
  return sum;
}

/** A number as people read it, with so many digits after the point at most. */
export function rounded(value: number, digits = 2): number {
  return Math.round(value * 10 ** digits) / 10 ** digits;
}
