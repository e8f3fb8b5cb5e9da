/**
 * When a step begins. A step begins the moment its own dependencies are over: there are no waves
 * (requirements X008). A turn looks only at the dependents of the steps that it brought to an end.
 */
import { present } from "../base/assert.ts";
import { MAX_FACTS } from "../base/limits.ts";
import { asClause } from "../base/text.ts";
import type { Json } from "../base/json.ts";
import type { Result } from "../base/result.ts";
import type { StepId } from "../definition/definition.ts";
import type { Evaluate, ExpressionFailure, Scope, StepProgram, StepResult } from "../definition/program.ts";
import { beginSubtask } from "./begin.ts";
import type { Candidate } from "./candidates.ts";
import type { SkipReason } from "./fact.ts";
import { failSubtask } from "./failure.ts";
import type { Path } from "./input.ts";
import { advanceList, beginList } from "./list.ts";
import { stepIsOver } from "./over.ts";
import { frameIn, frameOf, listPathOf, ownerOf, pathIn, ROOT } from "./path.ts";
import { frameAt, openFrame, scopeStateOf, startable } from "./place.ts";
import { settleScope } from "./scope.ts";
import type { Frame, ScopeState } from "./state.ts";
import { stopItems } from "./stop.ts";
import type { Turn } from "./turn.ts";

/** Begins every step that has become ready, and those that become ready because of that. */
export function settleSteps(turn: Turn): void {
  settleCandidates(turn);
  for (let frame = turn.undecided.pop(); frame !== undefined; frame = turn.undecided.pop()) {
    settleScope(turn, frame);
    settleCandidates(turn);
  }
}

function settleCandidates(turn: Turn): void {
  for (let next = turn.candidates.take(); next !== undefined; next = turn.candidates.take()) {
    // A loop of steps that need nobody could go on for ever in one turn; `decide` ends a run with so many facts.
    if (turn.isHeld || turn.state.seq >= MAX_FACTS) turn.candidates.clear();
    else if (isReady(turn, next)) beginStep(turn, next);
  }
}

/** Looks at every step that may have become ready while nothing was allowed to begin. */
export function lookEverywhere(turn: Turn): void {
  const { state, program } = turn;
  lookIn(turn, { frame: ROOT, steps: program.steps, state });
  for (const [owner, scope] of Object.entries(state.scopes)) {
    // A scope may end while the lists of another go on.
    if (state.scopes[owner] !== scope) continue;
    lookIn(turn, { frame: frameIn(owner, scope.iteration), steps: startable(turn.stepAt(owner), scope), state: scope });
  }
}

function lookIn(
  turn: Turn,
  { frame, steps, state }: { readonly frame: Path; readonly steps: readonly StepProgram[]; readonly state: Frame },
): void {
  for (const step of steps) {
    if (state.lists[step.id] !== undefined) advanceList(turn, step, pathIn(frame, step.id));
    else turn.candidates.push({ frame, step });
  }
}

/** True when the step has not begun and all that it needs is over. */
function isReady(turn: Turn, { frame: path, step }: Candidate): boolean {
  const { state } = turn;
  const frame = frameAt(state, path);
  if (frame === undefined || frame.steps[step.id] !== undefined || frame.lists[step.id] !== undefined) return false;
  if (path !== ROOT && !mayBeginIn(scopeStateOf(state, ownerOf(path)), step)) return false;
  const at = pathIn(path, step.id);
  if (state.flights[at] !== undefined || state.scopes[at] !== undefined || state.waits[at] !== undefined) return false;
  // From the end: the needs of a join are usually over in their own order, so the last is the
  // likeliest to be missing, and a join of n steps costs n looks in all instead of n².
  const { needs } = step.step;
  for (let index = needs.length - 1; index >= 0; index -= 1) {
    if (frame.steps[needs[index] as StepId] === undefined) return false;
  }
  return true;
}

/** A handler has the frame of what it stands in for, whose steps begin no more. */
function mayBeginIn({ kind, handled }: ScopeState, { id }: StepProgram): boolean {
  return kind !== "handler" || handled?.handler === id;
}

function beginStep(turn: Turn, { frame, step }: Candidate): void {
  const scope = turn.scopeIn(frame);
  const path = pathIn(frame, step.id);
  if (step.condition !== null) {
    const condition = step.condition(scope);
    if (!condition.ok) return stopForExpression(turn, step, path, condition.error);
    const source = present(step.step.if, `Step ${step.id} has a condition.`);
    if (condition.value === false) return skipStep(turn, step, path, { kind: "condition", source });
    if (condition.value !== true) return stopForExpression(turn, step, path, notABoolean(source, condition.value));
  }
  if (step.items === null) return beginSubtask(turn, step, path, scope);
  beginList(turn, step, path, step.items);
}

function notABoolean(source: string, value: Json): ExpressionFailure {
  return { source, message: `a condition is true or false, and this is ${JSON.stringify(value).slice(0, 80)}`, reads: [] };
}

/** An expression failed: because it reads a skipped step, or because it is wrong. */
export function stopForExpression(turn: Turn, step: StepProgram, path: Path, error: ExpressionFailure): void {
  const scope = turn.scopeIn(frameOf(path));
  const skipped = error.reads.filter((id) => resultIn(scope, id)?.status === "skipped");
  if (skipped.length > 0) return skipAll(turn, step, path, { kind: "upstream", source: error.source, steps: skipped });
  failSubtask(turn, step, expressionProblem(path, error));
}

/** An item cannot be skipped: what it reads is missing for its whole list, which is skipped with what it has begun. */
function skipAll(turn: Turn, step: StepProgram, path: Path, reason: SkipReason): void {
  const listPath = listPathOf(path);
  const list = openFrame(turn.state, frameOf(path)).lists[step.id];
  if (list !== undefined) stopItems(turn, listPath, list);
  skipStep(turn, step, listPath, reason);
}

export function expressionProblem(path: Path, error: ExpressionFailure) {
  const message = `The expression \${{ ${error.source} }} of ${path} has no value: ${asClause(error.message)}.`;
  return { path, attempt: 0, reason: "expression", failure: { code: "T4101", message, retryable: false } } as const;
}

/** A finished step, in the innermost block that has it. */
function resultIn(scope: Scope, id: StepId): StepResult | undefined {
  let around: Scope | undefined = scope;
  while (around !== undefined && !Object.hasOwn(around.steps, id)) around = around.outer;
  return around?.steps[id];
}

export function skipStep(turn: Turn, step: StepProgram, path: Path, reason: SkipReason): void {
  turn.record({ kind: "stepSkipped", step: path, reason });
  stepIsOver(turn, step, path);
}

const NOTHING: Result<Json, ExpressionFailure> = { ok: true, value: null };

/** Evaluates an optional template; null when the step has none. */
export function evaluateOptional(evaluate: Evaluate | null | undefined, scope: Scope): Result<Json, ExpressionFailure> {
  return evaluate === null || evaluate === undefined ? NOTHING : evaluate(scope);
}
