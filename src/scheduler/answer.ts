/** What an agent's answer means for its subtask. */
import { present } from "../base/assert.ts";
import type { StepProgram } from "../definition/program.ts";
import { sendAgain, stopAtOf } from "./assign.ts";
import { compensationIsOver } from "./compensate.ts";
import { delegateOf, finishSubtask, NOTHING, unwantedWork } from "./complete.ts";
import { readOutput } from "./contract.ts";
import { currentFlight } from "./decide.ts";
import { failAttempt, type AttemptProblem } from "./failure.ts";
import type { Answered } from "./input.ts";
import type { Failure, Outcome, Reply } from "./outcome.ts";
import { contractAt } from "./plan.ts";
import { askAboutUnknown, askOutside } from "./questions.ts";
import { flightOf, type Flight } from "./state.ts";
import type { Turn } from "./turn.ts";

export function takeAnswer(turn: Turn, input: Answered): void {
  const flight = currentFlight(turn.state, input);
  if (flight === undefined || flight.phase === "retrying" || flight.phase === "waiting") return;
  if (flight.phase === "aborting") return answerWhileAborting(turn, input, flight);
  judge(turn, input, input.outcome);
}

/**
 * The answer overtook our cancel. After a timeout a finished result is adopted: the work was done,
 * and asking for it again would do it twice. Otherwise nothing is wanted any more.
 */
function answerWhileAborting(turn: Turn, input: Answered, flight: Flight): void {
  const { path, outcome } = input;
  if (flight.aborting?.because === "refused") {
    // One that is not done with the question is not wanted, whatever it says.
    if (outcome.kind === "completed") return judge(turn, input, outcome);
    return failAttempt(turn, turn.stepAt(path), refused(path, flight, flight.aborting));
  }
  if (flight.aborting?.because !== "timeout") return release(turn, input, flight);
  if (outcome.kind === "completed" || outcome.kind === "unknown") return judge(turn, input, outcome);
  failAttempt(turn, turn.stepAt(path), timedOut(path, flight));
}

/** Nobody waits for it any more. Work that was done all the same is undone like that of a step that completed. */
function release(turn: Turn, { path, attempt, agent, outcome }: Answered, { items = {} }: Flight): void {
  const note = `the agent answered first: ${outcome.kind}`;
  const left = outcome.kind === "completed" ? unwantedWork(turn, { path, attempt, agent, items }, outcome.reply) : NOTHING;
  if (left.ok) return turn.record({ kind: "taskReleased", path, attempt, note, ...left.value });
  turn.record({ kind: "taskReleased", path, attempt, note: `${note}, and it is not undone: ${left.error.message}` });
}

function judge(turn: Turn, input: Answered, outcome: Outcome): void {
  const step = turn.stepAt(input.path);
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
  const { path, attempt, agent, task, principal } = input;
  if (turn.state.compensating !== null) return compensationIsOver(turn, path);
  const accepted = readOutput(step, reply, { validate: contractAt(turn, step, path), scope: () => turn.scopeOf(path) });
  if (!accepted.ok) return failInvalid(turn, step, input, { failure: accepted.error, reply });
  const { contents, changes } = accepted.value;
  finishSubtask(turn, step, { path, attempt, agent, principal, contents, changes, task });
}

function failInvalid(
  turn: Turn,
  step: StepProgram,
  input: Answered,
  { failure, reply }: { readonly failure: Failure; readonly reply: Reply },
): void {
  const { usage } = reply;
  failAttempt(turn, step, { ...problem(input, "invalid", failure), ...(usage === undefined ? {} : { usage }) });
}

/** Sending twice is the user's decision, never ours (design.md, fact 1). */
function settleUnknown(turn: Turn, step: StepProgram, input: Answered, failure: Failure): void {
  const { path } = input;
  const flight = flightOf(turn.state, path);
  const { onUnknown, retry } = delegateOf(step);
  if (onUnknown === "ask" && turn.state.ending === null) return askAboutUnknown(turn, input, failure);
  // A task that was lost after its first message can be begun anew; a conversation with it cannot.
  const canResend = flight.phase === "intended" || (flight.task !== null && flight.turn === 1);
  const isLate = turn.at >= (stopAtOf(turn, flight) ?? Infinity);
  if (onUnknown !== "resend" || !canResend || isLate || flight.resends >= retry.attempts) {
    const hint = onUnknown === "fail" ? " The work may have been done; with `onUnknown: resend` the step would be sent again." : "";
    return failAttempt(turn, step, problem(input, "unknown", { ...failure, message: failure.message + hint }));
  }
  sendAgain(turn, path);
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

/** Its agent asked, and nobody answers. */
export function refused(path: string, { attempt, agent }: Flight, { failure }: { readonly failure: Failure }): AttemptProblem {
  return { path, attempt, reason: "failed", failure, agent: present(agent, `The agent of ${path} asked.`) };
}

/** The attempt's time is up, and whether its message ever arrived cannot be found out. */
export function lost(path: string, flight: Flight): AttemptProblem {
  const { agent } = present(flight.intent, `A message of ${path} was intended.`);
  const message = `Nobody knows whether agent "${agent}" received attempt ${flight.attempt} of ${path}; it cannot be asked.`;
  return { path, attempt: flight.attempt, reason: "unknown", failure: { code: "T4104", message, retryable: false }, agent };
}
