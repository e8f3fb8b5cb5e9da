/** What each fact about a subtask changes in its row. */
import { nameOfTarget } from "../../definition/target.ts";
import type { Fact, WaitStarted } from "../../scheduler/fact.ts";
import type { StepBoard, SubtaskRow, WaitRow } from "./board-rows.ts";

/** Facts that change a row and nothing around it. */
export type SubtaskFact = Extract<
  Fact,
  {
    kind:
      | "subtaskAssigned"
      | "messageIntended"
      | "messageResent"
      | "subtaskQueued"
      | "subtaskAccepted"
      | "subtaskProgressed"
      | "subtaskCompleted"
      | "attemptFailed"
      | "attemptTimedOut"
      | "attemptRefused"
      | "subtaskFailed"
      | "subtaskCanceled"
      | "taskReleased"
      | "questionAsked"
      | "questionAnswered"
      | "waitStarted"
      | "approvalReminded"
      | "approvalDecided";
  }
>;

export function changeRow(step: StepBoard, row: SubtaskRow, fact: SubtaskFact): void {
  switch (fact.kind) {
    case "subtaskAssigned":
      return assign(row, fact);
    case "messageIntended":
      row.assignedTo = fact.intent.agent;
      return;
    case "messageResent":
    case "subtaskQueued":
    case "taskReleased":
      return;
    case "subtaskAccepted":
      row.assignedTo = fact.agent;
      row.taskId = fact.task?.taskId ?? row.taskId;
      if (row.status === "assigned") row.status = "running";
      return;
    case "subtaskProgressed":
      row.progress = fact.progress;
      row.status = row.status === "assigned" ? "running" : row.status;
      return;
    case "subtaskCompleted":
      return complete(step, row, fact);
    case "attemptTimedOut":
    case "attemptRefused":
      row.status = "failed";
      return;
    case "attemptFailed":
      return awaitRetry(row, fact);
    case "subtaskFailed":
      row.failure = { reason: fact.reason, failure: fact.failure };
      row.isTolerated = fact.tolerated;
      return endRow(row, "failed_permanent", fact.at);
    case "subtaskCanceled":
      return endRow(row, "canceled", fact.at);
    case "questionAsked":
      row.status = "waiting";
      row.assignedTo = fact.agent;
      row.question = { id: fact.id, question: fact.question };
      return;
    case "questionAnswered":
      row.status = "assigned";
      row.standIn = null;
      row.question = null;
      return;
    case "waitStarted":
      return beginWait(row, fact);
    case "approvalReminded":
      return remind(row, fact);
    case "approvalDecided":
      row.decision = { decision: fact.output["decision"] === "approved" ? "approved" : "rejected", by: fact.by };
      return endRow(row, "completed", fact.at);
  }
}

function assign(row: SubtaskRow, fact: Extract<Fact, { kind: "subtaskAssigned" }>): void {
  row.status = "assigned";
  row.assignedTo = nameOfTarget(fact.target);
  row.startedAt = fact.at;
  row.endedAt = null;
  row.attempts = fact.attempt;
  row.fallback = fact.fallback ?? null;
  row.isRepair = fact.repair !== undefined;
  row.retryAt = null;
  row.taskId = null;
  row.progress = null;
}

function awaitRetry(row: SubtaskRow, fact: Extract<Fact, { kind: "attemptFailed" }>): void {
  row.status = "retrying";
  row.retryAt = fact.retryAt;
  row.fallback = fact.fallback ?? row.fallback;
  row.isRepair = fact.repair !== undefined;
  row.failure = { reason: fact.reason, failure: fact.failure };
}

/** Whoever did the work is named; a step of the run's own kind has nobody. */
function complete(step: StepBoard, row: SubtaskRow, fact: Extract<Fact, { kind: "subtaskCompleted" }>): void {
  if (step.step.kind === "delegate" && row.standIn === null && fact.agent !== "") row.assignedTo = fact.agent;
  row.startedAt ??= fact.at;
  endRow(row, "completed", fact.at);
}

function beginWait(row: SubtaskRow, fact: WaitStarted): void {
  row.status = "waiting";
  row.startedAt ??= fact.at;
  row.wait = waitOf(fact);
  if (fact.wait === "approval") row.question = { id: fact.id, question: fact.question };
}

function waitOf(fact: WaitStarted): WaitRow {
  switch (fact.wait) {
    case "time":
      return { kind: "time", until: fact.until };
    case "signal":
      return { kind: "signal", name: fact.name, until: fact.until };
    case "approval":
      return { kind: "approval", to: fact.to, until: fact.until, reminders: 0, isEscalated: false };
  }
}

function remind(row: SubtaskRow, fact: Extract<Fact, { kind: "approvalReminded" }>): void {
  if (row.wait?.kind !== "approval") return;
  row.wait = {
    ...row.wait,
    to: fact.to,
    reminders: row.wait.reminders + 1,
    isEscalated: row.wait.isEscalated || fact.escalated,
  };
}

export function endRow(row: SubtaskRow, status: "completed" | "failed_permanent" | "canceled", at: number): void {
  row.status = status;
  row.endedAt = at;
  row.retryAt = null;
  row.question = null;
}
