/** Waits for a time or a signal. A signal that comes before its wait is kept for it; each is taken once. */
import { assert, present } from "../base/assert.ts";
import { durationOf } from "../base/duration.ts";
import { parseInstant } from "../base/instant.ts";
import { MAX_DURATION_MS, MAX_SIGNALS } from "../base/limits.ts";
import { isSignalName } from "../definition/signal-name.ts";
import { asClause } from "../base/text.ts";
import type { Scope, StepProgram } from "../definition/program.ts";
import { approvalIsDue } from "./approval.ts";
import { completeSubtask } from "./complete.ts";
import { failSubtask } from "./failure.ts";
import type { Input, Path } from "./input.ts";
import { evaluateOptional, stopForExpression } from "./ready.ts";
import { longestWaiting } from "./signal-waits.ts";
import type { RunState } from "./state.ts";
import type { Turn } from "./turn.ts";

export function beginWait(turn: Turn, step: StepProgram, path: Path, scope: Scope): void {
  const { step: definition } = step;
  assert(definition.kind === "wait", `Step ${step.id} waits.`);
  const { wait } = definition;
  if (wait.kind === "signal") {
    if (Object.hasOwn(turn.state.signals, wait.name)) return takeSignal(turn, path, wait.name);
    const until = wait.timeoutMs === null ? null : turn.at + wait.timeoutMs;
    return turn.record({ kind: "waitStarted", path, wait: "signal", name: wait.name, until });
  }
  const value = evaluateOptional(step.parts.wait, scope);
  if (!value.ok) return stopForExpression(turn, step, path, value.error);
  const found = wait.kind === "duration" ? durationOf(value.value) : parseInstant(value.value);
  if (!found.ok) return failToWait(turn, step, path, found.error);
  const until = wait.kind === "duration" ? turn.at + found.value : found.value;
  if (until > turn.at + MAX_DURATION_MS) return failToWait(turn, step, path, "It is more than ten years away.");
  turn.record({ kind: "waitStarted", path, wait: "time", until });
}

function failToWait(turn: Turn, step: StepProgram, path: Path, why: string): void {
  const failure = { code: "T4123", message: `${path} cannot wait: ${asClause(why)}.`, retryable: false };
  failSubtask(turn, step, { path, attempt: 0, reason: "expression", failure });
}

/** Keeps a signal, and gives it to the wait that has waited the longest for it. */
export function noteSignal(turn: Turn, { name, payload, by }: Extract<Input, { kind: "signaled" }>): void {
  const { state } = turn;
  if (state.ending !== null || !isSignalName(name)) return;
  const path = longestWaiting(state.waits, name);
  if (path === null && keptSignals(state) >= MAX_SIGNALS) return;
  turn.record({ kind: "signalReceived", name, payload, by });
  if (path !== null) takeSignal(turn, path, name);
}

function keptSignals({ signals }: RunState): number {
  return Object.values(signals).reduce((count, buffered) => count + buffered.length, 0);
}

function takeSignal(turn: Turn, path: Path, name: string): void {
  // A signal may say nothing at all: null is a payload.
  const [output = null] = present(turn.state.signals[name], `Signal ${name} has come.`);
  completeSubtask(turn, turn.stepAt(path), { path, attempt: 1, agent: "", contents: { output }, signal: name });
}

/** The time of a wait has come. */
export function waitIsDue(turn: Turn, path: Path): void {
  const wait = turn.state.waits[path];
  assert(wait !== undefined, `${path} waits.`);
  if (wait.kind === "approval") return approvalIsDue(turn, path, wait);
  const step = turn.stepAt(path);
  if (wait.kind === "time") {
    const output = new Date(wait.until).toISOString();
    return completeSubtask(turn, step, { path, attempt: 1, agent: "", contents: { output } });
  }
  const failure = { code: "T4124", message: `The signal "${wait.name}" did not come in time for ${path}.`, retryable: false };
  failSubtask(turn, step, { path, attempt: 1, reason: "timedOut", failure });
}
