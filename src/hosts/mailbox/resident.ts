import { TuttiError } from "../../base/errors.ts";
import type { RunRef } from "../../base/ids.ts";
import type { Program } from "../../definition/program.ts";
import type { PostedInput, PostReceipt } from "../../ports/host.ts";
import { evolve, STATE_VERSION, type RunState, type RunStatus } from "../../scheduler/index.ts";
import type { StartInput } from "../../scheduler/input.ts";
import { decodeFact } from "./codec.ts";
import type { Programs } from "./programs.ts";
import { keyOf, type Store, type StoredRun } from "./store.ts";

/** An input on its way, and who waits for its receipt. */
export type Envelope = {
  readonly input: PostedInput | StartInput;
  readonly settle: ((receipt: PostReceipt) => void) | null;
  readonly refuse: ((error: unknown) => void) | null;
};

/** A run in memory. What is durable of it, is as of the last commit. */
export type Resident = {
  readonly run: RunRef;
  readonly key: string;
  readonly program: Program;
  state: RunState | null;
  readonly inputHash: string;
  inbox: Envelope[];
  isQueued: boolean;
  /** What the run's row says. */
  status: RunStatus | null;
  asks: "input" | "auth" | null;
  /** The instant of the last fact that the run's row has been told of. */
  notedAt: number;
  wakeAt: number | null;
  /** When the host is going to wake it, at the latest. */
  armedAt: number | null;
  owes: boolean;
  /** Bytes of facts since the last snapshot, and of that snapshot. */
  tailBytes: number;
  snapshotBytes: number;
};

export function newResident(run: RunRef, program: Program, inputHash: string): Resident {
  return {
    run,
    key: keyOf(run),
    program,
    state: null,
    inputHash,
    inbox: [],
    isQueued: false,
    status: null,
    asks: null,
    notedAt: 0,
    wakeAt: null,
    armedAt: null,
    owes: false,
    tailBytes: 0,
    snapshotBytes: 0,
  };
}

const FACTS_PER_READ = 10_000;

/** Makes a run's state again: the snapshot, then every fact after it. Nothing is decided. */
export function loadResident(store: Store, programs: Programs, stored: StoredRun): Resident {
  const { record } = stored;
  const resident = newResident(record.run, programs.get(record.run.tenant, record.fingerprint), stored.inputHash);
  resident.status = record.status;
  resident.asks = record.asks ?? null;
  resident.wakeAt = stored.wakeAt;
  resident.owes = stored.owes;
  const snapshot = store.snapshot(record.run);
  if (snapshot !== null && snapshot.version >= STATE_VERSION) {
    refuseNewerState(snapshot.version, record.run);
    resident.state = JSON.parse(snapshot.body) as RunState;
    resident.snapshotBytes = snapshot.body.length;
  }
  const readPayload = (hash: string) => store.payload(record.run.tenant, hash);
  for (;;) {
    const rows = store.facts(record.run, (resident.state?.seq ?? 0) + 1, FACTS_PER_READ);
    for (const row of rows) {
      resident.state = evolve(resident.state, decodeFact(row, readPayload));
      resident.tailBytes += row.body.length;
    }
    if (rows.length < FACTS_PER_READ) {
      resident.notedAt = resident.state?.at ?? 0;
      return resident;
    }
  }
}

function refuseNewerState(version: number, run: RunRef): void {
  if (version <= STATE_VERSION) return;
  throw new TuttiError(
    "T5006",
    `The snapshot of run ${run.id} has version ${version}; this program knows versions up to ${STATE_VERSION}.`,
    {
      help: "The run waits, unchanged. Open the database with the newer version of Tutti that wrote it.",
    },
  );
}
