/**
 * A disk that is full, on a real file system (reliability.md, 3.E): nothing that was acknowledged is
 * lost, the process stays alive, says so in an error that can be tried again, and goes on by itself.
 */
import { execFileSync } from "node:child_process";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { publishFigures } from "../../support/trust-figures.ts";
import { cannot, cleanUp, figuresOf, Filler, NOTHING_LOST, skipSentence, temporaryDirectory, whatBecame } from "./tools.ts";

/** Enough that timers of open runs have come due meanwhile. */
const REFUSALS = 60;
const LIMIT_MS = 60_000;

type Disk = { readonly filler: Filler; readonly db: string; readonly makeRoom: () => void };

/** Fills the disk, makes room, and says what became of everything. */
async function survive(name: string, { filler, db, makeRoom }: Disk) {
  await filler.until(() => filler.count("refused") >= REFUSALS);
  const fullAt = filler.reports.length;
  makeRoom();
  await filler.until(() => filler.count("acknowledged", fullAt) > 0 && filler.count("completed", fullAt) > 0);
  const became = await whatBecame(filler, db);
  publishFigures(name, figuresOf(filler, became));
  return became;
}

describe("a full disk", () => {
  it("refuses what is new, loses nothing, and goes on when the disk has room again", { timeout: LIMIT_MS }, async (context) => {
    const directory = temporaryDirectory();
    const why = cannot("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", directory);
    if (why !== null) return context.skip(skipSentence("disk-full", `no small file system can be made here: ${why}`));
    cleanUp(() => void execFileSync("umount", ["-l", directory]));
    const db = join(directory, "tutti.db");

    const makeRoom = (): void => void execFileSync("mount", ["-o", "remount,size=256m", directory]);
    expect(await survive("disk-full", { filler: new Filler(db), db, makeRoom })).toEqual({
      ...NOTHING_LOST,
      refusals: ["T5004 retryable"],
    });
  });

  it("does the same when files may not grow, and then may", { timeout: LIMIT_MS }, async (context) => {
    const why = cannot("prlimit", "--version");
    if (why !== null) return context.skip(skipSentence("file-size", `the size of files cannot be limited here: ${why}`));
    const db = join(temporaryDirectory(), "tutti.db");
    const filler = new Filler(db);
    await filler.until(() => filler.count("completed") > 0);

    execFileSync("prlimit", ["--pid", String(filler.pid), "--fsize=1500000:unlimited"]);
    const makeRoom = (): void => void execFileSync("prlimit", ["--pid", String(filler.pid), "--fsize=unlimited:unlimited"]);
    expect(await survive("file-size", { filler, db, makeRoom })).toEqual({ ...NOTHING_LOST, refusals: ["T5005 retryable"] });
  });
});
