/** Mistakes in how attempts are counted, judged and given again. */
import type { PlantedBug } from "./planted-bug.ts";

export const ATTEMPT_BUGS: readonly PlantedBug[] = [
  {
    id: "no-ownership-check",
    sentence: "an answer of an earlier attempt is taken for that of the present one",
    file: "src/scheduler/decide.ts",
    text: "return flight?.attempt === effect.attempt && flight.turn === effect.turn ? flight : undefined;",
    instead: "return flight;",
  },
  {
    id: "attempt-counted-late",
    sentence: "another attempt has the number of the one before it",
    file: "src/scheduler/assign.ts",
    text: "attempt: flight.attempt + 1,",
    instead: "attempt: flight.attempt,",
  },
  {
    id: "retry-limit-off-by-one",
    sentence: "a step gets one attempt more than its file says",
    file: "src/scheduler/failure.ts",
    text: "flight.attempt - (flight.repairs ?? 0) >= retry.attempts) return null;",
    instead: "flight.attempt - (flight.repairs ?? 0) > retry.attempts) return null;",
  },
  {
    id: "retries-a-refusal",
    sentence: "what an agent has refused is given to it again",
    file: "src/scheduler/failure.ts",
    text: 'const canBeRetried = failure.retryable && reason !== "rejected" && reason !== "unknown";',
    instead: 'const canBeRetried = reason === "rejected" || (failure.retryable && reason !== "unknown");',
  },
  {
    id: "retry-without-pause",
    sentence: "the next attempt comes at once, without its delay",
    file: "src/scheduler/failure.ts",
    text: "return turn.at + Math.max(backoffMs(retry, flight.attempt, jitterKey), failure.retryAfterMs ?? 0);",
    instead: "return turn.at + 0 * backoffMs(retry, flight.attempt, jitterKey);",
  },
  {
    id: "retry-after-ignored",
    sentence: "an agent that asks for a pause does not get it",
    file: "src/scheduler/failure.ts",
    text: "failure.retryAfterMs ?? 0);",
    instead: "0);",
  },
  {
    id: "unknown-is-failed",
    sentence: "work of which nobody knows what became counts as failed, and is sent again",
    file: "src/scheduler/answer.ts",
    text: "return settleUnknown(turn, step, input, outcome.failure);",
    instead: 'return failAttempt(turn, step, problem(input, "failed", { ...outcome.failure, retryable: true }));',
  },
  {
    id: "critical-failure-tolerated",
    sentence: "a critical step fails, and the run goes on as if it were optional",
    file: "src/scheduler/failure.ts",
    text: "return !step.critical || (isItem(path)",
    instead: "return true || (isItem(path)",
  },
  {
    id: "optional-failure-fatal",
    sentence: "an optional step fails, and the run with it",
    file: "src/scheduler/failure.ts",
    text: "return !step.critical || (isItem(path)",
    instead: "return (isItem(path)",
  },
  {
    id: "contract-not-checked",
    sentence: "an output that breaks its contract counts as a result",
    file: "src/scheduler/answer.ts",
    text: "if (!accepted.ok) return failInvalid(turn, step, input, { failure: accepted.error, reply });",
    instead:
      "if (!accepted.ok) return finishSubtask(turn, step, { path, attempt, agent, principal, contents: { output: reply.data?.[0] ?? null }, changes: [], task });",
  },
  {
    id: "repairs-without-end",
    sentence: "an output is sent back for repair once more than its file says",
    file: "src/scheduler/failure.ts",
    text: "(flight.repairs ?? 0) < (step.repair ?? 0)",
    instead: "(flight.repairs ?? 0) <= (step.repair ?? 0)",
  },
  {
    id: "timer-early",
    sentence: "timers fire up to a second before their time, when the run is looked at anyway",
    file: "src/scheduler/timeouts.ts",
    text: "timer !== undefined && timer.at <= turn.at; timer",
    instead: "timer !== undefined && timer.at <= turn.at + 1_000; timer",
  },
  {
    id: "timeout-without-cancel",
    sentence: "a remote task that is out of time is not canceled",
    file: "src/scheduler/timeouts.ts",
    text: 'turn.record({ kind: "attemptTimedOut", path, attempt, patienceAt: turn.at + CANCEL_PATIENCE_MS });\n  abort(turn, path, flight);',
    instead: "failAttempt(turn, turn.stepAt(path), timedOut(path, flight));",
  },
];
