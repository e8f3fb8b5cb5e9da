/**
 * What a disk was given, by everybody and with the file system's own journal: so it means something on a
 * quiet machine only. Linux also counts for each process, but counts a whole large page, up to 1 MiB, for
 * each small write into a file that was once written in one piece, as the logs of some databases are.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, statSync } from "node:fs";

const SECTOR_BYTES = 512;
/** In the kernel's line of counters. */
const SECTORS_WRITTEN = 6;

/** Bytes since the machine began, of the disk that holds a folder, with all that waited to be written; null when Linux does not tell. */
export function diskWrites(folder: string): number | null {
  execFileSync("sync", ["--file-system", folder]);
  const { dev } = statSync(folder);
  const [major, minor] = [(dev >> 8) & 0xfff, (dev & 0xff) | ((dev >> 12) & 0xfff00)];
  try {
    const counters = readFileSync(`/sys/dev/block/${major}:${minor}/stat`, "utf8").trim().split(/\s+/);
    return Number(counters[SECTORS_WRITTEN]) * SECTOR_BYTES;
  } catch (error) {
    // Some file systems, such as a container's, are on no disk that has a name.
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
    throw error;
  }
}
