import type { BlockDraft } from "./block-draft.ts";
import { expression, textNode } from "./reference.ts";
import { type Member, type Shape, shapeDraft, type ShapeOptions, targetOf } from "./shape.ts";

/** Who writes and who judges, and when it is good enough, besides what every shape takes (requirements W051, W052). */
export type LoopOptions = ShapeOptions & {
  /** Gets `{ input }`, and from the second iteration on `{ previous_draft, feedback }`. */
  readonly generator: Member;
  /** Gets `{ draft }`, and answers `{ quality_score, feedback }`; a score that is left out is 0. */
  readonly critic: Member;
  /** Iterations at most; 5 without it. */
  readonly max?: number;
  /** The score that is good enough; 0.9 without it. */
  readonly threshold?: number;
  /** What `max` iterations without success mean: a failure, or that the best draft or the last will do. */
  readonly onExhausted?: "fail" | "best" | "last";
};

/**
 * A generator and a critic in turn, until the draft is good enough (requirements W032, W051, W052).
 * The run gives the draft.
 *
 * @example
 * const code = loop({ generator: coder, critic: reviewer, max: 5, threshold: 0.9 });
 * await orchestrator.run(code, "A function that reverses a list");
 */
export function loop(options: LoopOptions): Shape {
  const { generator, critic, max, threshold, onExhausted, ...head } = options;
  const steps = (block: BlockDraft): BlockDraft =>
    block
      .step("generator", { ...targetOf(generator), text: REQUEST, with: PARAMETERS })
      .step("critic", { ...targetOf(critic), text: DRAFT, with: { draft: DRAFT }, output: JUDGEMENT });
  return shapeDraft("loop", head)
    .step("refine", { loop: { max, steps, score: SCORE, threshold, onExhausted } })
    .output(expression("steps.refine.output.generator"));
}

const DRAFT = expression("steps.generator.output");
const SCORE = expression("steps.critic.?output.quality_score.orValue(0)");
const FEEDBACK = 'iter.?prev.critic.output.feedback.orValue("")';
const PREVIOUS = `"previous_draft": iter.prev.generator.output, "feedback": ${FEEDBACK}`;
const PARAMETERS = expression(`iter.prev == null ? {"input": input} : {${PREVIOUS}}`);

/** For agents that read only texts. The parts after the request are empty in the first iteration. */
const REQUEST = textNode(
  ["", "", "", "", "", ""],
  [
    "input",
    ...afterwards('"\\n\\nYour last draft:\\n"', "iter.prev.generator.output"),
    ...afterwards('"\\n\\nFeedback on it:\\n"', FEEDBACK),
  ],
);

function afterwards(...parts: readonly string[]): readonly string[] {
  return parts.map((part) => `iter.prev == null ? "" : ${part}`);
}

/** A critic that only writes prose has given no score. A score in JSON inside a text counts. */
const JUDGEMENT = { type: ["object", "string"], properties: { quality_score: { type: "number" } } };
