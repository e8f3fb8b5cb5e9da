/**
 * Dynamic decomposition (requirements W010, W023): an agent plans, and its plan becomes steps.
 *
 * A plan is input from outside: bounded in number and depth, with capabilities from a list, without
 * circles and without expressions. One that breaks these rules is an invalid output, so that the
 * planner is told what is wrong and may plan again.
 */
import { assert, present } from "../base/assert.ts";
import { isJsonArray, isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { PlanStep } from "../definition/definition.ts";
import type { Scope, StepProgram, Validate } from "../definition/program.ts";
import { isStepId } from "../definition/step-id.ts";
import { beginApproval } from "./approval.ts";
import type { PlannedSubtask } from "./fact.ts";
import { failSubtask } from "./failure.ts";
import type { Path } from "./input.ts";
import { frameOf, ownerOf, stepOf } from "./path.ts";
import { scopeStateOf } from "./place.ts";
import { outputsOf } from "./outputs.ts";
import { completeScope, pushInner } from "./scope.ts";
import type { ScopeState } from "./state.ts";
import type { Turn } from "./turn.ts";

/** The schema of a subtask's output; that of a planner is the form of a plan. */
export function contractAt(turn: Turn, step: StepProgram, path: Path): Validate | null {
  if (stepOf(path) !== "makePlan") return step.validate;
  const { step: plan } = turn.stepAt(ownerOf(frameOf(path)));
  assert(plan.kind === "plan", `${path} plans.`);
  return (output) => problemsOf(plan, output);
}

/** A step of the plan is over: the planner, the approval, or one of the subtasks. */
export function planStepIsOver(turn: Turn, step: StepProgram, path: Path, scope: ScopeState): void {
  if (scope.subtasks !== null) {
    if (scope.subtasks.every(({ id }) => scope.steps[id] !== undefined)) complete(turn, step, path, scope);
    return;
  }
  const planned = present(scope.steps["makePlan"]?.output, `${path} has been planned.`);
  const { approvePlan } = step.inner;
  const approval = scope.steps["approvePlan"];
  if (approvePlan !== undefined && approval === undefined) {
    // Nobody is asked while the run is paused: it is looked at again then.
    return turn.candidates.push({ frame: path, step: approvePlan });
  }
  if (isJsonObject(approval?.output) && approval.output["decision"] !== "approved") {
    const failure = { code: "T4126", message: `The plan of ${path} was not approved.`, retryable: false, details: approval.output };
    return failSubtask(turn, step, { path, attempt: 1, reason: "rejected", failure });
  }
  const subtasks = subtasksOf(planned);
  turn.record({ kind: "planAccepted", path, subtasks });
  if (subtasks.length === 0) return completeScope(turn, step, path, {});
  pushInner(turn, path);
}

/** Asks people about the plan, which they are shown. */
export function beginPlanApproval(turn: Turn, step: StepProgram, path: Path): void {
  const owner = ownerOf(frameOf(path));
  const plan = present(scopeStateOf(turn.state, owner).steps["makePlan"]?.output, `${owner} has been planned.`);
  beginApproval(turn, step, path, scopeAround(turn, owner), { plan });
}

/** What stands around the outermost plan: an agent's plan must not change what the author's words say. */
function scopeAround(turn: Turn, path: Path): Scope {
  const owner = ownerOf(frameOf(path));
  return turn.state.scopes[owner]?.kind === "plan" ? scopeAround(turn, owner) : turn.scopeOf(path);
}

function complete(turn: Turn, step: StepProgram, path: Path, { steps, subtasks }: ScopeState): void {
  const ids = present(subtasks, `${path} has been planned.`).map(({ id }) => id);
  completeScope(turn, step, path, outputsOf(ids, steps));
}

/** The subtasks of a plan that has been checked. */
function subtasksOf(output: Json): readonly PlannedSubtask[] {
  return listOf(output).map((item): PlannedSubtask => {
    const { id, capability, text, with: input, critical, plan } = item;
    return {
      id: textIn(id),
      capability: textIn(capability),
      needs: needsOf(item).toSorted(),
      ...(typeof text === "string" ? { text } : {}),
      ...(isJsonObject(input) ? { with: input } : {}),
      ...(critical === false ? { critical } : {}),
      ...(plan === true ? { plan } : {}),
    };
  });
}

/** A text that has been checked to be one. */
function textIn(value: Json | undefined): string {
  assert(typeof value === "string", "A plan that has been checked has texts where they belong.");
  return value;
}

function listOf(output: Json): readonly JsonObject[] {
  return present(itemsOf(output), "A plan that has been checked is a list.").filter(isJsonObject);
}

/** What may be subtasks: a list, alone or under a key; null for anything else. */
function itemsOf(output: Json): readonly Json[] | null {
  const subtasks = isJsonObject(output) ? (output["subtasks"] ?? null) : output;
  return isJsonArray(subtasks) ? subtasks : null;
}

function needsOf({ needs = [] }: JsonObject): readonly string[] {
  assert(isJsonArray(needs), "A plan that has been checked has lists where they belong.");
  return [...new Set(needs.map(textIn))];
}

function problemsOf(step: PlanStep, output: Json): readonly string[] {
  const subtasks = itemsOf(output);
  if (subtasks === null) return ['the plan must be { "subtasks": [ { "id", "capability", "needs", "with" } ] }'];
  if (subtasks.length > step.maxSubtasks) return [`the plan has ${subtasks.length} subtasks; the limit is ${step.maxSubtasks}`];
  const ids = new Set(subtasks.map((item) => (isJsonObject(item) ? item["id"] : undefined)));
  const problems = subtasks.flatMap((item, index) => subtaskProblems(step, item, { index, ids }));
  if (ids.size < subtasks.length && problems.length === 0) return ["two subtasks have the same id"];
  if (problems.length > 0) return problems;
  const circle = circleIn(listOf(output));
  return circle.length === 0 ? [] : [`these subtasks wait for each other in a circle: ${circle.join(", ")}`];
}

const KEYS: ReadonlySet<string> = new Set(["id", "capability", "needs", "text", "with", "critical", "plan", "description"]);

type Beside = { readonly index: number; readonly ids: ReadonlySet<Json | undefined> };

function subtaskProblems(step: PlanStep, item: Json, { index, ids }: Beside): readonly string[] {
  if (!isJsonObject(item)) return [`subtask ${index + 1} is not an object`];
  const { id, capability, needs = [], text = "", with: input = {}, critical = true, plan = false } = item;
  const name = typeof id === "string" ? `subtask "${id.slice(0, 64)}"` : `subtask ${index + 1}`;
  const unknown = Object.keys(item).filter((key) => !KEYS.has(key));
  const missing = isJsonArray(needs) ? needs.filter((need) => !ids.has(need)) : [];
  const checks: readonly (readonly [boolean, string])[] = [
    [typeof id === "string" && isStepId(id), `${name} needs an id of lower-case letters, digits and underscores, and no reserved word`],
    [typeof capability === "string" && step.capabilities.includes(capability), `${name} may only use ${step.capabilities.join(", ")}`],
    [isJsonArray(needs) && missing.length === 0, `${name} needs ${JSON.stringify(missing.slice(0, 5))}, which the plan does not have`],
    [typeof text === "string", `the text of ${name} must be a text`],
    [isJsonObject(input), `"with" of ${name} must be an object`],
    [typeof critical === "boolean" && typeof plan === "boolean", `"critical" and "plan" of ${name} must be true or false`],
    [plan === false || step.maxDepth > 1, `${name} may not plan again; plans may be ${step.maxDepth} deep`],
    [unknown.length === 0, `${name} has unknown keys: ${unknown.slice(0, 5).join(", ")}`],
  ];
  return checks.filter(([holds]) => !holds).map(([, problem]) => problem);
}

/** The subtasks that are left when those that wait for nobody are taken away again and again. */
function circleIn(subtasks: readonly JsonObject[]): readonly string[] {
  const needsById = new Map(subtasks.map((item) => [textIn(item["id"]), new Set(needsOf(item))]));
  const free = [...needsById].filter(([, needs]) => needs.size === 0).map(([id]) => id);
  for (let id = free.pop(); id !== undefined; id = free.pop()) {
    needsById.delete(id);
    for (const [other, needs] of needsById) if (needs.delete(id) && needs.size === 0) free.push(other);
  }
  return [...needsById.keys()];
}
