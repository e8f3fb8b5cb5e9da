import { TuttiError } from "../base/errors.ts";
import { DEFAULT_TENANT } from "../base/ids.ts";
import { type Batch, emptyBatch } from "../hosts/mailbox/store.ts";
import { WatchedStore } from "../testing/watched-store.ts";
import type { Chronicle } from "./chronicle.ts";
import type { FaultSource } from "./faults.ts";

export type StoreParts = {
  readonly chronicle: Chronicle;
  readonly faults: FaultSource;
  readonly crash: (downMs: number) => void;
  /** Time goes by, and the process does nothing. */
  readonly pause: (delayMs: number) => void;
  /** The clock of the process is set back. */
  readonly setBack: (byMs: number) => void;
};

/** A store that is as durable as the world, and at each of whose commits something may go wrong: `commit:7`. */
export class SimulatedStore extends WatchedStore {
  readonly #parts: StoreParts;
  #count = 0;

  constructor(parts: StoreParts) {
    super();
    this.#parts = parts;
  }

  /** The secret of the database, which is otherwise drawn at its first use. */
  keepSecret(secret: string): void {
    const batch = emptyBatch();
    batch.cursors.push({ tenant: DEFAULT_TENANT, name: "wake-up-secret", position: secret });
    super.commit(batch);
  }

  override commit(batch: Batch): void {
    const { chronicle, faults, crash, pause, setBack } = this.#parts;
    this.#count += 1;
    const point = `commit:${this.#count}`;
    const strike = faults.at("commit", point);
    const amount = strike?.amount ?? 0;
    chronicle.note("store", `${point} of ${batch.facts.length}${strike === null ? "" : ` ${strike.fault} ${strike.amount ?? ""}`}`);
    if (strike?.fault === "slowCommit" || strike?.fault === "pause") pause(amount);
    if (strike?.fault === "clockBack") setBack(amount);
    if (strike?.fault === "crashBefore") crash(amount);
    if (strike?.fault === "crashBefore" || strike?.fault === "commitFails") throw failure();
    super.commit(batch);
    if (strike?.fault === "crashAfter") crash(amount);
    if (strike?.fault === "crashAfter" || strike?.fault === "commitUnknown") throw failure();
  }
}

/** As the store on disk tells it (store-error.ts). */
function failure(): TuttiError {
  return new TuttiError("T5005", "The disk reported an error: could not commit.", { retryable: true });
}
