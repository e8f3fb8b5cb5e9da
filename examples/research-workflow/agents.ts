/** The five workers of the case study, by the names of its capabilities. They answer with a delta of the run context. */
import { readFileSync } from "node:fs";

import { defineAgent, fail, result } from "tutti";
import { z } from "zod";

import { withoutFormulas, withoutPii } from "./pii.ts";
import { actionItemsOf } from "./report.ts";
import { sentimentOf } from "./sentiment.ts";
import { parseTickets, readTickets, SOURCES, writeTickets } from "./tickets.ts";
import { topicsOf } from "./topics.ts";

const DATE_RANGE = /^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/;

export const dataAgent = defineAgent({
  name: "data-agent",
  description: "Fetches raw records of a source.",
  version: "1.0.0",
  capabilities: {
    data_fetch: {
      description: "The records of a range of days, both ends included, by reference.",
      input: z.object({ source: z.string(), date_range: z.string().regex(DATE_RANGE) }),
      run: async ({ input: { source, date_range }, assignment }) => {
        const file = SOURCES[source];
        if (file === undefined) return fail("NO_SUCH_SOURCE", `There is no source ${source}; there is ${Object.keys(SOURCES).join(", ")}.`);
        const [, from = "", to = ""] = DATE_RANGE.exec(date_range) ?? [];
        const tickets = parseTickets(readFileSync(file, "utf8")).filter(
          ({ created_at }) => created_at.slice(0, 10) >= from && created_at.slice(0, 10) <= to,
        );
        const data_uri = await writeTickets(assignment.workflow_id, "raw", tickets);
        return result({ data_uri, records: tickets.length }, { contextUpdate: { data_uri } });
      },
    },
  },
});

export const cleanAgent = defineAgent({
  name: "clean-agent",
  description: "Cleans texts.",
  version: "1.0.0",
  capabilities: {
    text_cleaner: {
      description: "Takes out greetings and, if asked, personal data; what is left empty is dropped.",
      input: z.object({ input_uri: z.string(), remove_pii: z.boolean() }),
      run: async ({ input: { input_uri, remove_pii }, assignment }) => {
        let removed = 0;
        const cleaned = readTickets(input_uri).map((ticket) => {
          const mended = remove_pii ? withoutPii(ticket.text) : { text: ticket.text, removed: 0 };
          removed += mended.removed;
          return { ...ticket, text: withoutFormulas(mended.text) };
        });
        const kept = cleaned.filter(({ text }) => text !== "");
        const cleaned_uri = await writeTickets(assignment.workflow_id, "cleaned", kept);
        return result({ cleaned_uri, records: kept.length, pii_removed: removed }, { contextUpdate: { cleaned_uri } });
      },
    },
  },
});

const Cleaned = z.object({ input_uri: z.string() });

export const sentimentAgent = defineAgent({
  name: "sentiment-agent",
  description: "Says how people feel.",
  version: "1.0.0",
  capabilities: {
    sentiment_analysis: {
      description: "Sentiment by a lexicon: overall, by month and by ticket, from -3 to 3.",
      input: Cleaned,
      run: ({ input }) => {
        const sentiment = sentimentOf(readTickets(input.input_uri));
        const { overall, score } = sentiment;
        return result({ overall, score }, { contextUpdate: { sentiment } });
      },
    },
  },
});

export const topicAgent = defineAgent({
  name: "topic-agent",
  description: "Finds what texts are about.",
  version: "1.0.0",
  capabilities: {
    topic_modelling: {
      description: "Clusters texts by their terms (tf-idf, k-means), and names each cluster by its weightiest terms.",
      input: Cleaned.extend({ topics: z.int().min(2).max(20).default(6) }),
      run: ({ input }) => {
        const topics = topicsOf(readTickets(input.input_uri), input.topics);
        const plain = topics.map((topic) => ({ ...topic, keywords: [...topic.keywords], tickets: [...topic.tickets] }));
        return result({ topics: topics.map(({ name }) => name) }, { contextUpdate: { topics: plain } });
      },
    },
  },
});

const SentimentResult = z.object({
  overall: z.enum(["positive", "mixed", "negative"]),
  score: z.number(),
  positive: z.int(),
  neutral: z.int(),
  negative: z.int(),
  by_month: z.record(z.string(), z.number()),
  by_ticket: z.record(z.string(), z.number()),
});
const Topics = z.array(z.object({ name: z.string(), keywords: z.array(z.string()), tickets: z.array(z.string()), share: z.number() }));

export const reportAgent = defineAgent({
  name: "report-agent",
  description: "Writes reports.",
  version: "1.0.0",
  capabilities: {
    report_generator: {
      description: "Brings sentiment and topics together, and says what is to be done first.",
      input: z.object({ sentiment_result: SentimentResult, topics: Topics }),
      run: ({ input: { sentiment_result, topics } }) => {
        const { by_ticket: _, ...sentiment } = sentiment_result;
        return {
          sentiment,
          topics: topics.map(({ name, keywords, tickets, share }) => ({ name, keywords, tickets: tickets.length, share })),
          action_items: actionItemsOf(sentiment_result, topics),
        };
      },
    },
  },
});
