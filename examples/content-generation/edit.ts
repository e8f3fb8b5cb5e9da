import { wordsOf } from "../lib/text.ts";

export type Change = { readonly rule: string; readonly before: string; readonly after: string };
type Rule = { readonly name: string; readonly find: RegExp; readonly mend: (found: string, ...groups: readonly string[]) => string };

const SPELLING: { readonly [wrong: string]: string } = {
  teh: "the",
  recieved: "received",
  recieve: "receive",
  seperate: "separate",
  definately: "definitely",
  occured: "occurred",
  untill: "until",
  wich: "which",
};

/** In the order in which they are applied. */
const RULES: readonly Rule[] = [
  {
    name: "spelling",
    find: new RegExp(`\\b(?:${Object.keys(SPELLING).join("|")})\\b`, "gi"),
    mend: (word) => SPELLING[word.toLowerCase()] ?? word,
  },
  { name: "doubled word", find: /\b(\w+) \1\b/gi, mend: (_, word = "") => word },
  {
    name: "than after a comparison",
    find: /\b(\w+er) ((?:\w+ ){0,2})then\b/gi,
    mend: (_, first = "", middle = "") => `${first} ${middle}than`,
  },
  { name: "article", find: /\b([Aa]) (?=[aeio]\w)/g, mend: (_, article = "") => `${article}n ` },
  { name: "one word", find: /\bair tight\b/gi, mend: () => "airtight" },
  { name: "article", find: /\b([Aa])n (?=[^aeiou\W])/g, mend: (_, article = "") => `${article} ` },
  { name: "space before a comma", find: /(\w+) +,/g, mend: (_, word = "") => `${word},` },
  { name: "spaces", find: / {2,}/g, mend: () => " " },
  { name: "capital", find: /(^|[.!?] )([a-z])/g, mend: (_, before = "", letter = "") => before + letter.toUpperCase() },
];

/** Applies every rule, and notes each change that is more than a capital. */
export function editText(text: string): { readonly text: string; readonly changes: readonly Change[] } {
  const changes: Change[] = [];
  const edited = RULES.reduce(
    (current, { name, find, mend }) =>
      current.replace(find, (found: string, ...groups: string[]) => {
        const after = mend(found, ...groups);
        if (after !== found && name !== "capital") changes.push({ rule: name, before: found.trim(), after: after.trim() });
        return after;
      }),
    text,
  );
  return { text: edited, changes };
}

/** Flesch's reading ease: 60 to 70 is plain English, more is easier. */
export function readingEase(sentences: readonly string[]): number {
  const words = sentences.flatMap((sentence) => wordsOf(sentence));
  if (words.length === 0) return 0;
  const syllables = words.reduce((sum, word) => sum + syllablesOf(word), 0);
  return Math.round(206.835 - 1.015 * (words.length / sentences.length) - 84.6 * (syllables / words.length));
}

function syllablesOf(word: string): number {
  return Math.max(1, (word.replace(/e$/, "").match(/[aeiouy]+/g) ?? []).length);
}
