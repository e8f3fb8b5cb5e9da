/** What an agent's answer means for its subtask. */
import { present } from "../base/assert.ts";
import type { Json } from "../base/json.ts";
import type { Scope, StepProgram } from "../definition/program.ts";
import { readOutput } from "./contract.ts";
import { assignmentOf, currentFlight } from "./decide.ts";
import { failAttempt, type AttemptProblem } from "./failure.ts";
import type { Input } from "./input.ts";
import type { Failure, Outcome, Reply } from "./outcome.ts";
import { indexOf, stepOf } from "./path.ts";
import { askOutside } from "./questions.ts";
import { advanceList, stepIsOver } from "./ready.ts";
import { flightOf, type Flight } from "./state.ts";
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
  const output = readOutput(step, reply, () => scopeOfSubtask(turn, step, path));
  if (!output.ok) return failAttempt(turn, step, problem(input, "invalid", output.error));
  turn.record({ kind: "subtaskCompleted", path, attempt, agent, ...output.value, ...(task === undefined ? {} : { task }) });
  if (indexOf(path) === null) stepIsOver(turn, step);
  else advanceList(turn, step);
}

/** What the rules of a subtask see: for an item of a list, the item too. */
function scopeOfSubtask(turn: Turn, step: StepProgram, path: string): Scope {
  const index = indexOf(path);
  if (index === null) return turn.scope();
  const { items } = present(turn.state.lists[step.id], `The list of ${path} is open.`);
  const { as } = present(step.step.each, `Step ${step.id} has items.`);
  return { ...turn.scope(), item: { name: as, value: items[index] as Json, index } };
}

/** Sending twice is the user's decision, never ours (design.md, fact 1). */
function settleUnknown(turn: Turn, step: StepProgram, input: Answered, failure: Failure): void {
  const { path, attempt, turn: turnNumber } = input;
  const flight = flightOf(turn.state, path);
  // A task that was lost after its first message can be begun anew; a conversation with it cannot.
  const canResend = flight.phase === "intended" || (flight.task !== null && flight.turn === 1);
  if (step.step.onUnknown !== "resend" || !canResend || flight.resends >= step.step.retry.attempts) {
    const hint =
      step.step.onUnknown === "fail" ? " The work may have been done; with `onUnknown: resend` the step would be sent again." : "";
    return failAttempt(turn, step, problem(input, "unknown", { ...failure, message: failure.message + hint }));
  }
  turn.record({ kind: "messageResent", path, attempt, turn: turnNumber });
  const intent = present(flight.intent, `${path} was intended.`);
  turn.command({ kind: "send", again: true, regardless: true, intent, ...assignmentOf(path, flight) });
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
  const { agent } = present(flight.intent, `A message of ${path} was intended.`);
  const message = `Nobody knows whether agent "${agent}" received attempt ${flight.attempt} of ${path}; it cannot be asked.`;
  return { path, attempt: flight.attempt, reason: "unknown", failure: { code: "T4104", message, retryable: false }, agent };
}

export function stepProgram(turn: Turn, path: string): StepProgram {
  return present(turn.program.stepById.get(stepOf(path)), `The definition has a step for ${path}.`);
}
