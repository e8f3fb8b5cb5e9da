import type { Target } from "../definition/definition.ts";
import type { Scope, StepProgram } from "../definition/program.ts";
import { assignmentOf } from "./decide.ts";
import { evaluateOptional, stopForExpression } from "./ready.ts";
import type { Turn } from "./turn.ts";

/** Begins a subtask: evaluates what the agent is to get, and gives it the first attempt. */
export function assignSubtask(turn: Turn, step: StepProgram, path: string, scope: Scope): void {
  const input = evaluateOptional(step.with, scope);
  if (!input.ok) return stopForExpression(turn, step, input.error, path);
  const text = evaluateOptional(step.text, scope);
  if (!text.ok) return stopForExpression(turn, step, text.error, path);
  turn.record({
    kind: "subtaskAssigned",
    path,
    attempt: 1,
    target: step.step.target,
    ...(input.value === null ? {} : { input: input.value }),
    ...(text.value === null ? {} : { text: typeof text.value === "string" ? text.value : JSON.stringify(text.value) }),
    deadlineAt: turn.at + step.step.timeoutMs,
  });
  delegate(turn, path);
}

/** Begins the next attempt of a subtask, at its own target or at one of its fallbacks. */
export function assignAgain(turn: Turn, step: StepProgram, path: string): void {
  const flight = turn.state.flights[path];
  if (flight === undefined) return;
  const { fallback } = flight;
  const target: Target = (fallback === null ? undefined : step.step.fallback[fallback]) ?? step.step.target;
  turn.record({
    kind: "subtaskAssigned",
    path,
    attempt: flight.attempt + 1,
    target,
    ...(fallback === null ? {} : { fallback }),
    deadlineAt: turn.at + step.step.timeoutMs,
  });
  delegate(turn, path);
}

function delegate(turn: Turn, path: string): void {
  const flight = turn.state.flights[path];
  if (flight !== undefined) turn.command({ kind: "delegate", ...assignmentOf(path, flight) });
}
