/**
 * Nothing is nowhere (I10): whatever is not over is at work, waits for somebody that a person can see,
 * or waits for an instant; and nothing is owed by a run that is over.
 */
import type { Evidence, SimulatedRun, StoredFact } from "../evidence.ts";
import { codeOf, ENDS, type Flaw, objectAt } from "./facts.ts";
import type { Standing } from "./work.ts";

/** What the host keeps besides the history, when all is quiet. */
export function auditLeftovers(
  { facts, leftovers, status }: SimulatedRun,
  { quietAt }: Evidence,
  { asks, flaw }: { readonly asks: boolean; readonly flaw: Flaw },
): void {
  const { wakeAt, owes } = leftovers;
  const isOver = facts.some(({ fact }) => ENDS.has(fact.kind));
  if (isOver) {
    if (wakeAt !== null) flaw("I10", "it is over, and has a timer");
    if (owes) flaw("I10", "it is over, and owes something");
    return;
  }
  const last = facts.at(-1)?.fact.kind ?? "none";
  if (wakeAt !== null && wakeAt <= quietAt)
    flaw("I10", `its timer has been due for ${quietAt - wakeAt} ms; it is ${status}, its last fact ${last}`);
  if (wakeAt === null && !asks) flaw("I10", `it is ${status}, waits for nobody and for no instant; its last fact is ${last}`);
}

/**
 * The first fact by which the run's time is up: whatever could have happened has been waited for.
 * Null when it never is. Approvals that are open are withdrawn directly before the end is told.
 */
export function timeUpIn({ facts }: SimulatedRun): number | null {
  let index = facts.findIndex(({ fact }) => isTimeUp(fact));
  const isWithdrawal = (fact: StoredFact | undefined): boolean => fact?.kind === "subtaskCanceled" && fact["question"] !== undefined;
  while (isWithdrawal(facts[index - 1]?.fact)) index -= 1;
  return facts[index]?.fact.seq ?? null;
}

function isTimeUp(fact: StoredFact): boolean {
  const { failure } = objectAt(fact, "ending");
  return fact.kind === "runEnding" && codeOf({ ...fact, failure }) === "T4109";
}

/** What is open holds work at every moment. */
export function auditStanding({ attempts, waits, holders, isPaused, isEnding }: Standing, when: string, flaw: Flaw): void {
  if (isPaused || isEnding) return;
  const isAtWork = [...attempts.values()].some(({ state }) => state !== "stopping") || waits.size > 0;
  const stops = attempts.size > 0;
  if (!isAtWork && (!stops || holders.size > 0)) flaw("I10", `${when}, nothing of it was at work, and nobody was asked`);
}
