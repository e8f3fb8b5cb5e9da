import type { Fact } from "./fact.ts";

/** A name under which the outside world knows a subtask. `open: false`: it is not to be found any more. */
export type FactLookUp = {
  readonly kind: "question" | "task" | "message";
  readonly key: string;
  readonly path: string;
  readonly open: boolean;
};

/** What a fact makes findable, or no longer so. */
export function lookUpsOf(fact: Fact): readonly FactLookUp[] {
  switch (fact.kind) {
    case "questionAsked":
      // What a handler answers is no question to people.
      return fact.handler === undefined ? [{ kind: "question", key: fact.id, path: fact.path, open: true }] : NONE;
    case "waitStarted":
      return fact.wait === "approval" ? [{ kind: "question", key: fact.id, path: fact.path, open: true }] : NONE;
    case "budgetExceeded":
      return fact.question === undefined ? NONE : [{ kind: "question", key: fact.question, path: fact.path, open: true }];
    case "compensationFailed":
      return [{ kind: "question", key: fact.question, path: fact.path, open: true }, ...closed(fact.asked, fact.path)];
    case "questionAnswered":
    case "approvalDecided":
    case "budgetGranted":
    case "compensationEnded":
    case "subtaskAssigned":
    case "attemptFailed":
    case "attemptRefused":
    case "subtaskFailed":
    case "scopeOpened":
    case "subtaskCanceled":
    case "runResumed":
    case "runEnding":
      return closed(fact.question, "path" in fact ? fact.path : "");
    case "subtaskAccepted":
      return fact.task === undefined
        ? NONE
        : [{ kind: "task", key: taskKey(fact.task.url, fact.task.taskId), path: fact.path, open: true }];
    case "runStarted":
      return fact.origin?.key === undefined ? NONE : [{ kind: "message", key: fact.origin.key, path: "", open: true }];
    case "stepSkipped":
    case "stepExpanded":
    case "stepCompleted":
    case "scopeClosed":
    case "iterationStarted":
    case "planAccepted":
    case "approvalReminded":
    case "messageReceived":
    case "signalReceived":
    case "contextChanged":
    case "subtaskQueued":
    case "messageIntended":
    case "messageResent":
    case "subtaskProgressed":
    case "subtaskCompleted":
    case "attemptTimedOut":
    case "taskReleased":
    case "runPaused":
    case "runCompensating":
    case "runCompleted":
    case "runFailed":
    case "runCanceled":
      return NONE;
  }
}

/** Nobody needs to answer it any more. */
function closed(question: string | undefined, path: string): readonly FactLookUp[] {
  return question === undefined ? NONE : [{ kind: "question", key: question, path, open: false }];
}

/** Task ids are unique only at their agent. */
export function taskKey(url: string, taskId: string): string {
  return `${url}#${taskId}`;
}

const NONE: readonly FactLookUp[] = [];
