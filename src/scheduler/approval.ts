/** Questions to people as steps (requirement W195): the first decision stands. */
import { assert, present } from "../base/assert.ts";
import { isJsonObject, type Json, type JsonObject } from "../base/json.ts";
import { err } from "../base/result.ts";
import type { ApprovalStep } from "../definition/definition.ts";
import type { Scope, StepProgram } from "../definition/program.ts";
import { contractProblem, leftBehind, textOf } from "./complete.ts";
import { failSubtask, reasonOf } from "./failure.ts";
import type { Path } from "./input.ts";
import { subtaskIsOver } from "./over.ts";
import { type Decision, questionId } from "./questions.ts";
import { evaluateOptional, stopForExpression } from "./ready.ts";
import type { WaitState } from "./state.ts";
import type { Turn } from "./turn.ts";

type ApprovalWait = Extract<WaitState, { kind: "approval" }>;

/** `more` is shown besides what the step says: the plan that is to be approved. */
export function beginApproval(turn: Turn, step: StepProgram, path: Path, scope: Scope, more?: JsonObject): void {
  const approval = approvalOf(step);
  const title = evaluateOptional(step.parts.title, scope);
  if (!title.ok) return stopForExpression(turn, step, path, title.error);
  const show = evaluateOptional(step.parts.show, scope);
  if (!show.ok) return stopForExpression(turn, step, path, show.error);
  const after = (durationMs: number | null | undefined): number | null =>
    durationMs === null || durationMs === undefined ? null : turn.at + durationMs;
  turn.record({
    kind: "waitStarted",
    path,
    wait: "approval",
    id: questionId(turn, path, 1, 1),
    question: {
      prompt: textOf(title.value),
      schema: answerSchema(approval),
      ...shown(show.value, more),
    },
    to: approval.to,
    until: after(approval.timeoutMs),
    remindAt: after(approval.remindMs),
    escalateAt: after(approval.escalate?.afterMs),
  });
}

function shown(show: Json, more: JsonObject | undefined): { readonly data?: Json } {
  if (more === undefined) return show === null ? {} : { data: show };
  return { data: show === null ? more : { ...more, show } };
}

function approvalOf({ step, id }: StepProgram): ApprovalStep {
  assert(step.kind === "approval", `Step ${id} is an approval.`);
  return step;
}

function answerSchema({ form }: ApprovalStep): JsonObject {
  const properties = { decision: { enum: ["approved", "rejected"] }, ...(form === null ? {} : { form }) };
  return { type: "object", required: ["decision"], properties };
}

type Decided = { readonly decision: "approved" | "rejected"; readonly form: Json };

/** What an answer decides: a word, true or false, or an object with `decision` and `form`; null for anything else. */
export function decisionOf(answer: Json): Decided | null {
  const word = isJsonObject(answer) ? answer["decision"] : answer;
  const form = isJsonObject(answer) ? (answer["form"] ?? null) : null;
  if (word === true || word === "approved" || word === "approve") return { decision: "approved", form };
  if (word === false || word === "rejected" || word === "reject") return { decision: "rejected", form };
  return null;
}

/** Takes a decision; what cannot be read, or does not fit the form, leaves the question open. */
export function decideApproval(turn: Turn, path: Path, { answer, by }: Decision): void {
  const decided = decisionOf(answer);
  const step = turn.stepAt(path);
  if (decided === null) return;
  const hasForm = decided.decision === "approved" || decided.form !== null;
  if (step.form !== null && hasForm && step.form(decided.form ?? {}).length > 0) return;
  conclude(turn, step, path, decided, by);
}

function conclude(turn: Turn, step: StepProgram, path: Path, { decision, form }: Decided, by: string | null): void {
  const wait = turn.state.waits[path];
  assert(wait?.kind === "approval", `${path} waits for a decision.`);
  const output = { decision, by, decided_at: new Date(turn.at).toISOString(), form };
  const question = wait.id;
  const broken = contractProblem(turn, step, path, output);
  // People are principals, too: one of them has one vote, in however many approvals.
  const left =
    broken === null ? leftBehind(turn, step, { path, attempt: 1, agent: "", principal: by ?? path, contents: { output } }) : err(broken);
  if (!left.ok) return failSubtask(turn, step, { path, attempt: 1, reason: reasonOf(left.error), failure: left.error, question });
  turn.record({ kind: "approvalDecided", path, question, output, by, ...left.value });
  subtaskIsOver(turn, step, path);
}

/** A time of the approval has come: its end, an escalation, or a reminder. */
export function approvalIsDue(turn: Turn, path: Path, wait: ApprovalWait): void {
  const step = turn.stepAt(path);
  const approval = approvalOf(step);
  if (wait.until !== null && wait.until <= turn.at) return timeOut(turn, step, path, wait);
  const isEscalated = wait.escalateAt !== null && wait.escalateAt <= turn.at;
  const more = isEscalated ? present(approval.escalate, `${path} is escalated.`).to : [];
  const remindAt = approval.remindMs === null ? null : turn.at + approval.remindMs;
  turn.record({ kind: "approvalReminded", path, to: [...new Set([...wait.to, ...more])], escalated: isEscalated, remindAt });
}

function timeOut(turn: Turn, step: StepProgram, path: Path, { id }: ApprovalWait): void {
  const { onTimeout } = approvalOf(step);
  if (onTimeout === "approve") return conclude(turn, step, path, { decision: "approved", form: null }, null);
  if (onTimeout === "reject") return conclude(turn, step, path, { decision: "rejected", form: null }, null);
  const failure = { code: "T4122", message: `Nobody decided ${path} in time.`, retryable: false };
  failSubtask(turn, step, { path, attempt: 1, reason: "timedOut", failure, question: id });
}
