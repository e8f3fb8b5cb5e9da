/** Inner steps again and again until a condition holds (requirements W051, X025). */
import { assert, present } from "../base/assert.ts";
import type { Json } from "../base/json.ts";
import { asClause } from "../base/text.ts";
import type { LoopStep } from "../definition/definition.ts";
import type { StepProgram } from "../definition/program.ts";
import { failSubtask } from "./failure.ts";
import type { Path } from "./input.ts";
import { outputsOf } from "./outputs.ts";
import { frameIn } from "./path.ts";
import { completeScope, pushInner } from "./scope.ts";
import type { ScopeState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** A step of the iteration is over; when all are, the loop is over or begins its next iteration. */
export function iterationIsOver(turn: Turn, step: StepProgram, path: Path, scope: ScopeState): void {
  const { step: loop, block } = step;
  assert(loop.kind === "loop" && block !== null, `${path} is a loop.`);
  if (scope.stepsOver < block.steps.length) return;
  const found = judge(turn, step, loop, frameIn(path, scope.iteration));
  const output = outputsOf(Object.keys(loop.steps), scope.steps);
  if (found.isEnough) return completeScope(turn, step, path, output);
  if (scope.iteration >= loop.max) return exhaust(turn, step, path, { ...found, output });
  const { score, note } = found;
  const isBest = score !== undefined && score > (scope.best?.score ?? -Infinity);
  turn.record({
    kind: "iterationStarted",
    path,
    iteration: scope.iteration + 1,
    ...(score === undefined ? {} : { score }),
    ...(isBest ? { best: output } : {}),
    ...(note === undefined ? {} : { note }),
  });
  pushInner(turn, path);
}

type Found = { readonly isEnough: boolean; readonly score?: number; readonly note?: string };

/**
 * Whether an iteration was enough. A condition without a value, such as a critic that left out its
 * score, is one that does not hold (requirement W051: a quality that is missing is 0).
 */
function judge(turn: Turn, step: StepProgram, { until }: LoopStep, frame: Path): Found {
  const value = present(step.parts.until, "A loop has a condition.")(turn.scopeIn(frame));
  const note = value.ok ? undefined : `\${{ ${until.source} }} has no value: ${asClause(value.error.message)}`;
  if (until.kind === "condition") return { isEnough: value.ok && value.value === true, ...(note === undefined ? {} : { note }) };
  const score = value.ok && typeof value.value === "number" ? value.value : 0;
  return { isEnough: score >= until.threshold, score, ...(note === undefined ? {} : { note }) };
}

/** All iterations are used up. */
function exhaust(turn: Turn, step: StepProgram, path: Path, { score, note, output: last }: Found & { readonly output: Json }): void {
  const { step: loop } = step;
  assert(loop.kind === "loop", `${path} is a loop.`);
  const { best } = present(turn.state.scopes[path], `${path} is at work.`);
  // Without a score no iteration is better than the last.
  const isLastBest = best === null || score === undefined || score > best.score;
  const found = isLastBest ? { output: last, quality: score } : { output: best.output, quality: best.score };
  if (loop.onExhausted !== "fail") return completeScope(turn, step, path, loop.onExhausted === "last" ? last : found.output);
  const { output, quality } = found;
  const details: Json = { iterations: loop.max, best: output, ...(quality === undefined ? {} : { quality }) };
  failSubtask(turn, step, {
    path,
    attempt: 1,
    reason: "exhausted",
    failure: { code: "T4117", message: exhausted(loop, score, note), retryable: false, details },
  });
}

function exhausted({ max, until }: LoopStep, score: number | undefined, note: string | undefined): string {
  const after = `after ${max} ${max === 1 ? "iteration" : "iterations"}`;
  const why = note === undefined ? "" : ` (${note})`;
  return score === undefined
    ? `The condition ${until.source} did not hold ${after}${why}.`
    : `Quality only reached ${score} ${after}${why}.`;
}
