import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";

/** About what the two commits of a task write: the pages that each of them changes. */
const BYTES = 32_768;
/** A write-ahead log begins anew when it is as long. */
const LOG_BYTES = 16 * 1_048_576;

/** What two commits cost at least on the disk of a directory: each is a write that is on the disk before the next thing happens. */
export async function withTwoWrites<Value>(directory: string, body: (write: () => Promise<void>) => Promise<Value>): Promise<Value> {
  const file = openSync(join(directory, "floor"), "w");
  const content = Buffer.alloc(BYTES, 1);
  let at = 0;
  const writeOnce = (): void => {
    writeSync(file, content, 0, BYTES, at);
    fsyncSync(file);
    at = (at + BYTES) % LOG_BYTES;
  };
  // The log has its length already, as that of a server that has been running for a moment.
  for (let written = 0; written < LOG_BYTES; written += BYTES) writeOnce();
  try {
    return await body(async () => {
      writeOnce();
      writeOnce();
    });
  } finally {
    closeSync(file);
  }
}
