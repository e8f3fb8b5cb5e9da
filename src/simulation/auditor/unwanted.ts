/**
 * Work that nobody needs any more is stopped in the end: a task that was to be stopped, or of which the
 * process heard too late, does not go on for hours after its run.
 */
import type { DiaryEntry, Evidence, SimulatedRun } from "../evidence.ts";
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

function wasHeard({ event, order, at }: DiaryEntry, { lives }: Evidence): boolean {
  if (event !== "heard") return false;
  return lives.some(
    (life) => life.beganOrder < order && (life.endedOrder ?? Infinity) > order && (life.endedAt ?? Infinity) > at + MOMENT_MS,
  );
}
