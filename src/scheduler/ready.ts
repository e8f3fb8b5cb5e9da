/**
 * When a step begins. A step begins the moment its own dependencies are over: there are no waves
 * (requirements X008). A turn looks only at the dependents of the steps that it brought to an end.
 */
import { present } from "../base/assert.ts";
import { asClause } from "../base/text.ts";
import { isJsonArray, type Json } from "../base/json.ts";
import { MAX_ITEMS } from "../base/limits.ts";
import type { Result } from "../base/result.ts";
import type { StepId } from "../definition/definition.ts";
import type { Evaluate, ExpressionFailure, Scope, StepProgram } from "../definition/program.ts";
import { assignSubtask } from "./assign.ts";
import type { SkipReason } from "./fact.ts";
import { failSubtask } from "./failure.ts";
import { itemPath } from "./path.ts";
import type { Turn } from "./turn.ts";

/** Begins every step that has become ready, and those that become ready because of that. */
export function settleSteps(turn: Turn): void {
  for (let step = turn.candidates.shift(); step !== undefined; step = turn.candidates.shift()) {
    if (turn.state.ending !== null || turn.state.pausedAt !== null) return;
    if (isReady(turn, step)) beginStep(turn, step);
  }
}

/** Marks the dependents of a step that has just come to an end. */
export function stepIsOver(turn: Turn, step: StepProgram): void {
  for (const dependent of step.dependents) turn.candidates.push(dependent);
}

/** True when the step has not begun and all that it needs is over. */
export function isReady(turn: Turn, step: StepProgram): boolean {
  const { state } = turn;
  if (state.steps[step.id] !== undefined || state.lists[step.id] !== undefined || state.flights[step.id] !== undefined) return false;
  // From the end: the needs of a join are usually over in their own order, so the last is the
  // likeliest to be missing, and a join of n steps costs n looks in all instead of n².
  const { needs } = step.step;
  for (let index = needs.length - 1; index >= 0; index -= 1) {
    if (state.steps[needs[index] as StepId] === undefined) return false;
  }
  return true;
}

function beginStep(turn: Turn, step: StepProgram): void {
  const scope = turn.scope();
  if (step.condition !== null) {
    const condition = step.condition(scope);
    if (!condition.ok) return stopForExpression(turn, step, condition.error);
    const source = present(step.step.if, `Step ${step.id} has a condition.`);
    if (condition.value === false) return skipStep(turn, step, { kind: "condition", source });
    if (condition.value !== true) return stopForExpression(turn, step, notABoolean(source, condition.value));
  }
  if (step.items === null) return assignSubtask(turn, step, step.id, scope);
  beginList(turn, step, step.items, scope);
}

function notABoolean(source: string, value: Json): ExpressionFailure {
  return { source, message: `a condition is true or false, and this is ${JSON.stringify(value).slice(0, 80)}`, reads: [] };
}

function beginList(turn: Turn, step: StepProgram, evaluate: Evaluate, scope: Scope): void {
  const items = evaluate(scope);
  if (!items.ok) return stopForExpression(turn, step, items.error);
  if (!isJsonArray(items.value) || items.value.length > MAX_ITEMS) {
    const what = isJsonArray(items.value) ? `has ${items.value.length} items; the limit is ${MAX_ITEMS}` : "is not a list";
    const failure = { code: "T4111", message: `The value of "each" in step ${step.id} ${what}.`, retryable: false };
    return failSubtask(turn, step, { path: step.id, attempt: 0, reason: "expression", failure });
  }
  turn.record({ kind: "stepExpanded", step: step.id, items: items.value });
  advanceList(turn, step);
}

/** Assigns as many items as the step's concurrency allows, and ends the step after the last. */
export function advanceList(turn: Turn, step: StepProgram): void {
  const list = present(turn.state.lists[step.id], `The list of step ${step.id} is open.`);
  const { concurrency, as } = present(step.step.each, `Step ${step.id} has items.`);
  const isOpen = () => turn.state.ending === null && turn.state.pausedAt === null;
  if (list.next < list.items.length && list.inFlight < concurrency && isOpen()) {
    const scope = turn.scope();
    while (list.next < list.items.length && list.inFlight < concurrency && isOpen()) {
      const index = list.next;
      const item = { name: as, value: list.items[index] as Json, index };
      assignSubtask(turn, step, itemPath(step.id, index), { ...scope, item });
    }
  }
  if (list.over < list.items.length || turn.state.ending !== null) return;
  turn.record({ kind: "stepCompleted", step: step.id });
  stepIsOver(turn, step);
}

/** An expression failed: because it reads a skipped step, or because it is wrong. */
export function stopForExpression(turn: Turn, step: StepProgram, error: ExpressionFailure, path: string = step.id): void {
  const skipped = error.reads.filter((id) => turn.state.steps[id]?.status === "skipped");
  if (skipped.length > 0 && path === step.id) {
    return skipStep(turn, step, { kind: "upstream", source: error.source, steps: skipped });
  }
  const message = `The expression \${{ ${error.source} }} of ${path} has no value: ${asClause(error.message)}.`;
  failSubtask(turn, step, { path, attempt: 0, reason: "expression", failure: { code: "T4101", message, retryable: false } });
}

function skipStep(turn: Turn, step: StepProgram, reason: SkipReason): void {
  turn.record({ kind: "stepSkipped", step: step.id, reason });
  stepIsOver(turn, step);
}

/** Evaluates an optional template; null when the step has none. */
export function evaluateOptional(evaluate: Evaluate | null, scope: Scope): Result<Json, ExpressionFailure> {
  return evaluate === null ? { ok: true, value: null } : evaluate(scope);
}
