import type { Expr, Loose, TemplateValue } from "./expression-types.ts";
import { celOf, reference, textNode } from "./reference.ts";
import { expectMembers, type Member, named, type Shape, shapeDraft, type ShapeOptions } from "./shape.ts";
import type { Parameters } from "./step-types.ts";

/** What is handed from agent to agent, besides what every shape takes (requirement W048). */
export type SequentialOptions = ShapeOptions & {
  /** What each agent gets, in the place of the conversation: for agents with parameters of their own. */
  readonly with?: (given: Handed) => Parameters;
};

/** What may be handed to the next agent. */
export type Handed = {
  readonly input: Loose;
  /** The output of the agent before; of the first, the run's input. */
  readonly previous: Loose;
  /** `[{ from, content }]`: the input from `user`, then each reply under its agent's name. */
  readonly conversation: readonly { readonly from: string; readonly content: Expr<never> }[];
};

/**
 * Agents one after another (requirements W030, W048, B009). Each gets the conversation so far, as
 * `conversation` and as a text, and its reply is added to it. The run gives the last reply.
 *
 * @example
 * const brief = sequential([planner, remoteAgent("https://researcher.example.com"), writer], { name: "brief" });
 * await orchestrator.run(brief, "A brief on Acme");
 */
export function sequential(members: readonly Member[], options: SequentialOptions = {}): Shape {
  expectMembers("sequential", members.length, 1);
  const { with: hand = conversationOnly, ...head } = options;
  const found = named(members);
  const input = reference("input") as Loose;
  const replies = found.map(({ id }) => reference("steps", [id, "output"]) as Loose);
  const turns = [{ from: "user", content: input }, ...found.map(({ name }, index) => ({ from: name, content: replies[index] ?? input }))];
  const draft = found.reduce(
    (made, { id, target }, index) => {
      const conversation = turns.slice(0, index + 1);
      const previous = replies[index - 1] ?? input;
      return made.step(id, { ...target, text: inWords(conversation), with: hand({ input, previous, conversation }) });
    },
    shapeDraft("sequential", head),
  );
  return draft.output(replies.at(-1));
}

function conversationOnly({ conversation }: Handed): { readonly [key: string]: TemplateValue } {
  return { conversation };
}

/** For agents that read only texts: the request, then each reply below its author's name. */
function inWords(conversation: Handed["conversation"]): object {
  const texts = conversation.map(({ from }, index) => (index === 0 ? "" : `\n\n${from}: `));
  return textNode(
    [...texts, ""],
    conversation.map(({ content }) => celOf(content)),
  );
}
