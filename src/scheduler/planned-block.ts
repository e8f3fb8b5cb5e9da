/**
 * Subtasks that an agent planned, as steps (requirement W023, dynamic decomposition). They hold no
 * expressions: what an agent sends is data, so values flow only as whole results of what a subtask
 * needs.
 */
import { assert, present } from "../base/assert.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { ok } from "../base/result.ts";
import type { DelegateStep, PlanStep, StepId, Target } from "../definition/definition.ts";
import type { Block, Evaluate, Scope, StepProgram } from "../definition/program.ts";
import type { PlannedSubtask } from "./fact.ts";

/** The capability that runs another workflow (requirement W055). */
export const RUN_SUBWORKFLOW = "run_subworkflow";

const blocks = new WeakMap<readonly PlannedSubtask[], Block>();

/** The steps of a plan; the same ones as long as the plan is the same object. */
export function plannedBlock(holder: StepProgram, subtasks: readonly PlannedSubtask[]): Block {
  const known = blocks.get(subtasks);
  if (known !== undefined) return known;
  const dependentsById = new Map<StepId, StepProgram[]>(subtasks.map(({ id }) => [id, []]));
  const steps = subtasks.map((subtask, index) =>
    plannedStep(holder, { subtask, index, dependents: present(dependentsById.get(subtask.id), "Each has dependents.") }),
  );
  for (const planned of steps) for (const need of planned.step.needs) dependentsById.get(need)?.push(planned);
  const block: Block = { steps, stepById: new Map(steps.map((planned) => [planned.id, planned])) };
  blocks.set(subtasks, block);
  return block;
}

type Planned = { readonly subtask: PlannedSubtask; readonly index: number; readonly dependents: readonly StepProgram[] };

function plannedStep(holder: StepProgram, { subtask, index, dependents }: Planned): StepProgram {
  const { step: plan } = holder;
  assert(plan.kind === "plan", `Step ${holder.id} plans.`);
  const work = plannedWork(plan, subtask);
  const common = { id: subtask.id, index, dependents };
  if (subtask.plan !== true) return program(common, work, subtask);
  const { needs, critical } = work;
  const { repair } = plan.planner;
  const { approvePlan } = holder.inner;
  // The plan inside is planned by the subtask's own agent, with one level less to go, and is approved and repaired like the one around it. What it needs, its holder has waited for.
  const step: PlanStep = {
    ...plan,
    needs,
    critical,
    if: null,
    each: null,
    planner: { ...work, needs: [], critical: true, ...(repair === undefined ? {} : { repair }) },
    maxDepth: plan.maxDepth - 1,
  };
  const makePlan = program({ id: "makePlan", index: 0, dependents: [] }, step.planner, subtask);
  return {
    ...program(common, step, subtask),
    text: null,
    with: null,
    inner: { makePlan, ...(approvePlan === undefined ? {} : { approvePlan }) },
  };
}

function plannedWork(plan: PlanStep, { capability, needs, critical, with: input }: PlannedSubtask): DelegateStep {
  return {
    kind: "delegate",
    target: plannedTarget(capability, input),
    needs,
    if: null,
    each: null,
    text: null,
    with: null,
    output: null,
    rules: [],
    critical: critical !== false,
    timeoutMs: plan.subtask.timeoutMs,
    retry: plan.subtask.retry,
    fallback: [],
    onUnknown: "fail",
  };
}

function plannedTarget(capability: string, input: JsonObject | undefined): Target {
  const reference = input?.["workflow"];
  if (capability !== RUN_SUBWORKFLOW || typeof reference !== "string") return { kind: "capability", capability };
  const [name = "", range = "*"] = reference.split("@");
  return { kind: "workflow", name, range };
}

function program(
  common: Pick<StepProgram, "id" | "index" | "dependents">,
  step: DelegateStep | PlanStep,
  subtask: PlannedSubtask,
): StepProgram {
  const { text } = subtask;
  return {
    ...common,
    step,
    condition: null,
    items: null,
    text: text === undefined ? null : () => ok(text),
    with: inputOf(subtask),
    validate: null,
    rules: [],
    parts: {},
    block: null,
    inner: {},
    form: null,
  };
}

/** A subtask gets what the plan says, and the results of what it needs. */
function inputOf({ capability, needs, with: input }: PlannedSubtask): Evaluate {
  return (scope: Scope) => {
    const results = Object.fromEntries(needs.map((need): [string, Json] => [need, resultOf(scope, need)]));
    const given = capability === RUN_SUBWORKFLOW && isJsonObject(input?.["input"]) ? input["input"] : input;
    return ok(needs.length === 0 ? { ...given } : { ...given, results });
  };
}

/** The planner works beside its own subtasks; what it needs is one level further out. */
function resultOf(scope: Scope, need: StepId): Json {
  const found = Object.hasOwn(scope.steps, need) ? scope.steps[need] : scope.outer?.steps[need];
  return found?.output ?? null;
}
