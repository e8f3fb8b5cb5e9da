import { present } from "../base/assert.ts";
import type { Scope, StepProgram } from "../definition/program.ts";
import { assignmentOf } from "./decide.ts";
import { evaluateOptional, stopForExpression } from "./ready.ts";
import { flightOf } from "./state.ts";
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
  const flight = flightOf(turn.state, path);
  const { fallback } = flight;
  const target = fallback === null ? step.step.target : present(step.step.fallback[fallback], `Step ${step.id} has this fallback.`);
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
  turn.command({ kind: "delegate", ...assignmentOf(path, flightOf(turn.state, path)) });
}
