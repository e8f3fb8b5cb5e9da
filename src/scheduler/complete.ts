/** How a subtask completes: its contract, its vote, what it leaves to undo, and what it writes. */
import { assert, present } from "../base/assert.ts";
import type { Json } from "../base/json.ts";
import { err, ok, type Result } from "../base/result.ts";
import type { DelegateStep } from "../definition/definition.ts";
import type { Scope, StepProgram } from "../definition/program.ts";
import { failCompletion } from "./failure.ts";
import { brokenContract, type Contents, readOutput } from "./contract.ts";
import { changeContext, contextProblem } from "./context.ts";
import { completedResult } from "./evolve-scope.ts";
import type { ContextChange, LeftBehind } from "./fact.ts";
import type { Path, RemoteTask } from "./input.ts";
import type { Failure, Reply } from "./outcome.ts";
import { subtaskIsOver } from "./over.ts";
import { compensationPath, frameOf, isItem, ownerOf, stepOf, ROOT } from "./path.ts";
import { findStep, openFrame } from "./place.ts";
import { contractAt } from "./plan.ts";
import { evaluateOptional, expressionProblem } from "./ready.ts";
import type { ItemsByPath } from "./state.ts";
import type { Turn } from "./turn.ts";

export type Completion = {
  readonly path: Path;
  readonly attempt: number;
  readonly agent: string;
  /** Whose vote it is in a quorum; absent: the agent's. */
  readonly principal?: string | undefined;
  readonly contents: Contents & { readonly agreed?: Json };
  readonly changes?: readonly ContextChange[];
  readonly task?: RemoteTask | undefined;
  readonly signal?: string;
};

/** Completes a subtask whose contract has not been looked at: of every kind but `delegate`. */
export function completeSubtask(turn: Turn, step: StepProgram, completion: Completion): void {
  const broken = contractProblem(turn, step, completion.path, completion.contents.output);
  if (broken === null) finishSubtask(turn, step, completion);
  else failCompletion(turn, step, completion, broken);
}

/** What breaks the contract of an output; null when nothing does. The contract of an `each` is that of its items. */
export function contractProblem(turn: Turn, step: StepProgram, path: Path, output: Json): Failure | null {
  if (isWholeList(step, path)) return null;
  return brokenContract(step, output, { validate: contractAt(turn, step, path), scope: () => turn.scopeOf(path) });
}

/** True for the path of all items of an `each` together. */
export function isWholeList(step: StepProgram, path: Path): boolean {
  return step.items !== null && !isItem(path);
}

/** Completes a subtask whose output keeps its contract. */
export function finishSubtask(turn: Turn, step: StepProgram, completion: Completion): void {
  const { path, attempt, agent, contents, task, signal, changes = [] } = completion;
  const full = contextProblem(turn, path, changes);
  if (full !== null) return failCompletion(turn, step, completion, full);
  const more = leftBehind(turn, step, completion);
  if (!more.ok) return failCompletion(turn, step, completion, more.error);
  const completed = { kind: "subtaskCompleted", path, attempt, agent, ...contents } as const;
  const isPlain = task === undefined && more === NOTHING && signal === undefined;
  turn.record(
    isPlain
      ? completed
      : { ...completed, ...(task === undefined ? {} : { task }), ...more.value, ...(signal === undefined ? {} : { signal }) },
  );
  changeContext(turn, path, changes);
  subtaskIsOver(turn, step, path);
}

/** What most steps leave behind. */
export const NOTHING: Result<LeftBehind, Failure> = { ok: true, value: {} };

/** What only some steps leave behind: a vote, and what undoes them. */
export function leftBehind(turn: Turn, step: StepProgram, completion: Omit<Completion, "task" | "changes">): Result<LeftBehind, Failure> {
  const { path } = completion;
  // Most steps leave nothing, and should pay nothing for those that do.
  if (step.inner.compensate === undefined && step.parts.vote === undefined && frameOf(path) === ROOT) return NOTHING;
  const voting = votingStep(turn, step, path);
  // Where a handler stands in, the step itself did nothing that could be undone; of an `each`, its items did.
  const isOwnWork = turn.state.scopes[path]?.kind !== "handler" && !isWholeList(step, path);
  const compensate = isOwnWork ? step.inner.compensate : undefined;
  // What votes already counts in a quorum further out as a part of what votes there.
  const part = voting === null || isItem(path) ? path : ownerOf(frameOf(path));
  const principal = isInsideQuorum(turn, part) ? principalOf(turn, completion) : null;
  if (voting === null && principal === null && compensate === undefined) return NOTHING;
  const cast = voting === null ? ok({}) : voteOf(turn, voting, completion);
  const vote = cast.ok && principal !== null ? ok({ ...cast.value, principal }) : cast;
  if (!vote.ok || compensate === undefined) return vote;
  const compensation = compensationOf(step, compensate, completion, turn.scopeOf(path));
  return compensation.ok ? ok({ ...vote.value, ...compensation.value }) : compensation;
}

/** The step whose quorum a subtask votes in: of its list, or of the parallel step that it is a branch of. */
function votingStep(turn: Turn, step: StepProgram, path: Path): StepProgram | null {
  if (isItem(path)) return step.parts.vote !== undefined && step.step.kind !== "parallel" ? step : null;
  const frame = frameOf(path);
  if (frame === ROOT) return null;
  const holder = turn.stepAt(ownerOf(frame));
  return holder.step.kind === "parallel" && holder.parts.vote !== undefined && turn.state.scopes[ownerOf(frame)]?.kind === "parallel"
    ? holder
    : null;
}

/** True for a part of what votes in a quorum, at any depth. */
function isInsideQuorum(turn: Turn, path: Path): boolean {
  for (let frame = frameOf(path); frame !== ROOT; frame = frameOf(ownerOf(frame)))
    if (turn.stepAt(ownerOf(frame)).parts.vote !== undefined) return true;
  return false;
}

/** Whose work a result is; of a step that holds others, and of a list, the work of all in it. Null: of no agent. */
function principalOf({ state }: Turn, { path, agent, principal }: Completion): string | null {
  if (principal !== undefined || agent !== "") return principal ?? agent;
  const list = isItem(path) ? undefined : openFrame(state, frameOf(path)).lists[stepOf(path)];
  const { principals = [] } = state.scopes[path] ?? list ?? {};
  return principals.length === 0 ? null : principals.toSorted().join(" + ");
}

function voteOf(turn: Turn, voting: StepProgram, completion: Completion): Result<LeftBehind, Failure> {
  const { path, contents } = completion;
  const evaluate = present(voting.parts.vote, `Step ${voting.id} votes.`);
  const on = evaluate({ ...turn.scopeOf(path), result: contents.output });
  // A vote that cannot be counted is no success; the agent may not have understood the question.
  if (!on.ok) return err(expressionProblem(path, on.error).failure);
  return ok({ vote: { on: on.value, principal: principalOf(turn, completion) ?? path } });
}

type Unwanted = Pick<Completion, "path" | "attempt" | "agent"> & { readonly items: ItemsByPath };

/** What undoes work that was done after nobody wanted it any more; nothing, when it does not keep its contract. */
export function unwantedWork(turn: Turn, { path, attempt, agent, items }: Unwanted, reply: Reply): Result<LeftBehind, Failure> {
  const step = findStep(turn.program, turn.state, path);
  if (step?.inner.compensate === undefined) return NOTHING;
  const outer = turn.scopeLeft(path, items);
  const accepted = readOutput(step, reply, { validate: step.validate, scope: () => outer });
  if (!accepted.ok) return accepted;
  return compensationOf(step, step.inner.compensate, { path, attempt, agent, contents: accepted.value.contents }, outer);
}

/** The compensation's input, evaluated now: later the steps that it reads may be out of reach. */
function compensationOf(step: StepProgram, compensate: StepProgram, completion: Completion, outer: Scope): Result<LeftBehind, Failure> {
  const { contents, attempt, agent, path } = completion;
  const result = completedResult({ ...contents, attempt, agent });
  const scope: Scope = { ...outer, steps: { [step.id]: result }, outer };
  const input = evaluateOptional(compensate.with, scope);
  if (!input.ok) return err(expressionProblem(compensationPath(path), input.error).failure);
  const text = evaluateOptional(compensate.text, scope);
  if (!text.ok) return err(expressionProblem(compensationPath(path), text.error).failure);
  return ok({
    compensation: { ...(input.value === null ? {} : { input: input.value }), ...(text.value === null ? {} : { text: textOf(text.value) }) },
  });
}

export function textOf(value: Json): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The work of a step that is known to be for an agent. */
export function delegateOf({ step, id }: StepProgram): DelegateStep {
  assert(step.kind === "delegate", `Step ${id} is for an agent.`);
  return step;
}
