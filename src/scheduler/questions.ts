/**
 * Questions (design.md, fact 3). An agent that asks parks its subtask; the answer is the next turn
 * of the same attempt and goes to the same remote task. Each question has its own id.
 */
import { MAX_TURNS } from "../base/limits.ts";
import { fingerprintOf } from "../base/hash.ts";
import type { StepProgram } from "../definition/program.ts";
import { assignmentOf } from "./decide.ts";
import { failAttempt } from "./failure.ts";
import type { Input } from "./input.ts";
import type { Outcome } from "./outcome.ts";
import type { Turn } from "./turn.ts";

type Asking = Extract<Outcome, { kind: "inputRequired" | "authRequired" }>;

/** Parks the subtask with the agent's real question. */
export function askOutside(turn: Turn, step: StepProgram, input: Extract<Input, { kind: "answered" }>, outcome: Asking): void {
  const { path, attempt, agent, task } = input;
  if (input.turn >= MAX_TURNS) {
    const message = `Agent "${agent}" asked ${MAX_TURNS} questions in attempt ${attempt} of ${path} and would ask again.`;
    const failure = { code: "T4110", message, retryable: false };
    // The task still waits for an answer that will not come.
    if (task !== undefined) turn.command({ kind: "abort", path, attempt, turn: input.turn, task, intent: null });
    return failAttempt(turn, step, { path, attempt, reason: "failed", failure, agent });
  }
  const asks = outcome.kind === "inputRequired" ? "input" : "auth";
  const id = questionId(turn.state.tenant, turn.state.run, path, attempt, input.turn);
  const { question } = outcome;
  turn.record({
    kind: "questionAsked",
    path,
    attempt,
    turn: input.turn,
    asks,
    id,
    question,
    agent,
    ...(task === undefined ? {} : { task }),
  });
}

/** Takes the first answer to a question; the subtask goes on with its next turn. */
export function answerQuestion(turn: Turn, input: Extract<Input, { kind: "questionAnswered" }>): void {
  const path = turn.state.questions[input.question];
  const flight = path === undefined ? undefined : turn.state.flights[path];
  if (path === undefined || flight === undefined || flight.question === null || turn.state.ending !== null) return;
  const deadlineAt = turn.at + flight.question.remainingMs;
  const { question, answer, by } = input;
  turn.record({ kind: "questionAnswered", path, attempt: flight.attempt, turn: flight.turn + 1, question, answer, by, deadlineAt });
  turn.command({ kind: "delegate", ...assignmentOf(path, flight) });
}

/** Short enough to type, long enough that no two are the same, and the same whenever it is derived. */
function questionId(tenant: string, run: string, path: string, attempt: number, turn: number): string {
  return `q_${fingerprintOf([tenant, run, path, attempt, turn]).slice(0, 16)}`;
}
