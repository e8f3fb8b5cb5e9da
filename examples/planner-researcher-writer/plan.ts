/** Understanding a request, and taking it apart. */
import { z } from "zod";

export const Intent = z.object({ kind: z.enum(["brief", "comparison"]), subjects: z.array(z.string()) });

export const Framed = z.object({
  goal: z.string(),
  kind: Intent.shape.kind,
  subjects: z.array(z.string()),
  aspects: z.array(z.string()),
  max_words: z.int(),
});

/** What the library has notes on, and how people call it. */
const SUBJECTS: readonly (readonly [name: string, words: RegExp])[] = [
  ["cargo bike", /\bcargo[ -]?bikes?\b/i],
  ["delivery van", /\b(?:delivery )?vans?\b/i],
];

export function classify(request: string): z.infer<typeof Intent> {
  const subjects = SUBJECTS.filter(([, words]) => words.test(request)).map(([name]) => name);
  return { kind: subjects.length > 1 ? "comparison" : "brief", subjects };
}

const ASPECTS: readonly (readonly [name: string, words: RegExp])[] = [
  ["cost", /\b(?:costs?|price|cheap|expensive|money)\b/i],
  ["load", /\b(?:load|carry|heavy|bread|goods)\b/i],
  ["range", /\b(?:range|far|distance|battery)\b/i],
  ["parking", /\b(?:park|parking|law|licence)\b/i],
];
const WORDS_FOR_EACH = 60;

/** The aspects that are asked for; all of them when none is. */
export function frame(request: string, { kind, subjects }: z.infer<typeof Intent>): z.infer<typeof Framed> {
  const asked = ASPECTS.filter(([, words]) => words.test(request)).map(([name]) => name);
  const aspects = asked.length === 0 ? ASPECTS.map(([name]) => name) : asked;
  return { goal: request, kind, subjects, aspects, max_words: 40 + subjects.length * aspects.length * WORDS_FOR_EACH };
}

export type Subtask = {
  readonly id: string;
  readonly capability: string;
  readonly needs?: readonly string[];
  readonly with: { readonly question: string; readonly compare?: boolean };
  readonly critical?: boolean;
};

const QUESTIONS: { readonly [aspect: string]: (subject: string) => string } = {
  cost: (subject) => `What does a new electric ${subject} cost in euros?`,
  load: (subject) => `How many kilograms of load does a ${subject} carry?`,
  range: (subject) => `What is the range in kilometres of a ${subject} with one charge?`,
  parking: (subject) => `Where may a ${subject} be parked, and is a driving licence needed?`,
};

export function planOf({ kind, subjects, aspects }: z.infer<typeof Framed>): readonly Subtask[] {
  const id = (subject: string, aspect: string): string => `${subject.replaceAll(" ", "_")}_${aspect}`;
  const questions = subjects.flatMap((subject) =>
    aspects.map((aspect) => ({
      id: id(subject, aspect),
      capability: "research",
      with: { question: QUESTIONS[aspect]?.(subject) ?? `${subject}: ${aspect}` },
    })),
  );
  const costs = subjects.map((subject) => id(subject, "cost"));
  if (kind !== "comparison" || !aspects.includes("cost")) return questions;
  // Nobody needs the comparison to go on.
  const compared = {
    id: "costs_compared",
    capability: "research",
    needs: costs,
    with: { question: "Which costs more?", compare: true },
    critical: false,
  };
  return [...questions, compared];
}
