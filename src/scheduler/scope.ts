/**
 * Steps that hold steps: when their inner steps begin, and what their end means.
 *
 * 1. A scope is open from `scopeOpened` until its subtask is over. Everything under its path belongs
 *    to it, and is stopped before it ends early.
 * 2. A scope has one frame at work at a time: its own, or that of its present iteration.
 */
import { assert, present } from "../base/assert.ts";
import type { Json } from "../base/json.ts";
import type { Block, StepProgram } from "../definition/program.ts";
import { completeSubtask } from "./complete.ts";
import { countsOf } from "./counts.ts";
import type { SkipReason } from "./fact.ts";
import { failSubtask } from "./failure.ts";
import { handlerIsOver } from "./handler.ts";
import { turnIsOver } from "./handoff.ts";
import type { Path } from "./input.ts";
import { type Tally, verdictOf } from "./join.ts";
import { iterationIsOver } from "./loop.ts";
import { frameIn, isItem, ownerOf } from "./path.ts";
import { scopeStateOf, startable } from "./place.ts";
import { outputsOf } from "./outputs.ts";
import { planStepIsOver } from "./plan.ts";
import { skipStep } from "./ready.ts";
import type { ScopeState } from "./state.ts";
import { stopInside } from "./stop.ts";
import type { Turn } from "./turn.ts";

/** Begins a step that holds others. */
export function openScope(turn: Turn, step: StepProgram, path: Path): void {
  const { kind } = step.step;
  assert(kind === "parallel" || kind === "group" || kind === "loop" || kind === "handoff" || kind === "plan", `${path} holds steps.`);
  const deadlineAt = deadlineOf(step, turn.at);
  turn.record({
    kind: "scopeOpened",
    path,
    scope: kind,
    ...(deadlineAt === null ? {} : { deadlineAt }),
    ...(step.step.kind === "handoff" ? { agent: step.step.start } : {}),
  });
  pushInner(turn, path);
}

function deadlineOf({ step }: StepProgram, at: number): number | null {
  const limits = [step.deadlineMs, step.kind === "parallel" ? step.succeed.withinMs : undefined].filter((limit) => limit !== undefined);
  return limits.length === 0 ? null : at + Math.min(...limits);
}

/** Marks the inner steps of a scope's present frame that need no other. */
export function pushInner(turn: Turn, owner: Path): void {
  const scope = scopeStateOf(turn.state, owner);
  const frame = frameIn(owner, scope.iteration);
  for (const step of startable(turn.stepAt(owner), scope)) {
    if (scope.kind === "handler" || scope.kind === "handoff" || step.step.needs.length === 0) turn.candidates.push({ frame, step });
  }
}

/** A step of a frame is over: its scope may be, too. */
export function settleScope(turn: Turn, frame: Path): void {
  if (turn.state.ending !== null) return;
  const owner = ownerOf(frame);
  const scope = turn.state.scopes[owner];
  if (scope === undefined || frameIn(owner, scope.iteration) !== frame) return;
  const step = turn.stepAt(owner);
  if (isSkipped(step, owner, scope)) return skipStep(turn, step, owner, skippedInside(scope));
  switch (scope.kind) {
    case "parallel":
      return decideJoin(turn, step, owner, false);
    case "group":
      return groupStepIsOver(turn, step, owner, scope);
    case "loop":
      return iterationIsOver(turn, step, owner, scope);
    case "handoff":
      return turnIsOver(turn, step, owner, scope);
    case "plan":
      return planStepIsOver(turn, step, owner, scope);
    case "handler":
      return handlerIsOver(turn, step, owner, scope);
  }
}

/**
 * Skipped is not failed: a step all of whose inner steps were skipped did nothing, and is skipped too.
 * An item cannot be skipped, and of a handler its holder says what follows.
 */
function isSkipped({ block, step }: StepProgram, path: Path, { kind, iteration, steps, stepsOver }: ScopeState): boolean {
  if (kind === "handler" || iteration > 1 || isItem(path)) return false;
  // One agent at a time plans, or has its turn.
  const count = step.kind === "plan" || step.kind === "handoff" ? 1 : present(block, `${path} holds steps.`).steps.length;
  return stepsOver === count && countsOf(steps).skipped === stepsOver;
}

/** Only skipped branches so far, and the next ones are looked at in this very turn: all of them may be skipped. */
function mayBeSkipped({ candidates }: Turn, path: Path, { steps, stepsOver }: ScopeState): boolean {
  return countsOf(steps).skipped === stepsOver && candidates.hasIn(path);
}

function skippedInside({ steps }: ScopeState): SkipReason {
  return { kind: "upstream", source: "all of its inner steps", steps: Object.keys(steps) };
}

function groupStepIsOver(turn: Turn, step: StepProgram, path: Path, { steps, stepsOver }: ScopeState): void {
  assert(step.step.kind === "group", `${path} is a group.`);
  const ids = Object.keys(step.step.steps);
  if (stepsOver === ids.length) completeScope(turn, step, path, outputsOf(ids, steps));
}

/** Decides a parallel step. The output has a key for each branch, in declared order. */
function decideJoin(turn: Turn, step: StepProgram, path: Path, isLate: boolean): void {
  const { step: definition, block } = step;
  assert(definition.kind === "parallel" && block !== null, `${path} has branches.`);
  const scope = scopeStateOf(turn.state, path);
  const { rule } = definition.succeed;
  // The usual case, and it comes with every branch: no tally is needed to see that some are missing.
  if (rule.kind === "all" && !isLate && scope.stepsOver < block.steps.length) return;
  const verdict = verdictOf(rule, tallyOf(block, scope), isLate);
  if (verdict.kind === "open") return;
  if (verdict.kind === "impossible" && mayBeSkipped(turn, path, scope)) return void turn.undecided.push(path);
  stopInside(turn, path);
  const output = outputsOf(Object.keys(definition.branches), scope.steps);
  if (verdict.kind === "impossible") {
    const details = { results: output };
    const failure = { code: "T4116", message: `Step ${path} did not succeed: ${verdict.why}.`, retryable: false, details };
    return failSubtask(turn, step, { path, attempt: 1, reason: isLate ? "timedOut" : "disagreed", failure });
  }
  completeScope(turn, step, path, output, verdict.agreed);
}

function tallyOf({ steps: branches, stepById }: Block, { steps, stepsOver, votes }: ScopeState): Tally {
  const { completed, skipped } = countsOf(steps);
  const order = (voter: string): number => present(stepById.get(voter), `${voter} is a branch.`).index;
  return { total: branches.length, over: stepsOver, succeeded: completed, skipped, votes, order };
}

/** Completes a step that holds others. */
export function completeScope(turn: Turn, step: StepProgram, path: Path, output: Json, agreed?: Json): void {
  completeSubtask(turn, step, { path, attempt: 1, agent: "", contents: { output, ...(agreed === undefined ? {} : { agreed }) } });
}

/** The time of a scope is up: a join is decided with what is there, anything else has failed. */
export function scopeIsLate(turn: Turn, path: Path): void {
  const step = turn.stepAt(path);
  if (step.step.kind === "parallel") return decideJoin(turn, step, path, true);
  stopInside(turn, path);
  const failure = { code: "T4103", message: `The inner steps of ${path} were not over in its time.`, retryable: false };
  failSubtask(turn, step, { path, attempt: 1, reason: "timedOut", failure });
}
