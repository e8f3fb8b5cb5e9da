/**
 * What people and operators hold a run to.
 *
 * 1. Between a pause and its end nothing is given to anybody; what is at work goes on.
 * 2. A budget is used up to its last piece and no further, and granted once for each question.
 * 3. What a limit lets begin one at a time is never at work twice, whatever died.
 */
import type { Violation } from "./auditor.ts";
import { type Evidence, factsIn, type StoredFact } from "./evidence.ts";
import { LIMITED, SUBTASK_BUDGET } from "./world/governed.ts";
import type { Execution } from "./world/journal.ts";

export function auditGoverned(run: string, { atEnd, before, after }: Evidence): readonly Violation[] {
  const facts = factsIn(atEnd, run);
  const executions = [...before, ...after].filter(
    (entry): entry is Execution =>
      (entry.event === "begin" || entry.event === "end") && entry.run === run && entry.path.startsWith(`${LIMITED}[`),
  );
  return [...auditPause(run, facts), ...auditBudget(run, facts), ...auditLimit(run, executions)];
}

function auditPause(run: string, facts: readonly StoredFact[]): readonly Violation[] {
  const findings: Violation[] = [];
  let isPaused = false;
  for (const { kind, path } of facts) {
    if (kind === "runPaused" || kind === "budgetExceeded") isPaused = true;
    if (kind === "runResumed" || kind === "runEnding") isPaused = false;
    if (isPaused && kind === "subtaskAssigned")
      findings.push({ kind: "history", run, sentence: `${String(path)} was assigned while the run was paused` });
  }
  if (!facts.some(({ kind }) => kind === "runPaused")) findings.push({ kind: "lost", run, sentence: "it was never paused" });
  return findings;
}

function auditBudget(run: string, facts: readonly StoredFact[]): readonly Violation[] {
  const findings: Violation[] = [];
  const begun = new Set<unknown>();
  const granted = new Set<unknown>();
  for (const fact of facts) {
    if (fact.kind === "subtaskAssigned") begun.add(fact["path"]);
    if (fact.kind === "budgetGranted") {
      if (granted.has(fact["question"])) findings.push({ kind: "duplicate", run, sentence: "one question granted its budget twice" });
      granted.add(fact["question"]);
    }
    const allowed = SUBTASK_BUDGET * (1 + granted.size);
    if (begun.size > allowed) findings.push({ kind: "history", run, sentence: `${begun.size} subtasks began, and ${allowed} may` });
  }
  if (granted.size === 0) findings.push({ kind: "lost", run, sentence: "its budget was never used up" });
  return findings;
}

function auditLimit(run: string, executions: readonly Execution[]): readonly Violation[] {
  const findings: Violation[] = [];
  const working = new Set<string>();
  // The agents write in the order in which it happens.
  for (const { event, path } of executions) {
    if (event === "end") working.delete(path);
    else working.add(path);
    if (working.size > 1) findings.push({ kind: "history", run, sentence: `${[...working].join(" and ")} were at work at once` });
  }
  return findings;
}
