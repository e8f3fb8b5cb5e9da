/**
 * One owner per database file.
 *
 * 1. The owner holds an exclusive lock on a sidecar file. The operating system frees it when the
 *    process dies, however it dies; a file that says who the owner is could not promise that.
 * 2. The lock decides. The address file only says where the owner listens; it may be stale.
 */
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";

import { makeDirectoryOf } from "./open-database.ts";
import { toStoreError } from "./store-error.ts";

export type OwnerAddress = { readonly pid: number; readonly url: string; readonly token: string };

export type OwnerLock = {
  /** Tells other processes of this user where to send what changes the database. */
  publish(address: OwnerAddress): void;
  release(): void;
};

/** Becomes the owner; null when another process is. Throws T5002 when there can be no lock beside the file. */
export function acquireOwnership(path: string): OwnerLock | null {
  makeDirectoryOf(path);
  const lock = lockFile(`${path}.lock`);
  if (lock === null) return null;
  const addressPath = addressFile(path);
  return {
    publish(address) {
      const draft = `${addressPath}.${process.pid}`;
      writeFileSync(draft, JSON.stringify(address), { mode: 0o600 });
      renameSync(draft, addressPath);
    },
    release() {
      // Once only: by now the address may be the next owner's.
      if (!lock.isOpen) return;
      rmSync(addressPath, { force: true });
      lock.close();
    },
  };
}

/** SQLite's own lock on an empty database is the portable way to a lock that dies with its process. */
function lockFile(path: string): DatabaseSync | null {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 0 });
    database.exec("pragma journal_mode = delete; pragma locking_mode = exclusive; begin exclusive");
    chmodSync(path, 0o600);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof Error && /locked|busy/i.test(error.message)) return null;
    throw toStoreError(error, `lock ${path}`);
  }
}

/** Where the owner listens, if one has said so. */
export function readOwnerAddress(path: string): OwnerAddress | null {
  try {
    return JSON.parse(readFileSync(addressFile(path), "utf8")) as OwnerAddress;
  } catch {
    // No file, or one half written by an owner that died: there is no known owner.
    return null;
  }
}

function addressFile(path: string): string {
  return `${path}.owner`;
}
