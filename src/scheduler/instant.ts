/** Steps that need nobody: they are over in the turn in which they begin. */
import { assert, present } from "../base/assert.ts";
import { isJsonObject, type Json } from "../base/json.ts";
import { asClause } from "../base/text.ts";
import { aggregate, itemEvaluators, itemsOf } from "../definition/aggregate.ts";
import { isContextPath } from "../definition/context-path.ts";
import type { Scope, StepProgram } from "../definition/program.ts";
import { completeSubtask } from "./complete.ts";
import { failSubtask } from "./failure.ts";
import type { Path } from "./input.ts";
import { evaluateOptional, stopForExpression } from "./ready.ts";
import type { Turn } from "./turn.ts";

/** Combines results (requirements W101–W104). */
export function aggregateNow(turn: Turn, step: StepProgram, path: Path, scope: Scope): void {
  const { step: definition } = step;
  assert(definition.kind === "aggregate", `Step ${step.id} aggregates.`);
  const from = evaluateOptional(step.parts.from, scope);
  if (!from.ok) return stopForExpression(turn, step, path, from.error);
  if (definition.strategy === "expression") {
    const items = itemsOf(from.value);
    if (!items.ok) return failToCombine(turn, step, path, items.error);
    const value = present(step.parts.value, `Step ${step.id} has an expression.`)({ ...scope, items: items.value });
    return value.ok ? complete(turn, step, path, value.value) : stopForExpression(turn, step, path, value.error);
  }
  const combined = aggregate(definition.strategy, from.value, itemEvaluators(step, scope));
  if (combined.ok) return complete(turn, step, path, combined.value);
  failToCombine(turn, step, path, combined.error);
}

function failToCombine(turn: Turn, step: StepProgram, path: Path, why: string): void {
  const message = `The results of ${path} cannot be combined: ${asClause(why)}.`;
  failSubtask(turn, step, { path, attempt: 1, reason: "invalid", failure: { code: "T4125", message, retryable: false } });
}

/** Writes the run context. The definition's author may write any path. */
export function setNow(turn: Turn, step: StepProgram, path: Path, scope: Scope): void {
  const values = evaluateOptional(step.parts.values, scope);
  if (!values.ok) return stopForExpression(turn, step, path, values.error);
  assert(isJsonObject(values.value), `Step ${step.id} has values by path.`);
  const changes = Object.entries(values.value).map(([at, value]) => ({ path: at, value }));
  assert(
    changes.every((change) => isContextPath(change.path)),
    `The paths of step ${step.id} have been checked.`,
  );
  completeSubtask(turn, step, { path, attempt: 1, agent: "", contents: { output: values.value }, changes });
}

function complete(turn: Turn, step: StepProgram, path: Path, output: Json): void {
  completeSubtask(turn, step, { path, attempt: 1, agent: "", contents: { output } });
}
