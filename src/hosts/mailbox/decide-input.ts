import { present } from "../../base/assert.ts";
import type { PostReceipt } from "../../ports/host.ts";
import type { Log } from "../../ports/log.ts";
import { asksOf, decide, type Command } from "../../scheduler/index.ts";
import type { Input } from "../../scheduler/input.ts";
import { addFacts } from "./batch-writer.ts";
import { encodeInput } from "./codec.ts";
import type { Envelope, Resident } from "./resident.ts";
import type { Batch } from "./store.ts";

/** What one run did in a turn. */
export type Work = {
  readonly resident: Resident;
  /** The run's last fact before the turn. */
  readonly durableSeq: number;
  readonly envelopes: Envelope[];
  readonly receipts: PostReceipt[];
  readonly commands: Command[];
  hasFacts: boolean;
  /** What the run's open questions ask for, as of its last fact. */
  asks: Resident["asks"];
};

export function newWork(resident: Resident): Work {
  return {
    resident,
    durableSeq: resident.state?.seq ?? 0,
    envelopes: [],
    receipts: [],
    commands: [],
    hasFacts: false,
    asks: resident.asks,
  };
}

const APPLIED: PostReceipt = { applied: true };
const IGNORED: PostReceipt = { applied: false };

type Turn = { readonly now: number; readonly log: Log };

/**
 * Decides one input of a run, and adds what follows to the batch. When deciding throws, that run
 * alone is quarantined: the facts before the bad input stay, and the input is kept beside the run.
 */
export function decideInput(batch: Batch, work: Work, envelope: Envelope, turn: Turn): void {
  work.envelopes.push(envelope);
  work.receipts.push(isApplied(batch, work, envelope, turn) ? APPLIED : IGNORED);
}

function isApplied(batch: Batch, work: Work, { input, refuse }: Envelope, { now, log }: Turn): boolean {
  const { resident } = work;
  // A clock that was set back while nobody was there must not take the run back (law 6).
  // An input that was kept in quarantine is decided now, not when it came.
  const dated = { ...input, at: Math.max(now, resident.state?.at ?? 0) } as Input;
  if (resident.status === "quarantined") {
    if (input.kind !== "timerDue" && input.kind !== "start") batch.stalled.push({ run: resident.run, input: JSON.stringify(dated) });
    return false;
  }
  try {
    const decision = decide(resident.program, resident.state, dated);
    addFacts(batch, resident, decision.facts, decision.state);
    resident.state = decision.state;
    for (const command of decision.commands) work.commands.push(command);
    if (decision.facts.length === 0) return false;
    work.hasFacts = true;
    work.asks = asksOf(present(decision.state, "Facts have made a run."));
    return true;
  } catch (error) {
    // The state may have run ahead of the facts that count; it is made again when it is needed.
    resident.state = null;
    const isNew = resident.status === null && !work.hasFacts;
    if (isNew) refuse?.(error);
    else {
      log("error", "workflow_quarantined", { workflow_id: resident.run.id, input: input.kind, error });
      quarantine(batch, work, dated, error);
    }
    return false;
  }
}

function quarantine(batch: Batch, { resident, asks }: Work, input: Input, error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  const kept = encodeInput(input);
  if (kept !== null) batch.stalled.push({ run: resident.run, input: kept });
  batch.statuses.push({
    run: resident.run,
    status: "quarantined",
    at: input.at,
    endedAt: null,
    error: { code: "T5007", message },
    asks,
    owes: resident.owes,
  });
  resident.status = "quarantined";
  resident.asks = asks;
}
