/**
 * Handlers: nested steps that stand in for one that failed (workflow-language.md: there are no jumps).
 *
 * 1. A handler stands at the path of what it stands in for, and its step under it, by its name.
 * 2. Its output replaces the failed step's; its failure is the step's failure, and has no handler.
 * 3. A handler of a question leaves the subtask parked, and its output is the answer.
 */
import { present } from "../base/assert.ts";
import { MAX_TURNS } from "../base/limits.ts";
import type { HandlerName } from "../definition/definition.ts";
import type { StepProgram } from "../definition/program.ts";
import { takeDecision } from "./questions.ts";
import type { FailureReason } from "./fact.ts";
import { isWholeList } from "./complete.ts";
import { failAnswering, failSubtask, type AttemptProblem } from "./failure.ts";
import type { EffectId, Path } from "./input.ts";
import type { Question } from "./outcome.ts";
import { completeScope, pushInner } from "./scope.ts";
import { flightOf, isAnswering, type ScopeState } from "./state.ts";
import type { Turn } from "./turn.ts";

const NAME_BY_REASON: { readonly [Reason in FailureReason]: HandlerName | null } = {
  failed: null,
  canceled: null,
  expression: null,
  rejected: "onRejected",
  timedOut: "onTimeout",
  invalid: "onInvalid",
  unknown: "onUnknown",
  disagreed: "onDisagree",
  exhausted: "onExhausted",
};

/** The handler for a failure; null when there is none, or one has been tried already. */
export function handlerFor(turn: Turn, step: StepProgram, { path, reason }: AttemptProblem): HandlerName | null {
  if (turn.state.scopes[path]?.kind === "handler") return null;
  const name = NAME_BY_REASON[reason];
  if (name !== null && step.inner[name] !== undefined) return name;
  // Of an `each` the handlers are for its items, except where the list as a whole is at fault.
  return step.inner.onError === undefined || (isWholeList(step, path) && reason !== "expression") ? null : "onError";
}

export function openHandler(turn: Turn, handler: HandlerName, { path, attempt, reason, failure, usage, question }: AttemptProblem): void {
  const more = { ...(usage === undefined ? {} : { usage }), ...(question === undefined ? {} : { question }) };
  turn.forget(path);
  turn.record({ kind: "scopeOpened", path, scope: "handler", handler, attempt, reason, failure, ...more });
  pushInner(turn, path);
}

/** A handler of a question works under a path of its own each time, or it would seem to be the same work again. */
export function openAnswering(turn: Turn, handler: HandlerName, { path, attempt }: EffectId, question: Question): void {
  const iteration = (attempt - 1) * MAX_TURNS + flightOf(turn.state, path).turn;
  const failure = { code: "T4121", message: question.prompt, retryable: false };
  turn.record({ kind: "scopeOpened", path, scope: "handler", handler, iteration, attempt, reason: "failed", failure });
  pushInner(turn, path);
}

/** The handler has done its work: its output takes the place of what it stood in for. */
export function handlerIsOver(turn: Turn, step: StepProgram, path: Path, scope: ScopeState): void {
  const { handler, attempt, reason, failure } = present(scope.handled, "A handler knows what it handles.");
  const result = present(scope.steps[handler], `The handler of ${path} is over.`);
  // It reads what was skipped, so it could not stand in.
  if (result.status === "skipped")
    return (isAnswering(handler) ? failAnswering : failSubtask)(turn, step, { path, attempt, reason, failure });
  const output = result.output ?? null;
  if (!isAnswering(handler)) return completeScope(turn, step, path, output);
  const { id } = present(turn.state.flights[path]?.question, `${path} waits for an answer.`);
  turn.record({ kind: "scopeClosed", path });
  takeDecision(turn, { question: id, answer: output, by: handler });
}
