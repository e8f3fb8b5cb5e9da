/**
 * What belongs together, across runs and agents.
 *
 * 1. A task that a subtask waits for is one that its agent made for that very work.
 * 2. An attempt is said to have failed when its agent said so, or never had it: not when nobody knows.
 * 3. When a run is over, the runs below it are over too, or are ending.
 */
import type { DiaryEntry, SimulatedRun, StoredFact } from "../evidence.ts";
import { asObject, attemptOf, ENDS, type Flaw, pathOf } from "./facts.ts";
import type { Message } from "./messages.ts";

export function auditTasks({ facts }: SimulatedRun, messages: readonly Message[], flaw: Flaw): void {
  const placeById = new Map<string, string>();
  for (const { taskId, path } of messages) placeById.set(taskId, path);
  for (const { fact } of facts) {
    const { taskId } = asObject(fact["task"]);
    if (fact.kind !== "subtaskAccepted" || typeof taskId !== "string") continue;
    const place = placeById.get(taskId);
    // What nobody has heard of, an agent made up.
    if (place !== undefined && place !== pathOf(fact))
      flaw("task", `fact ${fact.seq}: ${pathOf(fact)} waits for ${taskId}, which was made for ${place}`);
  }
}

export function auditFailures(
  { facts }: SimulatedRun,
  messages: readonly Message[],
  { diary, flaw }: { readonly diary: readonly DiaryEntry[]; readonly flaw: Flaw },
): void {
  const isSaid = (kind: string): boolean => kind === "attemptFailed" || kind === "subtaskFailed";
  // What fails because its handler did, names no agent.
  const failed = facts.filter(({ fact }) => isSaid(fact.kind) && fact["reason"] === "failed" && fact["agent"] !== undefined);
  for (const { order, fact } of failed) {
    // Its step says that what nobody knows is sent again: it is that message that failed.
    if (facts.some((one) => one.fact.kind === "messageResent" && one.order < order && isSameAttempt(one.fact, fact))) continue;
    // Of a process that died, another agent may have got the same attempt.
    const isOfIts = ({ agent, path, attempt }: Message): boolean =>
      agent === fact["agent"] && path === pathOf(fact) && attempt === attemptOf(fact);
    const work = messages.filter((message) => isOfIts(message) && message.order < order);
    const tasks = new Set(work.map(({ taskId }) => taskId));
    // An agent that has answered without a task, or has lost it, lets nobody know.
    for (const { event, taskId } of diary) if (event === "direct" || event === "forgot") tasks.delete(taskId);
    const ends = diary.filter((entry) => tasks.has(entry.taskId) && entry.order < order && entry.event === "ended");
    const said = ends.map((entry) => ("said" in entry ? entry.said : ""));
    if (said.length > 0 && said.every((words) => words.includes('"kind":"completed"')))
      flaw("unknown", `fact ${fact.seq}: attempt ${attemptOf(fact)} of ${pathOf(fact)} is said to have failed, and its agent completed it`);
  }
}

function isSameAttempt(one: StoredFact, other: StoredFact): boolean {
  return pathOf(one) === pathOf(other) && attemptOf(one) === attemptOf(other);
}

export function auditChildren(run: SimulatedRun, below: readonly SimulatedRun[], flaw: Flaw): void {
  const endedAt = run.facts.find(({ fact }) => ENDS.has(fact.kind))?.order;
  if (endedAt === undefined) return;
  for (const child of below) {
    const isEnding = child.facts.some(({ order, fact }) => order < endedAt && (fact.kind === "runEnding" || ENDS.has(fact.kind)));
    if (!isEnding) flaw("below", `it is over, and run ${child.id} below it goes on`);
  }
}
