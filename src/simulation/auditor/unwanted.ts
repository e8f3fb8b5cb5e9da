/**
 * Who is told to stop.
 *
 * 1. Work that nobody needs any more is stopped in the end: a task that was to be stopped, or of which the
 *    process heard too late, does not go on for hours after its run.
 * 2. A task that its run waits for is canceled by nobody.
 */
import type { DiaryEntry, Evidence, SimulatedRun, StoredFact } from "../evidence.ts";
import { asObject, ENDS, type Flaw, pathOf, wordIn } from "./facts.ts";
import type { Message } from "./messages.ts";

/** A cancel is sent for a day, at first every minute, then once an hour; faults have stopped long before. */
const HOURS_MS = 12 * 3_600_000;
/** Who dies so soon after it has heard of a task may have forgotten it. */
const MOMENT_MS = 60_000;
/** With these an agent has stopped to work. */
const STOPS: ReadonlySet<string> = new Set(["ended", "canceled", "forgot"]);

export function auditUnwanted(
  run: SimulatedRun,
  messages: readonly Message[],
  { evidence, flaw }: { evidence: Evidence; flaw: Flaw },
): void {
  const end = run.facts.find(({ fact }) => ENDS.has(fact.kind));
  if (end === undefined) return;
  const known = new Map(run.facts.map(({ fact }) => [wordIn(asObject(fact["task"]), "taskId"), pathOf(fact)]));
  const stopped = new Set(run.facts.filter(({ fact }) => fact["aborting"] === true).map(({ fact }) => pathOf(fact)));
  for (const taskId of new Set(messages.map((message) => message.taskId))) {
    const entries = evidence.diary.filter((entry) => entry.taskId === taskId);
    const path = known.get(taskId);
    // What its agent is said to have come to, by its own fault, is not stopped.
    if (path === undefined ? !entries.some((entry) => wasHeard(entry, evidence)) : !stopped.has(path)) continue;
    const last = entries.findLast(({ event }) => event === "began" || STOPS.has(event));
    if (last === undefined) continue;
    const untilAt = last.event === "began" ? evidence.quietAt : last.at;
    const lateMs = untilAt - end.fact.at;
    if (lateMs > HOURS_MS) flaw("unwanted", `task ${taskId} went on for ${lateMs} ms after the run was over`);
  }
}

/** With these an attempt goes on, and waits for its task. */
const WAITS: ReadonlySet<string> = new Set([
  "subtaskQueued",
  "messageIntended",
  "subtaskAccepted",
  "subtaskProgressed",
  "questionAsked",
  "questionAnswered",
]);

export function auditWanted({ facts }: SimulatedRun, { diary }: Pick<Evidence, "diary">, flaw: Flaw): void {
  const assigned = new Map<string, number>();
  const waiting = new Map<string, { readonly path: string; readonly from: number; readonly since: number }>();
  for (const { order, fact } of facts) {
    const path = pathOf(fact);
    if (fact.kind === "subtaskAssigned") assigned.set(path, order);
    const taskId = wordIn(asObject(fact["task"]), "taskId");
    if (fact.kind === "subtaskAccepted" && taskId !== "" && !waiting.has(taskId))
      waiting.set(taskId, { path, from: assigned.get(path) ?? 0, since: order });
  }
  for (const { event, taskId, order } of diary) {
    const task = event === "canceled" ? waiting.get(taskId) : undefined;
    if (task === undefined || order < task.since) continue;
    const isOver = facts.some((one) => one.order > task.from && one.order < order && goesOn(one.fact, task.path));
    if (!isOver) flaw("wanted", `task ${taskId} was canceled, and ${task.path} waits for it`);
  }
}

/** With this the work at a path waits no more for the task that it had. */
function goesOn(fact: StoredFact, path: string): boolean {
  if (ENDS.has(fact.kind) || fact.kind === "runEnding") return true;
  return !WAITS.has(fact.kind) && pathOf(fact) === path;
}

function wasHeard({ event, order, at }: DiaryEntry, { lives }: Evidence): boolean {
  if (event !== "heard") return false;
  return lives.some(
    (life) => life.beganOrder < order && (life.endedOrder ?? Infinity) > order && (life.endedAt ?? Infinity) > at + MOMENT_MS,
  );
}
