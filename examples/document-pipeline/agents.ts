/** The workers of the pipeline. `archive` keeps files under `out/`, and takes them out again. */
import { createHash } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { defineAgent, fail } from "tutti";
import { z } from "zod";

import { runFolder, uriOf, writeWhole } from "../sales-dashboard/lib/workspace.ts";
import { CATEGORIES, classify } from "./classify.ts";
import { extract, readDocument } from "./read.ts";
import { summaryOf } from "./summary.ts";

const Text = z.object({ title: z.string(), text: z.string() });

export const extractAgent = defineAgent({
  name: "extract",
  description: "Reads documents.",
  version: "1.0.0",
  capabilities: {
    extract: {
      description: "Title, text without markup, number of words and author of a document.",
      input: z.object({ document: z.string().min(1) }),
      output: Text.extend({ words: z.int(), author: z.string().nullable() }),
      run: ({ input }) => {
        const raw = readDocument(input.document);
        return raw === null ? fail("NO_SUCH_DOCUMENT", `There is no document ${input.document}.`) : extract(raw);
      },
    },
  },
});

export const classifyAgent = defineAgent({
  name: "classify",
  description: "Says what kind of document it is.",
  version: "1.0.0",
  capabilities: {
    classify: {
      description: "Invoice, report or memo, and the largest sum of money in it.",
      input: Text,
      output: z.object({ category: z.enum(CATEGORIES), amount_euros: z.number() }),
      run: ({ input }) => classify(input.title, input.text),
    },
  },
});

export const summaryAgent = defineAgent({
  name: "summary",
  description: "Says in short what a document says.",
  version: "1.0.0",
  capabilities: {
    quote: { description: "A short text as it is.", input: Text, run: ({ input }) => ({ summary: input.text }) },
    summarize: {
      description: "The sentences that say most of a long text.",
      input: Text.extend({ sentences: z.int().min(1) }),
      run: ({ input }) => ({ summary: summaryOf(input.text, input.sentences) }),
    },
  },
});

/** Where documents are kept: `DOCUMENT_WORKSPACE`, or `out/` of this example. */
const workspace = (): string => process.env["DOCUMENT_WORKSPACE"] ?? fileURLToPath(new URL("./out", import.meta.url));

export const archiveAgent = defineAgent({
  name: "archive",
  description: "Keeps documents.",
  version: "1.0.0",
  capabilities: {
    register: {
      description: "Takes a document in under a number that follows from what it says.",
      input: Text.extend({ category: z.enum(CATEGORIES) }),
      output: z.object({ number: z.string(), uri: z.string() }),
      run: async ({ input, assignment }) => {
        const hash = createHash("sha256").update(`${input.title}\n${input.text}`).digest("hex");
        const number = `${input.category.slice(0, 3).toUpperCase()}-${hash.slice(0, 6)}`;
        const uri = await writeWhole(
          join(runFolder(assignment.workflow_id, workspace()), `${number}.txt`),
          `${input.title}\n\n${input.text}\n`,
        );
        return { number, uri };
      },
    },
    publish: {
      description: "Writes the card of a document for the catalogue; what is confidential does not leave the office.",
      input: z.object({ number: z.string(), title: z.string(), summary: z.string(), category: z.string(), author: z.string().nullable() }),
      output: z.object({ card_uri: z.string() }),
      run: async ({ input, assignment }) => {
        if (/\bconfidential\b/i.test(`${input.title} ${input.summary}`))
          return fail("CONFIDENTIAL", `${input.number} must not be published.`);
        const card = join(runFolder(assignment.workflow_id, workspace()), `${input.number}.card.json`);
        return { card_uri: await writeWhole(card, `${JSON.stringify(input, null, 2)}\n`) };
      },
    },
    withdraw: {
      description: "Takes a document out again. Done twice, it is done.",
      input: z.object({ number: z.string().regex(/^[A-Z]{3}-[0-9a-f]{6}$/) }),
      output: z.object({ withdrawn: z.boolean(), uri: z.string() }),
      run: ({ input, assignment }) => {
        const file = join(runFolder(assignment.workflow_id, workspace()), `${input.number}.txt`);
        const withdrawn = existsSync(file);
        rmSync(file, { force: true });
        return { withdrawn, uri: uriOf(file) };
      },
    },
  },
});
