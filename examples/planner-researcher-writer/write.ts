/** Writing a brief from findings, and reviewing it. The rules are the same list for both. */
import { z } from "zod";

import { rounded, sentencesOf, wordsOf } from "../lib/text.ts";

export const Finding = z.object({ question: z.string(), passages: z.array(z.object({ source: z.string(), text: z.string() })) });
type Findings = { readonly [id: string]: z.infer<typeof Finding> | null };

export const Remark = z.object({ rule: z.enum(["introduction", "sources", "conclusion", "coverage", "length"]), message: z.string() });
type Rule = z.infer<typeof Remark>["rule"];

/** `done` is what earlier reviews asked for, so that a better draft loses nothing. */
export const Draft = z.object({ text: z.string(), words: z.int(), done: z.array(Remark.shape.rule) });

type Assignment = {
  readonly goal: string;
  readonly research: Findings;
  readonly feedback: readonly z.infer<typeof Remark>[];
  readonly done: readonly Rule[];
};

/** A first draft tells what was found; what a review asks for is added. */
export function compose({ goal, research, feedback, done }: Assignment): z.infer<typeof Draft> {
  const asked = [...new Set([...done, ...feedback.map(({ rule }) => rule)])];
  const found = passagesOf(research);
  const sources = [...new Set(found.map(({ source }) => source))];
  const cited = found.map(({ text, source }) => (asked.includes("sources") ? `${text} [${sources.indexOf(source) + 1}]` : text));
  const paragraphs = [
    ...(asked.includes("introduction")
      ? [`${goal.replace(/[.?!]*$/, "")}. What ${sources.length === 1 ? "a source says" : `${sources.length} sources say`}:`]
      : []),
    ...(asked.includes("length") ? cited.map((text) => sentencesOf(text)[0] ?? text) : cited),
    ...(asked.includes("conclusion") ? [`In short: ${sentencesOf(found.at(-1)?.text ?? "")[0] ?? "nothing was found."}`] : []),
    ...(asked.includes("sources") ? [sources.map((source, index) => `[${index + 1}] ${source}`).join("\n")] : []),
  ];
  const text = paragraphs.join("\n\n");
  return { text, words: wordsOf(text).length, done: asked };
}

type Reviewed = { readonly draft: z.infer<typeof Draft>; readonly max_words: number; readonly research: Findings };

export function reviewOf({ draft, max_words, research }: Reviewed): { quality_score: number; feedback: z.infer<typeof Remark>[] } {
  const { text } = draft;
  const covered = passagesOf(research).every((passage) => text.includes(sentencesOf(passage.text)[0] ?? ""));
  const checks: readonly (readonly [rule: Rule, holds: boolean, message: string])[] = [
    ["coverage", covered, "Something that was found is not in the text."],
    ["introduction", /^[^\n]* What (?:a source says|\d+ sources say):/.test(text), "Say at the beginning what the brief is about."],
    ["sources", /\[\d+\]/.test(text), "Say where each statement comes from."],
    ["conclusion", text.includes("In short:"), "Say at the end what follows from it."],
    ["length", wordsOf(text).length <= max_words, `Use at most ${max_words} words.`],
  ];
  const missing = checks.filter(([, holds]) => !holds);
  // One thing at a time, as people do it: two remarks a review.
  const feedback = missing.slice(0, 2).map(([rule, , message]) => ({ rule, message }));
  return { quality_score: rounded(1 - missing.length / checks.length), feedback };
}

/** Each passage once, by the ids of the questions; what was worked out from others comes last. */
function passagesOf(research: Findings): readonly { readonly source: string; readonly text: string }[] {
  const ids = Object.keys(research).toSorted();
  const all = ids.flatMap((id) => research[id]?.passages ?? []);
  const unique = all.filter((passage, index) => all.findIndex(({ text }) => text === passage.text) === index);
  const isWorkedOut = ({ source }: { readonly source: string }): boolean => source === "calculator";
  return [...unique.filter((passage) => !isWorkedOut(passage)), ...unique.filter(isWorkedOut)];
}
