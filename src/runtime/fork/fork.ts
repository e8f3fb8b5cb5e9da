/**
 * What a retry or a fork of a finished run keeps, repeats, and finds undone (issue 3, deliverable 4).
 *
 * 1. It is a function of the old run's state and of two programs: the preview is what will happen.
 * 2. A step is kept when it is over, its definition is the same, it was not undone, and nothing that
 *    it needs is repeated or set by hand. Everything else is repeated. An input that is set repeats
 *    nothing by itself: what is kept says that it is of the old one.
 * 3. A finished run never changes: the new one begins with copies of what is kept.
 * 4. Nothing is undone twice: what a run did is undone by that run or by nobody. A run that failed or
 *    was canceled has undone all it would before it ended, and what a completed run did stands, however
 *    often it is forked. So no compensation is handed over.
 */
import { TuttiError } from "../../base/errors.ts";
import { canonicalJson, type Json } from "../../base/json.ts";
import type { StepId } from "../../definition/definition.ts";
import { didYouMean } from "../../definition/did-you-mean.ts";
import type { Program, StepProgram, StepResult } from "../../definition/program.ts";
import type { RunState } from "../../scheduler/index.ts";
import type { StartInput } from "../../scheduler/input.ts";
import { givenContext } from "./fork-context.ts";
import { type ForkSettings, readSettings, type SetValue, withValues } from "./fork-set.ts";
import { outermostOf } from "../run-path.ts";

/** How the undoing of a step ended, by the step of the outermost block. */
export type Undone = ReadonlyMap<StepId, "completed" | "skipped" | "timedOut">;

export type ForkRequest = {
  readonly program: Program;
  /** Of a run that is over. */
  readonly state: RunState;
  /** This step and all that needs it are repeated; null: only what must be. */
  readonly from: StepId | null;
  readonly set: readonly SetValue[];
  /** The definition to go on with; null: the run's own. */
  readonly latest: Program | null;
  readonly undone: Undone;
};

/** A step, and why it is kept or repeated. */
export type ForkedStep = { readonly step: StepId; readonly why: string };

/** What a retry or a fork will do, before it is done (issue 3, deliverable 4). */
export type ForkPlan = {
  readonly run: string;
  /** What the new run executes. */
  readonly program: Program;
  readonly input: Json;
  readonly kept: readonly ForkedStep[];
  readonly repeated: readonly ForkedStep[];
  /** Undone by the old run; all of them are repeated. */
  readonly compensated: readonly ForkedStep[];
  /** Repeated though nothing has undone what the old run did: it will happen twice. */
  readonly doubled: readonly ForkedStep[];
  /** Of the old run, and not in the latest definition any more. */
  readonly dropped: readonly StepId[];
  readonly given: NonNullable<StartInput["given"]>;
};

/** Plans a retry or a fork. Throws T1301 for a step that does not exist, T4202 for a value that cannot be set. */
export function planFork(request: ForkRequest): ForkPlan {
  const { program, state, latest } = request;
  const next = latest ?? program;
  if (request.from !== null) expectStep(request.from, next);
  const settings = readSettings(request.set, next);
  const reasons = reasonsOf(request, next, settings);
  const kept: ForkedStep[] = [];
  const repeated: ForkedStep[] = [];
  for (const { id } of next.steps) {
    const why = reasons.get(id) ?? null;
    if (why === null) kept.push({ step: id, why: keptBecause(state.steps[id], settings, id) });
    else repeated.push({ step: id, why });
  }
  const isKept = new Set(kept.map(({ step }) => step));
  return {
    run: state.run,
    program: next,
    input: withValues(state.input, settings.input),
    kept,
    repeated,
    compensated: compensatedOf(request.undone, next),
    doubled: repeated.filter(({ step }) => isStanding(step, request)),
    dropped: Object.keys(state.steps).filter((id) => !next.stepById.has(id)),
    given: givenBy(request, { settings, isKept, next }),
  };
}

function expectStep(from: StepId, { stepById }: Program): void {
  if (stepById.has(from)) return;
  const outer = outermostOf(from);
  const isInner = outer !== from && stepById.has(outer);
  const help = isInner
    ? `A run goes on from a whole step of the outermost level: give "${outer}".`
    : (didYouMean(from, stepById.keys()) ?? `Its steps are ${[...stepById.keys()].join(", ")}.`);
  throw new TuttiError("T1301", isInner ? `"${from}" stands inside of step ${outer}.` : `There is no step "${from}".`, { help });
}

/** Why each step is repeated; null for the kept ones. Steps come after what they need. */
function reasonsOf(request: ForkRequest, next: Program, settings: ForkSettings): ReadonlyMap<StepId, string | null> {
  const reasons = new Map<StepId, string | null>();
  for (const step of next.steps) {
    const own = settings.outputs.has(step.id) ? null : (ownReason(step, request) ?? needReason(step, reasons, settings));
    reasons.set(step.id, own);
  }
  return reasons;
}

function ownReason({ id, step }: StepProgram, { program, state, from, undone }: ForkRequest): string | null {
  if (id === from) return "the run goes on from here";
  const before = program.stepById.get(id);
  if (before === undefined) return "it is new";
  const result = state.steps[id];
  if (result === undefined) return "it had not finished";
  if (result.status === "failed") return "it failed";
  if (result.status === "canceled") return "it was canceled";
  if (before.step !== step && canonicalJson(before.step) !== canonicalJson(step)) return "its definition has changed";
  if (undone.get(id) === "completed") return "it was undone";
  return undone.get(id) === "timedOut" ? "its undoing was cut off, so nobody knows whether it still stands" : null;
}

function needReason({ step }: StepProgram, reasons: ReadonlyMap<StepId, string | null>, settings: ForkSettings): string | null {
  const set = step.needs.find((need) => settings.outputs.has(need));
  if (set !== undefined) return `it needs ${set}, whose output is set`;
  const need = step.needs.find((id) => (reasons.get(id) ?? null) !== null);
  return need === undefined ? null : `it needs ${need}, which is repeated`;
}

/** What was made of the old input stays when another one is set: only a person knows whether that is meant, so the preview says it. */
function keptBecause(result: StepResult | undefined, { outputs, input }: ForkSettings, id: StepId): string {
  if (outputs.has(id)) return "its output is set";
  const isAsBefore = input.length > 0 ? `, with the input as it was; --from ${id} repeats it` : "";
  if (result?.status === "skipped") return input.length > 0 ? `it was skipped${isAsBefore}` : "it was skipped, and nothing changed that";
  return `it completed${isAsBefore}`;
}

function compensatedOf(undone: Undone, next: Program): readonly ForkedStep[] {
  const words = {
    completed: "undone when the run ended",
    skipped: "left as it is, by a person's decision",
    timedOut: "its undoing was cut off",
  };
  return [...undone].filter(([step]) => next.stepById.has(step)).map(([step, outcome]) => ({ step, why: words[outcome] }));
}

/** True for what the old run did, would undo, and has not. */
function isStanding(id: StepId, { state, undone }: ForkRequest): boolean {
  return undone.get(id) === "skipped" || state.compensations.some(({ path }) => outermostOf(path) === id);
}

type Choice = { readonly settings: ForkSettings; readonly isKept: ReadonlySet<StepId>; readonly next: Program };

function givenBy({ program, state }: ForkRequest, { settings, isKept, next }: Choice): ForkPlan["given"] {
  const steps = next.steps
    .filter(({ id }) => isKept.has(id))
    .map(({ id }): [StepId, StepResult] => [id, resultOf(state.steps[id], settings, id)]);
  return {
    steps: Object.fromEntries(steps),
    ...givenContext({ program, state, next, isKept }, settings.context),
  };
}

function resultOf(before: StepResult | undefined, { outputs }: ForkSettings, id: StepId): StepResult {
  const values = outputs.get(id);
  if (values === undefined) return before ?? { status: "skipped", attempts: 0 };
  const output = withValues(before?.output ?? null, values);
  const isText = typeof output === "string";
  return { status: "completed", output, text: isText ? output : "", data: isText ? [] : [output], attempts: before?.attempts ?? 0 };
}
