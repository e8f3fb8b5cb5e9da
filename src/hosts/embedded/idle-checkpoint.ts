/**
 * Moves what commits left in the write-ahead log into the database file, in a moment in which nothing is
 * committed. SQLite does it by itself every few thousand pages, inside of a commit: whoever waits for
 * that commit waits for all of them. A process that is always busy has to pay so; others need not.
 *
 * 1. Nothing depends on it: what is in the log is durable, and is found there.
 * 2. The commit after a checkpoint begins the log anew, which costs it another wait for the disk. So one that
 *    changes nothing is made here, ahead of the one that somebody waits for.
 */
import type { DatabaseSync } from "node:sqlite";

import { CHECKPOINT_AFTER_COMMITS, CHECKPOINT_QUIET_MS } from "../../base/limits.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Log } from "../../ports/log.ts";
import { APPLICATION_ID } from "./open-database.ts";

export class IdleCheckpoint {
  readonly #database: DatabaseSync;
  readonly #clock: Clock;
  readonly #log: Log;
  #commitCount = 0;
  #cancel: (() => void) | null = null;

  constructor(database: DatabaseSync, clock: Clock, log: Log) {
    this.#database = database;
    this.#clock = clock;
    this.#log = log;
  }

  /** To be called after each commit. */
  noteCommit(): void {
    this.#commitCount += 1;
    if (this.#commitCount >= CHECKPOINT_AFTER_COMMITS && this.#cancel === null) this.#lookLater();
  }

  stop(): void {
    this.#cancel?.();
  }

  #lookLater(): void {
    const before = this.#commitCount;
    this.#cancel = this.#clock.schedule(CHECKPOINT_QUIET_MS, () => {
      this.#cancel = null;
      if (this.#commitCount === before) this.#checkpoint();
      else this.#lookLater();
    });
  }

  #checkpoint(): void {
    this.#commitCount = 0;
    try {
      this.#database.exec(`pragma wal_checkpoint(passive); pragma application_id = ${APPLICATION_ID}`);
    } catch (error) {
      this.#log("warn", "checkpoint_failed", { error });
    }
  }
}
