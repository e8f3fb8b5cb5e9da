import { expression } from "./reference.ts";
import { expectMembers, inputOf, type Member, named, type Shape, shapeDraft, type ShapeOptions } from "./shape.ts";

/** Who begins, and for how many turns, besides what every shape takes (requirement B011). */
export type HandoffOptions = ShapeOptions & {
  /** Who works first; the first in the list without it. */
  readonly start?: Member;
  /** Turns in all; 10 without it. */
  readonly max?: number;
};

/**
 * Agents of which one works at a time (requirement B011). It hands over by answering with data
 * `{ handoff_to: "billing" }`, and the next one gets the input and, under `handoff`, who sent it and
 * why. The run gives the answer of the one that hands over no more.
 *
 * @example
 * const support = handoff([triage, billing, refunds], { start: triage, max: 6 });
 * await orchestrator.run(support, "I was charged twice.");
 */
export function handoff(members: readonly Member[], options: HandoffOptions = {}): Shape {
  const { start, max, ...head } = options;
  expectMembers("handoff", members.length, 2);
  // A start that does not take part is told by the reader of the file format, with the names that do.
  const [first] = start === undefined ? [] : named([start]);
  named(members);
  const draft = shapeDraft("handoff", head);
  return draft
    .step("answer", { ...inputOf(draft), handoff: { agents: members, start: first?.id, max } })
    .output(expression("steps.answer.output"));
}
