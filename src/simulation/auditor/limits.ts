/**
 * Limits hold across all runs (I11): when work begins that is under a `limit`, never more than that is
 * at work of what the limit is about, in this process and at agents.
 *
 * Work counts from when its agent has it, or, at a remote one, from its intent, until its attempt is
 * over in the history: it may hold its place for longer, but not for less. Several limits may be about
 * one thing; then each holds for those that are as strict or stricter, in whatever order they came.
 * What an agent has planned is not looked at.
 */
import type { Evidence, SimulatedRun, StoredFact } from "../evidence.ts";
import { attemptOf, ENDS, objectAt, pathOf, wordIn } from "./facts.ts";
import { isMessage, type Message } from "./messages.ts";
import { listOf } from "./paths.ts";
import { Places } from "./places.ts";
import { keyOf } from "./tenants.ts";
import { workflowOf } from "./workflow.ts";

type Subject = { readonly name: string; readonly limit: number };
/** A piece of work under a limit, and in which stretch of the world's order it is at work. */
type Held = Subject & {
  readonly tenant: string;
  readonly run: string;
  readonly work: string;
  readonly from: number;
  readonly until: number;
};

/** With these an agent is at work no more, or need not be. */
const LEAVES: ReadonlySet<string> = new Set([
  "subtaskQueued",
  "subtaskCompleted",
  "subtaskFailed",
  "subtaskCanceled",
  "attemptFailed",
  "attemptTimedOut",
  "attemptRefused",
  "questionAsked",
  "scopeOpened",
  "runEnding",
  "messageResent",
]);

export function auditLimits(evidence: Evidence, flaw: (invariant: string, sentence: string, run: string) => void): void {
  const received = evidence.diary.filter(isMessage);
  const all = evidence.runs.flatMap((run) => heldIn(run, { evidence, received }));
  for (const one of all) {
    const beside = all.filter(
      (other) => other.name === one.name && other.limit <= one.limit && other.from <= one.from && other.until > one.from,
    );
    const count = new Set(beside.map(({ tenant, run, work }) => `${keyOf(tenant, run)} ${work}`)).size;
    if (count > one.limit)
      flaw("I11", `${one.work} begins, and with it ${count} are at work of ${one.name}; the most is ${one.limit}`, one.run);
  }
}

type Seen = { readonly evidence: Evidence; readonly received: readonly Message[] };

function heldIn(run: SimulatedRun, { evidence, received }: Seen): readonly Held[] {
  const places = new Places(workflowOf(evidence.definitions[String(run.facts[0]?.fact["workflow"])]));
  const subjects = new Map<string, Subject>();
  const held: Held[] = [];
  const whose = { tenant: run.tenant, run: run.id };
  for (const { order, fact } of run.facts) {
    const path = pathOf(fact);
    const work = `attempt ${attemptOf(fact)} of ${path}`;
    if (fact.kind === "subtaskAssigned") {
      const limit = places.stepAt(path)?.limit ?? places.stepAt(listOf(path))?.limit ?? null;
      if (limit !== null) subjects.set(work, { name: nameOf(objectAt(fact, "target")), limit });
    }
    const subject = fact.kind === "messageIntended" ? subjects.get(work) : undefined;
    if (subject !== undefined) held.push({ ...subject, ...whose, work, from: order, until: leftAt(run, path, order) });
  }
  if (subjects.size === 0) return held;
  const prefix = `${run.tenant}/${run.id}/`;
  for (const { messageId, path, attempt, order, taskId } of received) {
    const work = `attempt ${attempt} of ${path}`;
    const subject = messageId.startsWith(prefix) ? subjects.get(work) : undefined;
    if (subject === undefined) continue;
    const until = Math.min(leftAt(run, path, order), endedAt(taskId, order, evidence));
    held.push({ ...subject, ...whose, work, from: order, until });
  }
  return held;
}

/** When its run says that the work at a path is over. */
function leftAt({ facts }: SimulatedRun, path: string, from: number): number {
  return facts.find(({ order, fact }) => order > from && leaves(fact, path))?.order ?? Infinity;
}

function leaves(fact: StoredFact, path: string): boolean {
  return ENDS.has(fact.kind) || fact.kind === "runEnding" || (LEAVES.has(fact.kind) && pathOf(fact) === path);
}

/** Work in a process is over when it says so, or with the process. */
function endedAt(taskId: string, from: number, { diary, lives }: Evidence): number {
  const end = diary.find(
    (entry) => entry.order > from && entry.taskId === taskId && (entry.event === "ended" || entry.event === "canceled"),
  );
  const death = lives.find(({ beganOrder, endedOrder }) => beganOrder < from && (endedOrder ?? Infinity) > from);
  return Math.min(end?.order ?? Infinity, death?.endedOrder ?? Infinity);
}

/** What a limit is about: a capability, or an agent. */
function nameOf(target: ReturnType<typeof objectAt>): string {
  return `${wordIn(target, "kind")} ${wordIn(target, "agent")}${wordIn(target, "capability")}${wordIn(target, "name")}`;
}
