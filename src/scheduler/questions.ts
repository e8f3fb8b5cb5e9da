/**
 * Questions (design.md, fact 3). An agent that asks parks its subtask; the answer is the next turn
 * of the same attempt and goes to the same remote task. Each question has its own id. The run asks,
 * too: for approvals, about a budget, about a compensation, and about work that may have been done.
 * The first answer stands; later ones change nothing.
 */
import { present } from "../base/assert.ts";
import { MAX_TURNS } from "../base/limits.ts";
import { fingerprintOf } from "../base/hash.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import type { HandlerName } from "../definition/definition.ts";
import type { StepProgram } from "../definition/program.ts";
import { decideApproval } from "./approval.ts";
import { sendAssignment } from "./assign.ts";
import { decideBudget } from "./budget.ts";
import { decideCompensation } from "./compensate.ts";
import { contractProblem, finishSubtask } from "./complete.ts";
import { failSubtask, refuseAttempt } from "./failure.ts";
import { openAnswering } from "./handler.ts";
import type { Answered, Path } from "./input.ts";
import type { Failure, Outcome, Question } from "./outcome.ts";
import { flightOf, type Flight } from "./state.ts";
import { stopInside } from "./stop.ts";
import type { Turn } from "./turn.ts";

type Asking = Extract<Outcome, { kind: "inputRequired" | "authRequired" }>;

/** Parks the subtask with the agent's real question, for people or for the step's handler. */
export function askOutside(turn: Turn, step: StepProgram, input: Answered, outcome: Asking): void {
  const { path, attempt, agent, task } = input;
  const { question } = outcome;
  const isForInput = outcome.kind === "inputRequired";
  const handler: HandlerName = isForInput ? "onInputRequired" : "onAuthRequired";
  const refusal = refusalOf(step, input, handler);
  const isHandled = step.inner[handler] !== undefined && refusal === null;
  const id = questionId(turn, path, attempt, input.turn);
  turn.record({
    kind: "questionAsked",
    path,
    attempt,
    turn: input.turn,
    asks: isForInput ? "input" : "auth",
    id,
    question,
    agent,
    ...(isHandled ? { handler } : {}),
    ...(task === undefined ? {} : { task }),
  });
  if (refusal !== null) return refuseAttempt(turn, step, { path, attempt, reason: "failed", failure: refusal, agent, question: id });
  if (isHandled) openAnswering(turn, handler, input, question);
}

/** Why a question is not put to anyone; null when it is. */
function refusalOf({ step }: StepProgram, { path, attempt, agent, turn }: Answered, handler: HandlerName): Failure | null {
  if (step.kind === "delegate" && step[handler === "onInputRequired" ? "onInputRequired" : "onAuthRequired"] === "fail") {
    return { code: "T4121", message: `Agent "${agent}" asked, and ${path} takes no questions (${handler}: fail).`, retryable: false };
  }
  if (turn < MAX_TURNS) return null;
  const message = `Agent "${agent}" asked ${MAX_TURNS} questions in attempt ${attempt} of ${path} and would ask again.`;
  return { code: "T4110", message, retryable: false };
}

/** `onUnknown: ask`: a person finds out what became of the work. */
export function askAboutUnknown(turn: Turn, { path, attempt, turn: turnNumber, agent, task }: Answered, failure: Failure): void {
  const question: Question = {
    prompt: `${failure.message} What became of ${path}?`,
    schema: {
      type: "object",
      required: ["decision"],
      properties: { decision: { enum: ["resend", "fail", "completed"] }, output: {} },
    },
    data: { path, agent },
  };
  const id = questionId(turn, path, attempt, turnNumber);
  turn.record({
    kind: "questionAsked",
    path,
    attempt,
    turn: turnNumber,
    asks: "unknown",
    id,
    question,
    agent,
    ...(task === undefined ? {} : { task }),
  });
}

export type Decision = {
  readonly question: string;
  readonly answer: Json;
  readonly by: string;
  /** The message that brought the answer. */
  readonly message?: JsonObject;
};

/** Takes the first answer to a question, whoever asked it. */
export function takeDecision(turn: Turn, decision: Decision): void {
  const { state } = turn;
  const isBudget = state.budgetQuestion?.id === decision.question;
  const path = Object.hasOwn(state.questions, decision.question) ? state.questions[decision.question] : undefined;
  if (!isBudget && path === undefined) return;
  if (decision.message !== undefined) turn.record({ kind: "messageReceived", message: decision.message, by: decision.by });
  if (path === undefined) return decideBudget(turn, decision);
  const wait = state.waits[path];
  if (wait?.kind === "approval" && wait.id === decision.question) return decideApproval(turn, path, decision);
  if (state.compensating !== null && state.compensations.at(-1)?.question === decision.question)
    return decideCompensation(turn, path, decision);
  const flight = flightOf(state, path);
  if (flight.question?.asks === "unknown") return decideUnknown(turn, path, flight, decision);
  goOn(turn, path, flight, decision);
}

/** The subtask goes on with its next turn. */
function goOn(turn: Turn, path: Path, flight: Flight, { question, answer, by }: Decision): void {
  const deadlineAt = clockAfter(turn, path, flight);
  // A person may be quicker than the handler that is at work on an answer.
  if (turn.state.scopes[path] !== undefined) {
    stopInside(turn, path);
    turn.record({ kind: "scopeClosed", path });
  }
  turn.record({ kind: "questionAnswered", path, attempt: flight.attempt, turn: flight.turn + 1, question, answer, by, deadlineAt });
  sendAssignment(turn, path);
}

/** Parked time counts against no clock of the step. */
function clockAfter({ at }: Turn, path: Path, { question }: Flight): number {
  return at + present(question, `${path} waits for an answer.`).remainingMs;
}

function decideUnknown(turn: Turn, path: Path, flight: Flight, { question, answer, by }: Decision): void {
  const { attempt, turn: turnNumber, agent, task } = flight;
  const word = isJsonObject(answer) ? answer["decision"] : answer;
  if (word !== "resend" && word !== "fail" && word !== "completed") return;
  const step = turn.stepAt(path);
  const output = isJsonObject(answer) ? (answer["output"] ?? null) : null;
  // What breaks the contract is no answer: the question stays open.
  if (word === "completed" && contractProblem(turn, step, path, output) !== null) return;
  const deadlineAt = clockAfter(turn, path, flight);
  turn.record({ kind: "questionAnswered", path, attempt, turn: turnNumber, question, answer, by, deadlineAt });
  const who = { path, attempt, agent: present(agent, "An agent was at work."), ...(task === null ? {} : { task }) };
  if (word === "completed") return finishSubtask(turn, step, { ...who, contents: { output } });
  const message = `Nobody knows what became of attempt ${attempt} of ${path}; ${by} decided: ${word}.`;
  const failure = { code: "T4104", message, retryable: false };
  if (word === "fail") return failSubtask(turn, step, { ...who, reason: "unknown", failure });
  turn.record({ kind: "attemptFailed", ...who, reason: "unknown", failure, retryAt: turn.at });
}

/** Short enough to type, long enough that no two are the same, and the same whenever it is derived. */
export function questionId({ state }: Turn, ...about: readonly Json[]): string {
  return `q_${fingerprintOf([state.tenant, state.run, ...about]).slice(0, 16)}`;
}
