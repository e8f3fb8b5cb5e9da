/** A retry or a fork of a run that exists: reads what is needed to plan it, and what its start says. */
import { TuttiError } from "../../base/errors.ts";
import type { RunRef } from "../../base/ids.ts";
import { canonicalJson, type Json, type JsonObject } from "../../base/json.ts";
import { compile } from "../../definition/compile.ts";
import type { Definition, StepId } from "../../definition/definition.ts";
import { prepareInput } from "../../definition/run-input.ts";
import { eachStep } from "../../definition/walk.ts";
import type { Host, RunRecord, StartRequest } from "../../ports/host.ts";
import type { RunState } from "../../scheduler/index.ts";
import { type ForkPlan, planFork, type Undone } from "./fork.ts";
import type { SetValue } from "./fork-set.ts";
import { outermostOf } from "../run-path.ts";

/** What a new run takes from an old one. */
export type ForkOptions = {
  /** This step and all that needs it are repeated. */
  readonly from?: StepId;
  readonly set?: readonly SetValue[];
  /** Goes on with this definition, or with the newest one of the workflow's name that is stored. */
  readonly latest?: Definition | true;
};

/** A plan with what its run needs besides. */
export type PreparedFork = {
  readonly plan: ForkPlan;
  readonly record: RunRecord;
  readonly definition: Definition;
  readonly isLatest: boolean;
  readonly bindings: JsonObject;
  readonly workflows: StartRequest["workflows"];
};

const FACTS_PER_PAGE = 1_000;

/** Plans it without starting anything. Throws T4201 when the run cannot be retried so. */
export async function prepareFork(host: Host, record: RunRecord, kind: "retry" | "fork", options: ForkOptions): Promise<PreparedFork> {
  const { run } = record;
  refuseUnfit(record, kind, options);
  const own = await definitionOf(host, record, record.fingerprint);
  const state = await host.inspect(run);
  if (state === null) throw new TuttiError("T4001", `There is no run ${run.id}.`);
  const latest = options.latest === undefined ? null : await latestOf(host, record, options.latest);
  const plan = planFork({
    program: compile(own),
    state,
    from: options.from ?? null,
    set: options.set ?? [],
    latest: latest === null ? null : compile(latest),
    undone: await undoneOf(host, run, own, state),
  });
  if (plan.repeated.length === 0)
    throw new TuttiError("T4201", `Nothing of run ${run.id} would be repeated: every step is over.`, {
      help: "Say where to begin with --from STEP.",
    });
  checkOutputs(plan, options.set ?? []);
  const definition = latest ?? own;
  const prepared = prepareInput(definition, plan.input);
  if (!prepared.ok) throw prepared.error;
  return {
    plan: { ...plan, input: prepared.value },
    record,
    definition,
    isLatest: latest !== null,
    bindings: state.bindings ?? {},
    workflows: latest === null ? state.workflows : undefined,
  };
}

function refuseUnfit({ run, status, endedAt }: RunRecord, kind: "retry" | "fork", { from }: ForkOptions): void {
  if (endedAt === null)
    throw new TuttiError("T4201", `Run ${run.id} is ${status}; only a run that is over can be taken up in another one.`, {
      help: `Wait for its end, or end it: tutti cancel ${run.id}`,
    });
  if (kind === "retry" && status === "completed" && from === undefined)
    throw new TuttiError("T4201", `Run ${run.id} completed, so there is nothing to retry.`, {
      help: "To repeat a part of it, say where to begin with --from STEP.",
    });
}

async function definitionOf(host: Host, { run }: RunRecord, fingerprint: string): Promise<Definition> {
  const found = await host.definition(run.tenant, fingerprint);
  if (found !== null) return found;
  throw new TuttiError("T5009", `The definition of run ${run.id} is not in this database.`);
}

async function latestOf(host: Host, record: RunRecord, wanted: Definition | true): Promise<Definition | null> {
  const latest = wanted === true ? await newestOf(host, record) : wanted;
  if (latest.name !== record.workflow)
    throw new TuttiError("T4201", `Run ${record.run.id} is of workflow "${record.workflow}", not of "${latest.name}".`, {
      help: "A run goes on with another version of its own workflow only.",
    });
  return compile(latest).fingerprint === record.fingerprint ? null : latest;
}

async function newestOf(host: Host, record: RunRecord): Promise<Definition> {
  const { items } = await host.definitions(record.run.tenant, { name: record.workflow, limit: 1 });
  return definitionOf(host, record, items[0]?.fingerprint ?? record.fingerprint);
}

/** What the run has undone, from its history: the state keeps only what is left. */
async function undoneOf(host: Host, run: RunRef, definition: Definition, state: RunState): Promise<Undone> {
  const undone = new Map<StepId, "completed" | "skipped" | "timedOut">();
  if (state.end?.kind === "completed" || !eachStep(definition).some(({ role }) => role === "compensate")) return undone;
  for (let seq = 1; ;) {
    const entries = await host.history(run, seq, FACTS_PER_PAGE);
    for (const { fact } of entries) {
      if (fact.kind !== "compensationEnded") continue;
      const id = outermostOf(fact.path);
      // Of several inner steps one that was undone is enough: the step as it was is not there any more.
      if (undone.get(id) !== "completed") undone.set(id, fact.outcome);
    }
    if (entries.length < FACTS_PER_PAGE) return undone;
    seq += entries.length;
  }
}

/** An output that a person sets keeps the contract of its step like any other. */
function checkOutputs({ program, given }: ForkPlan, set: readonly SetValue[]): void {
  for (const { path } of set) {
    const id = /^steps\.([^.]+)\.output/.exec(path)?.[1];
    if (id === undefined) continue;
    const problems = program.stepById.get(id)?.validate?.(given.steps[id]?.output ?? null) ?? [];
    if (problems.length > 0)
      throw new TuttiError("T4202", `"${path}" cannot be set: the output would break the contract of step ${id}: ${problems.join(" ")}`, {
        help: "Set a value that fits the step's output schema.",
      });
  }
}

/** What the start of the new run says of the old one. */
export function forkedStart({ plan, workflows }: PreparedFork): Pick<StartRequest, "forkedFrom" | "given" | "workflows"> {
  return {
    forkedFrom: { run: plan.run, steps: plan.kept.map(({ step }) => step) },
    given: plan.given,
    ...(workflows === undefined || Object.keys(workflows).length === 0 ? {} : { workflows }),
  };
}

/** The same id with another fork is another request (T4002). */
export async function expectSameFork(host: Host, run: RunRef, prepared: PreparedFork): Promise<void> {
  const [first] = await host.history(run, 1, 1);
  const { forkedFrom, given } = forkedStart(prepared);
  const wanted = { forkedFrom: forkedFrom ?? null, given: given ?? null } as Json;
  const fact = first?.fact;
  const found = fact?.kind === "runStarted" ? ({ forkedFrom: fact.forkedFrom ?? null, given: fact.given ?? null } as Json) : null;
  if (canonicalJson(found) === canonicalJson(wanted)) return;
  throw new TuttiError("T4002", `Run ${run.id} exists, and is another one than this fork of ${prepared.plan.run}.`, {
    help: "Use another id, or none to get a new one.",
  });
}
