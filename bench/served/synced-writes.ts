import { fdatasyncSync, openSync, writeSync } from "node:fs";

/** The smallest thing that a disk writes. */
const BYTES = 4_096;
/** A write-ahead log begins anew when it is as long. */
const LOG_BYTES = 16 * 1_048_576;

/** Returns what writes a page to a file, and is over when the disk has it. */
export function openSyncedWrites(path: string): () => void {
  const file = openSync(path, "w");
  const page = Buffer.alloc(BYTES, 1);
  // The file has its length already, as the log of a server that has been running for a moment.
  writeSync(file, Buffer.alloc(LOG_BYTES, 1), 0, LOG_BYTES, 0);
  fdatasyncSync(file);
  let at = 0;
  return () => {
    writeSync(file, page, 0, BYTES, at);
    fdatasyncSync(file);
    at = (at + BYTES) % LOG_BYTES;
  };
}
