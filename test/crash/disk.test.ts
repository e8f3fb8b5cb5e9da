/**
 * A disk that is full, on a real file system (reliability.md, 3.E): nothing that was acknowledged is
 * lost, the process stays alive, says so in an error that can be tried again, and goes on by itself.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { afterEach, describe, expect, it } from "vitest";

import { takePicture } from "./evidence.ts";
import type { DiskReport } from "./world/fill-disk.ts";

const PROGRAM = join(import.meta.dirname, "world/fill-disk.ts");
/** Enough that timers of open runs have come due meanwhile. */
const REFUSALS = 60;
const LIMIT_MS = 60_000;

const cleanUps: (() => void)[] = [];

afterEach(() => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) cleanUp();
});

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), "tutti-disk-"));
  cleanUps.push(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** Why a tool of the system cannot be used here; null when it can. */
function cannot(command: string, ...args: readonly string[]): string | null {
  try {
    execFileSync(command, args, { stdio: "pipe" });
    return null;
  } catch (error) {
    return `${command} ${args.join(" ")}: ${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}`;
  }
}

/** A process that starts runs until it is told to stop, and what it has told so far. */
class Filler {
  readonly reports: DiskReport[] = [];
  readonly #child: ChildProcess;
  readonly #watchers = new Set<() => void>();
  #hasEnded = false;

  constructor(db: string) {
    this.#child = spawn(process.execPath, ["--conditions=source", PROGRAM, db], { stdio: ["pipe", "pipe", "inherit"] });
    if (this.#child.stdout !== null) {
      createInterface(this.#child.stdout).on("line", (line) => {
        this.reports.push(JSON.parse(line) as DiskReport);
        for (const watcher of this.#watchers) watcher();
      });
    }
    this.#child.once("close", () => {
      this.#hasEnded = true;
      for (const watcher of this.#watchers) watcher();
    });
    cleanUps.push(() => this.#child.kill("SIGKILL"));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  count(kind: DiskReport["kind"], from = 0): number {
    return this.reports.slice(from).filter((report) => report.kind === kind).length;
  }

  runs(kind: "acknowledged" | "completed"): readonly string[] {
    return this.reports.flatMap((report) => (report.kind === kind ? [report.run] : []));
  }

  /** Resolves when something holds; rejects when the process ends before. */
  async until(holds: () => boolean): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (!holds() && !this.#hasEnded) return;
        this.#watchers.delete(look);
        if (holds()) resolve();
        else reject(new Error("The process ended before that."));
      };
      this.#watchers.add(look);
      look();
    });
  }

  stop(): void {
    this.#child.stdin?.write("stop\n");
  }
}

/** Fills the disk, makes room, and says what became of everything. */
async function survive({ filler, db, makeRoom }: { readonly filler: Filler; readonly db: string; readonly makeRoom: () => void }) {
  await filler.until(() => filler.count("refused") >= REFUSALS);
  const fullAt = filler.reports.length;
  makeRoom();
  await filler.until(() => filler.count("acknowledged", fullAt) > 0 && filler.count("completed", fullAt) > 0);
  filler.stop();
  await filler.until(() => filler.count("done") === 1);

  const picture = takePicture(db);
  const acknowledged = filler.runs("acknowledged");
  const completed = new Set(filler.runs("completed"));
  return {
    refusals: [
      ...new Set(
        filler.reports.flatMap((report) =>
          report.kind === "refused" ? [`${report.code} ${report.retryable ? "retryable" : "final"}`] : [],
        ),
      ),
    ],
    integrity: picture.integrity,
    unfinished: acknowledged.filter((run) => !completed.has(run)),
    lost: acknowledged.filter((run) => picture.runs.get(run)?.status !== "completed"),
    gaps: [...picture.runs].filter(([, { facts }]) => facts.some(({ seq }, index) => seq !== index + 1)).map(([run]) => run),
  };
}

const NOTHING_LOST = { integrity: "ok", unfinished: [], lost: [], gaps: [] };

describe("a full disk", () => {
  it("refuses what is new, loses nothing, and goes on when the disk has room again", { timeout: LIMIT_MS }, async (context) => {
    const directory = temporaryDirectory();
    const why = cannot("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", directory);
    if (why !== null) return context.skip(`no small file system can be made here: ${why}`);
    cleanUps.push(() => execFileSync("umount", ["-l", directory]));
    const db = join(directory, "tutti.db");

    const makeRoom = (): void => void execFileSync("mount", ["-o", "remount,size=256m", directory]);
    expect(await survive({ filler: new Filler(db), db, makeRoom })).toEqual({ ...NOTHING_LOST, refusals: ["T5004 retryable"] });
  });

  it("does the same when files may not grow, and then may", { timeout: LIMIT_MS }, async (context) => {
    const why = cannot("prlimit", "--version");
    if (why !== null) return context.skip(`the size of files cannot be limited here: ${why}`);
    const db = join(temporaryDirectory(), "tutti.db");
    const filler = new Filler(db);
    await filler.until(() => filler.count("completed") > 0);

    execFileSync("prlimit", ["--pid", String(filler.pid), "--fsize=1500000:unlimited"]);
    const makeRoom = (): void => void execFileSync("prlimit", ["--pid", String(filler.pid), "--fsize=unlimited:unlimited"]);
    expect(await survive({ filler, db, makeRoom })).toEqual({ ...NOTHING_LOST, refusals: ["T5005 retryable"] });
  });
});
