/**
 * What came to an end is heard of soon, where there is a process to hear it.
 *
 * 1. What an agent of this process came to is in the history soon, if that process lives on.
 * 2. What a run below came to is in the history of the run above soon.
 * 3. Who asked to be told when a run is over is told.
 */
import type { Evidence, SimulatedRun, StoredFact, Told } from "../evidence.ts";
import { asObject, attemptOf, ENDS, type Flaw, pathOf, wordIn } from "./facts.ts";
import type { Message } from "./messages.ts";
import { presentFrom } from "./presence.ts";

/** More than it takes to write something down while the disk refuses it now and then. */
const SOON_MS = 60_000;
/** With these an attempt no longer waits for what its agent comes to. */
const SETTLES: ReadonlySet<string> = new Set([
  "subtaskCompleted",
  "subtaskFailed",
  "subtaskCanceled",
  "attemptFailed",
  "attemptTimedOut",
  "questionAsked",
  "scopeOpened",
  "taskReleased",
  "compensationEnded",
  "compensationFailed",
]);

type Heard = { readonly run: SimulatedRun; readonly evidence: Evidence; readonly flaw: Flaw };
/** An attempt that came to an end. */
type Ended = { readonly path: string; readonly attempt: number; readonly at: number; readonly order: number; readonly who: string };

export function auditLocalEnds(messages: readonly Message[], { run, evidence, flaw }: Heard): void {
  const prefix = `${run.tenant}/${run.id}/`;
  for (const { messageId, taskId, agent, path, attempt, order: receivedOrder } of messages) {
    if (!messageId.startsWith(prefix)) continue;
    const ended = evidence.diary.find((entry) => entry.event === "ended" && entry.taskId === taskId && entry.order > receivedOrder);
    if (ended === undefined) continue;
    const { at, order } = ended;
    const lived = evidence.lives.some((life) => life.beganOrder < order && (life.endedAt ?? Infinity) > at + SOON_MS);
    if (lived) expectHeard({ path, attempt, at, order, who: agent }, { run, evidence, flaw });
  }
}

export function auditChildEnds(below: readonly SimulatedRun[], { run, evidence, flaw }: Heard): void {
  for (const child of below) {
    const end = child.facts.find(({ fact }) => ENDS.has(fact.kind));
    const effect = wordIn(asObject(child.facts[0]?.fact["parent"]), "effect");
    const place = /^(.+)\/(\d+)\/\d+$/.exec(effect.slice(`${run.tenant}/${run.id}/`.length));
    if (end === undefined || place === null) continue;
    const [, path = "", attempt = ""] = place;
    const { order, fact } = end;
    expectHeard({ path, attempt: Number(attempt), at: fact.at, order, who: `run ${child.id}` }, { run, evidence, flaw });
  }
}

export function auditWaiting(run: SimulatedRun, told: readonly Told[], flaw: Flaw): void {
  const isOver = run.facts.some(({ fact }) => ENDS.has(fact.kind));
  if (isOver && told.some(({ what }) => what === "waits")) flaw("heard", "it is over, and who waits for that was never told");
}

function expectHeard({ path, attempt, at, order, who }: Ended, { run, evidence, flaw }: Heard): void {
  const settled = run.facts.find(({ fact }) => ENDS.has(fact.kind) || settles(fact, { path, attempt }));
  if (settled !== undefined && settled.order < order) return;
  const lateMs = (settled?.fact.at ?? evidence.quietAt) - presentFrom(at, SOON_MS, evidence);
  if (lateMs > SOON_MS) flaw("heard", `${who} came to an end with attempt ${attempt} of ${path}, and that was heard ${lateMs} ms later`);
}

/** Some facts say of no attempt that it is over: they are about all of them. */
function settles(fact: StoredFact, { path, attempt }: Pick<Ended, "path" | "attempt">): boolean {
  const isAbout = pathOf(fact) === path || `${pathOf(fact)}/compensate` === path;
  return isAbout && SETTLES.has(fact.kind) && (fact["attempt"] === undefined || attemptOf(fact) >= attempt);
}
