/**
 * What each fact of a workflow's run says of one of its subtasks, or of the run as a whole; null for
 * facts that change nothing that a caller follows. States are those of design.md, "Words".
 */
import type { JsonObject } from "../../base/json.ts";
import { formatDuration } from "../../base/duration.ts";
import type { Target } from "../../definition/definition.ts";
import { nameOfTarget } from "../../definition/target.ts";
import type { Fact, ScopeOpened, SkipReason, SubtaskAssigned, WaitStarted } from "../../scheduler/fact.ts";
import type { Progress } from "../../scheduler/input.ts";
import type { Failure } from "../../scheduler/outcome.ts";
import { compensationPath } from "../../scheduler/path.ts";
import { publicFailure } from "./public-failure.ts";
import { isoTime, shortened } from "./words.ts";

type SubtaskState = "assigned" | "running" | "completed" | "failed" | "retrying" | "failed_permanent" | "waiting" | "skipped" | "canceled";

/** `phrase` says all of it in a few words; `more` are further fields of the data part. */
export type Said = { readonly phrase: string; readonly subtask?: string; readonly state?: SubtaskState; readonly more?: JsonObject };

type Followed = Exclude<Fact, { kind: "runStarted" | "runCompleted" | "runFailed" | "runCanceled" }>;

/** Requirements L024 to L029, L053 and X060, for a workflow. */
export function saidOf(fact: Followed): Said | null {
  switch (fact.kind) {
    case "stepSkipped":
      return about(fact.step, "skipped", `is skipped: ${whySkipped(fact.reason)}`);
    case "stepExpanded":
      return about(fact.step, "running", `works on ${fact.items.length} items`, { items: fact.items.length });
    case "stepCompleted":
      return about(fact.step, "completed", "is completed");
    case "scopeOpened":
      return openedScope(fact);
    case "iterationStarted":
      return about(fact.path, "running", `begins iteration ${fact.iteration}`, iterationFields(fact));
    case "planAccepted":
      return about(fact.path, "running", `has a plan of ${fact.subtasks.length} subtasks`, { subtasks: fact.subtasks.length });
    case "waitStarted":
      // A decision that is waited for is a question.
      return fact.wait === "approval" ? null : waiting(fact);
    case "approvalDecided":
      return about(fact.path, "completed", `is ${wordOf(fact.output["decision"])}`, { by: fact.by });
    case "subtaskAssigned":
      return assigned(fact);
    case "subtaskAccepted":
      return about(fact.path, "running", `is worked on by ${fact.agent}`, { agent: fact.agent, attempt: fact.attempt });
    case "subtaskProgressed":
      return progressed(fact.path, fact.attempt, fact.progress);
    case "subtaskCompleted": {
      const { agent, attempt } = fact;
      return about(fact.path, "completed", "is completed", { attempt, ...(agent === "" ? {} : { agent }) });
    }
    case "attemptFailed":
    case "attemptTimedOut":
    case "attemptRefused":
    case "subtaskFailed":
      return failed(fact);
    case "questionAsked":
      return about(fact.path, "waiting", `waits for an answer to ${fact.agent}`, { agent: fact.agent });
    case "questionAnswered":
      return about(fact.path, "assigned", "has its answer and goes on", { attempt: fact.attempt, question_id: fact.question });
    case "subtaskCanceled":
      return about(fact.path, "canceled", "is canceled");
    case "compensationEnded":
      return undone(fact);
    case "budgetGranted":
    case "runPaused":
    case "runResumed":
    case "runEnding":
    case "runCompensating":
      return runPhrase(fact);
    case "scopeClosed":
    case "approvalReminded":
    case "messageReceived":
    case "signalReceived":
    case "contextChanged":
    case "budgetExceeded":
    case "compensationFailed":
    case "subtaskQueued":
    case "messageIntended":
    case "messageResent":
    case "taskReleased":
      return null;
  }
}

/** The run itself, in one phrase: what holds for every kind of task. */
export function runPhrase(
  fact: Extract<Fact, { kind: "budgetGranted" | "runPaused" | "runResumed" | "runEnding" | "runCompensating" }>,
): Said {
  switch (fact.kind) {
    case "budgetGranted":
      return { phrase: "the budget is granted again" };
    case "runPaused":
      return { phrase: "paused" };
    case "runResumed":
      return { phrase: "resumed" };
    case "runEnding":
      return fact.ending.kind === "canceled"
        ? { phrase: `canceling: ${shortened(fact.ending.reason)}` }
        : { phrase: `ending after a failure: ${shortened(publicFailure(fact.ending.failure).message)}` };
    case "runCompensating":
      return { phrase: "what was done is being undone" };
  }
}

/** What a failure says in a message about progress. */
export function failureFields(failure: Failure): JsonObject {
  const { code, message } = publicFailure(failure);
  return { error_code: code, error_message: shortened(message) };
}

function about(subtask: string, state: SubtaskState, phrase: string, more?: JsonObject): Said {
  return { subtask, state, phrase: `${subtask} ${phrase}`, ...(more === undefined ? {} : { more }) };
}

function whySkipped(reason: SkipReason): string {
  return reason.kind === "condition" ? "its condition does not hold" : `it needs ${reason.steps.join(", ")}`;
}

function openedScope({ path, scope, handler, agent, failure }: ScopeOpened): Said {
  if (handler === undefined) return about(path, "running", `begins (${scope})`, agent === undefined ? {} : { agent });
  const isAnswering = handler === "onInputRequired" || handler === "onAuthRequired";
  const fields = failure === undefined || isAnswering ? {} : failureFields(failure);
  return about(path, isAnswering ? "waiting" : "running", `is handled by ${handler}`, { handler, ...fields });
}

function iterationFields({ iteration, agent, score, note }: Extract<Fact, { kind: "iterationStarted" }>): JsonObject {
  return {
    iteration,
    ...(agent === undefined ? {} : { agent }),
    ...(score === undefined ? {} : { score }),
    ...(note === undefined ? {} : { details: shortened(note) }),
  };
}

function waiting(fact: Exclude<WaitStarted, { wait: "approval" }>): Said {
  switch (fact.wait) {
    case "time":
      return about(fact.path, "waiting", `waits until ${isoTime(fact.until)}`, { until: isoTime(fact.until) });
    case "signal":
      return about(fact.path, "waiting", `waits for the signal ${fact.name}`, fact.until === null ? {} : { until: isoTime(fact.until) });
  }
}

function assigned({ path, attempt, target, fallback, repair }: SubtaskAssigned): Said {
  const how = `${fallback === undefined ? "" : ", a fallback"}${repair === undefined ? "" : ", to repair its output"}`;
  return about(path, "assigned", `is assigned to ${nameOfTarget(target)} (attempt ${attempt}${how})`, { attempt, ...targetFields(target) });
}

function targetFields(target: Target): JsonObject {
  switch (target.kind) {
    case "agent":
      return { agent: target.agent };
    case "capability":
      return { capability: target.capability };
    case "workflow":
      return { workflow: target.name };
    case "sink":
      return { event: target.event };
  }
}

function progressed(path: string, attempt: number, { percent, phase, note }: Progress): Said {
  const words = [percent === undefined ? null : `${percent}%`, phase ?? null].filter((word) => word !== null).join(", ");
  return about(path, "running", words === "" ? "goes on" : `is at ${shortened(words)}`, {
    attempt,
    ...(percent === undefined ? {} : { subtask_percentage: percent }),
    ...(note === undefined ? {} : { details: shortened(note) }),
  });
}

function failed(fact: Extract<Fact, { kind: "attemptFailed" | "attemptTimedOut" | "attemptRefused" | "subtaskFailed" }>): Said {
  const { path, attempt } = fact;
  switch (fact.kind) {
    case "attemptTimedOut":
      return about(path, "failed", `has used up the time of attempt ${attempt}`, { attempt });
    case "attemptRefused":
      return about(path, "failed", `asked, and nobody answers`, { attempt, ...failureFields(fact.failure) });
    case "attemptFailed": {
      const inMs = Math.max(0, fact.retryAt - fact.at);
      const when = inMs === 0 ? "at once" : `in ${formatDuration(inMs)}`;
      const fields = { attempt, reason: fact.reason, retry_at: isoTime(fact.retryAt), ...failureFields(fact.failure) };
      return about(path, "retrying", `failed in attempt ${attempt}; the next follows ${when}`, fields);
    }
    case "subtaskFailed": {
      const { tolerated, reason } = fact;
      const consequence = tolerated ? "; the run goes on without it" : "";
      const fields = { attempt, reason, tolerated, ...failureFields(fact.failure) };
      return about(path, "failed_permanent", `failed for good${consequence}`, fields);
    }
  }
}

function undone({ path, outcome }: Extract<Fact, { kind: "compensationEnded" }>): Said {
  const at = compensationPath(path);
  switch (outcome) {
    case "completed":
      return about(at, "completed", "is completed");
    case "skipped":
      return about(at, "skipped", "is left as it is");
    case "timedOut":
      return about(at, "failed_permanent", "has run out of time");
  }
}

function wordOf(decision: unknown): string {
  return decision === "approved" ? "approved" : "rejected";
}
