import { failpoint } from "../../base/failpoint.ts";
import { RETENTION_MS } from "../../base/limits.ts";
import { TuttiError } from "../../base/errors.ts";
import { systemClock, type Clock } from "../../ports/clock.ts";
import { silentLog, type Log } from "../../ports/log.ts";
import { MailboxHost, type MailboxHostOptions } from "../mailbox/mailbox-host.ts";
import { serveControl, type ControlServer } from "./control-server.ts";
import { IdleCheckpoint } from "./idle-checkpoint.ts";
import { openDatabase } from "./open-database.ts";
import { acquireOwnership, readOwnerAddress, type OwnerLock } from "./owner.ts";
import { type Removed, SqliteStore } from "./sqlite-store.ts";

export type EmbeddedOptions = MailboxHostOptions & {
  readonly path: string;
  /** `normal` is faster on slow disks and may lose the last moments in a power failure, not in a crash. */
  readonly synchronous?: "full" | "normal";
  /** False: no control address, so other processes can only read. */
  readonly control?: boolean;
};

const SWEEP_INTERVAL_MS = 3_600_000;
/** Between sweeps of which each has left something: others have most of the time. */
const SWEEP_PAUSE_MS = 100;

/** The default host: this process owns the database file. Throws T5001 when another process does. */
export async function openEmbedded(options: EmbeddedOptions): Promise<EmbeddedHost> {
  const { path, synchronous = "full", control = true, clock = systemClock, log = silentLog } = options;
  // The lock first: only the owner may bring the tables up to date.
  const lock = acquireOwnership(path);
  failpoint("open.owned");
  if (lock === null) throw ownedError(path);
  const host = own({ ...options, synchronous, clock, log }, lock);
  try {
    if (control) await host.listen();
    return host;
  } catch (error) {
    await host.close();
    throw error;
  }
}

type Chosen = EmbeddedOptions & { readonly synchronous: "full" | "normal"; readonly clock: Clock; readonly log: Log };

function own(options: Chosen, lock: OwnerLock): EmbeddedHost {
  const { path, synchronous, clock, log } = options;
  try {
    const database = openDatabase({ path, synchronous });
    failpoint("open.prepared");
    const checkpoint = new IdleCheckpoint(database, clock, log);
    const store = new SqliteStore(database, "owner", () => checkpoint.noteCommit());
    return new EmbeddedHost({ store, checkpoint, lock }, options);
  } catch (error) {
    lock.release();
    throw error;
  }
}

type Owned = { readonly store: SqliteStore; readonly checkpoint: IdleCheckpoint; readonly lock: OwnerLock };

export class EmbeddedHost extends MailboxHost {
  readonly #store: SqliteStore;
  readonly #checkpoint: IdleCheckpoint;
  readonly #lock: OwnerLock;
  readonly #log: Log;
  readonly #clock: Clock;
  #cancelSweep: () => void = () => undefined;
  #control: ControlServer | null = null;

  constructor({ store, checkpoint, lock }: Owned, options: Chosen) {
    super(store, options);
    this.#store = store;
    this.#checkpoint = checkpoint;
    this.#lock = lock;
    this.#log = options.log;
    this.#clock = options.clock;
    this.#sweepLater();
  }

  async listen(): Promise<void> {
    this.#control = await serveControl(this);
    this.#lock.publish(this.#control.address);
  }

  /** Removes runs that ended longer ago than the retention, some at a time. */
  sweep(retentionMs: number = RETENTION_MS): Removed {
    return this.#store.removeEndedBefore(this.#clock.now() - retentionMs);
  }

  /** A backlog is worked off in short sweeps that follow each other soon; else one an hour is enough. */
  #sweepLater(delayMs = 0): void {
    this.#cancelSweep = this.#clock.schedule(delayMs, () => {
      this.#sweepLater(this.#trySweep() ? SWEEP_PAUSE_MS : SWEEP_INTERVAL_MS);
    });
  }

  /** True when there may be more to remove. */
  #trySweep(): boolean {
    try {
      return this.sweep().isMore;
    } catch (error) {
      this.#log("warn", "sweep_failed", { error });
      return false;
    }
  }

  override async close(): Promise<void> {
    this.#cancelSweep();
    this.#checkpoint.stop();
    this.#control?.close();
    await super.close();
    this.#lock.release();
  }
}

function ownedError(path: string): TuttiError {
  const owner = readOwnerAddress(path);
  const who = owner === null ? "another process" : `process ${owner.pid}`;
  return new TuttiError("T5001", `The database ${path} is owned by ${who}.`, {
    help: "Commands such as `tutti run` and `tutti cancel` go to the owner by themselves; end it, or name another file with --db, to own one here.",
    retryable: true,
  });
}
