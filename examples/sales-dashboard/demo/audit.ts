import type { JournalEntry } from "../lib/work.ts";
import type { HistoryFact } from "./orchestrator.ts";

/** What a crash cost: the history before and after it, held against the agents' own journal. */
export type Audit = {
  /** Subtasks whose results were durable before the crash. */
  readonly kept: readonly string[];
  /** Subtasks that an agent executed more than once. */
  readonly repeated: readonly string[];
  /** Subtasks whose remote task was known before the crash and gave the result after it. */
  readonly reattached: readonly { readonly path: string; readonly taskId: string; readonly url: string }[];
  readonly executions: number;
  readonly subtasks: number;
};

/** `before` is the history as the crash left it, `after` the finished one. */
export function auditCrash({
  before,
  after,
  journal,
}: {
  before: readonly HistoryFact[];
  after: readonly HistoryFact[];
  journal: readonly JournalEntry[];
}): Audit {
  const kept = new Set(pathsOf(before, "subtaskCompleted"));
  const completed = pathsOf(after, "subtaskCompleted");
  const taskBefore = new Map(before.filter(isAccepted).map((fact) => [fact.path, fact.task]));
  const taskAfter = new Map(after.filter(isAccepted).map((fact) => [fact.path, fact.task]));
  const reattached = completed.flatMap((path) => {
    const task = taskBefore.get(path);
    // The last task that the history knows for it is the first one: nothing was sent again.
    if (kept.has(path) || task === undefined || taskAfter.get(path)?.taskId !== task.taskId) return [];
    return [{ path, taskId: task.taskId, url: task.url }];
  });
  const counts = countExecutions(journal);
  return {
    kept: [...kept],
    repeated: [...counts].filter(([, count]) => count > 1).map(([subtask]) => subtask),
    reattached,
    executions: [...counts.values()].reduce((sum, count) => sum + count, 0),
    subtasks: completed.length,
  };
}

/** How often each subtask was begun, by the agents' own account. */
export function countExecutions(journal: readonly JournalEntry[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { event, subtask } of journal) {
    if (event === "started" || event === "repeated") counts.set(subtask, (counts.get(subtask) ?? 0) + 1);
  }
  return counts;
}

type Accepted = HistoryFact & { readonly path: string; readonly task: { readonly taskId: string; readonly url: string } };

function isAccepted(fact: HistoryFact): fact is Accepted {
  return fact.kind === "subtaskAccepted" && fact.path !== undefined && fact.task !== undefined;
}

/** The subtasks that facts of a kind speak of. */
export function pathsOf(facts: readonly HistoryFact[], kind: string): readonly string[] {
  return facts.flatMap((fact) => (fact.kind === kind && fact.path !== undefined ? [fact.path] : []));
}
