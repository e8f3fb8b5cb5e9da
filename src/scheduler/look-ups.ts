import type { Fact } from "./fact.ts";

/** A name under which the outside world knows a subtask. `open: false`: it is not to be found any more. */
export type FactLookUp = { readonly kind: "question" | "task"; readonly key: string; readonly path: string; readonly open: boolean };

/** What a fact makes findable, or no longer so. */
export function lookUpsOf(fact: Fact): readonly FactLookUp[] {
  if (fact.kind === "questionAsked") return [{ kind: "question", key: fact.id, path: fact.path, open: true }];
  if (fact.kind === "questionAnswered") return [{ kind: "question", key: fact.question, path: fact.path, open: false }];
  if (fact.kind !== "subtaskAccepted" || fact.task === undefined) return NONE;
  return [{ kind: "task", key: taskKey(fact.task.url, fact.task.taskId), path: fact.path, open: true }];
}

/** Task ids are unique only at their agent. */
export function taskKey(url: string, taskId: string): string {
  return `${url}#${taskId}`;
}

const NONE: readonly FactLookUp[] = [];
