import { present } from "../base/assert.ts";
import { MAX_RUN_DEPTH } from "../base/limits.ts";
import type { DelegateStep } from "../definition/definition.ts";
import type { Scope, StepProgram } from "../definition/program.ts";
import { budgetAllows } from "./budget.ts";
import { delegateOf, textOf } from "./complete.ts";
import type { SubtaskAssigned } from "./fact.ts";
import { failSubtask } from "./failure.ts";
import type { Path } from "./input.ts";
import { delegationOf } from "./assignment.ts";
import type { Failure } from "./outcome.ts";
import { iteratedBy } from "./path.ts";
import { evaluateOptional, stopForExpression } from "./ready.ts";
import { flightOf, type Flight } from "./state.ts";
import type { Turn } from "./turn.ts";

/** Begins a subtask: evaluates what the agent is to get, and gives it the first attempt. */
export function assignSubtask(turn: Turn, step: StepProgram, path: Path, scope: Scope): void {
  const input = evaluateOptional(step.with, scope);
  if (!input.ok) return stopForExpression(turn, step, path, input.error);
  const text = evaluateOptional(step.text, scope);
  if (!text.ok) return stopForExpression(turn, step, path, text.error);
  const files = evaluateOptional(step.parts.files, scope);
  if (!files.ok) return stopForExpression(turn, step, path, files.error);
  const delegate = delegateOf(step);
  const problem = childProblem(turn, delegate);
  if (problem !== null) return failSubtask(turn, step, { path, attempt: 0, reason: "failed", failure: problem });
  if (!budgetAllows(turn, path)) return;
  const assigned = {
    kind: "subtaskAssigned",
    path,
    attempt: 1,
    target: delegate.target,
    ...(input.value === null ? {} : { input: input.value }),
    ...(text.value === null ? {} : { text: textOf(text.value) }),
    deadlineAt: turn.at + delegate.timeoutMs,
  } as const;
  turn.record(
    isPlain(delegate)
      ? assigned
      : { ...assigned, ...extrasOf(turn, delegate, path), ...(files.value === null ? {} : { files: files.value }) },
  );
  turn.command(delegationOf(turn, path, step.step));
}

/** Most steps say nothing of the rest, and should pay nothing for it. */
function isPlain({ deadlineMs, idleMs, ttlMs, conversation, files }: DelegateStep): boolean {
  return (deadlineMs ?? idleMs ?? ttlMs) === undefined && conversation === undefined && files === undefined;
}

function extrasOf(turn: Turn, delegate: DelegateStep, path: Path): Partial<SubtaskAssigned> {
  const stopAt = delegate.deadlineMs === undefined ? null : turn.at + delegate.deadlineMs;
  return { ...clocksOf(turn, delegate, stopAt), ...(stopAt === null ? {} : { stopAt }), ...conversationOf(delegate, path) };
}

/** Begins the next attempt of a subtask, at its own target or at one of its fallbacks. */
export function assignAgain(turn: Turn, path: Path): void {
  if (!budgetAllows(turn, path)) return;
  const flight = flightOf(turn.state, path);
  const delegate = delegateOf(turn.stepAt(path));
  const { fallback, repair } = flight;
  const target = fallback === null ? delegate.target : present(delegate.fallback[fallback], `${path} has this fallback.`);
  turn.record({
    kind: "subtaskAssigned",
    path,
    attempt: flight.attempt + 1,
    target,
    ...(fallback === null ? {} : { fallback }),
    ...clocksOf(turn, delegate, stopAtOf(turn, flight)),
    ...(repair === undefined ? {} : { repair }),
  });
  sendAssignment(turn, path);
}

/** Why a sub-workflow cannot run; null when it can, and for all other work. */
function childProblem({ state, program }: Turn, { target }: DelegateStep): Failure | null {
  if (target.kind !== "workflow") return null;
  const reference = `${target.name}@${target.range}`;
  const most = program.definition.budget?.depth ?? MAX_RUN_DEPTH;
  if (state.depth + 1 > most) {
    return {
      code: "T4127",
      message: `Workflow ${reference} would be ${state.depth + 1} runs deep; the limit is ${most}.`,
      retryable: false,
    };
  }
  if (state.workflows[reference] !== undefined) return null;
  return { code: "T4128", message: `The version of workflow ${reference} was not fixed when the run started.`, retryable: false };
}

type Clocks = Pick<SubtaskAssigned, "deadlineAt" | "idleMs" | "acceptBy">;

/** No attempt goes on beyond the time of all attempts. */
function clocksOf({ at }: Turn, { timeoutMs, idleMs, ttlMs }: DelegateStep, stopAt: number | null): Clocks {
  const deadlineAt = stopAt === null ? at + timeoutMs : Math.min(at + timeoutMs, stopAt);
  if (idleMs === undefined && ttlMs === undefined) return { deadlineAt };
  return { deadlineAt, ...(idleMs === undefined ? {} : { idleMs }), ...(ttlMs === undefined ? {} : { acceptBy: at + ttlMs }) };
}

/** When all attempts are over, if nothing is paused any more from now on; null without such a time. */
export function stopAtOf({ state, at }: Turn, { stopAt }: Flight): number | null {
  return stopAt === undefined ? null : stopAt + (state.pausedAt === null ? 0 : at - state.pausedAt);
}

/** The key of the A2A context: the same for all subtasks that talk in it. */
function conversationOf({ conversation }: DelegateStep, path: Path): Pick<SubtaskAssigned, "conversation"> {
  if (conversation === undefined) return {};
  return { conversation: conversation === "loop" ? (iteratedBy(path) ?? "run") : conversation };
}

export function sendAssignment(turn: Turn, path: Path): void {
  turn.command(delegationOf(turn, path));
}

/** The message that may have left already, once more: with as much time as the first. */
export function sendAgain(turn: Turn, path: Path): void {
  const flight = flightOf(turn.state, path);
  const { attempt, turn: turnNumber } = flight;
  const intent = present(flight.intent, `${path} was intended.`);
  const { deadlineAt, acceptBy } = clocksOf(turn, delegateOf(turn.stepAt(path)), stopAtOf(turn, flight));
  turn.record({ kind: "messageResent", path, attempt, turn: turnNumber, deadlineAt, ...(acceptBy === undefined ? {} : { acceptBy }) });
  turn.command({ ...delegationOf(turn, path), kind: "send", again: true, regardless: true, intent });
}
