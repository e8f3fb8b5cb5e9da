import { SNAPSHOT_TAIL_FACTOR } from "../../base/limits.ts";
import {
  asksOf,
  FACT_VERSION,
  hasOutstanding,
  isOver,
  lookUpsOf,
  nextWakeAt,
  STATE_VERSION,
  statusOf,
  type Fact,
  type RunState,
} from "../../scheduler/index.ts";
import { encodeFact, type Encoded } from "./codec.ts";
import type { Resident } from "./resident.ts";
import { runErrorOf } from "./run-error.ts";
import type { Batch } from "./store.ts";

/** Adds the facts of a decision, and what they make findable, to the batch. */
export function addFacts(batch: Batch, resident: Resident, facts: readonly Fact[], state: RunState | null): void {
  const { run } = resident;
  // All are encoded before one is added: a decision is in the batch as a whole, or not at all.
  const encoded = facts.map(encodeFact);
  const before = (state?.seq ?? 0) - facts.length;
  for (let index = 0; index < facts.length; index += 1) {
    const fact = facts[index] as Fact;
    const { body, payloads, contents, files } = encoded[index] as Encoded;
    batch.facts.push({ run, seq: before + index + 1, version: FACT_VERSION, body, payloads });
    for (const { hash, content } of contents) batch.payloads.push({ run, hash, content });
    for (const hash of files) batch.references.push({ run, hash });
    for (const lookUp of lookUpsOf(fact)) batch.lookUps.push({ run, ...lookUp });
    resident.tailBytes += body.length;
    if (fact.kind === "runStarted") addNewRun(batch, resident, fact, state !== null && hasOutstanding(state));
  }
}

function addNewRun(batch: Batch, resident: Resident, fact: Extract<Fact, { kind: "runStarted" }>, owes: boolean): void {
  const { run, inputHash } = resident;
  const { workflow, version, fingerprint, at, labels = {}, parent } = fact;
  batch.newRuns.push({ run, workflow, version, fingerprint, inputHash, at, labels, parent: parent?.run ?? null, owes });
  resident.status = "running";
  resident.owes = owes;
  resident.notedAt = at;
}

/** The turn's instant, and how many bytes of facts a snapshot is made after. */
export type StandingOptions = { readonly now: number; readonly snapshotTailBytes: number };

/**
 * Adds what the run's row, timer row and snapshot must say after the turn; each only when it differs
 * from what is stored.
 *
 * 1. The row of a run that owes commands says so, and a restart loads it, timers and all. Only a run
 *    that owes none needs a timer row.
 * 2. A timer row may be too early, never too late: when it comes due, the run looks and moves it.
 */
export function addStanding(batch: Batch, resident: Resident, { now, snapshotTailBytes }: StandingOptions): void {
  const { run, state } = resident;
  if (state === null || resident.status === "quarantined") return;
  const owes = hasOutstanding(state);
  const isSaid = addStatus(batch, resident, state, { now, owes });
  if (!isSaid && owes !== resident.owes) batch.owing.push({ run, owes });
  resident.owes = owes;
  addTimer(batch, resident, owes, nextWakeAt(state), now);
  if (resident.tailBytes > Math.max(snapshotTailBytes, SNAPSHOT_TAIL_FACTOR * resident.snapshotBytes)) addSnapshot(batch, resident, state);
}

function addTimer(batch: Batch, resident: Resident, owes: boolean, wakeAt: number | null, now: number): void {
  const stored = resident.wakeAt;
  const isNeeded = wakeAt !== null && !owes && (stored === null || wakeAt < stored || stored <= now);
  const isLeftOver = wakeAt === null && stored !== null;
  if (!isNeeded && !isLeftOver) return;
  batch.timers.push({ run: resident.run, at: wakeAt });
  resident.wakeAt = wakeAt;
}

/** True when there was something to say. */
function addStatus(batch: Batch, resident: Resident, state: RunState, { now, owes }: { now: number; owes: boolean }): boolean {
  const status = statusOf(state);
  const asks = asksOf(state);
  // A caller over A2A lists its tasks by their last change, whatever that was.
  const hasNews = state.isTask === true && state.at !== resident.notedAt;
  if (status === resident.status && asks === resident.asks && !hasNews) return false;
  resident.status = status;
  resident.asks = asks;
  resident.notedAt = state.at;
  const endedAt = isOver(state) ? now : null;
  batch.statuses.push({ run: resident.run, status, at: hasNews ? state.at : now, endedAt, error: runErrorOf(state), asks, owes });
  return true;
}

function addSnapshot(batch: Batch, resident: Resident, state: RunState): void {
  const body = JSON.stringify(state);
  batch.snapshots.push({ run: resident.run, seq: state.seq, version: STATE_VERSION, body });
  resident.tailBytes = 0;
  resident.snapshotBytes = body.length;
}
