/** Inner steps on a board: which there are, and how a scope begins, goes round and ends. */
import type { DelegateStep, PlanStep, Step, StepId, Steps } from "../../definition/definition.ts";
import type { Fact, PlannedSubtask, ScopeOpened } from "../../scheduler/fact.ts";
import { emptyStep, type ScopeBoard, type StepBoard, type SubtaskRow } from "./board-rows.ts";

/** The last few agents of a handoff before the one at work: what a line has room for. */
const AGENTS_TOLD = 4;

/** What a scope begins with; a loop and a handoff are then in their first iteration. */
export function openScope(step: StepBoard, row: SubtaskRow, fact: ScopeOpened): ScopeBoard {
  const isRound = fact.scope === "loop" || fact.scope === "handoff";
  const scope: ScopeBoard = {
    kind: fact.scope,
    steps: new Map(),
    iteration: isRound ? 1 : 0,
    agent: fact.agent ?? null,
    agentsBefore: [],
    score: null,
    note: null,
    votes: null,
    isPlanned: false,
  };
  fillScope(step, row, scope);
  return scope;
}

/** The next iteration or turn: the rows of the one before give way to its own. */
export function beginIteration(
  step: StepBoard,
  row: SubtaskRow,
  scope: ScopeBoard,
  fact: Extract<Fact, { kind: "iterationStarted" }>,
): void {
  const isNext = fact.iteration !== scope.iteration;
  if (isNext && scope.agent !== null) {
    scope.agentsBefore.push(scope.agent);
    if (scope.agentsBefore.length > AGENTS_TOLD) scope.agentsBefore.shift();
  }
  scope.iteration = fact.iteration;
  scope.agent = fact.agent ?? scope.agent;
  scope.score = fact.score ?? scope.score;
  scope.note = fact.note ?? scope.note;
  if (!isNext) return;
  scope.steps.clear();
  fillScope(step, row, scope);
}

/** The planner's subtasks become steps. */
export function acceptPlan(step: StepBoard, row: SubtaskRow, scope: ScopeBoard, subtasks: readonly PlannedSubtask[]): void {
  scope.isPlanned = true;
  for (const subtask of subtasks) addInner(step, row, scope, [subtask.id, plannedStep(step.step, subtask)]);
}

/** True when something in a step has failed for good. */
export function hasFailed(step: StepBoard): boolean {
  if ((step.countByStatus.get("failed_permanent") ?? 0) > 0) return true;
  if (step.whole?.status === "failed_permanent") return true;
  return [...step.rows.values()].some(({ scope }) => scope !== null && [...scope.steps.values()].some(hasFailed));
}

function fillScope(step: StepBoard, row: SubtaskRow, scope: ScopeBoard): void {
  for (const entry of Object.entries(innerSteps(step.step, scope))) addInner(step, row, scope, entry);
}

function addInner(step: StepBoard, row: SubtaskRow, scope: ScopeBoard, [id, inner]: readonly [StepId, Step]): void {
  const round = scope.iteration === 0 ? "" : `#${scope.iteration}`;
  scope.steps.set(id, emptyStep(`${row.path}${round}/${id}`, id, step.depth + 1, inner));
}

/** The steps of one round, as far as the definition knows them. */
function innerSteps(step: Step, scope: ScopeBoard): Steps {
  switch (step.kind) {
    case "parallel":
      return step.branches;
    case "group":
    case "loop":
      return step.steps;
    case "handoff": {
      const agent = scope.agent === null ? undefined : step.agents[scope.agent];
      return agent === undefined || scope.agent === null ? {} : { [scope.agent]: agent };
    }
    case "plan":
    case "delegate":
    case "approval":
    case "aggregate":
    case "wait":
    case "set":
      return {};
  }
}

/** The inner step of a name, where the rows do not have it yet: of a handoff, a handler, or `makePlan`. */
export function namedStep(step: Step, name: string): Step {
  return handlerStep(step, name) ?? (step.kind === "handoff" ? step.agents[name] : undefined) ?? unknownStep(name);
}

function handlerStep(step: Step, name: string): Step | undefined {
  if (name === "compensate") return step.compensate;
  if (step.kind === "plan" && name === "makePlan") return step.planner;
  if (step.kind === "plan" && name === "approvePlan") return step.approve;
  return Object.entries(step.handlers ?? {}).find(([handler]) => handler === name)?.[1];
}

/** True for what stands in a step without being one of its inner steps: no step id has a capital. */
export function isNamedInner(id: string): boolean {
  return id === "compensate" || /[A-Z]/.test(id);
}

function plannedStep(plan: Step, { id, capability, needs, critical, plan: isPlan }: PlannedSubtask): Step {
  const work: DelegateStep = { ...unknownStep(id), target: { kind: "capability", capability }, needs, critical: critical ?? true };
  if (plan.kind !== "plan") return work;
  const subtask: DelegateStep = { ...work, ...plan.subtask };
  if (isPlan !== true) return subtask;
  const { kind, capabilities, maxSubtasks, maxDepth, subtask: each } = plan;
  const inner: PlanStep = { ...commonOf(subtask), kind, planner: subtask, capabilities, maxSubtasks, maxDepth, subtask: each };
  return inner;
}

function commonOf({ needs, critical }: DelegateStep): Pick<PlanStep, "needs" | "if" | "each" | "output" | "rules" | "critical"> {
  return { needs, if: null, each: null, output: null, rules: [], critical };
}

/** A step of which only the name is known: it is shown all the same. */
export function unknownStep(id: string): DelegateStep {
  return {
    kind: "delegate",
    needs: [],
    if: null,
    each: null,
    output: null,
    rules: [],
    critical: true,
    target: { kind: "capability", capability: id },
    text: null,
    with: null,
    timeoutMs: 0,
    retry: { attempts: 1, initialMs: 0, factor: 1, maxMs: 0, jitter: "none" },
    fallback: [],
    onUnknown: "fail",
  };
}
