/** Four agents that make an article of rough notes: an outline, a draft, an edited draft, and its formats. */
import { readFileSync } from "node:fs";

import { defineAgent, fail } from "tutti";
import { z } from "zod";

import { sentencesOf } from "../lib/text.ts";
import { editText, readingEase } from "./edit.ts";
import { toHtml, toMarkdown } from "./format.ts";
import { outlineOf } from "./outline.ts";

const Section = z.object({ heading: z.string(), bullets: z.array(z.string()).readonly() });
const Draft = z.object({ title: z.string(), sections: z.array(z.object({ heading: z.string(), text: z.string() })).readonly() });

export const outlineAgent = defineAgent({
  name: "outline",
  description: "Sorts notes into an outline.",
  version: "1.0.0",
  capabilities: {
    outline: {
      description: "Groups notes by what they are about; each group is a section, each note a bullet.",
      input: z.object({ topic: z.string().min(1), notes: z.string(), sections: z.int() }),
      output: z.object({ title: z.string(), sections: z.array(Section).readonly() }),
      run: ({ input: { topic, notes, sections } }) => {
        const text = notes === "sample" ? readFileSync(new URL("./notes.txt", import.meta.url), "utf8") : notes;
        const thoughts = text.split("\n").filter((line) => line.trim() !== "" && !line.startsWith("Scratch notes"));
        if (thoughts.length < 2) return fail("NO_NOTES", "There are not two notes to sort.");
        return { title: topic, sections: outlineOf(thoughts, sections) };
      },
    },
  },
});

export const draftAgent = defineAgent({
  name: "draft",
  description: "Writes running text from an outline.",
  version: "1.0.0",
  capabilities: {
    draft: {
      description: "One paragraph for each section: every bullet becomes a sentence.",
      input: z.object({ outline: z.object({ title: z.string(), sections: z.array(Section) }) }),
      output: Draft,
      run: ({ input: { outline } }) => ({
        title: outline.title,
        sections: outline.sections.map(({ heading, bullets }) => ({ heading, text: bullets.map((bullet) => `${bullet}.`).join(" ") })),
      }),
    },
  },
});

const Change = z.object({ rule: z.string(), before: z.string(), after: z.string() });

export const editAgent = defineAgent({
  name: "edit",
  description: "Corrects grammar and style.",
  version: "1.0.0",
  capabilities: {
    edit: {
      description: "Corrects spelling, doubled words, articles, spaces and capitals, and says what it changed.",
      input: z.object({ draft: Draft }),
      output: z.object({ draft: Draft, changes: z.array(Change).readonly(), reading_ease: z.number() }),
      run: ({ input: { draft } }) => {
        const edited = draft.sections.map(({ heading, text }) => ({ heading, ...editText(text) }));
        const sections = edited.map(({ heading, text }) => ({ heading, text }));
        return {
          draft: { title: draft.title, sections },
          changes: edited.flatMap(({ changes }) => changes),
          reading_ease: readingEase(sentencesOf(sections.map(({ text }) => text).join(" "))),
        };
      },
    },
  },
});

export const formatAgent = defineAgent({
  name: "format",
  description: "Gives a text its form.",
  version: "1.0.0",
  capabilities: {
    format: {
      description: "Markdown and HTML of an article.",
      input: z.object({ draft: Draft }),
      output: z.object({ markdown: z.string(), html: z.string(), words: z.int() }),
      run: ({ input: { draft } }) => ({
        markdown: toMarkdown(draft),
        html: toHtml(draft),
        words: draft.sections.reduce((sum, { text }) => sum + text.split(" ").length, 0),
      }),
    },
  },
});
