/** What is to be done, from how people feel and what they write about. */
import { meanOf, type Sentiment } from "./sentiment.ts";
import type { Topic } from "./topics.ts";

export type ActionItem = {
  readonly priority: number;
  readonly topic: string;
  readonly action: string;
  readonly tickets: number;
  readonly sentiment: number;
  readonly examples: readonly string[];
};

/** A topic weighs as much as it has tickets and they are unhappy. Happy topics need no action. */
export function actionItemsOf(sentiment: Sentiment, topics: readonly Topic[]): readonly ActionItem[] {
  const weighed = topics.map((topic) => {
    const scores = topic.tickets.map((id) => ({ id, score: sentiment.by_ticket[id] ?? 0 }));
    return { topic, scores, mean: meanOf(scores.map(({ score }) => score)) };
  });
  return weighed
    .filter(({ mean }) => mean < 0)
    .toSorted((left, right) => left.mean * left.topic.tickets.length - right.mean * right.topic.tickets.length)
    .map(({ topic, scores, mean }, index) => ({
      priority: index + 1,
      topic: topic.name,
      action: actionOf(topic, mean, scores.filter(({ score }) => score <= -0.5).length),
      tickets: topic.tickets.length,
      sentiment: mean,
      examples: scores
        .toSorted((left, right) => left.score - right.score)
        .slice(0, 3)
        .map(({ id }) => id),
    }));
}

function actionOf({ keywords, tickets }: Topic, mean: number, unhappy: number): string {
  const how = mean <= -1 ? "Fix now" : "Look into";
  return `${how}: ${keywords.join(", ")} (${unhappy} of ${tickets.length} tickets are unhappy).`;
}
