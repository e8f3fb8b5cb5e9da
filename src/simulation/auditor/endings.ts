/**
 * How a run ends.
 *
 * 1. Nothing stands after the end, and what the host says of the run is what its history says (I4).
 * 2. The first decision to end stands: a run that is canceled ends canceled, one that fails, failed.
 * 3. The run's timeout is kept, and so is the patience with agents and with compensations: but for the
 *    time in which there was no process, or it did nothing.
 */
import type { Evidence, SimulatedRun, StoredFact } from "../evidence.ts";
import { ENDS, type Flaw, numberAt } from "./facts.ts";
import { presentFrom } from "./presence.ts";
import { endingOf } from "./work.ts";

/** For a commit that fails and is made again. */
const GRACE_MS = 15_000;

const STATUS: { readonly [kind: string]: string } = { runCompleted: "completed", runFailed: "failed", runCanceled: "canceled" };

export function auditEnding(run: SimulatedRun, evidence: Evidence, flaw: Flaw): void {
  const facts = run.facts.map(({ fact }) => fact);
  const place = facts.findIndex(({ kind }) => ENDS.has(kind));
  const end = facts[place];
  if (end === undefined) {
    if (run.endedAt !== null) flaw("I4", `the host says that it ended ${run.status}, and its history has no end`);
    return;
  }
  for (const late of facts.slice(place + 1))
    flaw("I4", `fact ${late.seq} (${late.kind}) stands after the end, fact ${end.seq} (${end.kind})`);
  const status = STATUS[end.kind];
  if (run.status !== status || run.endedAt !== end.at)
    flaw("I4", `it ended ${status} at ${end.at}, and the host says ${run.status} at ${run.endedAt}`);
  auditDecision(facts, end, flaw);
  auditTime(facts, end, { evidence, flaw });
}

function auditDecision(facts: readonly StoredFact[], end: StoredFact, flaw: Flaw): void {
  const decided = facts.map(endingOf).find((ending) => ending !== null) ?? "completed";
  if (decided !== STATUS[end.kind]) flaw("I4", `it was decided that it ends ${decided}, and it ended with ${end.kind}`);
}

function auditTime(
  facts: readonly StoredFact[],
  end: StoredFact,
  { evidence, flaw }: { readonly evidence: Evidence; readonly flaw: Flaw },
): void {
  const decision = facts.find(({ kind }) => kind === "runEnding") ?? end;
  const [start] = facts;
  const deadlineAt = start === undefined ? null : numberAt(start, "deadlineAt");
  if (deadlineAt !== null) expectInTime(decision.at, deadlineAt, { evidence, flaw, what: "the run went on beyond its timeout" });
  const last = facts.findLast(({ kind }) => kind === "runCompensating") ?? facts.findLast(({ kind }) => kind === "runEnding");
  const untilAt = last === undefined ? null : last.kind === "runEnding" ? numberAt(last, "patienceAt") : numberAt(last, "deadlineAt");
  if (untilAt !== null) expectInTime(end.at, untilAt, { evidence, flaw, what: "the run took longer to end than it may" });
}

type Limit = { readonly evidence: Evidence; readonly flaw: Flaw; readonly what: string };

function expectInTime(at: number, dueAt: number, { evidence, flaw, what }: Limit): void {
  if (evidence.pauses === undefined || at <= dueAt) return;
  const wokeAt = presentFrom(dueAt, GRACE_MS, evidence);
  if (at > wokeAt + GRACE_MS) flaw("timeout", `${what}: ${at - dueAt} ms too late, with a process that was there for ${at - wokeAt} ms`);
}
