/** What an agent's answer means for its subtask. */
import type { Json } from "../base/json.ts";
import type { StepProgram } from "../definition/program.ts";
import { readOutput } from "./contract.ts";
import { currentFlight } from "./decide.ts";
import { failAttempt, type AttemptProblem } from "./failure.ts";
import type { Input } from "./input.ts";
import type { Failure, Outcome, Reply } from "./outcome.ts";
import { indexOf, stepOf } from "./path.ts";
import { askOutside } from "./questions.ts";
import { advanceList, stepIsOver } from "./ready.ts";
import type { Flight } from "./state.ts";
import type { Turn } from "./turn.ts";

type Answered = Extract<Input, { kind: "answered" }>;

export function takeAnswer(turn: Turn, input: Answered): void {
  const flight = currentFlight(turn.state, input);
  if (flight === undefined || flight.phase === "retrying" || flight.phase === "waiting") return;
  if (flight.phase === "aborting") return answerWhileAborting(turn, input, flight);
  judge(turn, input, input.outcome);
}

/**
 * The answer overtook our cancel. After a timeout a finished result is adopted: the work was done,
 * and asking for it again would do it twice. When the run is ending nothing is wanted any more.
 */
function answerWhileAborting(turn: Turn, input: Answered, flight: Flight): void {
  const { path, attempt, outcome } = input;
  if (flight.aborting?.because === "ending") {
    return turn.record({ kind: "taskReleased", path, attempt, note: `the agent answered first: ${outcome.kind}` });
  }
  if (outcome.kind === "completed" || outcome.kind === "unknown") return judge(turn, input, outcome);
  failAttempt(turn, stepProgram(turn, path), timedOut(path, flight));
}

function judge(turn: Turn, input: Answered, outcome: Outcome): void {
  const step = stepProgram(turn, input.path);
  switch (outcome.kind) {
    case "completed":
      return complete(turn, step, input, outcome.reply);
    case "inputRequired":
    case "authRequired":
      return askOutside(turn, step, input, outcome);
    case "failed":
    case "rejected":
    case "canceled":
      return failAttempt(turn, step, problem(input, outcome.kind, outcome.failure));
    case "unknown":
      return settleUnknown(turn, step, input, outcome.failure);
  }
}

function complete(turn: Turn, step: StepProgram, input: Answered, reply: Reply): void {
  const { path, attempt, agent, task } = input;
  const index = indexOf(path);
  const list = index === null ? undefined : turn.state.lists[step.id];
  const item = list === undefined ? undefined : { name: step.step.each?.as ?? "item", value: list.items[index ?? 0] as Json, index: index ?? 0 };
  const output = readOutput(step, reply, item === undefined ? turn.scope() : { ...turn.scope(), item });
  if (!output.ok) return failAttempt(turn, step, problem(input, "invalid", output.error));
  turn.record({ kind: "subtaskCompleted", path, attempt, agent, ...output.value, ...(task === undefined ? {} : { task }) });
  if (index === null) stepIsOver(turn, step);
  else advanceList(turn, step);
}

/** Sending twice is the user's decision, never ours (design.md, fact 1). */
function settleUnknown(turn: Turn, step: StepProgram, input: Answered, failure: Failure): void {
  const flight = currentFlight(turn.state, input);
  const mayResend = step.step.onUnknown === "resend" && flight?.phase === "intended" && flight.resends < step.step.retry.attempts;
  if (!mayResend || flight.intent === null) return failAttempt(turn, step, problem(input, "unknown", failure));
  const { path, attempt, turn: turnNumber } = input;
  turn.record({ kind: "messageResent", path, attempt, turn: turnNumber });
  const { target, input: work, text, deadlineAt, exchanges, task, intent } = flight;
  turn.command({ kind: "send", again: true, intent, path, attempt, turn: turnNumber, target, input: work, text, deadlineAt, exchanges: exchanges ?? [], task });
}

function problem(input: Answered, reason: AttemptProblem["reason"], failure: Failure): AttemptProblem {
  const { path, attempt, agent, task } = input;
  return { path, attempt, reason, failure, agent, ...(task === undefined ? {} : { task }) };
}

export function timedOut(path: string, flight: Flight): AttemptProblem {
  const message = `Attempt ${flight.attempt} of ${path} gave no answer in its time${flight.agent === null ? "" : `; agent "${flight.agent}" was at work`}.`;
  const failure: Failure = { code: "T4103", message, retryable: true };
  return { path, attempt: flight.attempt, reason: "timedOut", failure, ...(flight.agent === null ? {} : { agent: flight.agent }) };
}

/** The attempt's time is up, and whether its message ever arrived cannot be found out. */
export function lost(path: string, flight: Flight): AttemptProblem {
  const agent = flight.agent ?? "?";
  const message = `Nobody knows whether agent "${agent}" received attempt ${flight.attempt} of ${path}; it cannot be asked.`;
  return { path, attempt: flight.attempt, reason: "unknown", failure: { code: "T4104", message, retryable: false }, agent };
}

export function stepProgram(turn: Turn, path: string): StepProgram {
  const step = turn.program.stepById.get(stepOf(path));
  if (step === undefined) throw new Error(`The definition has no step for ${path}.`);
  return step;
}
